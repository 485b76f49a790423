#include "edit/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/lex.h"
#include "config/schema.h"

/* Something that has to stay, in words that show what it is and hold its value. */
struct fact {
	char *text;  /* "SUBJECT\nVALUE": two are the same where this is */
	bool may_go; /* it may be taken away */
	struct place at;
};

struct facts {
	struct fact *fact;
	size_t count, room;
};

static void
add(struct facts *f, struct place at, bool may_go, char *text)
{
	if (f->count == f->room)
		f->fact =
		    mem_grow(f->fact, f->room = f->room * 2 + 64, sizeof *f->fact);
	f->fact[f->count++] = (struct fact){ text, may_go, at };
}

static bool
listed(const char *const *list, const char *key)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, key) == 0)
			return true;
	return false;
}

static bool
ends(const char *key, const char *end)
{
	size_t len = strlen(key), n = strlen(end);

	return len > n && strcmp(key + len - n, end) == 0;
}

/* --- by section ------------------------------------------------------------------- */

/* Of these sections all stays but what is listed. */
static const char *const general[] = { "owner", "contact", "cgiurl", "display_name",
	"imgurl", "offset", "concurrentprobes", "changeprocessnames", "linkstyle",
	"changecgiprogramname", "syslogfacility", "syslogpriority", NULL };
static const char *const web[] = { "title", "record_browsers", NULL };
static const char *const slaves[] = { "display_name", "location", "color", NULL };
static const char *const actions[] = { "kinds", "min_priority", "rate", "retry", "tag",
	"limit", "max", NULL };
static const char *const none[] = { NULL };

static const struct {
	const char *section;
	const char *const *loose;
} guarded[] = { { "General", general }, { "Web", web }, { "Slaves", slaves },
	{ "Actions", actions }, { "Sinks", none }, { "InfluxDB", none },
	{ "Reflector", none } };

/* What may change of the section TOP; NULL: all that is no secret and no program. */
static const char *const *
loose_of(const struct conf_section *top)
{
	for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++)
		if (strcmp(guarded[i].section, top->name) == 0)
			return guarded[i].loose;
	return NULL;
}

/* Of a module that a program stands for, what says nothing but how often and long. */
static const char *const pace[] = { "step", "pings", "offset", "forks", "timeout",
	"packetsize", "hostinterval", "mininterval", NULL };
/* Of targets, what no probe reads. */
static const char *const plain[] = { "probe", "menu", "title", "remark", "alerts",
	"note", "email", "slaves", "menuextra", "parents", "hide", "nomasterpoll",
	"host", "alertee", "filtered", NULL };

/* --- by variable ------------------------------------------------------------------ */

/* A list of receivers, of which one is a program. */
static bool
names_program(const char *value)
{
	for (; value != NULL; value = strchr(value, ',')) {
		value += strspn(value, ", \t");
		if (*value == '|')
			return true;
	}
	return false;
}

static bool
names_file(const char *key)
{
	return ends(key, "_file") || ends(key, "_env") || ends(key, "binary") ||
	       ends(key, "binaryv6") || ends(key, "passwordfile") ||
	       ends(key, "secretfile") || strcmp(key, "keyfile") == 0 ||
	       strcmp(key, "template") == 0 || strcmp(key, "template_text") == 0 ||
	       strcmp(key, "mailtemplate") == 0 || strcmp(key, "rawlog") == 0 ||
	       strcmp(key, "plugin") == 0;
}

/* Must V of S stay, whatever section it is in? */
static bool
stays(const struct conf_section *s, const struct conf_var *v)
{
	return conf_secret_in(s, v->key) || names_file(v->key) ||
	       names_program(v->value) ||
	       (strcmp(v->key, "host") == 0 &&
		   (strncmp(v->value, "DYNAMIC/", 8) == 0 || v->value[0] == '-'));
}

/* Is V of a section that MODULE reads one that its program, or a file, is given? */
static bool
stays_of(const struct module *module, bool runs, const struct conf_var *v)
{
	const struct schema_key *key = module_key(module, v->key);

	if (module == NULL || runs)
		return !listed(pace, v->key);
	if (key == NULL)
		key = schema_key_find(schema_own, v->key);
	return key != NULL && (key->flags & (KEY_FILE | KEY_TOOL)) != 0;
}

static char *
path_of(const struct conf_section *s)
{
	char *outer, *path;

	if (s->parent == NULL || s->parent->name == NULL || *s->parent->name == '\0')
		return mem_str(s->name);
	outer = path_of(s->parent);
	path = mem_printf("%s/%s", outer, s->name);
	free(outer);
	return path;
}

static void
add_var(struct facts *f, const struct conf_section *s, const struct conf_var *v)
{
	char *path = path_of(s);

	add(f, v->at, false, mem_printf("%s: %s\n%s", path, v->key, v->value));
	free(path);
}

/* That S is there is a fact as well. */
static void
add_section(struct facts *f, const struct conf_section *s)
{
	char *path = path_of(s);

	add(f, s->at, false, mem_printf("%s\n", path));
	free(path);
}

/* --- all of them ------------------------------------------------------------------ */

/* LOOSE: what may change here; NULL: what does not have to stay. */
static void
collect_plain(struct facts *f, const struct conf_section *s, const char *const *loose)
{
	if (loose != NULL)
		add_section(f, s);
	for (size_t i = 0; i < s->vars; i++)
		if (!s->var[i].inherited &&
		    (stays(s, &s->var[i]) ||
			(loose != NULL && !listed(loose, s->var[i].key))))
			add_var(f, s, &s->var[i]);
	for (const struct conf_section *c = s->first; c != NULL; c = c->next)
		collect_plain(f, c,
		    loose == NULL && strcmp(s->name, "Collector") == 0 &&
			    strcmp(c->name, "snmp") == 0
			? none
			: loose);
}

