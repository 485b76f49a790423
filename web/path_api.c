/* GET /api/v1/path: the ladder; of one target its hops, and what changed. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "infer/pathtext.h"
#include "pathfile.h"
#include "store.h"
#include "web/api.h"
#include "web/path.h"
#include "web/request.h"
#include "web/state.h"
#include "web/ways.h"

static void
put_addresses(struct json *j, const char *key, const struct addr *a, unsigned count)
{
	char text[ADDR_TEXT];

	jw_key(j, key);
	jw_array(j);
	for (unsigned i = 0; i < count; i++)
		jw_str(j, addr_text(&a[i], text));
	jw_array_end(j);
}

static void
put_address(struct json *j, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT];

	addr_text(a, text);
	jw_put_str(j, key, text[0] != '\0' ? text : NULL);
}

static void
put_seconds(struct json *j, const char *key, int64_t ns)
{
	jw_key(j, key);
	if (ns < 0)
		jw_null(j);
	else
		jw_num(j, (double)ns / 1e9);
}

/* --- the ladder ------------------------------------------------------------------- */

static void
put_anchor(struct json *j, const struct ladder *l, bool v6, enum rung rung)
{
	const struct ladder_anchor *a = ladder_anchor(l, v6, rung);
	const struct conf_target *t = ways_target_at(a);
	const char *why = anchor_why(rung, a);

	jw_object(j);
	jw_put_str(j, "family", v6 ? "IPv6" : "IPv4");
	jw_put_str(j, "rung", rung_word(rung));
	jw_put_str(j, "label", rung_label(rung));
	jw_put_str(j, "state", ladder_sight_word((enum ladder_sight)a->sight));
	jw_put_str(j, "why", why[0] != '\0' ? why : NULL);
	jw_put_some(j, "distance", a->ttl);
	jw_put_int(j, "silent_before", a->before);
	jw_put_int(j, "ways", a->ways);
	put_addresses(j, "addresses", a->address, a->addresses);
	jw_put_str(j, "target", t != NULL ? t->path : NULL);
	jw_object_end(j);
}

static void
put_anchors(struct json *j, const struct ladder *l)
{
	static const enum rung rungs[] = { RUNG_HOST, RUNG_BRIDGE, RUNG_TUNNEL,
		RUNG_GATEWAY, RUNG_ACCESS, RUNG_PROVIDER };

	jw_key(j, "anchors");
	jw_array(j);
	for (unsigned v6 = 0; l != NULL && v6 < 2; v6++)
		for (size_t i = 0; i < sizeof rungs / sizeof rungs[0]; i++)
			put_anchor(j, l, v6 == 1, rungs[i]);
	jw_array_end(j);
}

/* What is known of T's place and way, as members of an object. */
static void
put_place(struct json *j, const struct conf_target *t)
{
	const struct ladder *l = ways_ladder();
	const struct ladder_role *role = l != NULL ? ladder_role(l, t->id) : NULL;
	const struct msg_path *p = ways_get(t->id);

	jw_put_str(j, "target", t->path);
	jw_put_str(j, "rung", role != NULL ? rung_word((enum rung)role->rung) : NULL);
	jw_put_bool(j, "resolver", role != NULL && role->resolver);
	jw_put_some(j, "distance", role != NULL ? role->ttl : 0);
	jw_put_some(j, "since", p != NULL ? p->since : 0);
	jw_put_some(j, "seen", p != NULL ? p->seen : 0);
	jw_put_int(j, "changes", p != NULL ? p->changes : 0);
}

static void
answer_ladder(struct request *r)
{
	const struct conf *conf = state_conf();
	struct json j;

	jw_init(&j, request_out(r));
	jw_object(&j);
	put_anchors(&j, ways_ladder());
	jw_key(&j, "targets");
	jw_array(&j);
	for (size_t i = 0; i < conf->target_count; i++) {
		if (!conf_target_is_pinged(conf->target[i]) ||
		    ways_get(conf->target[i]->id) == NULL)
			continue;
		jw_object(&j);
		put_place(&j, conf->target[i]);
		jw_object_end(&j);
	}
	jw_array_end(&j);
	char *suggestion = ways_suggest();
	jw_put_str(&j, "suggestion", suggestion);
	free(suggestion);
	jw_object_end(&j);
	api_answer(r);
}

/* --- one way ---------------------------------------------------------------------- */

