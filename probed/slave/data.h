/* Nested values without a program in them: what a master tells its slave, whatever the
 * notation it travels in. */
#ifndef SLAVE_DATA_H
#define SLAVE_DATA_H

#include <stddef.h>
#include <stdio.h>

#include "base/log.h"

#define DATA_DEPTH 64		 /* inside each other */
#define DATA_NODES (4 * 1024 * 1024) /* of one text */

enum data_kind {
	DATA_NOTHING,
	DATA_TEXT,
	DATA_LIST,
	DATA_TABLE, /* members have keys */
};

struct data {
	enum data_kind kind;
	char *key;  /* in a table; else NULL */
	char *text; /* of DATA_TEXT */
	struct data *first, *last, *next;
};

struct data *data_new(enum data_kind kind);
/* A copy of TEXT as DATA_TEXT. */
struct data *data_text(const char *text);
void data_free(struct data *d); /* NULL allowed */
/* Append VALUE, taken over, to the list or table D. KEY is copied; a table's is not
 * looked for: see data_set(). Returns VALUE. */
struct data *data_add(struct data *d, const char *key, struct data *value);
/* Likewise for a table, replacing what KEY had. */
struct data *data_set(struct data *d, const char *key, struct data *value);
/* What KEY has in the table D, the last one that was added; NULL: nothing, or D is no
 * table. */
struct data *data_get(const struct data *d, const char *key);
/* The text that KEY has; FALLBACK where there is none. */
const char *data_value(const struct data *d, const char *key, const char *fallback);

/* --- Perl's notation ------------------------------------------------------------- */

/* What Data::Dumper makes of D. */
void data_write_perl(const struct data *d, FILE *out);
/* Read such a text, LEN bytes: '$VAR1 = ...;' of quoted strings, integers, undef,
 * lists and hashes, and nothing else that Perl would take. What is shared in the
 * original ('$VAR1->{...}') comes as DATA_NOTHING. NULL with ERR naming the line. */
struct data *data_read_perl(const char *text, size_t len, struct err *err);

#endif
