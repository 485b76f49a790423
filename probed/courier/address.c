#include "courier/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "courier/service.h"
#include "link/sandbox.h"

#define SENDMAIL "/usr/lib/sendmail" /* SmokePing's, where none is configured */
#define RETRY_S 300
#define SNPP_PORT "444"
#define HIDE_MIN 4 /* shorter ones would black out half a text */

/* --- by the sections of SmokePing ------------------------------------------------- */

/* "a, b,c" as URLs of servers in blanks. */
static char *
smtp_urls(const char *hosts)
{
	char *copy = mem_str(hosts), *save = NULL, *urls = mem_str("");

	for (char *host = strtok_r(copy, ", \t", &save); host != NULL;
	     host = strtok_r(NULL, ", \t", &save)) {
		char *more =
		    mem_printf("%s%ssmtp://%s", urls, *urls == '\0' ? "" : " ", host);
		free(urls);
		urls = more;
	}
	free(copy);
	return urls;
}

/* Is HOST, perhaps with a port, this one: localhost or a loopback address? */
static bool
is_here(const char *host)
{
	bool bracket = *host == '[';
	size_t len = strcspn(host += bracket, bracket ? "]" : ":");
	const char *port = host + len + bracket;
	char name[INET6_ADDRSTRLEN];
	struct in_addr v4;

	if (len >= sizeof name || (bracket && host[len] != ']'))
		return false;
	if (*port != '\0' &&
	    (*port != ':' || port[1 + strspn(port + 1, "0123456789")] != '\0'))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	if (bracket)
		return strcmp(name, "::1") == 0;
	return strcasecmp(name, "localhost") == 0 ||
	       (inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

static bool
all_here(const char *hosts)
{
	char *copy = mem_str(hosts), *save = NULL;
	bool here = true;

	for (char *host = strtok_r(copy, ", \t", &save); host != NULL && here;
	     host = strtok_r(NULL, ", \t", &save))
		here = is_here(host);
	free(copy);
	return here;
}

/* Mail as General says: by its mailhost, else by the program sendmail. */
static void
by_general(struct address *a, const struct conf *conf)
{
	const struct conf_section *general = conf_top(conf, "General");
	const char *user = conf_value(general, "mailuser", ""),
		   *password = conf_value(general, "mailpass", "");

	if (*conf_value(general, "mailhost", "") == '\0') {
		a->way = WAY_SENDMAIL;
		a->program = mem_str(conf_value(general, "sendmail", SENDMAIL));
		return;
	}
	a->way = WAY_SMTP;
	a->url = smtp_urls(conf_value(general, "mailhost", ""));
	if (*user != '\0' && *password != '\0') {
		a->user = mem_str(user);
		a->password = mem_str(password);
		/* Nobody on the way reads it, and nobody else gets it. */
		if (!all_here(conf_value(general, "mailhost", "")))
			a->tls = TLS_REQUIRED;
	}
}

/* By General's snpphost, a name or an address, perhaps with a port. */
static void
by_snpp(struct address *a, const struct conf *conf, const char *pager)
{
	const char *host = conf_value(conf_top(conf, "General"), "snpphost", "");
	bool port =
	    strrchr(host, ':') != NULL &&
	    (strchr(host, ':') == strrchr(host, ':') || strstr(host, "]:") != NULL);

	a->type = "snpp";
	a->to = mem_str(pager);
	if (*host == '\0' || *pager == '\0' || strpbrk(host, "/@?# \t") != NULL) {
		a->way = WAY_NONE;
		a->cannot =
		    mem_str(*pager == '\0' ? "snpp: without the id of a pager"
					   : "there is no (good) snpphost in *** "
					     "General ***");
		return;
	}
	a->way = WAY_SNPP;
	a->url = mem_printf("http://%s%s", host, port ? "" : ":" SNPP_PORT);
}

/* --- by ours ---------------------------------------------------------------------- */

static char *
own(const struct conf_section *s, const char *key)
{
	const char *v = conf_value(s, key, NULL);

	return v != NULL && *v != '\0' ? mem_str(v) : NULL;
}

static void
read_rate(struct address *a, const char *text)
{
	char *unit;

	if (text == NULL)
		return;
	a->rate = (unsigned)strtoul(text, &unit, 10);
	a->rate_s = strcmp(unit, "/m") == 0   ? 60
		    : strcmp(unit, "/h") == 0 ? 3600
					      : 86400;
}

/* NULL: as it is. */
static void
read_tls(struct address *a, const char *tls)
{
	if (tls == NULL)
		return;
	a->tls = TLS_TRY;
	if (strcmp(tls, "required") == 0)
		a->tls = TLS_REQUIRED;
	else if (strcmp(tls, "none") == 0)
		a->tls = TLS_NONE;
}

/* A secret that was looked for and not found is empty, and its receiver not reached. */
static void
want_secrets(struct address *a, const struct conf_section *s)
{
	static const char *const keys[] = { "url", "token", "password", "secret",
		"user", "urls" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *v = conf_value(s, keys[i], NULL);

		if (v == NULL || *v != '\0' || a->cannot != NULL)
			continue;
		a->cannot = mem_printf("there is no %s, see the warnings about the "
				       "configuration",
		    keys[i]);
		a->way = WAY_NONE;
	}
}

static void
by_section(struct address *a, const struct conf *conf, const struct conf_section *s)
{
	const char *type = conf_value(s, "type", "");

	a->url = own(s, "url");
	a->token = own(s, "token");
	a->user = own(s, "user");
	a->password = own(s, "password");
	a->secret = own(s, "secret");
	a->urls = own(s, "urls");
	a->to = own(s, "to");
	a->chat = own(s, "chat");
	a->tag = own(s, "tag");
	a->ca = own(s, "ca");
	if (a->ca != NULL)
		sandbox_read(a->ca);
	a->kinds = conf_action_kinds(s);
	a->min_priority = (unsigned)atoi(conf_value(s, "min_priority", "0"));
	a->retry_s = (unsigned)atoi(conf_value(s, "retry", "300"));
	if (strcmp(type, "mail") == 0) {
		a->type = "mail";
		if (a->url == NULL)
			by_general(a, conf);
		else
			a->way = WAY_SMTP;
		/* A password of ours goes to nobody but the server it is for. */
		bool guarded = a->password != NULL && conf_var(s, "password") != NULL;
		read_tls(a, conf_value(s, "tls", guarded ? "required" : NULL));
	} else if (strcmp(type, "command") == 0) {
		a->type = "command";
		a->way = WAY_COMMAND;
		a->program = own(s, "program");
	} else {
		a->way = WAY_SERVICE;
		a->service = service_find(type);
		a->type = a->service != NULL ? a->service->type : "";
		if (a->service == NULL) {
			a->way = WAY_NONE;
			a->cannot = mem_printf("type %s is not known", type);
		} else if (a->url == NULL && a->service->url != NULL)
			a->url = mem_str(a->service->url);
		if (a->service != NULL)
			read_rate(a, a->service->rate);
	}
	read_rate(a, conf_value(s, "rate", NULL));
	want_secrets(a, s);
}

/* --- all -------------------------------------------------------------------------- */

/* The program sendmail would take it for an option, and with it anything at all. */
static void
check_hyphen(struct address *a, const char *text)
{
	char *bare = text == NULL ? NULL : address_bare(text);

	if (bare != NULL && bare[0] == '-' && a->cannot == NULL) {
		a->way = WAY_NONE;
		a->cannot = mem_str(
		    "an address that begins with a hyphen is not mailed to, or from");
	}
	free(bare);
}

struct address *
address_of(const struct conf *conf, const char *name)
{
	struct address *a = mem_zero(1, sizeof *a);
	const struct conf_section *actions = conf_top(conf, "Actions");
	const struct conf_section *s =
	    actions == NULL ? NULL : conf_child(actions, name);
	const char *from = conf_value(conf_top(conf, "Alerts"), "from", NULL);

	a->type = "mail";
	a->retry_s = RETRY_S;
	a->url_base = mem_str(conf_value(conf_top(conf, "General"), "cgiurl", ""));
	if (s != NULL) {
		by_section(a, conf, s);
		from = conf_value(s, "from", from);
	} else if (name[0] == '|') {
		a->type = "command";
		a->way = WAY_COMMAND;
		a->program = mem_str(name + 1);
	} else if (strncmp(name, "snpp:", 5) == 0) {
		by_snpp(a, conf, name + 5);
	} else if (strncmp(name, "xmpp:", 5) == 0) {
		a->type = "xmpp";
		a->way = WAY_NONE;
		a->cannot = mem_str("xmpp is not served here");
	} else if (strchr(name, '@') != NULL) {
		by_general(a, conf);
		a->to = mem_str(name);
	} else {
		a->type = "";
		a->way = WAY_NONE;
		a->cannot = mem_str("not in *** Actions *** (any more)");
	}
	if (from == NULL)
		from = conf_value(conf_top(conf, "General"), "contact", a->to);
	a->from = mem_str(from);
	check_hyphen(a, a->to);
	if (a->way == WAY_SENDMAIL || a->way == WAY_SMTP)
		check_hyphen(a, a->from);
	return a;
}

/* Every string of A that may be set. */
#define STRINGS(a)                                                                     \
	{                                                                              \
		(a)->cannot, (a)->url, (a)->token, (a)->user, (a)->password,           \
		    (a)->secret, (a)->urls, (a)->to, (a)->from, (a)->chat, (a)->tag,   \
		    (a)->ca, (a)->program, (a)->kinds, (a)->url_base                   \
	}
#define COUNT 15

void
address_free(struct address *a)
{
	if (a == NULL)
		return;
	char *const all[COUNT] = STRINGS(a);
	for (size_t i = 0; i < COUNT; i++)
		if (all[i] != NULL) {
			explicit_bzero(all[i], strlen(all[i]));
			free(all[i]);
		}
	free(a);
}

bool
address_same(const struct address *a, const struct address *b)
{
	char *const x[COUNT] = STRINGS(a), *const y[COUNT] = STRINGS(b);

	for (size_t i = 0; i < COUNT; i++)
		if ((x[i] == NULL) != (y[i] == NULL) ||
		    (x[i] != NULL && strcmp(x[i], y[i]) != 0))
			return false;
	return a->way == b->way && a->service == b->service && a->tls == b->tls &&
	       a->rate == b->rate && a->rate_s == b->rate_s &&
	       a->retry_s == b->retry_s && a->min_priority == b->min_priority &&
	       strcmp(a->type, b->type) == 0;
}

char *
address_bare(const char *text)
{
	const char *open = strrchr(text, '<');
	size_t len = open == NULL ? 0 : strcspn(open + 1, ">");

	if (len == 0 || open[1 + len] != '>')
		return mem_str(text);
	return mem_strn(open + 1, len);
}

static void
hide(char *text, size_t size, const char *secret)
{
	static const char dots[] = "•••";
	size_t len = secret == NULL ? 0 : strlen(secret);
	char *at = text;

	while (len >= HIDE_MIN && (at = strstr(at, secret)) != NULL) {
		char *rest = mem_str(at + len);

		snprintf(at, size - (size_t)(at - text), "%s%s", dots, rest);
		free(rest);
		at += strnlen(at, sizeof dots - 1);
	}
}

void
address_hide(const struct address *a, char *text, size_t size)
{
	const char *path =
	    a->way == WAY_SERVICE && a->url != NULL ? strstr(a->url, "://") : NULL;

	/* Whoever knows what stands behind the host may often post there. */
	if (path != NULL)
		path = strchr(path + 3, '/');
	hide(text, size, path);
	hide(text, size, a->token);
	hide(text, size, a->password);
	hide(text, size, a->secret);
	hide(text, size, a->user);
	hide(text, size, a->urls);
}
