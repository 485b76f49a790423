/* A smokebox calls as a slave: JSON with a signature (slave/report.h). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "slave/mastertree.h"
#include "slave/report.h"
#include "slave/sign.h"
#include "web/http.h"
#include "web/replay.h"
#include "web/slave.h"
#include "web/slavebook.h"
#include "web/slavetake.h"
#include "web/state.h"

struct taking {
	struct request *request;
	bool fresh; /* else it was answered already */
	bool busy;  /* there is no room for all of it */
	const struct conf_slave *slave;
	struct slavenote *note;
	uint64_t taken, refused;
};

static void
take(void *ctx, const char *path, const struct round *r)
{
	struct taking *taking = ctx;
	static struct round copy; /* large */

	if (taking->busy)
		return;
	const struct conf_target *t =
	    slavetake_target(taking->note, taking->slave, path);
	if (t != NULL && r->count != t->pings) {
		slavebook_fault(taking->note, FAULT_ROW,
		    "a round of %s has %u pings, expected %u (it may have had an older "
		    "configuration)",
		    t->path, r->count, t->pings);
		t = NULL;
	}
	copy = *r;
	enum slavetake done = t == NULL ? SLAVETAKE_REFUSED
					: slavetake_round(taking->note, taking->slave, t,
					      r->row, &copy);
	taking->taken += done == SLAVETAKE_PASSED;
	taking->refused += done == SLAVETAKE_REFUSED;
	taking->busy = done == SLAVETAKE_BUSY;
}

static void
wrong(void *ctx, const char *why)
{
	struct taking *taking = ctx;

	slavebook_fault(
	    taking->note, FAULT_LINE, "a round cannot be read: %s", why);
	taking->refused++;
}

/* --- who calls ------------------------------------------------------------------- */

#define REFUSE(r, note, status, fault, ...)                                            \
	do {                                                                           \
		slavebook_fault(note, fault, __VA_ARGS__);                             \
		reply_error(r, status, "%s", (note)->trouble);                         \
	} while (0)

static bool
is_fresh(void *ctx, const struct report_head *head)
{
	struct taking *taking = ctx;
	struct request *r = taking->request;
	struct slavenote *note = taking->note;
	int64_t now = clock_wall_s();

	if (strcmp(head->slave, note->name) != 0) {
		REFUSE(r, note, 400, FAULT_PROTOCOL, "a report of another slave, %s",
		    head->slave);
		return false;
	}
	switch (
	    replay_check(head->slave, head->nonce, head->time, now, state_started())) {
	case REPLAY_FRESH:
		return taking->fresh = true;
	case REPLAY_AGAIN:
		REFUSE(r, note, 409, FAULT_REPLAY, "the same call came before");
		return false;
	case REPLAY_TIME:
		REFUSE(r, note, 409, FAULT_TIME,
		    "its clock is %lld s from the one here, expected at most %d",
		    (long long)(head->time - now), REPORT_CLOCK_S);
		return false;
	case REPLAY_EARLY:
		REFUSE(r, note, 409, FAULT_REPLAY,
		    "a call from before this server was started: call again");
		return false;
	case REPLAY_FULL:
		break;
	}
	REFUSE(r, note, 503, FAULT_BUSY, "too many calls, call again later");
	return false;
}

/* Who made TEXT, once that is proved; NULL after having answered. */
static const struct conf_slave *
authenticate(struct request *r, const char *text, size_t len)
{
	const char *name = request_header(r, REPORT_SLAVE);
	const struct conf_slave *slave =
	    name != NULL ? conf_slave_by_name(state_conf(), name) : NULL;
	struct slavenote *note = slavebook_note(slave);
	char wanted[SIGN_TEXT], from[ADDR_TEXT];

	server_peer_text(r, from);
	if (slave == NULL) {
		REFUSE(r, note, 403, FAULT_UNKNOWN,
		    "the slave %.100s (calling from %s) is not known",
		    name != NULL ? name : "without a name", from);
	} else if (slave->secret == NULL) {
		REFUSE(r, note, 403, FAULT_SECRET, "no secret is known for slave %s",
		    slave->name);
	} else {
		sign_text(SIGN_SHA256, slave->secret, text, len, wanted);
		if (sign_same(wanted, request_header(r, REPORT_SIGNATURE)))
			return slave;
		REFUSE(r, note, 403, FAULT_SIGNATURE,
		    "a call as %s from %s is not signed with its secret", slave->name,
		    from);
	}
	return NULL;
}

