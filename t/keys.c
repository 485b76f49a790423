/* No variable is accepted and then forgotten: the whole schema is walked, and each key
 * is read somewhere in the program, or says at its line what happens instead. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/conf.h"
#include "config/schema.h"
#include "t/tap.h"

/* --- who reads it ----------------------------------------------------------------- */

/* Sources behind each other: all, and those of who measures, which alone read what
 * probe modules have. */
static char *sources, *measuring;
static FILE *sources_out;

/* What names keys without acting on them: the tables themselves, what is copied from a
 * master or to a slave, lists of what does not matter for something. */
static const char *const no_readers[] = { "config/schema.c", "config/modules.c",
	"config/entry.c", "config/default.c", "slave/mastertree.c", "slave/slavetext.c",
	"recorder/identity.c", "edit/guard.c", "edit/mask.c" };

static int
add_source(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t len = strlen(path);
	char buf[8192];
	size_t n;

	(void)st;
	(void)ftw;
	if (type != FTW_F || len < 2 || strcmp(path + len - 2, ".c") != 0)
		return 0;
	for (size_t i = 0; i < sizeof no_readers / sizeof no_readers[0]; i++) {
		size_t k = strlen(no_readers[i]);
		if (len > k && strcmp(path + len - k, no_readers[i]) == 0)
			return 0;
	}
	FILE *in = fopen(path, "r");
	if (in == NULL)
		return -1;
	while ((n = fread(buf, 1, sizeof buf, in)) > 0)
		fwrite(buf, 1, n, sources_out);
	fclose(in);
	return 0;
}

static bool
is_literal(const char *where, const char *text)
{
	char *literal = mem_printf("\"%s\"", text);
	bool found = strstr(where, literal) != NULL;

	free(literal);
	return found;
}

/* Is there a literal of it? The other two names of a secret are put together. */
static bool
is_read(const char *where, const char *key)
{
	static const char *const suffixes[] = { "_file", "_env" };
	size_t len = strlen(key);

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(suffixes[i]);
		char *made = mem_printf("%%s%s", suffixes[i]);
		bool secret = len > n && strcmp(key + len - n, suffixes[i]) == 0 &&
			      is_literal(where, made);

		free(made);
		if (secret) {
			char *base = mem_strn(key, len - n);
			bool found = is_literal(where, base);
			free(base);
			return found;
		}
	}
	return is_literal(where, key);
}

/* The sources below the DIRS, blanks between them, of TOP. */
static char *
read_sources(const char *top, const char *dirs)
{
	char *copy = mem_str(dirs), *save = NULL, *text = NULL;
	size_t len;

	sources_out = open_memstream(&text, &len);
	for (char *one = strtok_r(copy, " ", &save); one != NULL;
	     one = strtok_r(NULL, " ", &save)) {
		char *dir = mem_printf("%s/%s", top, one);
		ok(nftw(dir, add_source, 8, FTW_PHYS) == 0, "%s is read", one);
		free(dir);
	}
	fclose(sources_out);
	free(copy);
	return text;
}

/* --- what is said ----------------------------------------------------------------- */

/* A value that KEY takes, and by which it asks for something else than what happens. */
static const char *
some_value(const struct schema_key *key)
{
	static const char *const tries[] = { "no", "yes", "true", "1", "7", "20", "rsa",
		"original", "local0", "/usr/bin/thing", "127.0.0.1", "a b", "x" };

	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
		if (schema_fits(key, tries[i]) &&
		    (key->same == NULL || strcmp(tries[i], key->same) != 0))
			return tries[i];
	return NULL;
}

/* Does loading TEXT complain of its line LINE, with SEVERITY, that 'KEY' has no effect?
 */
