/* What two smokeboxes say to each other: JSON over HTTP, signed by HMAC-SHA256.
 *
 * POST of a slave's report; the header Smokebox-Slave has its name, Smokebox-Signature
 * the HMAC of the body by its secret, in hex, so that nothing is read before it is known
 * whose it is:
 *
 *   { "protocol": 1, "slave": NAME, "time": epoch seconds, "nonce": 32 hex digits,
 *     "config": stamp of the configuration that it has, or "",
 *     "rounds": [ { "target": "A.B", "row": epoch seconds, "step", "state", "cause",
 *                   "begin", "end": wall us, "address", "suspect", "duplicates", "late",
 *                   "forged", "wrong_source", "truncated", "reordered", "ttl_changes",
 *                   "ttl", "extras": { word: value },
 *                   "rtt": [ ns or null ], "outcome": [ word ], "stamp": [ word ] } ] }
 *
 * The answer, with such a header of its own:
 *
 *   { "protocol": 1, "nonce": that of the report, "time": epoch seconds,
 *     "taken": rounds, "refused": rounds, "trouble": text or null,
 *     "config": null, or { "Database": ..., "Probes": ..., "__last": stamp } } */
#ifndef SLAVE_REPORT_H
#define SLAVE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "round.h"
#include "slave/data.h"

#define REPORT_PATH "/api/v1/slave"
#define REPORT_PROTOCOL 1
#define REPORT_SIGNATURE "Smokebox-Signature"
#define REPORT_SLAVE "Smokebox-Slave"
#define REPORT_NONCE 32
/* How far the clocks of the two may be apart. */
#define REPORT_CLOCK_S 300

struct report_head {
	char slave[128], nonce[REPORT_NONCE + 1], config[32];
	int64_t time;
};

/* Writing: the head, each round, the end. COUNT is that of the rounds before. */
void report_begin(FILE *out, const struct report_head *head);
void report_round(FILE *out, size_t count, const char *path, const struct round *r);
void report_end(FILE *out);

/* Reading LEN bytes of TEXT. EACH is called for every round after HEAD was filled, with
 * the target's path and the round, whose target is 0; WRONG for one that is none, with
 * what is the matter; JUDGE first, with the head alone, ends the reading if it gives
 * false. 0, or -1 with ERR when the text is no report. */
typedef bool (*report_judge_fn)(void *ctx, const struct report_head *head);
typedef void (*report_fn)(void *ctx, const char *path, const struct round *r);
typedef void (*report_wrong_fn)(void *ctx, const char *why);
int report_read(const char *text, size_t len, struct report_head *head,
    report_judge_fn judge, report_fn each, report_wrong_fn wrong, void *ctx,
    struct err *err);

struct report_answer {
	char nonce[REPORT_NONCE + 1];
	int64_t time;
	uint64_t taken, refused;
	char trouble[256];
	struct data *config; /* NULL: it has the one in force; owned when read */
};

void report_answer_write(FILE *out, const struct report_answer *a);
int report_answer_read(
    const char *text, size_t len, struct report_answer *a, struct err *err);

#endif
