/* What the receivers of *** Actions *** need by their type, and which receivers of
 * SmokePing's are not reached. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/view.h"

/* What somebody wants to hear of who says nothing about it. */
#define KINDS "alert loss attack verdict"
#define SENDMAIL "/usr/lib/sendmail" /* SmokePing's, where none is configured */

/* KEYS that a receiver of TYPE cannot do without. */
static const struct {
	const char *type, *keys;
} needs[] = {
	{ "mail", "to" },
	{ "webhook", "url" },
	{ "ntfy", "url" },
	{ "gotify", "url token" },
	{ "slack", "url" },
	{ "discord", "url" },
	{ "telegram", "token chat" },
	{ "pushover", "token user" },
	{ "apprise", "url" },
	{ "command", "program" },
	{ "fastnetmon", "program" },
	{ "exabgp", "program" },
	{ "gobgp", "program" },
	{ "bird", "program" },
	{ "nftables", "program" },
};

static const char *
needed_by(const char *type)
{
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (strcmp(needs[i].type, type) == 0)
			return needs[i].keys;
	return "";
}

static bool
begins(const char *text, const char *one, const char *other)
{
	return strncmp(text, one, strlen(one)) == 0 ||
	       strncmp(text, other, strlen(other)) == 0;
}

/* Is URL one of ours, with a host in it and nothing that ends a line or word? */
static void
check_url(struct view *v, const struct conf_section *s, const char *type)
{
	const struct conf_var *url = conf_var(s, "url");
	bool mail = strcmp(type, "mail") == 0;

	if (url == NULL || *url->value == '\0')
		return;
	const char *host = strstr(url->value, "://");
	bool good = mail ? begins(url->value, "smtp://", "smtps://")
			 : begins(url->value, "http://", "https://");
	if (!good || host == NULL || host[3] == '\0' || host[3] == '/' ||
	    url->value[strcspn(url->value, " \t\"<>")] != '\0') {
		report_error(v->report, url->at, "url of %s: expected %s", s->name,
		    mail ? "smtp://HOST:PORT or smtps://HOST" : "https://HOST/...");
		return;
	}
	if (!mail && strncmp(url->value, "http://", 7) == 0 &&
	    conf_var(s, "token") != NULL && !begins(host, "://127.", "://localhost") &&
	    !begins(host, "://[::1]", "://127."))
		report_warning(v->report, url->at,
		    "%s: the token goes over the network unencrypted, expected https://",
		    s->name);
	if (strcmp(type, "ntfy") == 0) {
		const char *path = strchr(host + 3, '/');

		if (path == NULL || path[1] == '\0')
			report_error(v->report, url->at,
			    "url of %s: expected a topic, such as "
			    "https://ntfy.sh/TOPIC",
			    s->name);
	}
}

static void
check_action(struct view *v, const struct conf_section *s)
{
	const char *type = conf_value(s, "type", ""), *keys = needed_by(type);
	char key[32];

	for (; *keys != '\0'; keys += strspn(keys, " ")) {
		size_t len = strcspn(keys, " ");

		snprintf(key, sizeof key, "%.*s", (int)len, keys);
		keys += len;
		if (conf_var(s, key) == NULL)
			report_error(v->report, s->at,
			    "%s: a receiver of type %s needs '%s'", s->name, type, key);
	}
	check_url(v, s, type);
	if (strstr(conf_value(s, "kinds", ""), "latency") != NULL)
		report_warning(v->report, conf_var(s, "kinds")->at,
		    "%s: nothing is of the kind latency: what is slow is told as alert, "
		    "verdict or congestion",
		    s->name);
	const char *program = conf_value(s, "program", NULL);
	bool blocks = conf_action_blocks(s);
	if ((blocks || strcmp(type, "command") == 0) && program != NULL &&
	    access(program, X_OK) != 0)
		report_warning(v->report, conf_var(s, "program")->at,
		    blocks ? "%s: %s cannot be executed, so nothing is done"
			   : "%s: %s cannot be executed, so nobody is told",
		    s->name, program);
}

/* Who is named in SECTION's KEY and how is he reached? MAIL is set for addresses. */
static void
check_recipients(
    struct view *v, const struct conf_section *section, const char *key, bool *mail)
{
	const struct conf_var *var = conf_var(section, key);

