/* The programs that SmokePing's modules call, with its arguments, and what is read from
 * their outputs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/dscp.h"
#include "base/mem.h"
#include "config/tools.h"
#include "probes/net.h"
#include "runner/askpass.h"
#include "runner/batch.h"
#include "runner/command.h"
#include "runner/pool.h"
#include "runner/share.h"

#define COMMAND_SECONDS_MAX 86400.0

/* --- variables -------------------------------------------------------------------- */

/* KEY, a number of seconds, into OUT; FALLBACK where it is not set. */
static int
seconds_of(const struct conf *conf, const struct conf_target *t, const char *key,
    double fallback, double *out, struct err *err)
{
	const char *v = net_var(conf, t, key);
	char *end;

	*out = fallback;
	if (v == NULL)
		return 0;
	*out = strtod(v, &end);
	if (end == v || *end != '\0' || !(*out >= 0 && *out <= COMMAND_SECONDS_MAX))
		return err_set(err, "%s = %s: expected seconds, at most %.0f", key, v,
		    COMMAND_SECONDS_MAX);
	return 0;
}

/* Options of fping's kind: FLAG and KEY in whole milliseconds, where it is not 0. */
static int
add_ms(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    const char *flag, const char *key, double fallback, struct err *err)
{
	double v;

	if (seconds_of(conf, t, key, fallback, &v, err) != 0)
		return -1;
	if (v > 0)
		argv_add(&o->argv, "%s%ld", flag, (long)(1000 * v));
	return 0;
}

/* FLAG with the value of KEY behind it, in one word, where it is set. */
static void
add_value(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    const char *flag, const char *key)
{
	if (net_var_true(conf, t, key))
		argv_add(&o->argv, "%s%s", flag, net_var(conf, t, key));
}

/* Likewise a traffic class, whose names only we know: READ makes a byte of them, which
 * is what fping and, whatever its manual says, irtt take. Numbers are theirs. */
static void
add_class(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    const char *flag, const char *key, int (*read)(const char *text))
{
	const char *value = net_var(conf, t, key);

	if (value != NULL && value[0] >= 'A' && read(value) >= 0)
		argv_add(&o->argv, "%s%d", flag, read(value));
	else
		add_value(o, conf, t, flag, key);
}

/* Likewise, in two words. */
static void
add_pair(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    const char *flag, const char *key)
{
	if (!net_var_true(conf, t, key))
		return;
	argv_add(&o->argv, "%s", flag);
	argv_add(&o->argv, "%s", net_var(conf, t, key));
}

/* The value of KEY, which names a host or a user; NULL with ERR when it is not set or
 * would be taken for an option. */
static const char *
name_of(const struct conf *conf, const struct conf_target *t, const char *key,
    struct err *err)
{
	const char *v = net_var(conf, t, key);

	if (v == NULL)
		err_set(err, "%s is not set", key);
	else if (*v == '-') {
		err_set(err, "%s = %s: expected a name, not an option", key, v);
		v = NULL;
	}
	return v;
}

/* --- fping elsewhere, nfsping ----------------------------------------------------- */

static int
build_fping(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	argv_add(&o->argv, "-C");
	argv_add(&o->argv, "%u", o->pings);
	argv_add(&o->argv, "-q");
	argv_add(&o->argv, "-B1");
	argv_add(&o->argv, "-r1");
	add_value(o, conf, t, "-", "protocol");
	add_value(o, conf, t, "-b", "packetsize");
	if (add_ms(o, conf, t, "-t", "timeout", 0, err) != 0 ||
	    add_ms(o, conf, t, "-i", "mininterval", 0.01, err) != 0 ||
	    add_ms(o, conf, t, "-p", "hostinterval", 0, err) != 0)
		return -1;
	add_value(o, conf, t, "--iface=", "interface");
	add_value(o, conf, t, "-S", "sourceaddress");
	add_class(o, conf, t, "-O", "tos", dscp_tos);
	add_value(o, conf, t, "-k", "fwmark");
	argv_add(&o->argv, "%s", o->host);
	o->stdout_first = net_var_true(conf, t, "usestdout");
	return 0;
}

static int
build_remote_fping(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *rhost = name_of(conf, t, "rhost", err);
	const char *rbinary = rhost == NULL ? NULL : name_of(conf, t, "rbinary", err);

	if (rbinary == NULL)
		return -1;
	add_value(o, conf, t, "-l", "ruser");
	add_value(o, conf, t, "-p", "rport");
	argv_add(&o->argv, "%s", rhost);
	argv_add(&o->argv, "%s", rbinary);
	return build_fping(o, conf, t, err);
}

