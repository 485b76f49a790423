/* The ring of minute summaries: who filled the line, for as long as keep_talkers and
 * the ring's size allow. Written by the recorder alone (recorder/minutes.h), read by
 * web. Paths are relative to DATADIR; only the workers' uid may read them.
 *
 * .smokebox/flows/NNNNNNNNNN.minutes has the tables of the minutes of the hour that
 * begins at NNNNNNNNNN (epoch seconds), in the order in which they became final.
 * .smokebox/flows/NNNNNNNNNN.hour is the same hour summed up, made from the former once
 * the hour is over, and what answers for whole hours. Where the size is what limits the
 * ring, the minutes of an hour go before its sum does. All integers are big-endian.
 *
 *   file    16 bytes "smokebox flow 1\n"
 *            8       begin of the hour, epoch seconds
 *           then records
 *   record   4       length of the body
 *            4       CRC-32 (as of zip) of the body
 *           body     a table, as minutetable_write() has it
 *
 * A table that comes twice for the same minute was told in two halves (the collector
 * was started again meanwhile): both count. A kill in the middle of writing leaves a
 * torn record at the end, which the next writer cuts off. What does not agree with its
 * CRC is left out. */
#ifndef MINUTERING_H
#define MINUTERING_H

#include "base/log.h"
#include "minutetable.h"
#include "store.h"

#define STORE_FLOWS STORE_DIR "/flows"

#define MINUTERING_MAGIC "smokebox flow 1\n" /* without its NUL */
#define MINUTERING_HEAD 24
#define MINUTERING_RECORD 8
/* Longer than any table. */
#define MINUTERING_MAX (4 * 1024 * 1024)
#define MINUTERING_NAME (sizeof STORE_FLOWS + 24)
#define MINUTERING_HOUR 3600

enum minutering_kind {
	MINUTERING_MINUTES,
	MINUTERING_SUM,
	MINUTERING_KINDS
};

/* The file of an hour ("...minutes") to BUF of MINUTERING_NAME bytes. */
void minutering_name(char *buf, enum minutering_kind kind, int64_t hour);

/* The hours that there are files of, ascending, with the files' bytes; 0: there is
 * none. The list is the caller's to free. */
struct minutering_hour {
	int64_t hour;
	uint64_t bytes[MINUTERING_KINDS];
};
struct minutering_hour *minutering_list(size_t *count);

/* What is wrong with the files: how many records were left out, and where the first one
 * was. TORN: behind the last one there is a piece of one, which in the newest file is being
 * written, or was when the power went. */
struct minutering_damage {
	unsigned count;
	bool torn;
	char what[MINUTERING_NAME + 96];
};

/* One file's records, one after the other. */
struct minutering_file;
/* NULL with ERR when it cannot be read or is none; errno is ENOENT where there is none.
 * DAMAGE is added to, and outlives it. */
struct minutering_file *minutering_open(enum minutering_kind kind, int64_t hour,
    struct minutering_damage *damage, struct err *err);
/* The next record: its table without rows. False at the end. */
bool minutering_next(struct minutering_file *f, struct minutetable *t);
/* The one that was told last, with its rows, which are the caller's to free. False when
 * it is damaged. */
bool minutering_rows(struct minutering_file *f, struct minutetable *t);
/* Its bytes, as minutering_record() has them, malloced; NULL when they are damaged. */
uint8_t *minutering_bytes(struct minutering_file *f, size_t *len);
/* Bytes up to the end of the last record that is one; what is behind is torn. All must
 * have been read by minutering_rows(). */
uint64_t minutering_sound(const struct minutering_file *f);
void minutering_close(struct minutering_file *f);

/* Table T as a record, malloced; NULL when it has too many rows. */
uint8_t *minutering_record(const struct minutetable *t, size_t *len);
/* The head of a file of HOUR to BUF. */
void minutering_head(uint8_t buf[MINUTERING_HEAD], int64_t hour);

/* Give EACH the tables BY that lie in START..END (multiples of MINUTE_S), in the order
 * of time. Where an hour lies in it as a whole and FINE is not set, its sum is given
 * instead of its minutes; where its minutes are gone, its sum even if it reaches beyond
 * START or END. EACH may return non-zero to end. DAMAGE is zeroed. */
typedef int (*minutering_fn)(void *ctx, const struct minutetable *t);
void minutering_read(unsigned tables, int64_t start, int64_t end, bool fine,
    minutering_fn each, void *ctx, struct minutering_damage *damage);

#endif
