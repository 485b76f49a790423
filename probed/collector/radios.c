/* The kernel answers a question of netlink while it is asked, so nothing is waited for
 * here; a driver that has to ask its card takes some milliseconds of the loop. */
#include "collector/radios.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <event2/event.h>
#include <linux/nl80211.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "base/clock.h"
#include "base/mem.h"
#include "collector/wificount.h"
#include "link/keep.h"
#include "link/msgwifi.h"

#define FAMILY_TURNS 6 /* without radios the kernel is asked more seldom */

struct radios {
	struct nl_sock *sock; /* NULL: there is none just now */
	int family;	      /* of nl80211; 0: not known */
	unsigned turn;
	struct wificount *count;
	struct keep *keep;
	struct event *timer;
	struct nl80211_interface interface[WIFI_MAX];
	struct nl80211_station station[WIFI_MAX];
	bool linked[WIFI_MAX];
	unsigned interfaces;
	struct msg_out out;
};

/* --- out -------------------------------------------------------------------------- */

static void
tell(struct radios *r, const struct msg_wifi *m, bool minute)
{
	msg_begin(&r->out, MSG_WIFI);
	msg_put_wifi(&r->out, m);
	/* Of a minute there is no other word. */
	keep_send(r->keep, &r->out, minute ? LINK_MUST : LINK_DROPPABLE);
}

static void
on_span(void *ctx, const struct wifi *w)
{
	struct msg_wifi m = { .sight = WIFI_SEEN, .wifi = *w };

	tell(ctx, &m, w->span.minute);
}

/* --- the kernel ------------------------------------------------------------------- */

static void
hang_up(struct radios *r)
{
	nl_socket_free(r->sock);
	r->sock = NULL;
	r->family = 0;
}

static bool
connect_kernel(struct radios *r)
{
	static const struct timeval patience = { 1, 0 };

	if (r->sock != NULL)
		return true;
	r->sock = nl_socket_alloc();
	if (r->sock == NULL || genl_connect(r->sock) != 0) {
		hang_up(r);
		return false;
	}
	setsockopt(nl_socket_get_fd(r->sock), SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof patience);
	return true;
}

/* The number of nl80211 among all families. To ask for it by its name would make the
 * kernel load a module that nobody wants where there is no radio. */
static bool
find_family(struct radios *r)
{
	struct nl_cache *all;
	struct genl_family *f;

	if (r->family != 0)
		return true;
	if (genl_ctrl_alloc_cache(r->sock, &all) != 0) {
		hang_up(r);
		return false;
	}
	f = genl_ctrl_search_by_name(all, NL80211_GENL_NAME);
	if (f != NULL) {
		r->family = (int)genl_family_get_id(f);
		genl_family_put(f);
	}
	nl_cache_free(all);
	return r->family != 0;
}

/* Ask for all that COMMAND tells of, of interface INDEX where that is not 0; EACH hears
 * the answers. 0, or an error of libnl's. */
static int
ask(struct radios *r, uint8_t command, uint32_t index,
    int (*each)(struct nl_msg *msg, void *arg))
{
	struct nl_msg *msg = nlmsg_alloc();
	int error = -NLE_NOMEM;

	if (msg != NULL &&
	    genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, r->family, 0, NLM_F_DUMP,
		command, 0) != NULL &&
	    (index == 0 || nla_put_u32(msg, NL80211_ATTR_IFINDEX, index) == 0) &&
	    nl_socket_modify_cb(r->sock, NL_CB_VALID, NL_CB_CUSTOM, each, r) == 0 &&
	    (error = nl_send_auto(r->sock, msg)) >= 0)
		error = nl_recvmsgs_default(r->sock);
	nlmsg_free(msg);
	return error < 0 ? error : 0;
}

/* Is what may still come by this socket the answer to another question than the next?
 * After a refusal of the kernel's it is not. */
static bool
is_broken(int error)
{
	return error == -NLE_AGAIN || error == -NLE_SEQ_MISMATCH ||
	       error == -NLE_DUMP_INTR || error == -NLE_MSG_TRUNC ||
	       error == -NLE_BAD_SOCK || error == -NLE_NOMEM;
}

static int
on_interface(struct nl_msg *msg, void *arg)
{
	struct radios *r = arg;
	const struct nlmsghdr *m = nlmsg_hdr(msg);
	struct nl80211_interface *i = &r->interface[r->interfaces];

	if (r->interfaces < WIFI_MAX &&
	    nl80211_read_interface(m, m->nlmsg_len, i) == 0 && i->station) {
		r->linked[r->interfaces] = false;
		r->interfaces++;
	}
	return NL_OK;
}

static int
on_station(struct nl_msg *msg, void *arg)
{
	struct radios *r = arg;
	const struct nlmsghdr *m = nlmsg_hdr(msg);
	struct nl80211_station s;

	if (nl80211_read_station(m, m->nlmsg_len, &s) != 0 || s.other)
		return NL_OK;
	for (unsigned k = 0; k < r->interfaces; k++)
		if (r->interface[k].index == s.index) {
			r->station[k] = s;
			r->linked[k] = true;
		}
	return NL_OK;
}

/* --- turns ------------------------------------------------------------------------ */

static enum wifi_sight
look(struct radios *r)
{
	int64_t now_ms;
	int error;

	r->interfaces = 0;
	if (!connect_kernel(r))
		return WIFI_BARRED;
	if (!find_family(r))
		return r->sock != NULL ? WIFI_NO_KERNEL : WIFI_BARRED;
	error = ask(r, NL80211_CMD_GET_INTERFACE, 0, on_interface);
	for (unsigned k = 0; k < r->interfaces && error == 0; k++) {
		error =
		    ask(r, NL80211_CMD_GET_STATION, r->interface[k].index, on_station);
		/* One that is down, or has gone meanwhile, has no station. */
		error = is_broken(error) ? error : 0;
	}
	if (error != 0) {
		hang_up(r);
		return WIFI_BARRED;
	}
	now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
	for (unsigned k = 0; k < r->interfaces; k++)
		wificount_take(r->count, &r->interface[k],
		    r->linked[k] ? &r->station[k] : NULL, now_ms);
	return r->interfaces > 0 ? WIFI_SEEN : WIFI_NO_RADIO;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct radios *r = arg;
	struct msg_wifi none = { .sight = WIFI_SEEN };

	(void)fd;
	(void)what;
	if (wificount_radios(r->count) == 0 && r->turn++ % FAMILY_TURNS != 0)
		return;
	none.sight = (uint8_t)look(r);
	/* An interface that comes or goes breaks an answer off. */
	if (none.sight == WIFI_BARRED)
		none.sight = (uint8_t)look(r);
	wificount_sweep(r->count);
	if (none.sight != WIFI_SEEN)
		tell(r, &none, false);
}

void
radios_begin(struct radios *r)
{
	static const struct timeval every = { WIFI_POLL_S, 0 };

	event_add(r->timer, &every);
	on_turn(-1, 0, r);
}

struct radios *
radios_new(struct event_base *base, struct keep *keep)
{
	struct radios *r = mem_zero(1, sizeof *r);

	r->keep = keep;
	r->count = wificount_new(on_span, r);
	r->timer = event_new(base, -1, EV_PERSIST, on_turn, r);
	if (r->timer == NULL)
		fatalx("no timer");
	return r;
}
