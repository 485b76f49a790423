#include "runner/inforce.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <jansson.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/statefile.h"
#include "store.h"

/* Of IN_FORCE_MAX: control characters take six bytes each. */
#define FILE_MAX (16 * 1024 * 1024)
#define SETTINGS_TEXT 20

struct entry {
	uint64_t id;
	struct msg_in_force m;
	bool stranded; /* and said */
	TAILQ_ENTRY(entry) link;
};

static struct {
	TAILQ_HEAD(list, entry) list;
	unsigned count;
	bool dirty; /* the disk has another book */
} book = { .list = TAILQ_HEAD_INITIALIZER(book.list) };

static struct entry *
find(uint64_t id)
{
	struct entry *e;

	TAILQ_FOREACH(e, &book.list, link)
		if (e->id == id)
			return e;
	return NULL;
}

static struct entry *
add(const struct msg_in_force *m)
{
	struct entry *e = mem_zero(1, sizeof *e);

	e->id = in_force_id(m->action, m->host, m->out);
	e->m = *m;
	TAILQ_INSERT_TAIL(&book.list, e, link);
	book.count++;
	return e;
}

static void
drop(struct entry *e)
{
	TAILQ_REMOVE(&book.list, e, link);
	book.count--;
	free(e);
}

/* --- the file --------------------------------------------------------------------- */

static void
put_entry(struct json *j, const struct msg_in_force *m)
{
	char settings[SETTINGS_TEXT];

	snprintf(settings, sizeof settings, "%016llx", (unsigned long long)m->settings);
	jw_object(j);
	jw_put_str(j, "action", m->action);
	jw_put_str(j, "type", m->type);
	jw_put_str(j, "host", m->host);
	jw_put_bool(j, "out", m->out);
	jw_put_bool(j, "arrived", m->arrived);
	jw_put_str(j, "settings", settings);
	jw_put_int(j, "incident", m->incident);
	jw_put_int(j, "begin", m->begin);
	jw_put_num(j, "pps", m->pps);
	jw_put_str(j, "program", m->program);
	jw_put_str(j, "arguments", m->arguments);
	jw_put_str(j, "announce", m->announce);
	jw_put_str(j, "withdraw", m->withdraw);
	jw_object_end(j);
}

/* No file is an empty book, and the parent need not start a runner for it. */
static int
remove_file(struct err *err)
{
	if (unlink(STORE_IN_FORCE) == 0 || errno == ENOENT)
		return 0;
	return err_set(err, STORE_IN_FORCE ": %s", strerror(errno));
}

static int
write_file(struct err *err)
{
	const struct entry *e;
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	jw_array(&j);
	TAILQ_FOREACH(e, &book.list, link)
		put_entry(&j, &e->m);
	jw_array_end(&j);
	fputs("\n", out);
	mem_stream_end(out);
	int status = len <= FILE_MAX
			 ? statefile_write(STORE_IN_FORCE, text, len, err)
			 : err_set(err, "it would be longer than can be read again");
	free(text);
	return status;
}

int
inforce_write(struct err *err)
{
	if (!book.dirty)
		return 0;
	if ((book.count == 0 ? remove_file(err) : write_file(err)) != 0)
		return -1;
	book.dirty = false;
	return 0;
}

/* The text KEY of O into BUF; false: there is none, or it is too long. */
static bool
take_text(const json_t *o, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (text == NULL || strlen(text) >= size)
		return false;
	snprintf(buf, size, "%s", text);
	return true;
}

static bool
take_flag(const json_t *o, const char *key, bool *flag)
{
	const json_t *v = json_object_get(o, key);

	*flag = json_is_true(v);
	return json_is_boolean(v);
}

static bool
read_entry(const json_t *o, struct msg_in_force *m)
{
	char settings[SETTINGS_TEXT], *end;

	memset(m, 0, sizeof *m);
	if (!json_is_object(o) ||
	    !take_text(o, "action", m->action, sizeof m->action) ||
	    !take_text(o, "type", m->type, sizeof m->type) ||
	    !take_text(o, "host", m->host, sizeof m->host) ||
	    !take_text(o, "program", m->program, sizeof m->program) ||
	    !take_text(o, "arguments", m->arguments, sizeof m->arguments) ||
	    !take_text(o, "announce", m->announce, sizeof m->announce) ||
	    !take_text(o, "withdraw", m->withdraw, sizeof m->withdraw) ||
	    !take_text(o, "settings", settings, sizeof settings) ||
	    !take_flag(o, "out", &m->out) || !take_flag(o, "arrived", &m->arrived))
		return false;
	m->settings = strtoull(settings, &end, 16);
	m->incident = json_integer_value(json_object_get(o, "incident"));
	m->begin = json_integer_value(json_object_get(o, "begin"));
	m->pps = json_number_value(json_object_get(o, "pps"));
	return *end == '\0' && in_force_fits(m);
}