static int
build_nfsping(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	argv_add(&o->argv, "-C");
	argv_add(&o->argv, "%u", o->pings);
	argv_add(&o->argv, "-q");
	if (add_ms(o, conf, t, "-t", "timeout", 0, err) != 0 ||
	    add_ms(o, conf, t, "-i", "mininterval", 0.01, err) != 0 ||
	    add_ms(o, conf, t, "-p", "hostinterval", 0, err) != 0)
		return -1;
	if (net_var_true(conf, t, "tcp"))
		argv_add(&o->argv, "-T");
	argv_add(&o->argv, "%s", o->host);
	return 0;
}

static void
read_fping(const struct probe_opts *o, struct times *t, const char *out, size_t len,
    const char *err)
{
	(void)len;
	times_fping(t, o->stdout_first ? out : err, o->host);
	/* Which of the two fping takes depends on its age. */
	if (!t->tried)
		times_fping(t, o->stdout_first ? err : out, o->host);
}

/* --- irtt ------------------------------------------------------------------------- */

static void
irtt_arguments(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, const char *written, double interval)
{
	bool one_way = o->metric == IRTT_SEND || o->metric == IRTT_RECEIVE ||
		       o->metric == IRTT_SEND_IPDV || o->metric == IRTT_RECEIVE_IPDV;

	argv_add(&o->argv, "client");
	argv_add(&o->argv, "-i");
	argv_add(&o->argv, "%ss", written);
	argv_add(&o->argv, "-d");
	argv_add(&o->argv, "%.15gs", interval * o->pings);
	argv_add(&o->argv, "-Q");
	argv_add(&o->argv, "--clock=%s",
	    o->writes != NULL ? "both"
	    : one_way	      ? "wall"
			      : "monotonic");
	argv_add(&o->argv, "--tstamp=midpoint");
	argv_add(&o->argv, "--stats=none");
	argv_add(&o->argv, "-o");
	argv_add(&o->argv, "-");
	add_pair(o, conf, t, "-l", "length");
	add_value(o, conf, t, "--hmac=", "hmac");
	add_class(o, conf, t, "--dscp=", "dscp", dscp_point);
	add_value(o, conf, t, "--fill=", "fill");
	add_value(o, conf, t, "--sfill=", "serverfill");
	add_value(o, conf, t, "--local=", "localaddr");
	add_value(o, conf, t, "-", "ipversion");
	argv_add(&o->argv, "%s", o->host);
}

static int
build_irtt(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *metric = net_var(conf, t, "metric");
	const char *interval = net_var(conf, t, "interval");
	const char *to = net_var(conf, t, "writeto"),
		   *from = net_var(conf, t, "readfrom");
	double seconds, sleep;

	while (metric != NULL && strcmp(irtt_metrics[o->metric], metric) != 0)
		if (++o->metric == IRTT_METRICS)
			return err_set(err, "metric = %s is not known", metric);
	if (to != NULL && from != NULL)
		return err_set(err, "writeto and readfrom are both set, expected one");
	if (seconds_of(conf, t, "interval", 1, &seconds, err) != 0 ||
	    seconds_of(conf, t, "sleep", 0, &sleep, err) != 0)
		return -1;
	if (from == NULL && seconds * o->pings >= t->step)
		return err_set(err,
		    "%u pings with an interval of %g s take %g s, expected less than the "
		    "step of %u s",
		    o->pings, seconds, seconds * o->pings, t->step);
	o->sleep = (int64_t)(sleep * CLOCK_NS_PER_S);
	if (from != NULL)
		o->reads = share_take(from);
	if (to != NULL)
		o->writes = share_take(to);
	irtt_arguments(o, conf, t, interval == NULL ? "1" : interval, seconds);
	return 0;
}

static void
read_irtt(const struct probe_opts *o, struct times *t, const char *out, size_t len,
    const char *err)
{
	(void)err;
	if (len > 0)
		times_irtt(t, out, len, o->metric);
}

/* --- sipsak ----------------------------------------------------------------------- */

/* Words between blanks, empty ones too, as Perl's split has it: those at the end are
 * dropped. */
