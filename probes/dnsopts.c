#include "probes/dnsopts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/mem.h"
#include "probes/echoping.h"
#include "probes/net.h"

#define DNS_EDNS 1232 /* fits every path, DNS flag day 2020 */
#define DNS_PORT 53
#define DNS_TLS_PORT 853
#define DNS_RATE_MAX 100000

void
dnsopts_free(struct probe_opts *o)
{
	if (o == NULL)
		return;
	free(o->server);
	free(o->expect);
	free(o->url);
	free(o->tls_name);
	free(o->instance);
	free(o);
}

static bool
dnsopts_module(const struct conf_target *t, const char *name)
{
	return strcmp(t->probe->module, name) == 0;
}

/* --- what carries the question ---------------------------------------------------- */

static int
dnsopts_over(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	static const char *const names[] = { "udp", "tcp", "tls" };
	const char *protocol = net_var(conf, t, "protocol");
	const char *over = net_var(conf, t, "dns_over");

	if (dnsopts_module(t, "DoH")) {
		o->over = DNS_HTTPS;
		return 0;
	}
	if (dnsopts_module(t, "DoT")) {
		o->over = DNS_TLS;
		return 0;
	}
	if (dnsopts_module(t, "EchoPingDNS")) {
		o->over = net_var_true(conf, t, "dns_tcp") ? DNS_TCP : DNS_UDP;
		return 0;
	}
	/* SmokePing's figure over TCP begins with the query, not with the connection.
	 */
	o->reuse = over == NULL && protocol != NULL && strcasecmp(protocol, "tcp") == 0;
	if (over == NULL)
		over = protocol != NULL ? protocol : "udp";
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(over, names[i]) == 0) {
			o->over = (enum dns_over)i;
			return 0;
		}
	return err_set(err, "%s = %s: expected udp, tcp or tls",
	    net_var(conf, t, "dns_over") != NULL ? "dns_over" : "protocol", over);
}

/* --- what is asked ---------------------------------------------------------------- */

static int
dnsopts_mode(struct probe_opts *o, const char *mode, struct err *err)
{
	static const char *const names[] = { "cached", "uncached", "serverid" };

	if (mode == NULL)
		return 0;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(mode, names[i]) == 0) {
			o->mode = (enum dns_mode)i;
			return 0;
		}
	return err_set(
	    err, "dns_mode = %s: expected cached, uncached or serverid", mode);
}

static int
dnsopts_question(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	bool echoping = dnsopts_module(t, "EchoPingDNS");
	const char *lookup = net_var(conf, t, echoping ? "dns_request" : "lookup");
	const char *type = net_var(conf, t, echoping ? "dns_type" : "recordtype");
	const char *zone = net_var(conf, t, "dns_zone");
	struct err why;

	if (dnsopts_mode(o, net_var(conf, t, "dns_mode"), err) != 0)
		return -1;
	if (type == NULL)
		type = "A";
	if (o->mode == DNS_SERVERID) {
		(void)dnswire_ask(&o->question, "id.server", "TXT", NULL);
		o->question.class = DNSWIRE_CH;
		return 0;
	}
	if (o->mode == DNS_UNCACHED) {
		static const char label[16];
		if (zone == NULL)
			return err_set(err,
			    "dns_mode = uncached without dns_zone, expected a zone below "
			    "which random names may be asked for");
		if (dnswire_ask(&o->question, zone, type, &why) != 0)
			return err_set(err, "dns_zone or recordtype: %s", why.text);
		struct dnswire_question most = o->question;
		if (dnswire_prepend(&most, label, sizeof label) != 0)
			return err_set(err, "dns_zone = %s is too long", zone);
		return 0;
	}
	if (dnswire_ask(&o->question, lookup != NULL ? lookup : t->host, type, &why) !=
	    0)
		return err_set(err, "%s: %s",
		    echoping ? "dns_request or dns_type" : "lookup or recordtype",
		    why.text);
	return 0;
}

/* --- what is demanded ------------------------------------------------------------- */