/* --- answer ---------------------------------------------------------------------- */

/* Its configuration, or NULL when STAMP says that it has it. */
static struct data *
config_for(const struct conf_slave *slave, struct slavenote *note, const char *stamp)
{
	struct data *tree = NULL;

	note->current = note->own_stamp != 0 && strtoul(stamp, NULL, 10) == note->own_stamp;
	if (note->current)
		return NULL;
	tree = mastertree_make(state_conf(), slave, true);
	if (tree == NULL)
		return NULL;
	note->own_stamp = mastertree_stamp(tree);
	note->current = strtoul(stamp, NULL, 10) == note->own_stamp;
	if (note->current) {
		data_free(tree);
		return NULL;
	}
	note->configs++;
	return tree;
}

static void
answer(struct request *r, const struct conf_slave *slave, const struct report_head *head,
    const struct taking *taking)
{
	struct report_answer a = { .taken = taking->taken, .refused = taking->refused };
	char *text = NULL, key[SIGN_TEXT];
	size_t len;
	FILE *out = mem_stream(&text, &len);

	memcpy(a.nonce, head->nonce, sizeof a.nonce);
	a.time = clock_wall_s();
	if (taking->refused > 0)
		snprintf(a.trouble, sizeof a.trouble, "%s", taking->note->trouble);
	a.config = config_for(slave, taking->note, head->config);
	if (a.config == NULL && !taking->note->current)
		snprintf(a.trouble, sizeof a.trouble, "no targets for slave %s",
		    slave->name);
	report_answer_write(out, &a);
	mem_stream_end(out);
	data_free(a.config);
	sign_text(SIGN_SHA256, slave->secret, text, len, key);
	request_set_header(r, REPORT_SIGNATURE, key);
	request_set_header(r, "Cache-Control", "no-store");
	reply_bytes(r, 200, "application/json", text, len);
	free(text);
}

static void
seen(struct slavenote *note, const struct request *r)
{
	const char *agent = request_header(r, "User-Agent");

	note->seen = clock_wall_s();
	note->protocol = "smokebox 1";
	snprintf(note->agent, sizeof note->agent, "%s", agent != NULL ? agent : "");
	server_peer_text(r, note->address);
}

static void
answer_busy(struct request *r, const struct slavenote *note)
{
	request_set_header(r, "Retry-After", "10");
	reply_error(r, 503, "%s", note->trouble);
}

void
slave_report(struct request *r)
{
	struct report_head head;
	struct taking taking = { .request = r };
	struct err err;
	size_t len;
	const char *text = request_body(r, &len);

	taking.slave = authenticate(r, text != NULL ? text : "", len);
	if (taking.slave == NULL)
		return;
	taking.note = slavebook_note(taking.slave);
	if (!slavetake_room(taking.note, len)) {
		answer_busy(r, taking.note);
		return;
	}
	if (report_read(text, len, &head, is_fresh, take, wrong, &taking, &err) < 0) {
		REFUSE(r, taking.note, 400, FAULT_PROTOCOL,
		    "a report that cannot be read: %s", err.text);
	} else if (taking.busy) {
		answer_busy(r, taking.note);
	} else if (taking.fresh) {
		seen(taking.note, r);
		answer(r, taking.slave, &head, &taking);
	}
}
