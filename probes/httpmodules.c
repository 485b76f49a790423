/* SmokePing's modules that fetch: what the variables of each mean. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "probes/httpargs.h"
#include "probes/net.h"

static int
httpmodule_figure(struct probe_opts *o, const char *name, struct err *err)
{
	static const struct {
		const char *name;
		enum http_figure figure;
	} figures[] = {
		{ "time_total", HTTP_TOTAL },
		{ "time_connect", HTTP_CONNECT },
		{ "time_appconnect", HTTP_APPCONNECT },
		{ "time_pretransfer", HTTP_PRETRANSFER },
		{ "time_starttransfer", HTTP_STARTTRANSFER },
		{ "time_redirect", HTTP_REDIRECT },
	};

	if (name == NULL)
		return 0;
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (strcmp(name, figures[i].name) == 0) {
			o->figure = figures[i].figure;
			return 0;
		}
	if (strcmp(name, "time_namelookup") == 0)
		return err_set(err,
		    "write_out = time_namelookup: names are looked up apart from the "
		    "fetch, expected time_total, or a target with probe DNS");
	return err_set(err,
	    "write_out = %s: expected time_total, time_connect, time_appconnect, "
	    "time_pretransfer, time_starttransfer or time_redirect",
	    name);
}

static int
httpmodule_curl(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *format = net_var(conf, t, "urlformat");
	const char *agent = net_var(conf, t, "agent");
	const char *extra = net_var(conf, t, "extraargs");
	static const char word[] = "User-Agent:";

	if (format == NULL)
		return err_set(
		    err, "urlformat is missing, expected e.g. http://%%host%%/");
	if (agent != NULL && strncasecmp(agent, word, sizeof word - 1) == 0) {
		agent += sizeof word - 1;
		agent += strspn(agent, " ");
	}
	o->agent = mem_str(agent);
	o->interface = mem_str(net_var(conf, t, "interface"));
	o->expect = mem_str(net_var(conf, t, "expect"));
	o->insecure = net_var_true(conf, t, "insecure_ssl");
	o->follow = net_var_true(conf, t, "follow_redirects");
	o->add_redirects = net_var_true(conf, t, "include_redirects");
	o->complete = net_var_true(conf, t, "require_zero_status");
	if (httpopts_add_urls(o, format, t->host, err) != 0)
		return httpopts_at(conf, t, "urlformat", err);
	if (httpmodule_figure(o, net_var(conf, t, "write_out"), err) != 0)
		return httpopts_at(conf, t, "write_out", err);
	if (extra != NULL && httpargs(o, extra, net_var(conf, t, "extrare"), err) != 0)
		return httpopts_at(conf, t, "extraargs", err);
	return 0;
}

/* What echoping can be told on its command line, as far as a fetch has it. */
static int
httpmodule_extraopts(struct probe_opts *o, const char *text, struct err *err)
{
	char *copy = mem_str(text), *save = NULL;
	int bad = 0;

	for (char *w = strtok_r(copy, " \t", &save); w != NULL && bad == 0;
	     w = strtok_r(NULL, " \t", &save))
		if (strcmp(w, "-4") == 0 || strcmp(w, "-6") == 0)
			o->family = w[1] == '4' ? AF_INET : AF_INET6;
		else if (strcmp(w, "-v") != 0)
			bad = err_set(err,
			    "extraopts: '%.50s' is not known here, expected -4, -6 or "
			    "-v",
			    w);
	free(copy);
	return bad;
}

/* The number KEY, or -1 where it is not set; 0x... is hexadecimal, as for echoping. */
static int
httpmodule_small(const struct conf *conf, const struct conf_target *t, const char *key,
    long most, int *out, struct err *err)
{
	const char *v = net_var(conf, t, key);
	char *end;

	if (v == NULL)
		return 0;
	long n = strtol(v, &end, 0);
	if (end == v || *end != '\0' || n < 0 || n > most) {
		err_set(
		    err, "%s = %.50s: expected a number from 0 to %ld", key, v, most);
		return httpopts_at(conf, t, key, err);
	}
	*out = (int)n;
	return 0;
}

