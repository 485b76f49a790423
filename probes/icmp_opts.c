#include "probes/icmp_opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/train.h"
#include "probes/echo.h"
#include "probes/net.h"

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

/* Is KEY at T set to YES rather than to its default NO? */
static int
icmp_choice(const struct conf *conf, const struct conf_target *t, const char *key,
    const char *yes, const char *no, bool *value, struct err *err)
{
	const char *text = conf_target_value(conf, t, key, NULL);

	*value = text != NULL && strcmp(text, yes) == 0;
	if (*value || text == NULL || strcmp(text, no) == 0)
		return 0;
	return err_set(err, "%s %s, expected %s or %s", key, text, yes, no);
}

static int
icmp_read_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
#define VALUE(key) conf_target_value(conf, t, key, NULL)
	long size = ICMP_SIZE, ttl = -1, mark = 0;
	struct conf_train train;
	bool voice = conf_train(conf, t, &train);

	if (voice)
		size = train.bytes;
	if (icmp_number(VALUE("packetsize"), ECHO_MARK, ICMP_SIZE_MAX, "packetsize",
		&size, err) != 0 ||
	    icmp_number(VALUE("ttl"), 1, 255, "ttl", &ttl, err) != 0 ||
	    icmp_number(VALUE("fwmark"), 1, UINT32_MAX, "fwmark", &mark, err) != 0 ||
	    net_var_tos(conf, t, &o->way.tos, err) != 0 ||
	    icmp_family(o, t->probe->module, VALUE("protocol"), err) != 0 ||
	    icmp_source(o, VALUE("sourceaddress"), err) != 0 ||
	    icmp_interface(o, VALUE("interface"), err) != 0 ||
	    icmp_choice(conf, t, "df", "yes", "no", &o->class.df, err) != 0 ||
	    icmp_choice(conf, t, "flow", "varying", "constant", &o->varying, err) !=
		0 ||
	    icmp_choice(conf, t, "stamp", "fping", "kernel", &o->as_fping, err) != 0)
		return -1;
#undef VALUE
	if (voice && o->way.tos < 0)
		o->way.tos = TRAIN_TOS;
	o->way.size = (unsigned)size;
	o->way.ttl = (int)ttl;
	o->way.alone = o->as_fping;
	o->class.mark = (uint32_t)mark;
	return 0;
}

struct probe_opts *
icmp_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->way.size = ICMP_SIZE;
	o->way.tos = o->way.ttl = -1;
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
