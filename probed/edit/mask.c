#include "edit/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "base/mem.h"
#include "config/lex.h"

#define MARK_LEN (sizeof MASK_MARK - 1)
#define DEPTH 64   /* sections inside each other */
#define WORD_MIN 6 /* a shorter secret would be found in words that are none */
#define PART_MIN 3 /* of a secret, in a definition */
#define WORDS 4096
#define LINE_LONG 8192 /* of which no part is covered, but all */
#define VALUES_MANY 1000

/* A line of a file, without its end. */
struct line {
	const char *raw;
	size_t len;
	char *shown;	/* NULL: as it is */
	uint64_t place; /* the sections around it, as a sum */
};

struct mask {
	char *text;
	struct line *line;
	size_t lines;
	bool crlf, ended; /* its first line ends so; its last one has an end */
	char **word;	  /* secrets in force */
	size_t words;
	char **value; /* of secrets as they are written here */
	size_t values;
};

/* Where we are in a file. */
struct scan {
	uint64_t place[DEPTH + 1];
	unsigned depth;
	char top[64]; /* name of the *** section ***; "": not known */
};

/* --- lines ------------------------------------------------------------------------ */

static void
trim(const char **s, size_t *len)
{
	while (*len > 0 && lex_space(**s)) {
		(*s)++;
		(*len)--;
	}
	while (*len > 0 && lex_space((*s)[*len - 1]))
		(*len)--;
}

/* The trimmed line without its comment. */
static void
uncomment(const char **s, size_t *len)
{
	const char *hash;

	trim(s, len);
	hash = memchr(*s, '#', *len);
	if (hash != NULL)
		*len = (size_t)(hash - *s);
	trim(s, len);
}

/* The next line of [*AT, END). */
static bool
next_line(const char **at, const char *end, const char **line, size_t *len, bool *ended)
{
	const char *newline;

	if (*at == end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	*line = *at;
	*len = (size_t)((newline != NULL ? newline : end) - *at);
	*at = newline != NULL ? newline + 1 : end;
	*ended = newline != NULL;
	return true;
}

/* The words of a heading change where we are. */
static void
enter(struct scan *scan, const char *s, size_t len)
{
	unsigned depth = 0;
	size_t name;

	if (len > 3 && memcmp(s, "***", 3) == 0) {
		while (len > 0 && (*s == '*' || lex_space(*s))) {
			s++;
			len--;
		}
		for (name = 0; name < len && s[name] != '*' && !lex_space(s[name]);)
			name++;
		if (name >= sizeof scan->top)
			name = sizeof scan->top - 1;
		memcpy(scan->top, s, name);
		scan->top[name] = '\0';
	} else {
		while (depth < len && s[depth] == '+')
			depth++;
		s += depth;
		len -= depth;
		if (depth > DEPTH)
			depth = DEPTH;
		for (unsigned i = scan->depth + 1; i < depth; i++)
			scan->place[i] = scan->place[scan->depth];
	}
	trim(&s, &len);
	scan->place[depth] =
	    fnv(depth == 0 ? FNV_BEGIN : scan->place[depth - 1], s, len);
	scan->place[depth] = fnv(scan->place[depth], "/", 1);
	scan->depth = depth;
}

/* --- what is secret --------------------------------------------------------------- */

/* As conf_secret_in(), by what is seen of a file alone. */
static bool
secret_key(const struct scan *scan, const char *key, size_t len)
{
	static const char *const actions[] = { "url", "urls", "user" };
	char name[32];

	if (len >= sizeof name)
		return false;
	memcpy(name, key, len);
	name[len] = '\0';
	if (conf_is_secret(name))
		return true;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(scan->top, "Actions") == 0 && strcmp(name, actions[i]) == 0)
			return true;
	return false;
}

/* Do the LEN bytes of S, "KEY = VALUE", hold a secret? VALUE is where it begins. */
static bool
secret_pair(const struct scan *scan, const char *s, size_t len, size_t *value)
{
	static const char dynamic[] = "DYNAMIC/";
	const char *equals = memchr(s, '=', len);
	size_t key;

	if (equals == NULL)
		return false;
	*value = (size_t)(equals - s) + 1;
	for (key = (size_t)(equals - s); key > 0 && lex_space(s[key - 1]);)
		key--;
	while (*value < len && lex_space(s[*value]))
		(*value)++;
	if (*value == len)
		return false;
	if (key == 4 && memcmp(s, "host", 4) == 0)
		return len - *value >= sizeof dynamic - 1 &&
		       memcmp(s + *value, dynamic, sizeof dynamic - 1) == 0;
	return secret_key(scan, s, key);
}

