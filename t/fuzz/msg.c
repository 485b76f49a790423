/* A datagram from a neighbour: whatever is believed must also be sent on unchanged. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "infer/backscattertext.h"
#include "link/msg.h"
#include "link/msgblockade.h"
#include "link/msgedit.h"
#include "link/msgflight.h"
#include "link/msghere.h"
#include "link/msgbrowser.h"
#include "link/msghops.h"
#include "link/msghost.h"
#include "link/msginforce.h"
#include "link/msgif.h"
#include "link/msgload.h"
#include "link/msgminute.h"
#include "link/msgpath.h"
#include "link/msgline.h"
#include "link/msgverdict.h"
#include "link/msgvictim.h"
#include "link/msgwifi.h"

/* What is believed is also judged. */
static void
judge_victim(const struct msg_victim *v)
{
	struct backscatter b =
	    backscatter_judge(&v->victim, v->now_ms, v->over, v->quiet);

	free(backscatter_evidence(&v->victim, &b));
}

/* Rounds under way, as many as there are. */
static int
echo_flights(struct msg_in *in, struct msg_out *out)
{
	static struct msg_flight f;
	int more;

	while ((more = msg_get_flight(in, &f)) > 0)
		if (!msg_put_flight(out, &f))
			abort();
	return more;
}

/* One message of any kind, in and out again. */
static int
echo(struct msg_in *in, struct msg_out *out)
{
	static union {
		struct round round;
		struct msg_target target;
		struct msg_counters counters;
		struct msg_store store;
		struct msg_sink sink;
		struct msg_worker worker;
		struct msg_draw draw;
		struct msg_picture picture;
		struct msg_paper paper;
		struct msg_errand errand;
		struct msg_errand_done errand_done;
		struct msg_receiver receiver;
		struct msg_tried tried;
		struct msg_forget forget;
		struct msg_forgotten forgotten;
		struct msg_ifcounters ifcounters;
		struct msg_iftotals iftotals;
		struct msg_poller poller;
		struct msg_interface interface;
		struct hops hops;
		struct msg_trace trace;
		struct here here;
		struct msg_path path;
		struct msg_browser browser;
		struct own_host host;
		struct msg_blockade blockade;
		struct msg_in_force in_force;
		struct msg_line line;
		struct msg_marks marks;
		struct msg_loadtest loadtest;
		struct msg_loadresult loadresult;
		struct msg_verdict verdict;
		struct msg_wifi wifi;
		struct msg_victim victim;
		struct msg_edit edit;
		struct msg_edited edited;
		char text[256];
	} u;

#define CASE(type, name)                                                               \
	case type:                                                                     \
		if (msg_get_##name(in, &u.name) != 0)                                  \
			return -1;                                                     \
		msg_put_##name(out, &u.name);                                          \
		return 0

	switch (in->type) {
		CASE(MSG_ROUND, round);
		CASE(MSG_TARGET, target);
		CASE(MSG_COUNTERS, counters);
		CASE(MSG_STORE, store);
		CASE(MSG_SINK, sink);
		CASE(MSG_WORKER, worker);
		CASE(MSG_DRAW, draw);
		CASE(MSG_PICTURE, picture);
		CASE(MSG_PAPER, paper);
		CASE(MSG_ERRAND, errand);
		CASE(MSG_ERRAND_DONE, errand_done);
		CASE(MSG_RECEIVER, receiver);
		CASE(MSG_TRIED, tried);
		CASE(MSG_FORGET, forget);
		CASE(MSG_FORGOTTEN, forgotten);
		CASE(MSG_IFCOUNTERS, ifcounters);
		CASE(MSG_IFTOTALS, iftotals);
		CASE(MSG_POLLER, poller);
		CASE(MSG_INTERFACE, interface);
	case MSG_FLIGHT:
		return echo_flights(in, out);
		CASE(MSG_HOPS, hops);
		CASE(MSG_TRACE, trace);
		CASE(MSG_HERE, here);
		CASE(MSG_PATH, path);
		CASE(MSG_BROWSER, browser);
		CASE(MSG_HOST, host);
	case MSG_VICTIM:
		if (msg_get_victim(in, &u.victim) != 0)
			return -1;
		msg_put_victim(out, &u.victim);
		judge_victim(&u.victim);
		return 0;
		CASE(MSG_BLOCKADE, blockade);
		CASE(MSG_EDIT, edit);
		CASE(MSG_EDITED, edited);
		CASE(MSG_IN_FORCE, in_force);
		CASE(MSG_LINE, line);
		CASE(MSG_MARKS, marks);
		CASE(MSG_LOADTEST, loadtest);
		CASE(MSG_LOADRESULT, loadresult);
		CASE(MSG_VERDICT, verdict);
		CASE(MSG_WIFI, wifi);
	default:
		msg_get_str(in, u.text, sizeof u.text);
		if (msg_done(in) != 0)
			return -1;
		msg_str(out, u.text);
		return 0;
	}
}

int
fuzz_msg(const uint8_t *data, size_t size)
{
	static struct msg_out out;
	struct msg_in in;

	if (msg_parse(&in, data, size, -1) != 0)
		return 0;
	msg_begin(&out, in.type);
	if (echo(&in, &out) == 0 &&
	    (msg_end(&out) != size || memcmp(out.data, data, size) != 0))
		abort();
	return 0;
}