/* How many of LIST cannot be believed? The others are taken. */
static unsigned
take_all(const json_t *list)
{
	static struct msg_in_force m;
	const json_t *one;
	unsigned bad = 0;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!read_entry(one, &m) || book.count >= IN_FORCE_MAX ||
		    find(in_force_id(m.action, m.host, m.out)) != NULL) {
			bad++;
			continue;
		}
		add(&m);
		log_info("%s: %s is announced still, as it was before the start",
		    m.action, m.host);
	}
	return bad;
}

void
inforce_load(void)
{
	struct err err = { .text = "it is no list" };
	void *text;
	ssize_t len = statefile_read(STORE_IN_FORCE, FILE_MAX, &text, &err);
	json_t *list = len > 0
			   ? json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL)
			   : NULL;
	unsigned bad = 0;

	if (len > 0 && json_is_array(list))
		bad = take_all(list);
	if (len < 0 || (len > 0 && !json_is_array(list)))
		log_warnx(STORE_IN_FORCE
		    ": %s; what was announced against attacks before the start has to "
		    "be withdrawn by hand; the file is " STORE_IN_FORCE ".broken now",
		    err.text);
	else if (bad > 0)
		log_warnx(STORE_IN_FORCE
		    ": %u in it cannot be believed, and what they announced against "
		    "attacks has to be withdrawn by hand; the file is " STORE_IN_FORCE
		    ".broken now",
		    bad);
	if (len < 0 || bad > 0 || (len > 0 && !json_is_array(list))) {
		(void)rename(STORE_IN_FORCE, STORE_IN_FORCE ".broken");
		book.dirty = true;
		if (inforce_write(&err) != 0)
			log_warnx("%s", err.text);
	}
	json_decref(list);
	free(text);
}

void
inforce_free(void)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&book.list)) != NULL)
		drop(e);
	book.dirty = false;
}

/* --- what may be ------------------------------------------------------------------ */

/* Does CONF say that M's program acts so? */
static bool
is_configured(const struct conf *conf, const struct msg_in_force *m)
{
	const struct conf_section *actions = conf_top(conf, "Actions");
	const struct conf_section *s =
	    actions != NULL ? conf_child(actions, m->action) : NULL;

	return s != NULL && conf_action_blocks(s) &&
	       strcmp(conf_value(s, "type", ""), m->type) == 0 &&
	       strcmp(conf_value(s, "dry_run", "yes"), "no") == 0 &&
	       strcmp(conf_value(s, "program", ""), m->program) == 0 &&
	       strcmp(conf_value(s, "arguments", ""), m->arguments) == 0;
}

int
inforce_put(const struct conf *conf, const struct msg_in_force *m)
{
	struct entry *e = find(in_force_id(m->action, m->host, m->out));

	/* As it was announced it is withdrawn. */
	if (e != NULL)
		return strcmp(e->m.type, m->type) == 0 &&
			       strcmp(e->m.program, m->program) == 0 &&
			       strcmp(e->m.arguments, m->arguments) == 0 &&
			       strcmp(e->m.announce, m->announce) == 0 &&
			       strcmp(e->m.withdraw, m->withdraw) == 0
			   ? 0
			   : -1;
	if (book.count >= IN_FORCE_MAX || !is_configured(conf, m))
		return -1;
	e = add(m);
	e->m.arrived = false;
	book.dirty = true;
	return 0;
}

const struct msg_in_force *
inforce_find(uint64_t id)
{
	const struct entry *e = find(id);

	return e != NULL ? &e->m : NULL;
}

/* Does ARGV go on with the words of TEXT? *AT is behind them then. */
static bool
has_words(const char *const *argv, size_t *at, const char *text)
{
	char *copy = mem_str(text), *rest = copy, *word;
	size_t i = *at;
	bool same = true;

	while (same && (word = strsep(&rest, " \t\n")) != NULL)
		if (*word != '\0') {
			same = argv[i] != NULL && strcmp(argv[i], word) == 0;
			i += same;
		}
	free(copy);
	if (same)
		*at = i;
	return same;
}

/* Is INPUT the line, or lines, TEXT? */
static bool
is_line(const char *input, size_t len, const char *text)
{
	size_t n = strlen(text);

	return len == n + 1 && memcmp(input, text, n) == 0 && input[n] == '\n';
}

/* Of LEN bytes at AT, those that the longest announcement by M's action takes which is
 * not in USED yet, IN_FORCE_MAX flags in the order of the book; *WHICH is its place
 * there. 0: there is none. */
