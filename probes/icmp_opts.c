#include "probes/icmp_opts.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/echo.h"

_Static_assert(ICMP_INTERFACE == IF_NAMESIZE, "an interface's name fits");

#define ICMP_SIZE 56
#define ICMP_SIZE_MAX 64000

static int
icmp_number(const char *text, long least, long most, const char *what, long *value,
    struct err *err)
{
	char *end;

	if (text == NULL)
		return 0;
	errno = 0;
	long v = strtol(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0' || v < least || v > most)
		return err_set(
		    err, "%s %s, expected %ld to %ld", what, text, least, most);
	*value = v;
	return 0;
}

static int
icmp_source(struct probe_opts *o, const char *text, struct err *err)
{
	if (text == NULL)
		return 0;
	if (addr_parse(&o->way.source, text) != 0)
		return err_set(err, "sourceaddress %s, expected an IP address", text);
	if (o->family != AF_UNSPEC && o->family != o->way.source.sa.sa_family)
		return err_set(err, "sourceaddress %s is not of protocol %d", text,
		    o->family == AF_INET ? 4 : 6);
	o->family = o->way.source.sa.sa_family;
	return 0;
}

static int
icmp_interface(struct probe_opts *o, const char *text, struct err *err)
{
	if (text == NULL)
		return 0;
	if (strlen(text) >= sizeof o->interface)
		return err_set(err,
		    "interface %s, expected a name of at most %zu letters", text,
		    sizeof o->interface - 1);
	strcpy(o->interface, text);
	return 0;
}

/* By rtnetlink, since behind the lock there is no ioctl for it. */
unsigned
icmp_find_interface(const char *name)
{
	struct if_nameindex *all = if_nameindex();
	unsigned index = 0;

	for (size_t i = 0; all != NULL && all[i].if_index != 0; i++)
		if (strcmp(all[i].if_name, name) == 0)
			index = all[i].if_index;
	if (all != NULL)
		if_freenameindex(all);
	return index;
}

static int
icmp_family(
    struct probe_opts *o, const char *module, const char *protocol, struct err *err)
{
	long version = strcmp(module, "FPing6") == 0 ? 6 : 0;

	if (icmp_number(protocol, 4, 6, "protocol", &version, err) != 0)
		return -1;
	if (version == 5)
		return err_set(err, "protocol 5, expected 4 or 6");
	o->family = version == 6 ? AF_INET6 : version == 4 ? AF_INET : AF_UNSPEC;
	return 0;
}

static int
icmp_read_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	long size = ICMP_SIZE, tos = -1;

	if (icmp_number(conf_target_value(conf, t, "packetsize", NULL), ECHO_MARK,
		ICMP_SIZE_MAX, "packetsize", &size, err) != 0 ||
	    icmp_number(conf_target_value(conf, t, "tos", NULL), 0, 255, "tos", &tos,
		err) != 0 ||
	    icmp_family(o, t->probe->module,
		conf_target_value(conf, t, "protocol", NULL), err) != 0 ||
	    icmp_source(o, conf_target_value(conf, t, "sourceaddress", NULL), err) !=
		0 ||
	    icmp_interface(o, conf_target_value(conf, t, "interface", NULL), err) != 0)
		return -1;
	if (conf_target_value(conf, t, "fwmark", NULL) != NULL)
		return err_set(err,
		    "fwmark needs a right that the prober does not keep: route by "
		    "sourceaddress or interface");
	o->way.size = (unsigned)size;
	o->way.tos = (int)tos;
	return 0;
}

struct probe_opts *
icmp_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->way.size = ICMP_SIZE;
	o->way.tos = -1;
	if (t != NULL && icmp_read_options(o, conf, t, err) != 0) {
		free(o);
		return NULL;
	}
	return o;
}

void
icmp_free_opts(struct probe_opts *o)
{
	free(o);
}

void
icmp_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}