/* NOW: not one of the past, whose figures were its own. */
static void
put_hop(struct json *j, const struct hop *h, bool now)
{
	const struct ladder *l = ways_ladder();
	const struct hop *f = now ? ways_figures(h) : h;

	jw_object(j);
	jw_put_int(j, "hop", h->ttl);
	put_addresses(j, "addresses", h->address, h->addresses);
	jw_put_str(j, "rung",
	    l != NULL && h->addresses > 0 ? rung_word(ladder_rung_of(l, &h->address[0]))
					  : NULL);
	jw_put_int(j, "sent", f->sent);
	jw_put_int(j, "answered", f->answered);
	jw_key(j, "loss_ratio");
	if (f->sent > 0)
		jw_num(j, 1 - (double)f->answered / f->sent);
	else
		jw_null(j);
	put_seconds(j, "min", f->min_ns);
	put_seconds(j, "median", f->median_ns);
	put_seconds(j, "max", f->max_ns);
	jw_put_bool(j, "target", (h->flags & HOP_TARGET) != 0);
	jw_put_bool(j, "silent", h->addresses == 0 || (h->flags & HOP_SILENT) != 0);
	jw_put_bool(j, "limited", (f->flags & HOP_LIMITED) != 0);
	jw_put_bool(j, "shared", (h->flags & HOP_SHARED) != 0);
	jw_key(j, "labels");
	jw_array(j);
	for (unsigned i = 0; i < h->labels; i++)
		jw_int(j, h->label[i]);
	jw_array_end(j);
	jw_object_end(j);
}

static void
put_hops(struct json *j, const struct hops *way, bool now)
{
	jw_key(j, "hops");
	jw_array(j);
	for (unsigned i = 0; way != NULL && i < way->count; i++)
		put_hop(j, &way->hop[i], now);
	jw_array_end(j);
}

struct span {
	struct json *j;
	int64_t start, end;
};

static void
put_record(void *ctx, const struct path_record *p)
{
	struct span *s = ctx;
	char text[PATHTEXT_CHANGE];

	if (p->kind == PATH_NOW || p->time < s->start || p->time > s->end)
		return;
	jw_object(s->j);
	jw_put_int(s->j, "time", p->time);
	jw_put_str(s->j, "kind", path_kind_word((enum path_kind)p->kind));
	jw_put_str(s->j, "reason", hops_reason_word((enum hops_reason)p->way.reason));
	jw_put_some(s->j, "hop", p->ttl);
	put_address(s->j, "from", &p->from);
	put_address(s->j, "to", &p->to);
	jw_put_str(s->j, "summary",
	    p->kind == PATH_CHANGE
		? change_text(p->ttl, &p->from, &p->to, text)
		: break_text(p->elsewhere, p->ttl, &p->from, &p->to, text));
	put_hops(s->j, &p->way, false);
	jw_object_end(s->j);
}

static void
answer_target(struct request *r, const struct conf_target *t)
{
	int64_t now = clock_wall_s();
	const struct msg_path *p = ways_get(t->id);
	struct json j;
	struct span s = { .j = &j };

	if (request_time(r, "start", 0, &s.start) < 0 ||
	    request_time(r, "end", now, &s.end) < 0)
		return;
	jw_init(&j, request_out(r));
	jw_object(&j);
	put_place(&j, t);
	jw_put_str(&j, "host", t->host);
	if (p != NULL) {
		put_address(&j, "address", &p->way.address);
		jw_put_str(
		    &j, "method", hops_method_word((enum hops_method)p->way.method));
		jw_put_bool(&j, "reached", (p->way.flags & HOPS_REACHED) != 0);
		jw_put_bool(&j, "blind", (p->way.flags & HOPS_BLIND) != 0);
	}
	put_hops(&j, p != NULL ? &p->way : NULL, true);
	jw_key(&j, "history");
	jw_array(&j);
	pathfile_read(t->id, put_record, &s);
	jw_array_end(&j);
	jw_object_end(&j);
	api_answer(r);
}

void
path_handle(struct request *r)
{
	const char *path = request_arg(r, "target");
	const struct conf_target *t;

	if (path == NULL || *path == '\0') {
		answer_ladder(r);
		return;
	}
	t = conf_target_by_path(state_conf(), path);
	if (t == NULL) {
		reply_error(r, 404, "there is no target %s", path);
		return;
	}
	answer_target(r, t);
}