static size_t
next_announced(const struct msg_in_force *m, const bool *used, const char *at,
    size_t len, size_t *which)
{
	const struct entry *e;
	size_t i = 0, longest = 0;

	TAILQ_FOREACH(e, &book.list, link) {
		size_t n = strlen(e->m.announce) + 1;

		if (!used[i] && n > longest && n <= len &&
		    strcmp(e->m.action, m->action) == 0 &&
		    strcmp(e->m.program, m->program) == 0 &&
		    is_line(at, n, e->m.announce)) {
			longest = n;
			*which = i;
		}
		i++;
	}
	return longest;
}

/* Is INPUT what M's action has announced, each at most once, with M, or (WITHDRAW)
 * without it? */
static bool
is_whole_file(
    const struct msg_in_force *m, const char *input, size_t len, bool withdraw)
{
	bool used[IN_FORCE_MAX] = { false }, with = false;
	uint64_t id = in_force_id(m->action, m->host, m->out);
	const struct entry *e;
	size_t i = 0, n;

	TAILQ_FOREACH(e, &book.list, link)
		used[i++] = withdraw && e->id == id;
	for (; len > 0; input += n, len -= n) {
		n = next_announced(m, used, input, len, &i);
		if (n == 0)
			return false;
		used[i] = true;
		/* Two directions may have the same words. */
		with |= is_line(input, n, m->announce);
	}
	return withdraw || with;
}

/* Is INPUT the JSON that a program like FastNetMon's reads of M? What it says beside
 * that, the evidence, nobody but the courier knows. */
static bool
is_about(const struct msg_in_force *m, const char *input, size_t len, bool withdraw)
{
	json_t *o = json_loadb(input, len, JSON_REJECT_DUPLICATES, NULL);
	const char *action = json_string_value(json_object_get(o, "action"));
	const char *ip = json_string_value(json_object_get(o, "ip"));
	const char *way = json_string_value(json_object_get(o, "direction"));
	bool about = action != NULL &&
		     strcmp(action, withdraw ? "unban" : "ban") == 0 && ip != NULL &&
		     strcmp(ip, m->host) == 0 && way != NULL &&
		     strcmp(way, m->out ? "outgoing" : "incoming") == 0;

	json_decref(o);
	return about;
}

bool
inforce_allows(const struct msg_in_force *m, const struct conf *conf,
    const char *const *argv, const char *input, size_t len, bool withdraw)
{
	const char *text = withdraw ? m->withdraw : m->announce;
	bool netmon = strcmp(m->type, "fastnetmon") == 0;
	size_t at = 1;

	if (strcmp(argv[0], m->program) != 0 || !has_words(argv, &at, m->arguments) ||
	    (!withdraw && !is_configured(conf, m)))
		return false;
	/* What it says is its arguments or its input. */
	if ((netmon || strcmp(m->type, "gobgp") == 0) && !has_words(argv, &at, text))
		return false;
	if (argv[at] != NULL)
		return false;
	if (netmon)
		return is_about(m, input, len, withdraw);
	if (strcmp(m->type, "gobgp") == 0)
		return len == 0;
	if (strcmp(m->type, "bird") == 0)
		return is_whole_file(m, input, len, withdraw);
	return is_line(input, len, text);
}

/* An older book on the disk has too much in it, never too little. */
static void
write_later(void)
{
	struct err err;

	book.dirty = true;
	if (inforce_write(&err) != 0)
		log_warnx("%s", err.text);
}

void
inforce_leaves(uint64_t id)
{
	struct entry *e = find(id);

	if (e == NULL || !e->m.arrived)
		return;
	e->m.arrived = false;
	write_later();
}

void
inforce_done(uint64_t id, bool withdraw)
{
	struct entry *e = find(id);

	if (e == NULL)
		return;
	if (withdraw)
		drop(e);
	else
		e->m.arrived = true;
	write_later();
}

char *
inforce_stranded(uint64_t id, int error)
{
	struct entry *e = find(id);
	char *text;

	if (e == NULL || e->stranded)
		return NULL;
	e->stranded = true;
	text =
	    mem_printf("%s: what was announced against an attack on %s stays in force: "
		       "%s, which has to withdraw it, cannot be run (%s). Put it back, "
		       "or withdraw by hand: %s %s%s%s",
		e->m.action, e->m.host, e->m.program, strerror(error), e->m.program,
		e->m.arguments, e->m.arguments[0] != '\0' ? " " : "", e->m.withdraw);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n')
			*c = ';';
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return text;
}

void
inforce_each(void (*each)(void *ctx, const struct msg_in_force *m), void *ctx)
{
	const struct entry *e;

	TAILQ_FOREACH(e, &book.list, link)
		each(ctx, &e->m);
}
