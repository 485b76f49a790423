#include "prober/flight.h"

#include <event2/event.h>

#include "link/msgflight.h"
#include "prober/report.h"
#include "prober/run_impl.h"

#define FLIGHT_LOOKS 2048 /* runs, in one go: some 100 us */
#define FLIGHT_ROUNDS 512 /* are told of in one go, at most */

static struct {
	struct event *timer;
	size_t next; /* place of the run that is looked at next */
	struct msg_out out;
	struct msg_flight flight;
} all;

static uint32_t
flight_ping(const struct shot *s)
{
	if (s->outcome == PING_OPEN)
		return FLIGHT_OPEN;
	if (s->outcome == PING_ANSWERED) {
		int64_t rtt = s->at / FLIGHT_UNIT_NS;
		return rtt < FLIGHT_UNKNOWN ? (uint32_t)rtt : FLIGHT_UNKNOWN - 1;
	}
	return ping_is_unknown(s->outcome) ? FLIGHT_UNKNOWN : FLIGHT_LOST;
}

/* Add what is new of RUN. False: the message is full. */
static bool
flight_put(struct run *run)
{
	struct msg_flight *f = &all.flight;

	if (run == NULL || !run->in_round || run->mute || run->seq <= run->blaze ||
	    (run->told_begin == run->begin_wall && run->told_seq == run->seq &&
		run->told_open == run->open))
		return true;
	f->target = run->probe.target;
	f->begin_ns = run->begin_wall;
	f->count = (uint16_t)(run->count - run->blaze);
	f->sent = (uint16_t)(run->seq - run->blaze);
	for (unsigned i = 0; i < f->sent; i++)
		f->ping[i] = flight_ping(&run->shot[i + run->blaze]);
	if (!msg_put_flight(&all.out, f))
		return false;
	run->told_begin = run->begin_wall;
	run->told_seq = (uint16_t)run->seq;
	run->told_open = (uint16_t)run->open;
	return true;
}

static void
flight_tell(evutil_socket_t fd, short what, void *ctx)
{
	size_t looks = runs.indexes < FLIGHT_LOOKS ? runs.indexes : FLIGHT_LOOKS;
	unsigned rounds = 0;

	(void)fd;
	(void)what;
	(void)ctx;
	msg_begin(&all.out, MSG_FLIGHT);
	size_t empty = msg_end(&all.out);
	for (; looks > 0 && rounds < FLIGHT_ROUNDS; looks--, all.next++) {
		size_t before = msg_end(&all.out);
		if (all.next >= runs.indexes)
			all.next = 0;
		if (!flight_put(runs.by_index[all.next]))
			break;
		rounds += msg_end(&all.out) > before;
	}
	if (msg_end(&all.out) > empty)
		report_flight(&all.out);
}

void
flight_open(struct event_base *base)
{
	all.timer = evtimer_new(base, flight_tell, NULL);
	if (all.timer == NULL)
		fatalx("no timer for what is under way");
}

void
flight_news(void)
{
	static const struct timeval second = { 1, 0 };

	if (!evtimer_pending(all.timer, NULL))
		evtimer_add(all.timer, &second);
}

void
flight_close(void)
{
	if (all.timer != NULL)
		event_free(all.timer);
	all.timer = NULL;
}
