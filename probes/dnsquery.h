/* One question and its answer, whatever carries them: which question it is, whether a
 * message is its answer, and what that answer is worth. */
#ifndef PROBES_DNSQUERY_H
#define PROBES_DNSQUERY_H

#include "probes/dnsopts.h"

struct dnsquery {
	struct probe_run *run;
	unsigned seq;
	uint16_t id;
	struct dnswire_question *own; /* NULL: it asks what the options say */
	int64_t sent_mono, sent_wall; /* 0: not sent yet */
};

/* Make ping SEQ of RUN a question: a random id, and where the options want that a name
 * or a spelling of its own. */
void dnsquery_init(struct dnsquery *q, struct probe_run *run, unsigned seq);
void dnsquery_free(struct dnsquery *q);
/* In how many ns Q may be sent, so that its server is not asked too often. -1: not in
 * any useful time; the ping was reported as not sent. */
int64_t dnsquery_turn(struct dnsquery *q);
/* Q as a message. Returns its length. */
size_t dnsquery_write(const struct dnsquery *q, uint8_t buf[DNSWIRE_QUERY_MAX]);
/* Q goes out now: its times. */
void dnsquery_sent(struct dnsquery *q);

/* Is DATA the answer to Q? Then A is ready to be judged. */
bool dnsquery_match(
    const struct dnsquery *q, struct dnswire_answer *a, const void *data, size_t len);

/* What an answer is worth. */
struct dnsquery_verdict {
	bool good;
	bool truncated;
	bool moved; /* another instance answers than before */
	unsigned rcode;
	char text[200]; /* what is wrong, or is to be told; "": nothing */
};
/* Judge A, and remember what it tells of its server. */
void dnsquery_judge(
    const struct dnsquery *q, struct dnswire_answer *a, struct dnsquery_verdict *v);
/* Tell the host about ping SEQ of RUN; its query may be gone. */
void dnsquery_report(struct probe_run *run, unsigned seq,
    const struct dnsquery_verdict *v, int64_t rtt_ns, enum ping_stamp stamp);

#endif