	if (var == NULL || var->inherited)
		return;
	for (const char *at = var->value; *at != '\0';) {
		size_t len = strcspn(at, ",");
		const char *one = at + strspn(at, " \t");

		if (begins(one, "snpp:", "snpp:")) {
			if (*conf_value(conf_top(&v->tree->conf, "General"), "snpphost",
				"") == '\0')
				report_warning(v->report, var->at,
				    "%.*s is not told: there is no snpphost in *** General "
				    "***",
				    (int)(len - (size_t)(one - at)), one);
		} else if (begins(one, "xmpp:", "xmpp:"))
			report_warning(v->report, var->at,
			    "%.5s is not served: %.*s is not told; expected an address, "
			    "|PROGRAM, or a receiver in *** Actions ***",
			    one, (int)(len - (size_t)(one - at)), one);
		else if (*one == '|') {
			char *path = mem_strn(one + 1, len - (size_t)(one - at) - 1);
			size_t end = strlen(path);

			while (
			    end > 0 && (path[end - 1] == ' ' || path[end - 1] == '\t'))
				path[--end] = '\0';
			if (access(path, X_OK) != 0)
				report_warning(v->report, var->at,
				    "%s cannot be executed, so it is not told (what "
				    "follows the | is a program's path, without "
				    "arguments)",
				    path);
			free(path);
		} else if (*one != '\0' && *one != ',')
			*mail = true;
		at += len;
		at += *at == ',';
	}
}

/* Who gets mail, and nobody takes it? */
static void
check_mail(struct view *v, const struct conf_section *alerts)
{
	const struct conf *conf = &v->tree->conf;
	const struct conf_section *general = conf_top(conf, "General");
	const char *sendmail = conf_value(general, "sendmail", SENDMAIL);

	if (*conf_value(general, "mailhost", "") != '\0')
		return;
	if (access(sendmail, X_OK) != 0)
		report_warning(v->report, alerts->at,
		    "alerts by mail cannot be sent: there is no mailhost in *** General "
		    "***, and %s cannot be executed",
		    sendmail);
}

/* The usual text is sent where there is no template. */
static void
check_template(struct view *v, const struct conf_section *s)
{
	const struct conf_var *var = conf_var(s, "mailtemplate");

	if (var != NULL && !var->inherited && *var->value != '\0' &&
	    access(var->value, R_OK) != 0)
		report_warning(v->report, var->at,
		    "mailtemplate %s: %s; alerts are mailed with the usual text",
		    var->value, strerror(errno));
}

bool
conf_action_blocks(const struct conf_section *s)
{
	static const char *const types[] = { "fastnetmon", "exabgp", "gobgp", "bird",
		"nftables" };
	const char *type = conf_value(s, "type", "");

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

char *
conf_action_kinds(const struct conf_section *s)
{
	/* Nobody is told by it. */
	if (conf_action_blocks(s))
		return mem_str(" ");

	char *list = mem_printf(" %s ", conf_value(s, "kinds", KINDS));

	for (char *p = list; *p != '\0'; p++)
		if (*p == ',' || *p == '\t')
			*p = ' ';
	if (strstr(list, " all ") == NULL)
		return list;
	free(list);
	return NULL;
}

bool
conf_action_hears(const struct conf_section *s, const char *kind)
{
	char *list = conf_action_kinds(s), *word = mem_printf(" %s ", kind);
	bool hears = list == NULL || strstr(list, word) != NULL;

	free(list);
	free(word);
	return hears;
}

void
actions_check(struct view *v)
{
	const struct conf *conf = &v->tree->conf;
	const struct conf_section *actions = conf_top(conf, "Actions");
	const struct conf_section *alerts = conf_top(conf, "Alerts");
	bool mail = false;

	for (const struct conf_section *s = actions == NULL ? NULL : actions->first;
	     s != NULL; s = s->next)
		check_action(v, s);
	if (alerts == NULL)
		return;
	check_recipients(v, alerts, "to", &mail);
	check_template(v, alerts);
	for (const struct conf_section *s = alerts->first; s != NULL; s = s->next) {
		check_recipients(v, s, "to", &mail);
		check_template(v, s);
	}
	for (size_t i = 0; i < conf->target_count; i++)
		check_recipients(v, conf->target[i]->section, "alertee", &mail);
	if (mail)
		check_mail(v, alerts);
}