/* Show LINE up to AT, a mark, and REST of LEN bytes. */
static void
cover(struct line *line, size_t at, const char *rest, size_t len)
{
	struct text out = { 0 };

	text_add(&out, line->raw, at);
	text_add(&out, MASK_MARK, MARK_LEN);
	text_add(&out, rest, len);
	free(line->shown);
	line->shown = out.s;
}

static void
keep_value(struct mask *m, const char *s, size_t len)
{
	m->value = mem_grow(m->value, m->values + 1, sizeof *m->value);
	m->value[m->values++] = mem_strn(s, len);
}

/* COUNT lines from FIRST are one logical line, S of LEN bytes: a secret pair's are
 * covered. */
static void
cover_pair(struct mask *m, const struct scan *scan, size_t first, size_t count,
    const char *s, size_t len)
{
	size_t value;

	if (!secret_pair(scan, s, len, &value))
		return;
	keep_value(m, s + value, len - value);
	for (size_t i = 0; i < count; i++) {
		struct line *line = &m->line[first + i];
		const char *equals = i == 0 ? memchr(line->raw, '=', line->len) : NULL;
		size_t at = equals != NULL ? (size_t)(equals - line->raw) + 1 : 0;

		/* Only the name stands in the first one. */
		if (i == 0 && equals == NULL)
			continue;
		while (at > 0 && at < line->len && lex_space(line->raw[at]))
			at++;
		cover(line, at, "\\", i + 1 < count);
	}
}

/* What is shown of LINE. */
static const char *
seen(const struct line *line, size_t *len)
{
	const char *s = line->shown != NULL ? line->shown : line->raw;

	*len = line->shown != NULL ? strlen(s) : line->len;
	return s;
}

/* The logical line that begins with line FIRST, into TEXT; how many lines it takes. */
static size_t
logical(const struct mask *m, size_t first, struct text *text)
{
	size_t len, count = 1;
	const char *s = seen(&m->line[first], &len);

	text_clear(text);
	uncomment(&s, &len);
	text_add(text, s, len);
	while (text->len > 0 && text->s[text->len - 1] == '\\' &&
	       first + count < m->lines) {
		text->s[--text->len] = '\0';
		s = seen(&m->line[first + count++], &len);
		trim(&s, &len);
		text_add(text, " ", 1);
		text_add(text, s, len);
	}
	return count;
}

/* A setting that was switched off by a # is a secret as before. */
static void
cover_comment(struct mask *m, const struct scan *scan, size_t at)
{
	struct line *line = &m->line[at];
	const char *s = line->raw;
	size_t len = line->len, value;

	trim(&s, &len);
	while (len > 0 && (*s == '#' || lex_space(*s))) {
		s++;
		len--;
	}
	if (secret_pair(scan, s, len, &value))
		cover(line, (size_t)(s - line->raw) + value, "", 0);
}

/* A heading changes where we are. */
static void
step(struct scan *scan, const struct text *text)
{
	if (text->len > 0 && (text->s[0] == '+' || strncmp(text->s, "***", 3) == 0))
		enter(scan, text->s, text->len);
}

/* In which section lines are, as whoever sees them sees it. */
static void
find_places(struct mask *m)
{
	struct scan scan = { 0 };
	struct text text = { 0 };
	size_t count;

	for (size_t i = 0; i < m->lines; i += count) {
		count = logical(m, i, &text);
		step(&scan, &text);
		for (size_t k = 0; k < count; k++)
			m->line[i + k].place = scan.place[scan.depth];
	}
	text_free(&text);
}

static void
cover_keys(struct mask *m)
{
	struct scan scan = { 0 };
	struct text text = { 0 };
	size_t count;

	for (size_t i = 0; i < m->lines; i += count) {
		count = logical(m, i, &text);
		step(&scan, &text);
		if (text.len > 0)
			cover_pair(m, &scan, i, count, text.s, text.len);
		for (size_t k = 0; k < count; k++)
			if (memchr(m->line[i + k].raw, '#', m->line[i + k].len) !=
				NULL &&
			    m->line[i + k].shown == NULL)
				cover_comment(m, &scan, i + k);
	}
	text_free(&text);
}

/* --- what stands elsewhere -------------------------------------------------------- */

