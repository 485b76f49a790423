#include "web/slave.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "slave/mastertree.h"
#include "slave/rowtext.h"
#include "slave/sign.h"
#include "web/http.h"
#include "web/server.h"
#include "web/slavebook.h"
#include "web/slavetake.h"
#include "web/state.h"

#define PROTOCOL "2"
/* A slave sends all it has kept at once: a day of a thousand rounds of 20 pings. */
#define BODY_MAX (32UL * 1024 * 1024)
/* Lines that cannot be read, in one call: then it is no list of rounds. */
#define BAD_LINES_MAX 1000
/* Another smokebox calls again after each MiB. */
#define REPORT_MAX (4UL * 1024 * 1024)
#define FIELD_MAX 256 /* of all fields but the data */
#define PLAIN "text/plain; charset=utf-8"

/* --- the form -------------------------------------------------------------------- */

enum field {
	FIELD_SLAVE,
	FIELD_KEY,
	FIELD_PROTOCOL,
	FIELD_CONFIG_TIME,
	FIELD_DATA,
	FIELDS
};

struct form {
	struct value {
		char *text;
		size_t len, size;
	} value[FIELDS];
	bool bad; /* a field is too long, or there twice in a way that is not ours */
};

static enum field
field_named(const char *name)
{
	static const char *const names[FIELDS] = { "slave", "key", "protocol",
		"config_time", "data" };
	unsigned i = 0;

	while (i < FIELDS && strcmp(name, names[i]) != 0)
		i++;
	return (enum field)i;
}

/* A piece of a field, in the order of the body. */
static enum MHD_Result
on_piece(void *ctx, enum MHD_ValueKind kind, const char *name, const char *file,
    const char *type, const char *coding, const char *data, uint64_t offset,
    size_t size)
{
	struct form *f = ctx;
	enum field field = field_named(name);

	(void)kind, (void)file, (void)type, (void)coding;
	if (field == FIELDS)
		return MHD_YES;
	struct value *v = &f->value[field];
	if (offset != v->len || (field != FIELD_DATA && v->len + size > FIELD_MAX)) {
		f->bad = true;
		return MHD_NO;
	}
	if (v->size < v->len + size + 1) {
		v->size = (v->len + size + 1) * 2;
		v->text = mem_grow(v->text, v->size, 1);
	}
	memcpy(v->text + v->len, data, size);
	v->len += size;
	v->text[v->len] = '\0';
	return MHD_YES;
}

static void
form_free(struct form *f)
{
	for (unsigned i = 0; i < FIELDS; i++)
		free(f->value[i].text);
}

/* 0, or -1 when R's body is no form. */
static int
form_read(struct form *f, struct request *r)
{
	struct MHD_PostProcessor *p;
	size_t len;
	bool fine;

	memset(f, 0, sizeof *f);
	p = MHD_create_post_processor(r->mhd, 64 * 1024, on_piece, f);
	if (p == NULL)
		return -1;
	const char *body = request_body(r, &len);
	fine = len == 0 || MHD_post_process(p, body, len) == MHD_YES;
	if (MHD_destroy_post_processor(p) != MHD_YES || !fine || f->bad) {
		form_free(f);
		return -1;
	}
	return 0;
}

/* The text of FIELD; "" when it is missing or holds a NUL. */
static const char *
form_text(const struct form *f, enum field field)
{
	const struct value *v = &f->value[field];

	return v->text != NULL && strlen(v->text) == v->len ? v->text : "";
}

/* --- answers --------------------------------------------------------------------- */

/* As SmokePing answers: a sentence that the slave shows to its operator. */
static void __attribute__((format(printf, 2, 3)))
answer(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(request_out(r), fmt, ap);
	va_end(ap);
	putc('\n', request_out(r));
	request_set_header(r, "Cache-Control", "no-store");
	reply(r, 200, PLAIN);
}

/* Count the fault and answer with it: "WARNING: " and what slavebook_fault() made. */
#define REFUSE(r, note, fault, ...)                                                    \
	do {                                                                           \
		slavebook_fault(note, fault, __VA_ARGS__);                             \
		answer(r, "WARNING: %s", (note)->trouble);                             \
	} while (0)

/* The slave's configuration, or a word that it has none. */
static void
answer_config(
    struct request *r, const struct conf_slave *slave, struct slavenote *note)
{
	struct data *tree = mastertree_make(state_conf(), slave, false);
	char *text = NULL, key[SIGN_TEXT];
	size_t len;
	FILE *out;

	if (tree == NULL) {
		answer(r, "WARNING: No targets found for slave '%s'", slave->name);
		return;
	}
	note->stamp = mastertree_stamp(tree);
	out = mem_stream(&text, &len);
	data_write_perl(tree, out);
	mem_stream_end(out);
	data_free(tree);
	sign_text(SIGN_MD5, slave->secret, text, len, key);
	request_set_header(r, "Protocol", PROTOCOL);
	request_set_header(r, "Key", key);
	request_set_header(r, "Cache-Control", "no-store");
	reply_bytes(r, 200, "application/smokeping-config", text, len);
	free(text);
	note->configs++;
}

/* The number by which SLAVE knows its configuration; 0: it has none. */
static uint32_t
config_stamp(const struct conf_slave *slave, struct slavenote *note)
{
	if (note->stamp == 0) {
		struct data *tree = mastertree_make(state_conf(), slave, false);

		if (tree != NULL)
			note->stamp = mastertree_stamp(tree);
		data_free(tree);
	}
	return note->stamp;
}