static void
add_words(struct argv *a, const char *text)
{
	size_t kept = a->count;

	for (;;) {
		size_t len = strcspn(text, " \t");
		argv_add(a, "%.*s", (int)len, text);
		if (len > 0)
			kept = a->count;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	while (a->count > kept) {
		free(a->word[--a->count]);
		a->word[a->count] = NULL;
	}
}

static int
build_sipsak(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *user =
	    net_var_true(conf, t, "user") ? net_var(conf, t, "user") : NULL;
	const char *port =
	    net_var_true(conf, t, "port") ? net_var(conf, t, "port") : NULL;
	const char *keep = net_var(conf, t, "keep_second");
	double first;

	if (seconds_of(conf, t, "sipsak_timeout", 2, &first, err) != 0)
		return -1;
	argv_add(&o->argv, "-vv");
	argv_add(&o->argv, "-A");
	argv_add(&o->argv, "%u", o->pings);
	argv_add(&o->argv, "-s");
	argv_add(&o->argv, "sip:%s%s%s%s%s", user == NULL ? "" : user,
	    user == NULL ? "" : "@", o->host, port == NULL ? "" : ":",
	    port == NULL ? "" : port);
	if (net_var_true(conf, t, "params"))
		add_words(&o->argv, net_var(conf, t, "params"));
	o->first = (int64_t)(first * CLOCK_NS_PER_S);
	o->final = keep != NULL && strcmp(keep, "yes") == 0;
	return 0;
}

static void
read_sipsak(const struct probe_opts *o, struct times *t, const char *out, size_t len,
    const char *err)
{
	(void)len;
	(void)err;
	times_sipsak(t, out, o->pings, o->final);
}

/* --- quakestat -------------------------------------------------------------------- */

static int
build_qstat(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *game = net_var(conf, t, "game"), *port = net_var(conf, t, "port");

	(void)err;
	argv_add(&o->argv, "-nocfg");
	argv_add(&o->argv, "-xml");
	add_pair(o, conf, t, "-timeout", "timeout");
	add_pair(o, conf, t, "-srcip", "sourceaddress");
	add_pair(o, conf, t, "-srcport", "sourceport");
	argv_add(&o->argv, "-%s", game == NULL ? "q3s" : game);
	if (port != NULL && strchr(o->host, ':') == NULL)
		argv_add(&o->argv, "%s:%s", o->host, port);
	else
		argv_add(&o->argv, "%s", o->host);
	return 0;
}

static void
read_qstat(const struct probe_opts *o, struct times *t, const char *out, size_t len,
    const char *err)
{
	(void)o;
	(void)err;
	times_qstat(t, out, len);
}

/* --- routers ---------------------------------------------------------------------- */

/* The answers to IOS' questions about an extended ping, with an empty line where what
 * it proposes is right. */
static int
build_ios(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *router = name_of(conf, t, "ioshost", err);
	const char *size = net_var(conf, t, "packetsize");
	const char *from = net_var(conf, t, "iosint");

	if (router == NULL)
		return -1;
	add_pair(o, conf, t, "-l", "iosuser");
	argv_add(&o->argv, "%s", router);
	argv_add(&o->argv, "ping");
	o->input = mem_printf("\n"   /* Protocol [ip]: */
			      "%s\n" /* Target IP address: */
			      "%u\n" /* Repeat count [5]: */
			      "%s\n" /* Datagram size [100]: */
			      "\n"   /* Timeout in seconds [2]: */
			      "y\n"  /* Extended commands [n]: */
			      "%s\n" /* Source address or interface: */
			      "\n"   /* Type of service [0]: */
			      "\n"   /* Set DF bit in IP header? [no]: */
			      "\n"   /* Validate reply data? [no]: */
			      "\n"   /* Data pattern [0xABCD]: */
			      "V\n"  /* Loose, Strict, Record, ...[none]: */
			      "\n"   /* Loose, Strict, Record, ...[V]: */
			      "\n",  /* Sweep range of sizes [n]: */
	    o->host, o->pings, size == NULL ? "56" : size, from == NULL ? "" : from);
	return 0;
}

static void
read_ios(const struct probe_opts *o, struct times *t, const char *out, size_t len,
    const char *err)
{
	(void)o;
	(void)len;
	(void)err;
	times_ios(t, out);
	if (!t->tried)
		times_say(t, out);
}

/* ssh to the device of variable "source", as the user of USER with the password of
 * PASSWORD, which it asks this very program for (see askpass.h). */
static int
add_ssh(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    const char *user, const char *password, struct err *err)
{
	const char *source = name_of(conf, t, "source", err);
	const char *name = source == NULL ? NULL : name_of(conf, t, user, err);
	const char *secret = net_var(conf, t, password);

	if (name == NULL)
		return -1;
	argv_add(&o->argv, "-x");
	argv_add(&o->argv, "-oConnectTimeout=60");
	argv_add(&o->argv, "-oNumberOfPasswordPrompts=1");
	argv_add(&o->argv, "-oPreferredAuthentications=keyboard-interactive,password");
	argv_add(&o->argv, "-l");
	argv_add(&o->argv, "%s", name);
	argv_add(&o->argv, "%s", source);
	return secret == NULL ? err_set(err, "%s is not set", password)
			      : askpass_env(&o->env, secret, err);
}

static int
build_junos(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *size = net_var(conf, t, "packetsize");
	const char *from =
	    net_var_true(conf, t, "psource") ? net_var(conf, t, "psource") : NULL;
	const char *tos = net_var(conf, t, "tos");

	if (add_ssh(o, conf, t, "junosuser", "junospass", err) != 0)
		return -1;
	argv_add(&o->argv, "ping %s count %u size %s%s%s%s%s", o->host, o->pings,
	    size == NULL ? "100" : size, from == NULL ? "" : " source ",
	    from == NULL ? "" : from, tos == NULL ? "" : " tos ",
	    tos == NULL ? "" : tos);
	return 0;
}

static void
read_junos(const struct probe_opts *o, struct times *t, const char *out, size_t len,
    const char *err)
{
	(void)o;
	(void)len;
	(void)err;
	times_ping(t, out, 0);
	if (!t->tried)
		times_say(t, out);
}

static int
build_eos(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *size = net_var(conf, t, "packetsize");
	const char *from =
	    net_var_true(conf, t, "psource") ? net_var(conf, t, "psource") : NULL;

	if (add_ssh(o, conf, t, "eosuser", "eospass", err) != 0)
		return -1;
	if (net_var_true(conf, t, "unpriv"))
		argv_add(&o->argv, "ping %s", o->host);
	else
		argv_add(&o->argv, "ping %s repeat %u size %s%s%s", o->host, o->pings,
		    size == NULL ? "100" : size, from == NULL ? "" : " source ",
		    from == NULL ? "" : from);
	return 0;
}

static void
read_eos(const struct probe_opts *o, struct times *t, const char *out, size_t len,
    const char *err)
{
	(void)o;
	(void)len;
	(void)err;
	times_ping(t, out, 1);
	if (!t->tried)
		times_say(t, out);
}

/* --- the table -------------------------------------------------------------------- */

static const struct command_row rows[] = {
	/* clang-format off */
	/* module            flags                          local  build, read */
	{ "RemoteFPing",     COMMAND_DEVICE | COMMAND_BASE, 0, build_remote_fping, read_fping },
	{ "NFSping",         COMMAND_BASE,                  0, build_nfsping, read_fping },
	{ "IRTT",            0,                             2, build_irtt, read_irtt },
	{ "SipSak",          0,                             2, build_sipsak, read_sipsak },
	{ "Qstat",           COMMAND_EACH,                  0, build_qstat, read_qstat },
	{ "IOSPing",         COMMAND_DEVICE,                0, build_ios, read_ios },
	{ "OpenSSHJunOSPing", COMMAND_DEVICE,               0, build_junos, read_junos },
	{ "OpenSSHEOSPing",  COMMAND_DEVICE,                0, build_eos, read_eos },
	/* clang-format on */
};

const struct command_row *
command_row(const char *module)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].module, module) == 0)
			return &rows[i];
	return NULL;
}

