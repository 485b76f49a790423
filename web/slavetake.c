#include "web/slavetake.h"

#include "base/clock.h"
#include "link/worker.h"
#include "web/state.h"

/* Bytes that may wait for the recorder: two thirds of the line's queue (web.c). */
#define WAITING_MAX (32UL * 1024 * 1024)
/* How far a slave's clock may be ahead, beside two steps: as the recorder has it. */
#define AHEAD_S 60
/* So long other pages wait for a recorder that is to take WAITING_MAX bytes. */
#define FLUSH_MS 1000
/* Longer than any slave has kept its rounds. */
#define OLD_S (31 * 86400LL)

bool
slavetake_room(struct slavenote *note, size_t len)
{
	struct link *recorder = worker_link(ROOM_RECORDER);

	if (recorder == NULL) {
		slavebook_fault(note, FAULT_BUSY,
		    "the recorder is being started again, it is to keep its rounds");
		return false;
	}
	/* Rounds can be larger than their text. Whoever is sent away sends all of them
	 * again, so a large call would never come through if nothing went out during
	 * it. */
	if (len == 0 && link_queued(recorder) > WAITING_MAX)
		link_flush(recorder, FLUSH_MS);
	if (link_queued(recorder) + len > WAITING_MAX) {
		slavebook_fault(note, FAULT_BUSY,
		    "the recorder does not keep up, it is to keep its rounds");
		return false;
	}
	return true;
}

const struct conf_target *
slavetake_target(
    struct slavenote *note, const struct conf_slave *slave, const char *path)
{
	const struct conf_target *t = conf_target_by_path(state_conf(), path);

	for (size_t i = 0; t != NULL && i < t->slaves; i++)
		if (t->slave[i] == slave)
			return t;
	slavebook_fault(note, FAULT_TARGET,
	    t != NULL ? "a round of %s, whose slaves it is not among"
		      : "a round of %s, which is no target here (any more)",
	    path);
	return NULL;
}

/* Incidents begin and end when a round did: that is about the time of its row. */
static void
check_span(struct round *r, int64_t time, int64_t most_s)
{
	int64_t row = time * CLOCK_NS_PER_S, most = most_s * CLOCK_NS_PER_S;

	if (r->end_ns == 0 || r->begin_ns > r->end_ns || r->begin_ns < row - most ||
	    r->end_ns > row + most)
		r->begin_ns = r->end_ns = row;
}

enum slavetake
slavetake_round(struct slavenote *note, const struct conf_slave *slave,
    const struct conf_target *t, int64_t time, struct round *r)
{
	static struct msg_out out;
	struct link *recorder = worker_link(ROOM_RECORDER);
	int64_t now = clock_wall_s();
	int64_t ahead = AHEAD_S + 2 * (int64_t)t->step;

	if (!slavetake_room(note, 0))
		return SLAVETAKE_BUSY;
	if (time > now + ahead) {
		slavebook_fault(note, FAULT_TIME,
		    "a round of %s is %lld s ahead of the clock here: is its own wrong?",
		    t->path, (long long)(time - now));
		return SLAVETAKE_REFUSED;
	}
	if (time < now - OLD_S) {
		slavebook_fault(note, FAULT_TIME,
		    "a round of %s is %lld days old: is its clock wrong?", t->path,
		    (long long)((now - time) / 86400));
		return SLAVETAKE_REFUSED;
	}
	check_span(r, time, ahead);
	r->target = conf_series_id(t, slave);
	r->row = time; /* the recorder finds its place in the grid */
	r->step = t->step;
	msg_begin(&out, MSG_ROUND);
	msg_put_round(&out, r);
	unsigned long dropped = link_dropped(recorder);
	link_send(recorder, &out, -1, LINK_MUST);
	if (link_dropped(recorder) != dropped) {
		slavebook_fault(note, FAULT_BUSY,
		    "the recorder has just gone, it is to keep its rounds");
		return SLAVETAKE_BUSY;
	}
	note->rounds++;
	return SLAVETAKE_PASSED;
}