static bool
holds(const char *s, size_t len, const char *word)
{
	return memmem(s, len, word, strlen(word)) != NULL;
}

/* Is the definition of VALUE for NAME one of a secret, or of a part of one? */
static bool
defines_secret(const struct mask *m, const char *name, size_t name_len,
    const char *value, size_t len)
{
	if (m->values > VALUES_MANY)
		return true;
	for (size_t i = 0; i < m->values; i++)
		if (memmem(m->value[i], strlen(m->value[i]), name, name_len) != NULL)
			return true;
	for (size_t i = 0; i < m->words; i++)
		if ((len >= PART_MIN &&
			memmem(m->word[i], strlen(m->word[i]), value, len) != NULL) ||
		    (strlen(m->word[i]) >= PART_MIN && holds(value, len, m->word[i])) ||
		    (strlen(m->word[i]) == len && memcmp(m->word[i], value, len) == 0))
			return true;
	return false;
}

static void
cover_define(struct mask *m, struct line *line)
{
	static const char directive[] = "@define";
	const char *s = line->raw, *name, *value;
	size_t len = line->len, name_len;

	trim(&s, &len);
	while (len > 0 && (*s == '#' || lex_space(*s))) {
		s++;
		len--;
	}
	if (len <= sizeof directive || memcmp(s, directive, sizeof directive - 1) != 0)
		return;
	name = s + sizeof directive - 1;
	len -= sizeof directive - 1;
	trim(&name, &len);
	for (name_len = 0; name_len < len && !lex_space(name[name_len]);)
		name_len++;
	value = name + name_len;
	len -= name_len;
	trim(&value, &len);
	/* It may go on, which stays so. */
	if (len > 0 && name_len > 0 && defines_secret(m, name, name_len, value, len))
		cover(line, (size_t)(value - line->raw), "\\", value[len - 1] == '\\');
}

/* Cover FROM up to TO of what is shown of LINE; how far that reaches then. */
static size_t
cover_part(struct line *line, size_t from, size_t to)
{
	const char *whole = line->shown != NULL ? line->shown : line->raw;
	size_t len = line->shown != NULL ? strlen(line->shown) : line->len;
	struct text out = { 0 };

	if (len > LINE_LONG) {
		from = 0;
		to = len;
	}
	text_add(&out, whole, from);
	text_add(&out, MASK_MARK, MARK_LEN);
	text_add(&out, whole + to, len - to);
	free(line->shown);
	line->shown = out.s;
	return from + MARK_LEN;
}

static void
cover_words(struct mask *m, struct line *line)
{
	for (size_t i = 0; i < m->words; i++) {
		size_t len = strlen(m->word[i]), from = 0;

		while (len >= WORD_MIN) {
			const char *s = line->shown != NULL ? line->shown : line->raw;
			size_t all = line->shown != NULL ? strlen(s) : line->len;
			const char *at = memmem(s + from, all - from, m->word[i], len);

			if (at == NULL)
				break;
			from = (size_t)(at - s);
			from = cover_part(line, from, from + len);
		}
	}
}

/* https://user:password@host/ */
static void
cover_userinfo(struct line *line)
{
	size_t from = 0;

	for (;;) {
		const char *s = line->shown != NULL ? line->shown : line->raw;
		size_t all = line->shown != NULL ? strlen(s) : line->len;
		const char *at = memmem(s + from, all - from, "://", 3);
		size_t end, host = 0;
		bool colon = false;

		if (at == NULL)
			return;
		from = (size_t)(at - s) + 3;
		for (end = from; end < all && !lex_space(s[end]) && s[end] != '/';
		     end++)
			if (s[end] == '@')
				host = end;
		for (size_t i = from; i < host; i++)
			colon = colon || s[i] == ':';
		if (!colon)
			continue;
		from = cover_part(line, from, host);
	}
}

static void
add_words(struct mask *m, const struct conf_section *s)
{
	for (; s != NULL; s = s->next) {
		for (size_t i = 0; i < s->vars && m->words < WORDS; i++) {
			const struct conf_var *v = &s->var[i];

			if (v->inherited || *v->value == '\0' ||
			    !conf_secret_in(s, v->key))
				continue;
			m->word = mem_grow(m->word, m->words + 1, sizeof *m->word);
			m->word[m->words++] = mem_str(v->value);
		}
		add_words(m, s->first);
	}
}

/* --- a text ----------------------------------------------------------------------- */