static void
collect_probe(struct facts *f, const struct conf_section *s, const char *module_name)
{
	const struct module *module = module_find(module_name);
	bool runs = module == NULL || module->home == MODULE_RUNNER;

	if (runs)
		add_section(f, s);
	for (size_t i = 0; i < s->vars; i++)
		if (!s->var[i].inherited &&
		    (stays(s, &s->var[i]) || stays_of(module, runs, &s->var[i])))
			add_var(f, s, &s->var[i]);
	for (const struct conf_section *c = s->first; c != NULL; c = c->next)
		collect_probe(f, c, module_name);
}

static void
collect_target(struct facts *f, const struct conf *conf, const struct conf_target *t)
{
	const struct conf_section *s = t->section;
	const struct module *module =
	    t->probe != NULL ? module_find(t->probe->module) : NULL;
	bool runs = conf_target_home(conf, t) == MODULE_RUNNER;

	for (size_t i = 0; i < s->vars; i++) {
		const struct conf_var *v = &s->var[i];

		if (!v->inherited &&
		    (stays(s, v) ||
			(!listed(plain, v->key) && strncmp(v->key, "influx_", 7) != 0 &&
			    stays_of(module, runs, v))))
			add_var(f, s, v);
	}
}

/* --- where secrets are sent ------------------------------------------------------- */

static bool
print_all(FILE *out, const struct conf_section *s)
{
	bool secret = false;

	for (size_t i = 0; s != NULL && i < s->vars; i++) {
		const struct conf_var *v = &s->var[i];

		/* What only people see. */
		if (strcmp(v->key, "menu") == 0 || strcmp(v->key, "title") == 0 ||
		    strcmp(v->key, "remark") == 0 || strcmp(v->key, "alerts") == 0)
			continue;
		secret = secret || (conf_secret_in(s, v->key) && *v->value != '\0');
		fprintf(out, "%s = %s\n", v->key, v->value);
	}
	return secret;
}

/* A target that a secret is used for is all that is said of it: it could go to another
 * host. */
static void
collect_use(struct facts *f, const struct conf *conf, const struct conf_target *t)
{
	bool secret = false;
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "Targets: %s uses a secret, and what it is\n", t->path);
	for (const struct conf_target *o = t; o != NULL; o = o->parent)
		secret |= print_all(out, conf_target_override(o));
	secret |= print_all(out, t->section);
	if (t->probe != NULL) {
		secret |= print_all(out, conf_probe_override(conf, t->probe));
		secret |= print_all(out, t->probe->section);
		if (t->probe->section != NULL && t->probe->section->parent != NULL)
			secret |= print_all(out, t->probe->section->parent);
		fprintf(out, "%s\n", t->probe->name);
	}
	mem_stream_end(out);
	if (secret && conf_target_is_pinged(t))
		add(f, t->section->at, true, text);
	else
		free(text);
}

static void
collect(struct facts *f, const struct conf *conf, const char *edited)
{
	for (const struct conf_section *s = conf->root->first; s != NULL; s = s->next) {
		if (strcmp(s->name, "Targets") == 0)
			continue;
		if (strcmp(s->name, "Probes") != 0) {
			collect_plain(f, s, loose_of(s));
			continue;
		}
		for (const struct conf_section *m = s->first; m != NULL; m = m->next)
			collect_probe(f, m, m->name);
	}
	if (conf->targets != NULL)
		collect_target(f, conf, conf->targets);
	for (size_t i = 0; i < conf->target_count; i++) {
		collect_target(f, conf, conf->target[i]);
		collect_use(f, conf, conf->target[i]);
	}
	for (size_t i = 0; i < conf->files; i++)
		if (conf->file[i].size >= 0 && strcmp(conf->file[i].path, edited) != 0)
			add(f, (struct place){ NULL, 0 }, false,
			    mem_printf("@include: the file %s\n", conf->file[i].path));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(((const struct fact *)a)->text, ((const struct fact *)b)->text);
}

static void
free_facts(struct facts *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->fact[i].text);
	free(f->fact);
}

static bool
differs(const struct fact *fact, bool gone, struct place *at, struct err *why)
{
	*at = gone ? (struct place){ NULL, 0 } : fact->at;
	err_set(why,
	    "%.*s is %s: what runs programs, names files or is secret is not "
	    "changed from here",
	    (int)strcspn(fact->text, "\n"), fact->text,
	    gone ? "changed or taken away" : "changed or new");
	return false;
}

bool
guard_same(const struct conf *old, const struct conf *next, const char *edited,
    struct place *at, struct err *why)
{
	struct facts was = { 0 }, is = { 0 };
	const struct fact *gone = NULL;
	bool same = true;
	size_t i = 0, k = 0;

	collect(&was, old, edited);
	collect(&is, next, edited);
	qsort(was.fact, was.count, sizeof *was.fact, by_text);
	qsort(is.fact, is.count, sizeof *is.fact, by_text);
	while (same && (i < was.count || k < is.count)) {
		int order = i == was.count  ? 1
			    : k == is.count ? -1
					    : by_text(&was.fact[i], &is.fact[k]);

		if (order > 0)
			same = differs(&is.fact[k], false, at, why);
		else if (order < 0 && gone == NULL && !was.fact[i].may_go)
			gone = &was.fact[i];
		i += order <= 0;
		k += order >= 0;
	}
	/* Of what is changed, the place in NEXT is told where there is one. */
	if (same && gone != NULL)
		same = differs(gone, true, at, why);
	free_facts(&was);
	free_facts(&is);
	return same;
}
