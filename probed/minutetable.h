/* One table of a minute, or of an hour, of traffic as a whole: as bytes (in the ring of
 * minutes, and in web's memory), and put together from the parts of messages. */
#ifndef MINUTETABLE_H
#define MINUTETABLE_H

#include <stddef.h>

#include "base/prefix.h"
#include "minute.h"

/* More rows than the collector tells in one table. */
#define MINUTETABLE_ROWS 16384
/* Room for minutetable_peek() to see who it is. */
#define MINUTETABLE_HEAD (MINUTE_PART_MAX + 32)

struct minutetable {
	int64_t begin_s; /* epoch; of a minute or an hour */
	enum minute_by by;
	bool final;
	uint64_t minutes; /* of an hour: bit k is set when it has minute k. 0: this is a
			   * minute */
	struct minute_sum rest; /* of what no row tells */
	uint32_t rest_rows;	/* at least so many keys */
	uint64_t forgotten; /* octets of REST that are of keys that were forgotten */
	uint64_t unlisted;  /* any other key without a row had at most so many octets */
	size_t rows;
	struct minute_row *row;
	uint64_t *missing; /* of an hour: by so many octets at most row k is too little,
			    * since not every minute listed it; NULL: 0 */
};

/* The rows away. Not T itself. */
void minutetable_free(struct minutetable *t);

/* T as bytes, malloced. NULL when it has too many rows. */
uint8_t *minutetable_write(const struct minutetable *t, size_t *len);
/* Who is it, from the first bytes? LEN may be MINUTETABLE_HEAD or less. T gets all but
 * its rows. 0, or -1 when these bytes are none. */
int minutetable_peek(const uint8_t *data, size_t len, struct minutetable *t);
/* 0, or -1: then T needs no freeing. */
int minutetable_read(const uint8_t *data, size_t len, struct minutetable *t);

/* Take the rows that tell of an address in P out of the ROWS at ROW (and out of MISSING
 * beside them, unless it is NULL): how many are left. GONE gets their sum added. In
 * table MINUTE_INTERFACE addresses are exporters', which are nobody's talk. */
size_t minute_forget(const struct prefix *p, enum minute_by by, struct minute_row *row,
    uint64_t *missing, size_t rows, struct minute_sum *gone);

/* Octets of REST but for those of keys that were FORGOTTEN. */
uint64_t minute_others(const struct minute_sum *rest, uint64_t forgotten);

/* --- out of messages -------------------------------------------------------------- */

/* The parts of one table, which come one behind the other. Zero at first. */
struct minuteparts {
	struct minutetable table;
	uint16_t next, parts; /* parts 0: nothing is begun */
	uint64_t torn;	      /* tables of which a part did not come */
};
/* Take the next part. True when TABLE is whole: it is valid until the next call. */
bool minuteparts_take(struct minuteparts *p, const struct minute_part *part,
    const struct minute_row *row);
void minuteparts_free(struct minuteparts *p);

#endif
