/* Has somebody taken an id of ours? Linux lets another program of this host bind a ping
 * socket to the same id, and gives it all that comes from then on. To us that looks as
 * if everybody had fallen silent at once, which is not the network's fault.
 *
 * When a ping gets no answer and its socket has got nothing since that ping was sent,
 * the socket calls this host itself, and so does another one. If only the other one's
 * call is answered, the id was taken. (A host that does not answer its own calls proves
 * nothing, whatever else the other one hears; nor does a buffer without room.) */
#include "base/clock.h"
#include "base/log.h"
#include "probes/icmp_socket.h"

#define THEFT_WAIT_NS (200 * CLOCK_NS_PER_MS) /* an answer of this host takes less */
#define THEFT_AGAIN_NS CLOCK_NS_PER_S

static struct {
	struct io_socket *of, *judge; /* of the test that is going on; NULL: none is */
	int64_t since;
} theft;

static struct io_socket *
theft_judge(const struct io_socket *s)
{
	for (unsigned i = 0; i < io_count(); i++) {
		struct io_socket *other = io_at(i);

		if (other != s && other->class.family == s->class.family &&
		    !other->raw && !other->stolen)
			return other;
	}
	return NULL;
}

void
icmp_io_doubt(unsigned socket, int64_t sent_mono)
{
	struct io_socket *s = io_at(socket);
	int64_t now = clock_mono_ns();

	if (s == NULL || s->raw || s->stolen || s->heard_at > sent_mono ||
	    theft.of != NULL || now < theft.since + THEFT_AGAIN_NS)
		return;
	theft.judge = theft_judge(s);
	theft.since = now;
	if (theft.judge == NULL)
		return;
	theft.of = s;
	io_call_home(s);
	io_call_home(theft.judge);
}

void
io_theft_look(void)
{
	struct io_socket *s = theft.of;

	if (s == NULL || clock_mono_ns() < theft.since + THEFT_WAIT_NS)
		return;
	theft.of = NULL;
	if (s->heard_at >= theft.since || s->overflow_at >= theft.since ||
	    theft.judge->home_at < theft.since)
		return;
	s->stolen = true;
	log_warnx("another program of this host has taken ICMP id %u over: its targets "
		  "get another one",
	    s->id);
	icmp_stolen(s->index, s->heard_at);
}

void
io_theft_forget(void)
{
	theft.of = theft.judge = NULL;
	theft.since = 0;
}
