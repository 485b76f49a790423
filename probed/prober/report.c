#include "prober/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/mem.h"
#include "link/link.h"
#include "link/msghops.h"
#include "link/msgload.h"
#include "link/msghere.h"
#include "prober/surround.h"

#define REPORT_LOOK_NS (15 * CLOCK_NS_PER_S)
/* What is told may be dropped on the way: so often all the same. */
#define REPORT_TELL_NS (60 * CLOCK_NS_PER_S)
#define REPORT_BATCH (64u << 10) /* a line takes so much at once */

/* A round that waits, as a finished message. */
struct report_waiting {
	STAILQ_ENTRY(report_waiting) next;
	size_t len;
	uint8_t data[];
};

STAILQ_HEAD(report_list, report_waiting);
static struct report_list waiting = STAILQ_HEAD_INITIALIZER(waiting);
static struct link *recorder;
static size_t waiting_bytes;
static int64_t gathered_ns; /* monotonic: when the oldest that waits is to go */
static unsigned long dropped, dropped_on_lines;
static int64_t looked_ns;  /* monotonic: at what this host is in; 0: never */
static uint8_t told[1024]; /* of that, to this recorder: the message */
static size_t told_len;
static int64_t told_ns; /* monotonic: when */
static struct msg_out out; /* 32 KiB: not on the stack */

static void
report_forget_oldest(void)
{
	struct report_waiting *w = STAILQ_FIRST(&waiting);

	STAILQ_REMOVE_HEAD(&waiting, next);
	waiting_bytes -= sizeof *w + w->len;
	free(w);
}

static void
report_wait(const void *message, size_t len)
{
	static struct log_limit limit;
	struct report_waiting *w = mem_alloc(sizeof *w + len);

	if (STAILQ_EMPTY(&waiting))
		gathered_ns = clock_mono_ns() + REPORT_GATHER_NS;
	w->len = len;
	memcpy(w->data, message, len);
	STAILQ_INSERT_TAIL(&waiting, w, next);
	waiting_bytes += sizeof *w + len;
	while (waiting_bytes > REPORT_MAX) {
		report_forget_oldest();
		dropped++;
		if (log_allowed(&limit, 60, NULL))
			log_warnx("the recorder is away: the oldest of the rounds that "
				  "wait for it are dropped");
	}
}

/* Of what a line did not get rid of, rounds are worth keeping: all else is told anew.
 */
static void
report_rescue(void *ctx, const void *message, size_t len, enum link_keep keep)
{
	struct msg_in in;

	(void)ctx;
	(void)keep;
	if (msg_parse(&in, message, len, -1) == 0 && in.type == MSG_ROUND)
		report_wait(message, len);
}

void
report_to(struct link *link)
{
	if (recorder != NULL && link != recorder) {
		struct report_list later = STAILQ_HEAD_INITIALIZER(later);

		STAILQ_CONCAT(&later, &waiting);
		dropped += dropped_on_lines;
		link_waiting(recorder, report_rescue, NULL);
		STAILQ_CONCAT(&waiting, &later);
	}
	dropped_on_lines = 0;
	looked_ns = 0;
	told_len = 0;
	recorder = link;
	report_gathered(true);
}

void
report_gathered(bool now)
{
	struct report_waiting *w;

	if (!now && waiting_bytes < REPORT_BATCH &&
	    (STAILQ_EMPTY(&waiting) || clock_mono_ns() < gathered_ns))
		return;
	while (recorder != NULL && (w = STAILQ_FIRST(&waiting)) != NULL) {
		pack_init(&out.pack, out.data, sizeof out.data);
		pack_bytes(&out.pack, w->data, w->len);
		link_send(recorder, &out, -1, LINK_DROPPABLE);
		report_forget_oldest();
	}
}

void
report_round(const struct round *r)
{
	msg_begin(&out, MSG_ROUND);
	msg_put_round(&out, r);
	report_wait(out.data, msg_end(&out));
}

void
report_flight(struct msg_out *flight)
{
	if (recorder != NULL && link_queued(recorder) == 0)
		link_send(recorder, flight, -1, LINK_DROPPABLE);
}

void
report_loadresult(const struct msg_loadresult *r)
{
	if (recorder == NULL)
		return;
	msg_begin(&out, MSG_LOADRESULT);
	msg_put_loadresult(&out, r);
	link_send(recorder, &out, -1, LINK_MUST);
}

void
report_target(const struct msg_target *t)
{
	if (recorder == NULL)
		return; /* all are told anew when it is back */
	msg_begin(&out, MSG_TARGET);
	msg_put_target(&out, t);
	link_send(recorder, &out, -1, LINK_DROPPABLE);
}

void
report_hops(const struct hops *p)
{
	if (recorder == NULL)
		return;
	msg_begin(&out, MSG_HOPS);
	msg_put_hops(&out, p);
	link_send(recorder, &out, -1, LINK_DROPPABLE);
}

void
report_counters(struct msg_counters *c)
{
	if (recorder == NULL)
		return;
	dropped_on_lines = link_dropped(recorder);
	c->dropped_rounds = dropped + dropped_on_lines;
	msg_begin(&out, MSG_COUNTERS);
	msg_put_counters(&out, c);
	link_send(recorder, &out, -1, LINK_DROPPABLE);
}

void
report_here(void)
{
	int64_t now = clock_mono_ns();
	struct here here;
	size_t len;

	if (recorder == NULL || (looked_ns != 0 && now - looked_ns < REPORT_LOOK_NS))
		return;
	looked_ns = now;
	surround_look(&here);
	msg_begin(&out, MSG_HERE);
	msg_put_here(&out, &here);
	len = msg_end(&out);
	if (len > sizeof told ||
	    (len == told_len && memcmp(out.data, told, len) == 0 &&
		now - told_ns < REPORT_TELL_NS))
		return;
	memcpy(told, out.data, len);
	told_len = len;
	told_ns = now;
	link_send(recorder, &out, -1, LINK_DROPPABLE);
}

void
report_free(void)
{
	while (!STAILQ_EMPTY(&waiting))
		report_forget_oldest();
	recorder = NULL;
}