/* The program that T's module calls, where it is, as the first argument. */
static int
add_program(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *binary = net_var(conf, t, "binary");
	char path[TOOLS_PATH];

	if (binary == NULL)
		binary = tools_of(t->probe, 0);
	if (binary == NULL)
		return err_set(err, "binary is not set");
	if (tools_find(binary, path, err) != 0)
		return -1;
	argv_add(&o->argv, "%s", path);
	return 0;
}

static int
read_options(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	double timeout;

	if (*t->host == '-')
		return err_set(
		    err, "host = %s: expected a name, not an option", t->host);
	if (seconds_of(conf, t, "timeout", 5, &timeout, err) != 0 ||
	    add_program(o, conf, t, err) != 0 || o->row->build(o, conf, t, err) != 0)
		return -1;
	o->timeout = (int64_t)(timeout * CLOCK_NS_PER_S);
	/* A second more, for programs that have a timeout of their own. */
	if ((o->row->flags & COMMAND_BASE) == 0)
		o->limit = (o->row->flags & COMMAND_EACH ? 1 : o->pings) * o->timeout +
			   CLOCK_NS_PER_S;
	o->pool = pool_take(conf, t, err);
	if (o->pool == NULL)
		return -1;
	if ((o->row->flags & COMMAND_BASE) != 0)
		o->batch = batch_take(t->probe->name, &o->argv, o->pool);
	return 0;
}

struct probe_opts *
command_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->row = command_row(t->probe->module);
	o->host = mem_str(t->host);
	o->step = t->step * CLOCK_NS_PER_S;
	o->offset = t->probe->offset_pct;
	o->pings = t->pings + net_var_true(conf, t, "blazemode");
	if (read_options(o, conf, t, err) == 0)
		return o;
	command_free(o);
	return NULL;
}

void
command_free(struct probe_opts *o)
{
	argv_free(&o->argv);
	argv_free(&o->env);
	free(o->input);
	free(o->host);
	batch_drop(o->batch);
	if (o->pool != NULL)
		pool_drop(o->pool);
	share_drop(o->reads);
	share_drop(o->writes);
	free(o);
}
