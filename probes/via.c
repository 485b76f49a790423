#include "probes/via.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probes/net.h"

/* --- variables ------------------------------------------------------------------- */

/* A number from LOW to HIGH, decimal or 0x...; -1 where KEY is not set. */
static int
via_number(int *out, const struct conf *conf, const struct conf_target *t,
    const char *key, long low, long high, struct err *err)
{
	const char *v = net_var(conf, t, key);
	char *end;

	*out = -1;
	if (v == NULL)
		return 0;
	errno = 0;
	long n = strtol(v, &end, 0);
	if (end == v || end[strspn(end, " \t")] != '\0' || errno != 0 || n < low ||
	    n > high)
		return err_set(err, "%s = %s: expected a number from %ld to %ld", key,
		    v, low, high);
	*out = (int)n;
	return 0;
}

static int
via_source(struct via *v, const char *text, int *family, struct err *err)
{
	if (text == NULL)
		return 0;
	if (addr_parse(&v->source, text) != 0)
		return err_set(err, "sourceaddress = %s: expected an IP address", text);
	if (*family != AF_UNSPEC && *family != v->source.sa.sa_family)
		return err_set(err, "sourceaddress = %s: expected an address of IPv%d",
		    text, *family == AF_INET ? 4 : 6);
	*family = v->source.sa.sa_family;
	return 0;
}

int
via_read(struct via *v, const struct conf *conf, const struct conf_target *t,
    int *family, struct err *err)
{
	const char *interface = net_var(conf, t, "interface");

	*v = (struct via){ .source.sa.sa_family = AF_UNSPEC };
	if (interface != NULL && strlen(interface) >= sizeof v->interface)
		return err_set(err,
		    "interface = %s: expected a name of at most %zu letters", interface,
		    sizeof v->interface - 1);
	if (interface != NULL)
		strcpy(v->interface, interface);
	if (net_var_tos(conf, t, &v->tos, err) != 0 ||
	    via_number(&v->ttl, conf, t, "ttl", 1, 255, err) != 0 ||
	    via_number(&v->priority, conf, t, "priority", 0, 6, err) != 0)
		return -1;
	return via_source(v, net_var(conf, t, "sourceaddress"), family, err);
}

/* --- sockets --------------------------------------------------------------------- */

/* VALUE for the option that is called V4 for one family and V6 for the other. */
static int
via_set(int fd, int family, int v4, int v6, int value)
{
	if (value < 0)
		return 0;
	if (family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, v6, &value, sizeof value);
	return setsockopt(fd, IPPROTO_IP, v4, &value, sizeof value);
}

int
via_apply(const struct via *v, int fd, int family)
{
	if (via_set(fd, family, IP_TOS, IPV6_TCLASS, v->tos) != 0 ||
	    via_set(fd, family, IP_TTL, IPV6_UNICAST_HOPS, v->ttl) != 0)
		return -1;
	if (v->priority >= 0 && setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &v->priority,
				    sizeof v->priority) != 0)
		return -1;
	if (v->interface[0] == '\0')
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, v->interface,
	    (socklen_t)strlen(v->interface) + 1);
}

int
via_bind(const struct via *v, int fd, int family, unsigned port)
{
	struct addr from = v->source;
	int on = 1;

	if (from.sa.sa_family == AF_UNSPEC) {
		if (port == 0)
			return 0;
		from = (struct addr){ .sa.sa_family = (sa_family_t)family };
	} else if (port == 0)
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	addr_set_port(&from, port);
	return bind(fd, &from.sa, addr_len(&from));
}
