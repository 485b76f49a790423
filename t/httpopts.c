/* Every variable of the modules that fetch is understood, or refused by name at its
 * line. */
#include "t/tap.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/schema.h"
#include "prober/probe.h"
#include "probes/httpopts.h"

static char dir[] = "/tmp/smokebox-httpopts.XXXXXX";
static char *file;

/* A configuration whose target, of MODULE, has LINE last; its line number is in AT. */
static struct conf *
configured(const char *module, const char *line, unsigned *at)
{
	struct conf_report report = { 0 };
	FILE *f = fopen(file, "w");
	bool filter = strcmp(module, "WebProxyFilter") == 0;
	bool of_probe = strncmp(line, "P ", 2) == 0;
	char *text = mem_printf("*** General ***\nowner = a\ncontact = a@b.c\n"
				"cgiurl = http://a/\ndatadir = %s\n"
				"*** Database ***\nstep = 10\npings = 3\n"
				"AVERAGE 0.5 1 10\n"
				"*** Presentation ***\n+ overview\nwidth = 10\n"
				"height = 10\n+ detail\nwidth = 10\nheight = 10\n"
				"*** Probes ***\n+ %s\n%s%s\n%s%s\n"
				"*** Targets ***\nprobe = %s\nmenu = m\ntitle = t\n"
				"+ one\nhost = web.test\n",
	    dir, module,
	    strstr(module, "Curl") != NULL && strncmp(line, "urlformat", 9) != 0
		? "urlformat = http://%host%/"
		: "",
	    filter && strncmp(line, "deny_re", 7) != 0 ? "deny_re = no" : "",
	    of_probe ? line + 2 : "", "", module);
	struct conf *conf;

	*at = 1;
	for (const char *c = text; *c != '\0'; c++)
		*at += *c == '\n';
	if (of_probe)
		*at = 20;
	if (f == NULL)
		fatal("%s", file);
	fprintf(f, "%s%s\n", text, of_probe ? "" : line);
	fclose(f);
	free(text);
	conf = conf_load(file, &report);
	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
	return conf;
}

static bool
idle(const struct probe_opts *o)
{
	return o->urls == 1; /* as it would be without */
}

/* What each variable does, of which WANT is a witness. */
#define IS(name, condition)                                                            \
	static bool name(const struct probe_opts *o)                                   \
	{                                                                              \
		return condition;                                                      \
	}
IS(agent, strcmp(o->agent, "Lynx") == 0)
IS(timeout, o->timeout_ms == 7000)
IS(timeout_fraction, o->timeout_ms == 2500)
IS(interface, strcmp(o->interface, "eth7") == 0)
IS(insecure, o->insecure)
IS(follow, o->follow)
IS(redirects, o->add_redirects)
IS(head, o->head)
IS(host_header, o->headers != NULL && strcmp(o->headers->data, "Host: x") == 0)
IS(expect, strcmp(o->expect, "word") == 0)
IS(complete, o->complete)
IS(starttransfer, o->figure == HTTP_STARTTRANSFER)
IS(urls, o->urls == 2 && strcmp(o->url[1].url, "https://web.test/b") == 0)
IS(path, strcmp(o->url[0].url, "http://web.test:80/x") == 0 ||
	     strcmp(o->url[0].url, "https://web.test:443/x") == 0)
IS(port, strstr(o->url[0].url, "://web.test:8081/") != NULL)
IS(pragma, strcmp(o->headers->data, "Pragma: no-cache") == 0)
IS(revalidate, strcmp(o->headers->data, "Cache-Control: max-age=0") == 0)
IS(redirect_fits, httpopts_status_fits(o, 302) && !httpopts_status_fits(o, 404))
IS(tos, o->tos == 0x10)
IS(cs4, o->tos == 0x80)
IS(priority, o->priority == 3)
IS(version6, o->family == AF_INET6)
IS(deny, o->deny != NULL && regexec(o->deny, "oh no", 0, NULL, 0) == 0)
IS(hosts, o->urls == 3 && o->rotate && strcmp(o->url[2].host, "b.test") == 0)
IS(maxsize, o->max_body == 99)
IS(status, httpopts_status_fits(o, 204) && !httpopts_status_fits(o, 404))
IS(forbidden, strcmp(o->expect_not, "word") == 0)
IS(http2, o->http_version == CURL_HTTP_VERSION_2_0)

/* IS: true of the options that LINE makes. WHY instead: part of why they are refused. A
 * line that begins with "P " is the probe's. */
struct row {
	const char *line;
	bool (*is)(const struct probe_opts *o);
	const char *why;
};