/* --- rounds ---------------------------------------------------------------------- */

static enum slavetake
take_line(struct slavenote *note, const struct conf_slave *slave, const char *line,
    size_t len)
{
	static struct round r; /* large */
	const struct conf_target *t;
	struct rowline row;
	struct err err;

	if (rowline_read(line, len, &row, &err) < 0) {
		slavebook_fault(note, FAULT_LINE, "a line cannot be read: %s", err.text);
		return SLAVETAKE_REFUSED;
	}
	t = slavetake_target(note, slave, row.path);
	if (t == NULL)
		return SLAVETAKE_REFUSED;
	if (rowtext_read(row.row, row.row_len, t->pings, &r, &err) < 0) {
		slavebook_fault(note, FAULT_ROW,
		    "a round of %s is not one of %u pings: %s (it may have had an "
		    "older configuration)",
		    t->path, t->pings, err.text);
		return SLAVETAKE_REFUSED;
	}
	return slavetake_round(note, slave, t, row.time, &r);
}

/* False, noted, when there is no room for all of them. */
static bool
take_lines(struct slavenote *note, const struct conf_slave *slave, const char *data,
    size_t len)
{
	const char *end = data + len, *newline;
	uint64_t bad = note->fault[FAULT_LINE];

	for (; data < end; data = newline + 1) {
		newline = memchr(data, '\n', (size_t)(end - data));
		if (newline == NULL)
			newline = end;
		if (newline > data &&
		    take_line(note, slave, data, (size_t)(newline - data)) ==
			SLAVETAKE_BUSY)
			return false;
		if (note->fault[FAULT_LINE] - bad >= BAD_LINES_MAX) {
			slavebook_fault(note, FAULT_LINE,
			    "%d lines of a call cannot be read, its rest is left out",
			    BAD_LINES_MAX);
			break;
		}
	}
	return true;
}

/* --- a call ---------------------------------------------------------------------- */

/* Who calls, once that is proved; NULL after having answered. */
static const struct conf_slave *
authenticate(struct request *r, const struct form *f)
{
	const char *name = form_text(f, FIELD_SLAVE);
	const struct conf_slave *slave = conf_slave_by_name(state_conf(), name);
	const struct value *data = &f->value[FIELD_DATA];
	struct slavenote *note = slavebook_note(slave);
	char wanted[SIGN_TEXT], from[ADDR_TEXT];

	server_peer_text(r, from);
	if (slave == NULL) {
		REFUSE(r, note, FAULT_UNKNOWN,
		    "I don't know the slave %.100s (calling from %s) ignoring it", name,
		    from);
	} else if (slave->secret == NULL) {
		REFUSE(r, note, FAULT_SECRET, "No secret found for slave %s", name);
	} else if (strcmp(form_text(f, FIELD_PROTOCOL), PROTOCOL) != 0) {
		REFUSE(r, note, FAULT_PROTOCOL,
		    "I expected protocol " PROTOCOL
		    " and got %.20s from slave %s. I will skip this.",
		    form_text(f, FIELD_PROTOCOL), name);
	} else {
		sign_text(SIGN_MD5, slave->secret, data->text != NULL ? data->text : "",
		    data->len, wanted);
		if (sign_same(wanted, form_text(f, FIELD_KEY)))
			return slave;
		REFUSE(r, note, FAULT_SIGNATURE,
		    "Data from %s (calling from %s) was signed with %.40s which does "
		    "not match our expectation: its secret is another one",
		    name, from, form_text(f, FIELD_KEY));
	}
	return NULL;
}

static void
seen(struct slavenote *note, const struct request *r)
{
	const char *agent = request_header(r, "User-Agent");

	note->seen = clock_wall_s();
	note->protocol = "smokeping " PROTOCOL;
	snprintf(note->agent, sizeof note->agent, "%s", agent != NULL ? agent : "");
	server_peer_text(r, note->address);
}

void
slave_call(struct request *r)
{
	const struct conf_slave *slave;
	struct slavenote *note;
	struct form f;

	if (form_read(&f, r) < 0) {
		reply_error(r, 400,
		    "expected the form that a slave sends: slave, key, protocol, data, "
		    "config_time");
		return;
	}
	slave = authenticate(r, &f);
	if (slave == NULL) {
		form_free(&f);
		return;
	}
	note = slavebook_note(slave);
	seen(note, r);
	const struct value *data = &f.value[FIELD_DATA];
	if (data->len > 0 && (!slavetake_room(note, data->len) ||
				 !take_lines(note, slave, data->text, data->len))) {
		request_set_header(r, "Retry-After", "10");
		reply_error(r, 503, "%s", note->trouble);
		form_free(&f);
		return;
	}
	uint32_t stamp = config_stamp(slave, note);
	note->current =
	    stamp != 0 && strtoul(form_text(&f, FIELD_CONFIG_TIME), NULL, 10) == stamp;
	form_free(&f);
	if (note->current)
		answer(r, "OK");
	else
		answer_config(r, slave, note);
}

size_t
slave_body_max(void)
{
	const struct conf *conf = state_conf();

	for (size_t i = 0; i < conf->slave_count; i++)
		if (conf->slave[i].secret != NULL)
			return BODY_MAX;
	return 0;
}

size_t
slave_report_max(void)
{
	size_t max = slave_body_max();

	return max < REPORT_MAX ? max : REPORT_MAX;
}