/* The lines of TEXT, all to be shown. */
static struct mask *
split(const char *text, size_t len)
{
	struct mask *m = mem_zero(1, sizeof *m);
	const char *at, *s;
	size_t n, room = 0;

	m->text = mem_alloc(len + 1);
	memcpy(m->text, text, len);
	m->text[len] = '\0';
	/* A zero byte is an error wherever it stands. */
	for (size_t i = 0; i < len; i++)
		if (m->text[i] == '\0')
			m->text[i] = '?';
	at = m->text;
	while (next_line(&at, m->text + len, &s, &n, &m->ended)) {
		if (m->lines == room)
			m->line =
			    mem_grow(m->line, room = room * 2 + 64, sizeof *m->line);
		m->line[m->lines++] = (struct line){ .raw = s, .len = n };
	}
	m->crlf = m->lines > 0 && m->line[0].len > 0 &&
		  m->line[0].raw[m->line[0].len - 1] == '\r';
	return m;
}

struct mask *
mask_new(const char *text, size_t len, const struct conf *conf)
{
	struct mask *m = split(text, len);

	if (conf != NULL)
		add_words(m, conf->root->first);
	cover_keys(m);
	for (size_t i = 0; i < m->lines; i++) {
		cover_define(m, &m->line[i]);
		cover_words(m, &m->line[i]);
		cover_userinfo(&m->line[i]);
	}
	find_places(m);
	return m;
}

void
mask_free(struct mask *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->lines; i++)
		free(m->line[i].shown);
	while (m->words > 0)
		free(m->word[--m->words]);
	while (m->values > 0)
		free(m->value[--m->values]);
	free(m->word);
	free(m->value);
	free(m->line);
	free(m->text);
	free(m);
}

char *
mask_shown(const struct mask *m, size_t *len)
{
	struct text out = { 0 };

	text_add(&out, "", 0);
	for (size_t i = 0; i < m->lines; i++) {
		const struct line *line = &m->line[i];

		if (line->shown != NULL)
			text_add(&out, line->shown, strlen(line->shown));
		else
			text_add(&out, line->raw, line->len);
		if (i + 1 < m->lines || m->ended)
			text_add(&out, "\n", 1);
	}
	*len = out.len;
	return out.s;
}

/* The line that the LEN bytes of S, with a mark in it, stand for in PLACE: the first
 * one that is not TAKEN. NULL when there is none. */
static const struct line *
find(const struct mask *m, bool *taken, uint64_t place, const char *s, size_t len)
{
	for (size_t i = 0; i < m->lines; i++) {
		const struct line *line = &m->line[i];
		size_t n;
		const char *is = seen(line, &n);

		trim(&is, &n);
		if (!taken[i] && line->place == place && n == len &&
		    memcmp(is, s, n) == 0) {
			taken[i] = true;
			return line;
		}
	}
	return NULL;
}

/* Append the LEN bytes of S, as a line of a text that ends them so. */
static void
add_line(struct text *out, const char *s, size_t len, bool crlf, bool ended)
{
	while (len > 0 && s[len - 1] == '\r')
		len--;
	text_add(out, s, len);
	if (ended)
		text_add(out, crlf ? "\r\n" : "\n", crlf ? 2 : 1);
}

char *
mask_back(const struct mask *m, const char *draft, size_t draft_len, size_t *len,
    unsigned *line)
{
	struct mask *d = split(draft, draft_len);
	bool *taken = mem_zero(m->lines + 1, sizeof *taken);
	struct text out = { 0 };
	bool fine = true;

	find_places(d);
	text_add(&out, "", 0);
	for (size_t i = 0; i < d->lines && fine; i++) {
		const char *s = d->line[i].raw;
		size_t n = d->line[i].len;
		const struct line *was = NULL;

		if (memmem(s, n, MASK_MARK, MARK_LEN) != NULL) {
			trim(&s, &n);
			was = find(m, taken, d->line[i].place, s, n);
			fine = was != NULL;
			*line = (unsigned)i + 1;
		}
		if (was != NULL)
			add_line(&out, was->raw, was->len, m->crlf,
			    i + 1 < d->lines || d->ended);
		else
			add_line(&out, d->line[i].raw, d->line[i].len, m->crlf,
			    i + 1 < d->lines || d->ended);
	}
	free(taken);
	mask_free(d);
	if (!fine) {
		text_free(&out);
		return NULL;
	}
	*len = out.len;
	return out.s;
}