static bool
says(const char *text, unsigned line, enum conf_severity severity, const char *key)
{
	struct conf_report report = { 0 };
	char *want = mem_printf("'%s' has no effect: ", key);
	FILE *out = fopen("config", "w");
	bool found = false;

	fputs(text, out);
	fclose(out);
	conf_free(conf_load("config", &report));
	for (size_t i = 0; i < report.count; i++)
		found = found ||
			(report.problem[i].severity == severity &&
			    report.problem[i].at.line == line &&
			    strncmp(report.problem[i].text, want, strlen(want)) == 0);
	conf_report_free(&report);
	unlink("config");
	free(want);
	return found;
}

/* KEY of section or module NAME, which begins with line HEAD. */
static void
check_key(const char *where, const char *head, const char *name,
    const struct schema_key *key, bool tool)
{
	const char *value;

	if (key->name[0] == '/' || (key->flags & KEY_INTERNAL))
		return;
	if (key->instead == NULL && !tool) {
		ok(is_read(where, key->name), "%s: %s is read", name, key->name);
		return;
	}
	value = some_value(key);
	if (!ok(value != NULL, "%s: %s takes some value", name, key->name))
		return;
	char *text = mem_printf("%s%s = %s\n", head, key->name, value);
	unsigned line = 0;
	for (const char *p = text; *p != '\0'; p++)
		line += *p == '\n';
	ok(says(text, line, tool ? CONF_NOTE : CONF_WARNING, key->name),
	    "%s: %s says what happens instead", name, key->name);
	free(text);
	if (key->same == NULL)
		return;
	text = mem_printf("%s%s = %s\n", head, key->name, key->same);
	ok(!says(text, line, CONF_WARNING, key->name), "%s: but not of %s = %s", name,
	    key->name, key->same);
	free(text);
}

static void
check_sections(const struct schema *schema, const char *head, unsigned depth)
{
	for (const struct schema *s = schema->child; s != NULL && s->name != NULL;
	     s++) {
		char *name = s->name[0] == '/' ? mem_str("some") : mem_str(s->name);
		char *next = depth == 0 ? mem_printf("*** %s ***\n", name)
					: mem_printf("%s%.*s %s\n", head, (int)depth,
					      "++++", name);

		if (s->internal) {
			free(next);
			free(name);
			continue;
		}
		for (const struct schema_key *k = s->key; k != NULL && k->name != NULL;
		     k++)
			check_key(sources, next, name, k, false);
		/* Targets lie in each other without end. */
		if (depth < 3 && s->child != schema->child)
			check_sections(s, next, depth + 1);
		free(next);
		free(name);
	}
}

static void
check_modules(void)
{
	const struct module *m;
	const struct schema_key *k;

	for (size_t i = 0; (m = module_at(i)) != NULL; i++) {
		char *head = mem_printf("*** Probes ***\n+ %s\n", m->name);

		for (size_t n = 0; (k = module_key_at(m, n)) != NULL; n++)
			check_key(measuring, head, m->name, k,
			    (k->flags & KEY_TOOL) && m->home != MODULE_RUNNER);
		free(head);
	}
}

int
main(void)
{
	const char *top = getenv("SOURCE");
	char dir[] = "/tmp/smokebox-keys.XXXXXX";

	if (top == NULL) {
		printf("1..0 # SKIP SOURCE does not say where the sources are\n");
		return 0;
	}
	sources = read_sources(top, "probed probes web");
	measuring =
	    read_sources(top, "probed/prober probed/runner probed/config probes");
	ok(mkdtemp(dir) != NULL && chdir(dir) == 0, "a directory");
	ok(!is_read(sources, "surely_nobody_reads_this"),
	    "what nobody reads is not found");
	check_sections(&schema_root, "", 0);
	for (const struct schema_key *k = schema_own; k->name != NULL; k++)
		check_key(sources, "", "ours", k, false);
	check_modules();
	free(sources);
	free(measuring);
	if (chdir("/") != 0 || rmdir(dir) != 0)
		printf("# %s is left\n", dir);
	return tap_done();
}
