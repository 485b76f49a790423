#include "slave/slavetext.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"

#define DEPTH_MAX 60	/* plus signs; the grammar has 62 */
#define PROBES_MAX 1000 /* modules and instances, which are looked for one by one */

struct writer {
	const struct data *probes; /* of the tree */
	FILE *out;
	struct err *err;
};

/* --- what may stand where -------------------------------------------------------- */

/* Would a line of the grammar say exactly this? */
static bool
is_plain(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f || text[i] == '#')
			return false;
	return len == 0 || text[len - 1] != '\\';
}

static bool
is_name(const char *text)
{
	return *text != '\0' && strlen(text) < 256 &&
	       text[strspn(text, "-_0123456789abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0' &&
	       strcmp(text, "PROBE_CONF") != 0;
}

/* May a master choose this program? One that measures, where the system keeps its
 * own: nobody but this machine's administrator can have put it there. */
static bool
is_program(const char *path)
{
	static const char *const dirs[] = { "/bin/", "/sbin/", "/usr/bin/",
		"/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/" };
	static const char *const names[] = { "curl", "dig", "echoping", "fping",
		"fping6", "irtt", "nfsping", "qstat", "quakestat", "rsh", "sipsak",
		"ssh", "ssh-keyscan", "tcpping", "traceroute", "traceroute6" };
	const char *name = strrchr(path, '/');
	bool dir = false, known = false;

	if (name == NULL)
		return false;
	name++;
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		dir = dir || (strncmp(path, dirs[i], strlen(dirs[i])) == 0 &&
				 path + strlen(dirs[i]) == name);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		known = known || strcmp(name, names[i]) == 0;
	return dir && known;
}

/* Does TABLE say that files are fetched, and nowhere else in it that they are sent? */
static bool
is_fetched(const struct data *table)
{
	bool get = false;

	for (const struct data *m = table->first; m != NULL; m = m->next) {
		if (strcmp(m->key, "mode") != 0)
			continue;
		if (m->kind != DATA_TEXT || strcmp(m->text, "get") != 0)
			return false;
		get = true;
	}
	return get;
}

/* Options of curl that have a file read. However extrare splits them, an option stays
 * in one piece. */
static bool
has_curl_file(const char *args)
{
	static const char *const names[] = { "--cacert", "--capath", "--cert",
		"--config", "--key", "--netrc", "--upload-file", "file:" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strstr(args, names[i]) != NULL)
			return true;
	for (const char *p = args; (p = strchr(p, '@')) != NULL; p++)
		if (p == args || strchr(" \t;,=", p[-1]) != NULL)
			return true;
	return false;
}

/* sipsak sends the content of what -f names; letters may be glued, names cut short. */
static bool
has_sipsak_file(const char *params)
{
	for (const char *p = params; *(p += strspn(p, " \t")) != '\0';) {
		size_t len = strcspn(p, " \t");

		if (p[0] == '-' &&
		    (p[1] == '-' ? p[2] == 'f' : memchr(p, 'f', len) != NULL))
			return true;
		p += len;
	}
	return false;
}

/* qstat has its options where the name of a game stands: some read files, or write. */
static bool
is_game(const char *game)
{
	static const char *const options[] = { "f", "of", "af", "cfg" };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (strcmp(game, options[i]) == 0)
			return false;
	return game[strspn(game, "0123456789abcdefghijklmnopqrstuvwxyz")] == '\0';
}

/* Would M of TABLE, for which there is KEY, have a file of this machine read or
 * written? A master has no business with them. */
static bool
names_file(const struct data *table, const struct data *m, const struct schema_key *key)
{
	if (key->flags & KEY_FILE)
		return *m->text != '\0' &&
		       !(strcmp(m->key, "srcfile") == 0 && is_fetched(table));
	/* Runs that are shared are kept in memory, under a word; see runner/share.h. */
	if (strcmp(m->key, "readfrom") == 0 || strcmp(m->key, "writeto") == 0)
		return !is_name(m->text);
	if (strcmp(m->key, "extraargs") == 0)
		return has_curl_file(m->text);
	if (strcmp(m->key, "params") == 0)
		return has_sipsak_file(m->text);
	return strcmp(m->key, "game") == 0 && !is_game(m->text);
}

static bool
is_program_key(const char *key)
{
	return strcmp(key, "binary") == 0 || strcmp(key, "binaryv6") == 0;
}

/* --- lines ----------------------------------------------------------------------- */

static void
put(struct writer *w, const char *key, const char *value)
{
	if (value == NULL)
		return;
	if (!is_plain(value) ||
	    (is_program_key(key) && *value != '\0' && !is_program(value)))
		fprintf(w->out, "# %s: left out\n", key);
	else
		fprintf(w->out, "%s = %s\n", key, value);
}

/* Likewise for words that only people read: what may not stand there becomes a blank. */
static void
put_words(struct writer *w, const char *key, const char *value)
{
	char *clean = mem_str(value);
	size_t len;

	if (clean == NULL)
		return;
	for (char *p = clean; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '#')
			*p = ' ';
	for (len = strlen(clean); len > 0 && clean[len - 1] == '\\';)
		clean[--len] = '\0';
	put(w, key, clean);
	free(clean);
}

/* KEY of TABLE, or FALLBACK. */
static void
put_of(struct writer *w, const struct data *table, const char *key,
    const char *fallback)
{
	put(w, key, data_value(table, key, fallback));
}

static void
put_general(struct writer *w, const struct data *general, const char *datadir)
{
	fputs("*** General ***\n", w->out);
	put_words(w, "owner", data_value(general, "owner", "unknown"));
	put_of(w, general, "contact", "nobody@localhost");
	put_of(w, general, "cgiurl", "http://localhost/smokeping.cgi");
	put(w, "datadir", datadir);
	put_words(w, "display_name", data_value(general, "display_name", NULL));
	put_of(w, general, "offset", NULL);
	put_of(w, general, "concurrentprobes", NULL);
}

static void
put_row(struct writer *w, const struct data *row)
{
	unsigned cells = 0;

	for (const struct data *c = row->first; c != NULL; c = c->next)
		cells += c->kind == DATA_TEXT && is_plain(c->text) &&
			 strpbrk(c->text, "\"'\\") == NULL;
	if (cells != 4 || row->kind != DATA_LIST)
		return;
	for (const struct data *c = row->first; c != NULL; c = c->next)
		if (c->kind == DATA_TEXT)
			fprintf(w->out, "\"%s\"%s", c->text,
			    c->next != NULL ? " " : "\n");
}

static void
put_database(struct writer *w, const struct data *database)
{
	const struct data *rows = data_get(database, "_table");

	fputs("*** Database ***\n", w->out);
	put_of(w, database, "step", "300");
	put_of(w, database, "pings", "20");
	if (rows != NULL && rows->kind == DATA_LIST)
		for (const struct data *r = rows->first; r != NULL; r = r->next)
			put_row(w, r);
}

static void
put_presentation(struct writer *w)
{
	fputs("*** Presentation ***\n"
	      "+ overview\n"
	      "width = 600\n"
	      "height = 50\n"
	      "range = 10h\n"
	      "+ detail\n"
	      "width = 600\n"
	      "height = 200\n"
	      "\"Last 3 Hours\" 3h\n"
	      "\"Last 30 Hours\" 30h\n"
	      "\"Last 10 Days\" 10d\n"
	      "\"Last 400 Days\" 400d\n",
	    w->out);
}

/* --- Probes ---------------------------------------------------------------------- */

/* The variables of TABLE that MODULE has (any, for one that nobody knows: none). LEVEL:
 * only those that have this flag, or 0. */
static void
put_variables(struct writer *w, const struct data *table, const struct module *module,
    unsigned level)
{
	if (module == NULL)
		return;
	for (const struct data *m = table->first; m != NULL; m = m->next) {
		const struct schema_key *k;

		if (m->kind != DATA_TEXT)
			continue;
		if (level != 0 && (strcmp(m->key, "host") == 0 ||
				      strcmp(m->key, "probe") == 0))
			continue;
		k = module_key(module, m->key);
		if (k == NULL)
			k = schema_key_find(schema_own, m->key);
		if (k == NULL || (k->flags & level) != level)
			continue;
		if (!names_file(table, m, k)) {
			put(w, m->key, m->text);
			continue;
		}
		fprintf(w->out, "# %s: left out, a master names no files\n", m->key);
		/* Without it nothing at all would be measured. */
		if (k->flags & KEY_MANDATORY)
			fprintf(w->out, "%s =\n", m->key);
	}
}

static bool
has_tables(const struct data *table)
{
	for (const struct data *m = table->first; m != NULL; m = m->next)
		if (m->kind == DATA_TABLE)
			return true;
	return false;
}

static void
put_probes(struct writer *w)
{
	fputs("*** Probes ***\n", w->out);
	for (const struct data *m = w->probes->first; m != NULL; m = m->next) {
		const struct module *module;

		if (m->kind != DATA_TABLE || !is_name(m->key))
			continue;
		module = module_find(m->key);
		fprintf(w->out, "+ %s\n", m->key);
		if (!has_tables(m))
			put_variables(w, m, module, 0);
		for (const struct data *i = m->first; i != NULL; i = i->next) {
			if (i->kind != DATA_TABLE || !is_name(i->key))
				continue;
			fprintf(w->out, "++ %s\n", i->key);
			put_variables(w, i, module, 0);
		}
	}
}

/* The name of the module of the probe NAME, as put_probes() wrote it; NULL: none. */
static const char *
module_of(const struct writer *w, const char *name)
{
	if (name == NULL || !is_name(name))
		return NULL;
	for (const struct data *m = w->probes->first; m != NULL; m = m->next) {
		const struct data *i;

		if (m->kind != DATA_TABLE || !is_name(m->key))
			continue;
		if (!has_tables(m) && strcmp(m->key, name) == 0)
			return m->key;
		i = data_get(m, name);
		if (i != NULL && i->kind == DATA_TABLE)
			return m->key;
	}
	return NULL;
}

static unsigned
count_tables(const struct data *table)
{
	unsigned n = 0;

	for (const struct data *m = table->first; m != NULL; m = m->next)
		if (m->kind == DATA_TABLE)
			n += 1 + count_tables(m);
	return n;
}

/* Some probe that there is. */
static const char *
any_probe(const struct writer *w)
{
	for (const struct data *m = w->probes->first; m != NULL; m = m->next) {
		if (m->kind != DATA_TABLE)
			continue;
		if (module_of(w, m->key) != NULL)
			return m->key;
		for (const struct data *i = m->first; i != NULL; i = i->next)
			if (i->kind == DATA_TABLE && module_of(w, i->key) != NULL)
				return i->key;
	}
	return NULL;
}

/* --- Targets --------------------------------------------------------------------- */

static bool
is_host(const char *host)
{
	return host != NULL && *host != '\0' && host[0] != '/' &&
	       strncmp(host, "DYNAMIC", 7) != 0;
}

/* The variables of T, and the sections below it; MODULE is in force outside. */
static void
put_target(
    struct writer *w, const struct data *t, const char *module, unsigned depth)
{
	const char *probe = data_value(t, "probe", NULL);
	const char *own = module_of(w, probe);
	const char *host = data_value(t, "host", NULL);

	if (own == NULL && depth == 0) {
		probe = any_probe(w);
		own = module_of(w, probe);
	}
	if (own != NULL) {
		put(w, "probe", probe);
		module = own;
	}
	put_words(w, "menu", data_value(t, "menu", depth == 0 ? "Top" : NULL));
	put_words(w, "title",
	    data_value(t, "title", depth == 0 ? "Targets of the master" : NULL));
	if (module != NULL && depth > 0 && is_host(host)) {
		put(w, "host", host);
		put_variables(w, t, module_find(module), KEY_TARGET);
	}
	for (const struct data *c = t->first; c != NULL && depth < DEPTH_MAX;
	     c = c->next) {
		if (c->kind != DATA_TABLE || !is_name(c->key))
			continue;
		fprintf(w->out, "%.*s %s\n", (int)depth + 1,
		    "++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++",
		    c->key);
		put_target(w, c, module, depth + 1);
	}
}

/* --- all ------------------------------------------------------------------------- */

int
slavetext_write(
    const struct data *tree, const char *datadir, FILE *out, struct err *err)
{
	const struct data *targets = data_get(tree, "Targets");
	struct writer w = { data_get(tree, "Probes"), out, err };

	if (targets == NULL || targets->kind != DATA_TABLE)
		return err_set(err, "Targets: expected a hash");
	if (w.probes == NULL || w.probes->kind != DATA_TABLE ||
	    count_tables(w.probes) > PROBES_MAX || any_probe(&w) == NULL)
		return err_set(err, "Probes: expected a hash of probes");
	fputs("# What the master told; written anew whenever that changes.\n", out);
	put_general(&w, data_get(tree, "General"), datadir);
	put_database(&w, data_get(tree, "Database"));
	put_presentation(&w);
	put_probes(&w);
	fputs("*** Targets ***\n", out);
	put_target(&w, targets, NULL, 0);
	return ferror(out) != 0 ? err_set(err, "no room for it") : 0;
}

void
slavetext_write_empty(const char *datadir, FILE *out)
{
	struct writer w = { .out = out };

	fputs("# The master has not told any target yet.\n", out);
	put_general(&w, NULL, datadir);
	put_database(&w, NULL);
	fputs("\"AVERAGE\" \"0.5\" \"1\" \"1008\"\n", out);
	put_presentation(&w);
	fputs("*** Probes ***\n+ FPing\n*** Targets ***\nprobe = FPing\nmenu = Top\n"
	      "title = Targets of the master\n",
	    out);
}
