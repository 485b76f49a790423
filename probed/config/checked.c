/* Checked text: what the parent hands to workers. One logical line each, nothing to
 * include, define or join; a line starting with "#@ " tells where the next one stood.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/grammar.h"
#include "config/tree.h"

#define MAGIC "#@ checked "
#define MARK "#@ "

/* --- writing --------------------------------------------------------------------- */

struct writer {
	FILE *out;
	struct place next; /* where a line without a mark would stand */
	bool secrets;
};

static void
mark(struct writer *w, struct place at)
{
	bool same = w->next.file != NULL && at.file != NULL &&
		    strcmp(w->next.file, at.file) == 0;

	if (!same)
		fprintf(
		    w->out, MARK "%u %s\n", at.line, at.file != NULL ? at.file : "");
	else if (w->next.line != at.line)
		fprintf(w->out, MARK "%u\n", at.line);
	w->next = at;
	w->next.line++;
}

/* Whoever knows the address may often post there: in *** Actions *** an address is a
 * secret as well, and so is who is named to a service. */
static bool
secret_of_action(const struct conf_section *s, const char *key)
{
	return s->parent != NULL && s->parent->name != NULL &&
	       strcmp(s->parent->name, "Actions") == 0 &&
	       (strcmp(key, "url") == 0 || strcmp(key, "urls") == 0 ||
		   strcmp(key, "user") == 0);
}

/* Values that open something; what curl and sipsak are called with may hold a password,
 * and a router asked by SNMP stands behind its community. */
bool
conf_is_secret(const char *key)
{
	static const char *const name[] = { "key", "mailpass", "password", "secret",
		"hmac", "iospass", "junospass", "eospass", "extraargs", "params",
		"ioshost", "pinghost", "token", "community", "auth_password",
		"privacy_password" };

	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++)
		if (strcmp(key, name[i]) == 0)
			return true;
	return false;
}

bool
conf_secret_in(const struct conf_section *s, const char *key)
{
	return conf_is_secret(key) || secret_of_action(s, key);
}

static void
write_cell(FILE *out, const char *cell)
{
	putc('"', out);
	for (; *cell != '\0'; cell++) {
		if (*cell == '"' || *cell == '\\')
			putc('\\', out);
		putc(*cell, out);
	}
	putc('"', out);
}

static void
write_section(struct writer *w, const struct conf_section *s, unsigned depth)
{
	mark(w, s->at);
	if (depth == 0)
		fprintf(w->out, "*** %s ***\n", s->name);
	else
		fprintf(w->out, "%.*s %s\n", (int)depth,
		    "++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++",
		    s->name);
	for (size_t i = 0; i < s->vars; i++) {
		const struct conf_var *v = &s->var[i];

		/* The names of a slave's override are free; these would be misread. */
		if (v->inherited || v->key[0] == '#' || v->key[0] == '"')
			continue;
		mark(w, v->at);
		fprintf(w->out, "%s = %s\n", v->key,
		    conf_secret_in(s, v->key) && !w->secrets ? "•••" : v->value);
	}
	for (size_t i = 0; i < s->rows; i++) {
		mark(w, s->row[i].at);
		for (size_t c = 0; c < s->row[i].cells; c++) {
			if (c > 0)
				putc(' ', w->out);
			write_cell(w->out, s->row[i].cell[c]);
		}
		putc('\n', w->out);
	}
	for (const struct conf_section *c = s->first; c != NULL; c = c->next)
		write_section(w, c, depth + 1);
}

static unsigned
part_of(const char *name)
{
	static const struct {
		const char *name;
		unsigned part;
	} parts[] = {
		{ "General", CONF_GENERAL },
		{ "Database", CONF_DATABASE },
		{ "Presentation", CONF_PRESENTATION },
		{ "Probes", CONF_PROBES },
		{ "Targets", CONF_TARGETS },
		{ "Alerts", CONF_ALERTS },
		{ "Slaves", CONF_SLAVES },
		{ "InfluxDB", CONF_SINKS },
		{ "Web", CONF_WEB },
		{ "Collector", CONF_COLLECTOR },
		{ "Detection", CONF_DETECTION },
		{ "Actions", CONF_ACTIONS },
		{ "Sinks", CONF_SINKS },
		{ "Silences", CONF_SILENCES },
		{ "Overrides", CONF_OVERRIDES },
		{ "Reflector", CONF_REFLECTOR },
		{ "Path", CONF_PATH },
		{ "Loadtest", CONF_LOADTEST },
		{ "Master", CONF_MASTER },
		{ "Pace", CONF_PACE },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return parts[i].part;
	return 0;
}

void
conf_write_checked(const struct conf *conf, unsigned parts, FILE *out)
{
	struct writer w = { .out = out, .secrets = (parts & CONF_SECRETS) != 0 };

	fprintf(out, MAGIC "%u\n", conf->generation);
	for (const struct conf_section *s = conf->root->first; s != NULL;
	     s = s->next) {
		unsigned part = part_of(s->name);

		if ((part & parts) == 0)
			continue;
		/* The mail server's password is for who mails. */
		w.secrets = (parts & CONF_SECRETS) != 0 &&
			    (part != CONF_GENERAL || (parts & CONF_ALERTS) != 0);
		write_section(&w, s, 0);
	}
}

/* --- reading --------------------------------------------------------------------- */

/* "LINE" or "LINE FILE" behind a mark. */
static bool
read_mark(struct conf_tree *tree, const char *text, struct place *at)
{
	char *end;
	unsigned long line = strtoul(text, &end, 10);

	if (end == text || line > 0xffffffffUL)
		return false;
	at->line = (unsigned)line;
	if (*end == '\0')
		return at->file != NULL;
	if (*end != ' ')
		return false;
	at->file = arena_str(&tree->arena, end + 1);
	return true;
}

static void
read_lines(struct grammar *g, struct lex *lex, struct conf_report *report)
{
	struct place at = { NULL, 0 }, whole = { "checked text", 1 };

	if (!lex_next(lex) || strncmp(lex->text.s, MAGIC, strlen(MAGIC)) != 0) {
		report_error(report, whole, "not checked text, expected " MAGIC);
		return;
	}
	g->tree->conf.generation =
	    (unsigned)strtoul(lex->text.s + strlen(MAGIC), NULL, 10);
	while (lex_next(lex)) {
		if (strncmp(lex->text.s, MARK, strlen(MARK)) != 0) {
			grammar_line(g, lex->text.s, at);
			at.line++;
		} else if (!read_mark(g->tree, lex->text.s + strlen(MARK), &at)) {
			whole.line = lex->line;
			report_error(
			    report, whole, "a bad mark, expected " MARK "LINE FILE");
			return;
		}
	}
}

struct conf *
conf_parse_checked(const char *text, size_t len, struct conf_report *report)
{
	struct conf_tree *tree = mem_zero(1, sizeof(*tree));
	size_t errors = report->errors;
	struct place whole = { "checked text", 0 };
	struct grammar g;
	struct lex lex;

	grammar_init(&g, tree, report, true);
	lex_init(&lex, text, len, true);
	if (memchr(text, '\0', len) != NULL)
		report_error(report, whole, "a zero byte, expected text");
	else
		read_lines(&g, &lex, report);
	grammar_finish(&g, whole);
	if (report->errors == errors)
		view_build(tree, report, true);
	lex_free(&lex);
	grammar_free(&g);
	if (report->errors == errors)
		return &tree->conf;
	conf_free(&tree->conf);
	return NULL;
}