static const struct row curl[] = {
	{ "P binary = /usr/bin/curl", idle, NULL },
	{ "P forks = 9", idle, NULL },
	{ "P step = 20", idle, NULL },
	{ "P offset = 50%", idle, NULL },
	{ "pings = 5", idle, NULL },
	{ "urlformat = http://%host%/a https://%host%/b", urls, NULL },
	{ "urlformat = gopher://%host%/", NULL, "gopher is not measured" },
	{ "agent = Lynx", agent, NULL },
	{ "timeout = 7", timeout, NULL },
	{ "interface = eth7", interface, NULL },
	{ "ssl2 = 1", idle, NULL },
	{ "insecure_ssl = 1", insecure, NULL },
	{ "follow_redirects = yes", follow, NULL },
	{ "include_redirects = yes", redirects, NULL },
	{ "extraargs = --head", head, NULL },
	{ "extraargs = --socks5 a", NULL, "'--socks5' is not known here" },
	{ "extraargs = -x http://p/", NULL, "'-x' is not known here" },
	{ "extraargs = -E cert", NULL, "'-E' is not known here" },
	{ "extraargs = -H", NULL, "-H stands alone" },
	{ "extrare = /;/\nextraargs = -H;Host: x", host_header, NULL },
	{ "expect_status = 200-299", status, NULL },
	{ "expect_not = word", forbidden, NULL },
	{ "max_body = 99", maxsize, NULL },
	{ "http_version = 2", http2, NULL },
	{ "dscp = cs4", cs4, NULL },
	{ NULL, NULL, NULL },
};
static const struct row curl_only[] = {
	{ "expect = word", expect, NULL },
	{ "require_zero_status = yes", complete, NULL },
	{ NULL, NULL, NULL },
};
static const struct row another_only[] = {
	{ "write_out = time_starttransfer", starttransfer, NULL },
	{ "write_out = time_namelookup", NULL, "names are looked up apart" },
	{ "write_out = size_header", NULL, "write_out = size_header: expected" },
	{ NULL, NULL, NULL },
};
static const struct row echoping[] = {
	{ "P binary = /usr/bin/echoping", idle, NULL },
	{ "P forks = 9", idle, NULL },
	{ "P step = 20", idle, NULL },
	{ "P offset = 50%", idle, NULL },
	{ "pings = 5", idle, NULL },
	{ "url = /x", path, NULL },
	{ "url = ftp://a/", NULL, "ftp is not measured" },
	{ "port = 8081", port, NULL },
	{ "port = http", NULL, "port = http: expected a number" },
	{ "ignore_cache = yes", pragma, NULL },
	{ "revalidate_data = yes", revalidate, NULL },
	{ "accept_redirects = yes", redirect_fits, NULL },
	{ "timeout = 2.5", timeout_fraction, NULL },
	{ "waittime = 2", idle, NULL },
	{ "priority = 3", priority, NULL },
	{ "priority = 9", NULL, "priority = 9: expected a number from 0 to 6" },
	{ "tos = 0x10", tos, NULL },
	{ "tos = low", NULL, "tos = low: expected" },
	{ "ipversion = 6", version6, NULL },
	{ "extraopts = -6", version6, NULL },
	{ "extraopts = -z", NULL, "'-z' is not known here" },
	{ "expect_status = 200-299", status, NULL },
	{ NULL, NULL, NULL },
};
static const struct row https_only[] = {
	{ "prot = 443", idle, NULL },
	{ NULL, NULL, NULL },
};
static const struct row filter[] = {
	{ "P forks = 9", idle, NULL },
	{ "P step = 20", idle, NULL },
	{ "P offset = 50%", idle, NULL },
	{ "pings = 5", idle, NULL },
	{ "P min_interval = 2", idle, NULL },
	{ "P useragent = Lynx", agent, NULL },
	{ "P maxsize = 99", maxsize, NULL },
	{ "P maxsize = much", NULL, "maxsize = much: expected a number" },
	{ "timeout = 7", timeout, NULL },
	{ "deny_re = n.$", deny, NULL },
	{ "deny_re = (", NULL, "deny_re = (: " },
	{ "more_hosts = a.test,b.test", hosts, NULL },
	{ NULL, NULL, NULL },
};

static const struct {
	const char *module;
	const struct row *rows[3];
} modules[] = {
	{ "Curl", { curl, curl_only } },
	{ "AnotherCurl", { curl, another_only } },
	{ "EchoPingHttp", { echoping } },
	{ "EchoPingHttps", { echoping, https_only } },
	{ "WebProxyFilter", { filter } },
};

static void
test_row(const char *module, const struct row *row)
{
	unsigned line;
	struct conf *conf = configured(module, row->line, &line);
	struct err err = { "" };

	if (conf == NULL) {
		ok(false, "%s: %s: it is no configuration", module, row->line);
		return;
	}
	const struct conf_target *t = conf_target_by_path(conf, "one");
	struct probe_opts *o = probe_http.options(conf, t, &err);
	if (row->is != NULL)
		ok(o != NULL && row->is(o), "%s: %.*s (%s)", module,
		    (int)strcspn(row->line, "\n"), row->line, err.text);
	else {
		char *place = mem_printf("%s:%u: ", file, line);
		ok(o == NULL && strstr(err.text, row->why) != NULL &&
			strncmp(err.text, place, strlen(place)) == 0,
		    "%s: %s: %s", module, row->line, err.text);
		free(place);
	}
	probe_http.free_opts(o);
	conf_free(conf);
}

/* Does a row of ROWS set KEY? */
static bool
has(const struct row *const *rows, const char *key)
{
	size_t len = strlen(key);

	for (; *rows != NULL; rows++)
		for (const struct row *r = *rows; r->line != NULL; r++) {
			const char *at =
			    r->line + (strncmp(r->line, "P ", 2) == 0 ? 2 : 0);
			if (strncmp(at, key, len) == 0 && at[len] == ' ')
				return true;
		}
	return false;
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		fatal("%s", dir);
	file = mem_printf("%s/config", dir);
	for (size_t m = 0; m < sizeof modules / sizeof *modules; m++) {
		const struct module *module = module_find(modules[m].module);
		const struct schema_key *key;

		for (const struct row *const *rows = modules[m].rows; *rows != NULL;
		     rows++)
			for (const struct row *r = *rows; r->line != NULL; r++)
				test_row(module->name, r);
		for (size_t i = 0; (key = module_key_at(module, i)) != NULL; i++)
			ok(has(modules[m].rows, key->name), "%s: %s has a row here",
			    module->name, key->name);
	}
	unlink(file);
	rmdir(dir);
	free(file);
	return tap_done();
}