static int
dnsopts_demands(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *success = net_var(conf, t, "dns_success");
	long answers;

	/* SmokePing counts every answer, and its history goes on. */
	o->valid = o->over == DNS_HTTPS || dnsopts_module(t, "DoT");
	if (success != NULL && strcmp(success, "any") != 0 &&
	    strcmp(success, "valid") != 0)
		return err_set(err, "dns_success = %s: expected any or valid", success);
	if (success != NULL)
		o->valid = strcmp(success, "valid") == 0;
	if (net_var_number(
		conf, t, "require_answers", 0, UINT16_MAX, 0, &answers, err) != 0)
		return -1;
	o->answers = (unsigned)answers;
	o->authoritative = net_var_true(conf, t, "authoritative");
	/* EchoPingDNS asks by the C library, for which an answer without a record of
	 * the type that was asked for is a failure. */
	bool echoping = dnsopts_module(t, "EchoPingDNS");
	if (echoping)
		o->answers = 1;
	o->noerror = echoping || net_var_true(conf, t, "require_noerror");
	o->nxdomain = net_var_true(conf, t, "require_nxdomain");
	if (o->noerror && o->nxdomain)
		return err_set(err,
		    "require_noerror and require_nxdomain exclude each other, expected "
		    "at most one of them");
	o->expect = mem_str(net_var(conf, t, "expect_text"));
	return 0;
}

/* --- all ------------------------------------------------------------------------- */

/* Words in the query besides the question. */
static void
dnsopts_extras(
    struct probe_opts *o, const struct conf *conf, const struct conf_target *t)
{
	o->mix_case = net_var_true(conf, t, "dns0x20");
	o->cookies = net_var_true(conf, t, "dns_cookie");
	if (o->cookies) {
		o->cookie_len = DNSWIRE_COOKIE_CLIENT;
		if (getrandom(o->cookie, o->cookie_len, 0) != (ssize_t)o->cookie_len)
			fatal("getrandom");
	}
	/* as dig asks, and as Net::DNS does */
	o->edns =
	    (dnsopts_module(t, "AnotherDNS") || dnsopts_module(t, "EchoPingDNS")) &&
		    !o->cookies && o->mode != DNS_SERVERID
		? 0
		: DNS_EDNS;
}

/* What cannot be done of what EchoPingDNS can be told. */
static int
dnsopts_echoping(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	const char *plugin = net_var(conf, t, "plugin");
	char name[64] = "dns";

	if (!dnsopts_module(t, "EchoPingDNS"))
		return 0;
	if (plugin != NULL)
		echoping_plugin(plugin, name, sizeof name);
	if (strcmp(name, "dns") != 0)
		return err_set(err,
		    "plugin = %s: programs of echoping are not used, expected dns",
		    plugin);
	return echoping_check(conf, t, err);
}

static int
dnsopts_fill(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	if (dnsopts_echoping(conf, t, err) != 0 || dnsopts_over(o, conf, t, err) != 0 ||
	    dnsopts_question(o, conf, t, err) != 0 ||
	    dnsopts_demands(o, conf, t, err) != 0 ||
	    net_var_number(conf, t, "dns_rate", 0, DNS_RATE_MAX, -1, &o->rate, err) !=
		0 ||
	    net_var_family(conf, t, "ipversion", &o->family, err) != 0)
		return -1;
	if (o->family == AF_UNSPEC && dnsopts_module(t, "AnotherDNS"))
		o->family = AF_INET;
	if (handshake_read(&o->dial, conf, t, DNS_PORT, &o->family, err) != 0)
		return -1;
	/* AnotherDNS has 53 for a default, where TLS never is. */
	if (o->over == DNS_TLS && o->dial.port == DNS_PORT)
		o->dial.port = DNS_TLS_PORT;
	o->server = mem_str(net_var(conf, t, "server"));
	if (net_var(conf, t, "dns_reuse") != NULL)
		o->reuse = net_var_true(conf, t, "dns_reuse");
	dnsopts_extras(o, conf, t);
	return 0;
}

struct probe_opts *
dnsopts_read(const struct conf *conf, const struct conf_target *t, unsigned over,
    struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	if (dnsopts_fill(o, conf, t, err) == 0) {
		if ((over & 1U << o->over) != 0)
			return o;
		err_set(err, "DNS over TLS is the fetcher's, expected it there");
	}
	dnsopts_free(o);
	return NULL;
}

void
dnsopts_wants(const struct probe_opts *o, const char **host, int *family)
{
	if (o->server != NULL)
		*host = o->server;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}