static int
httpmodule_echoping_url(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, bool tls, struct err *err)
{
	const char *url = net_var(conf, t, "url");
	long port;

	if (net_var_number(conf, t, "port", 1, 65535, tls ? 443 : 80, &port, err) != 0)
		return httpopts_at(conf, t, "port", err);
	if (url == NULL)
		url = "/";
	char *format = strstr(url, "://") != NULL
			   ? mem_str(url)
			   : mem_printf("%s://%%host%%:%ld%s%s", tls ? "https" : "http",
				 port, url[0] == '/' ? "" : "/", url);
	int bad = httpopts_add_urls(o, format, t->host, err);
	free(format);
	return bad == 0 ? 0 : httpopts_at(conf, t, "url", err);
}

/* echoping's own idea: a path or whole URL beside a host, and the status counts. */
static int
httpmodule_echoping(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, bool tls, struct err *err)
{
	const char *extra = net_var(conf, t, "extraopts");

	if (httpmodule_echoping_url(o, conf, t, tls, err) != 0 ||
	    httpmodule_small(conf, t, "priority", 6, &o->priority, err) != 0)
		return -1;
	if (net_var_family(conf, t, "ipversion", &o->family, err) != 0)
		return httpopts_at(conf, t, "ipversion", err);
	if (extra != NULL && httpmodule_extraopts(o, extra, err) != 0)
		return httpopts_at(conf, t, "extraopts", err);
	if (net_var_true(conf, t, "ignore_cache"))
		httpopts_header(o, "Pragma", "no-cache");
	if (net_var_true(conf, t, "revalidate_data"))
		httpopts_header(o, "Cache-Control", "max-age=0");
	httpopts_add_status(o, 200, 299);
	if (net_var_true(conf, t, "accept_redirects"))
		httpopts_add_status(o, 300, 399);
	o->insecure = true; /* echoping never looked at certificates */
	o->complete = true;
	o->figure = HTTP_TOTAL;
	return 0;
}

/* A filter is asked for what it has to deny, and the page that it gives instead, with a
 * status that says all is well, must match an expression. */
static int
httpmodule_deny(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *re = net_var(conf, t, "deny_re");
	char why[200];

	if (re == NULL)
		return err_set(err, "deny_re is missing, expected an expression that "
				    "matches the filter's page");
	o->deny = mem_zero(1, sizeof *o->deny);
	int bad = strstr(re, "(?") != NULL
		      ? REG_BADRPT
		      : regcomp(o->deny, re, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (bad == 0)
		return 0;
	regerror(bad, o->deny, why, sizeof why);
	free(o->deny);
	o->deny = NULL;
	err_set(err, "deny_re = %.100s: %s, expected an extended regular expression",
	    re, why);
	return httpopts_at(conf, t, "deny_re", err);
}

static int
httpmodule_filter(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *more = net_var(conf, t, "more_hosts");
	char *hosts = mem_printf("%s,%s", t->host, more != NULL ? more : ""),
	     *save = NULL;
	int bad = 0;

	for (char *h = strtok_r(hosts, ", \t", &save); h != NULL && bad == 0;
	     h = strtok_r(NULL, ", \t", &save))
		bad = httpopts_add_urls(o, "http://%host%/", h, err);
	free(hosts);
	if (bad != 0)
		return httpopts_at(conf, t, "more_hosts", err);
	long most;
	if (net_var_number(conf, t, "maxsize", 1, 1 << 20, 0, &most, err) != 0)
		return httpopts_at(conf, t, "maxsize", err);
	o->max_body = (size_t)most;
	httpopts_add_status(o, 200, 299);
	o->agent = mem_str(net_var(conf, t, "useragent"));
	o->rotate = o->follow = o->complete = true;
	o->figure = HTTP_TOTAL;
	return httpmodule_deny(o, conf, t, err);
}

int
httpmodule(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *module = t->probe->module;

	if (strcmp(module, "EchoPingHttp") == 0 || strcmp(module, "EchoPingHttps") == 0)
		return httpmodule_echoping(
		    o, conf, t, strcmp(module, "EchoPingHttps") == 0, err);
	if (strcmp(module, "WebProxyFilter") == 0)
		return httpmodule_filter(o, conf, t, err);
	return httpmodule_curl(o, conf, t, err);
}
