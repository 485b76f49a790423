#include "courier/letter.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"

#define VALUES_MAX 2000 /* of a history */

/* --- texts ----------------------------------------------------------------------- */

/* Copy TEXT to *AT, which moves behind its NUL; what would begin a new line or steer a
 * terminal is a blank there. */
static const char *
keep(char **at, const char *text)
{
	char *start = *at, *p = *at;

	for (; text != NULL && *text != '\0'; text++)
		*p++ = (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text;
	*p++ = '\0';
	*at = p;
	return start;
}

static const char *
text_of(const json_t *body, const char *key)
{
	return json_string_value(json_object_get(body, key));
}

/* One value of a history, as SmokePing writes it. */
static void
put_value(FILE *out, const json_t *v, double factor, const char *unit)
{
	const char *mark = json_string_value(v);

	if (json_is_number(v))
		fprintf(out, "%.0f%s", json_number_value(v) * factor, unit);
	else
		fputs(mark != NULL && strcmp(mark, "S") == 0 ? "S" : "U", out);
}

/* BODY's history KEY, a text as SmokePing has it, or an array (loss in percent, rtt in
 * seconds, null for unknown, "S" for the start), as "KEY: ...". To be freed. */
static char *
history(const json_t *body, const char *key, double factor, const char *unit)
{
	const json_t *v = json_object_get(body, key);
	const char *text = json_string_value(v);
	size_t n = json_array_size(v), len, room = strlen(key) + 2;
	char *list = NULL;

	if (text != NULL && strncmp(text, key, room - 2) == 0)
		return mem_str(text);
	if (text != NULL)
		return mem_printf("%s: %s", key, text);
	if (!json_is_array(v))
		return mem_str("");
	FILE *out = mem_stream(&list, &len);
	fprintf(out, "%s: ", key);
	for (size_t i = n > VALUES_MAX ? n - VALUES_MAX : 0; i < n; i++) {
		put_value(out, json_array_get(v, i), factor, unit);
		if (i + 1 < n)
			fputs(", ", out);
	}
	mem_stream_end(out);
	return list;
}

/* --- reading --------------------------------------------------------------------- */

static enum letter_edge
read_edge(const json_t *body, const char *what)
{
	const json_t *v = json_object_get(body, "edge");
	const char *word = json_string_value(v);

	if (word == NULL)
		word = text_of(body, "state");
	if (word != NULL && strstr(word, "raised") != NULL)
		return EDGE_RAISED;
	if (word != NULL && strstr(word, "cleared") != NULL)
		return EDGE_CLEARED;
	if (json_is_integer(v))
		return json_integer_value(v) != 0 ? EDGE_RAISED : EDGE_CLEARED;
	if (!json_is_true(v))
		return EDGE_NONE;
	return strcmp(what, "close") == 0 ? EDGE_CLEARED : EDGE_RAISED;
}

static int64_t
read_int(const json_t *body, const char *key)
{
	const json_t *v = json_object_get(body, key);

	if (json_is_integer(v))
		return json_integer_value(v);
	return json_is_real(v) && json_real_value(v) > -9e15 &&
		       json_real_value(v) < 9e15
		   ? (int64_t)json_real_value(v)
		   : 0;
}

/* Is the subject of incidents of KIND the path of a target? */
static bool
is_of_target(const char *kind)
{
	return strcmp(kind, "loss") == 0 || strcmp(kind, "gap") == 0 ||
	       strcmp(kind, "note") == 0;
}

/* The letter's texts, one behind the other in its store. */
static void
read_texts(struct letter *l, const json_t *body, const char *what)
{
	static const char *const keys[] = { "target", "slave", "kind", "subject",
		"alert", "pattern", "comment", "host", "summary", "source",
		"confidence" };
	const char *text[sizeof keys / sizeof *keys];
	char *loss = history(body, "loss", 1, "%");
	char *rtt = history(body, "rtt", 1000, "ms");
	size_t room = 2 * strlen(what) + strlen(loss) + strlen(rtt) + 64;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		text[i] = text_of(body, keys[i]);
		if (text[i] == NULL)
			text[i] = "";
		room += strlen(text[i]) * 2 + 2;
	}
	/* An incident says it by other words: its source is the alert, its subject the
	 * target. */
	bool of_alert = *text[4] != '\0' || strcmp(text[2], "alert") == 0;
	if (of_alert && *text[4] == '\0')
		text[4] = text[9];
	if (*text[0] == '\0' && (of_alert || is_of_target(text[2])))
		text[0] = text[3];
	/* "A.B~slave" is how a slave sees A.B. */
	char *tilde = strchr(text[0], '~'), *target = NULL;
	if (tilde != NULL && *text[1] == '\0') {
		target = mem_strn(text[0], (size_t)(tilde - text[0]));
		text[0] = target;
		text[1] = tilde + 1;
	}
	char *at = l->store = mem_alloc(room);
	l->what = keep(&at, what);
	l->loss = keep(&at, loss);
	l->rtt = keep(&at, rtt);
	l->target = keep(&at, text[0]);
	l->alert = keep(&at, text[4]);
	l->kind = keep(&at, *text[2] != '\0'	? text[2]
			    : *l->alert != '\0' ? "alert"
						: what);
	l->pattern = keep(&at, text[5]);
	l->comment = keep(&at, text[6]);
	l->host = keep(&at, text[7]);
	l->summary = keep(&at, text[8]);
	l->confidence = keep(&at, text[10]);
	if (*text[1] != '\0' && *l->target != '\0') {
		l->subject = at;
		at += sprintf(at, "%s [from ", l->target);
		keep(&at, text[1]);
		at[-1] = ']';
		*at++ = '\0';
	} else {
		l->subject = keep(&at, *l->target != '\0' ? l->target : text[3]);
	}
	free(target);
	free(loss);
	free(rtt);
}

int
letter_read(struct letter *l, const char *what, const char *body, struct err *err)
{
	json_error_t why;
	json_t *j;

	if (body == NULL || strlen(body) > LETTER_BODY_MAX)
		return err_set(err, "row %lld of the outbox: body missing or too long",
		    (long long)l->id);
	j = json_loads(body, 0, &why);
	if (!json_is_object(j)) {
		json_decref(j);
		return err_set(err,
		    "row %lld of the outbox: body: %s, expected an object",
		    (long long)l->id, j == NULL ? why.text : "no object");
	}
	if (what == NULL)
		what = "";
	read_texts(l, j, what);
	l->edge = read_edge(j, what);
	l->priority = (long)read_int(j, "priority");
	l->begin = read_int(j, "begin");
	l->end = read_int(j, "end");
	const json_t *evidence = json_object_get(j, "evidence");
	if (json_object_size(evidence) > 0)
		l->evidence = json_dumps(evidence, JSON_COMPACT);
	json_decref(j);
	return 0;
}

void
letter_free(struct letter *l)
{
	free(l->evidence);
	free(l->store);
	*l = (struct letter){ 0 };
}

bool
letter_is_over(const struct letter *l)
{
	return l->edge == EDGE_CLEARED || strcmp(l->what, "close") == 0;
}

const char *
letter_state(const struct letter *l)
{
	static const char *const words[][2] = { { "open", "began" },
		{ "update", "goes on" }, { "close", "is over" },
		{ "note", "was noted" }, { "test", "is a test" } };

	if (l->edge != EDGE_NONE)
		return l->edge == EDGE_RAISED ? "was raised" : "was cleared";
	if (*l->alert != '\0' && strcmp(l->what, "close") != 0)
		return strcmp(l->what, "test") == 0 ? "is a test" : "is active";
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i][0], l->what) == 0)
			return words[i][1];
	return "is active";
}

/* --- parcels --------------------------------------------------------------------- */

struct letter *
parcel_add(struct parcel *p)
{
	if (p->count == p->room) {
		p->room = p->room * 2 + 1;
		p->letter = mem_grow(p->letter, p->room, sizeof *p->letter);
	}
	p->letter[p->count] = (struct letter){ 0 };
	return &p->letter[p->count++];
}

void
parcel_clear(struct parcel *p)
{
	for (size_t i = 0; i < p->count; i++)
		letter_free(&p->letter[i]);
	free(p->letter);
	p->letter = NULL;
	p->count = p->room = 0;
}

void
parcel_id(const struct parcel *p, char id[PARCEL_ID])
{
	const struct letter *first = &p->letter[0], *last = &p->letter[p->count - 1];

	if (p->count == 1)
		snprintf(id, PARCEL_ID, "%s%lld.%lld", p->trial ? "test." : "",
		    (long long)first->id, (long long)first->time);
	else
		snprintf(id, PARCEL_ID, "%lld.%lld-%lld.%zu", (long long)first->id,
		    (long long)first->time, (long long)last->id, p->count);
}

bool
parcel_is_over(const struct parcel *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (!letter_is_over(&p->letter[i]))
			return false;
	return true;
}
