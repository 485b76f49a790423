/* The house itself: workers, configuration, troubles; and the addresses that watchers
 * and operators use. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/worker.h"
#include "web/asset.h"
#include "web/page.h"
#include "web/request.h"
#include "web/when.h"

static const char *const state_words[] = { "starting", "ready", "down" };

static void
put_workers(struct html *page)
{
	char when[32];

	for (unsigned room = 0; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker(room);
		if (w == NULL)
			continue;
		struct html *item = html_item(page, "worker");
		html_text(item, "room", room_name(room));
		html_text(item, "w_state",
		    w->state < WORKER_STATES ? state_words[w->state] : "unknown");
		html_flag(item, "w_down", w->state == WORKER_DOWN);
		html_printf(item, "pid", "%u", w->pid);
		html_printf(item, "uid", "%u", w->uid);
		html_printf(item, "restarts", "%u", w->restarts);
		when_text(when, sizeof when, w->since, true);
		html_text(item, "since", when);
		html_text(item, "lock", w->lock);
		html_text(item, "last_end", w->last_end);
	}
}

/* What browsers get that others wrote, with the words that go along with it. */
static void
put_licences(struct html *page)
{
	size_t len;
	const char *text = asset_template("uPlot-license.txt", &len);

	if (text == NULL)
		return;
	struct html *item = html_item(page, "licence");
	char *words = mem_strn(text, len);
	html_text(item, "l_name", "uPlot");
	html_text(
	    item, "l_what", "the axes, scales and cursor of graphs in browsers (MIT)");
	html_text(item, "l_text", words);
	free(words);
}

static void
put_problems(struct html *page)
{
	size_t count;
	const struct state_problem *problem = state_problems(&count);
	char when[32];

	html_flag(page, "refused", state_config_refused());
	html_printf(page, "generation", "%u", state_conf()->generation);
	if (state_config_checked() != 0) {
		when_text(when, sizeof when, state_config_checked(), true);
		html_text(page, "checked", when);
	}
	for (size_t i = 0; i < count; i++) {
		struct html *item = html_item(page, "problem");
		html_text(item, "kind", problem[i].error ? "error" : "warning");
		html_text(item, "place", problem[i].place);
		html_text(item, "text", problem[i].text);
	}
}

static void
put_troubles(struct html *page)
{
	size_t count;
	const struct state_trouble *trouble = state_troubles(&count);
	char when[32];

	for (size_t i = 0; i < count; i++) {
		struct html *item = html_item(page, "trouble");
		const struct conf_target *t =
		    conf_target_by_id(state_conf(), trouble[i].target);
		when_text(when, sizeof when, trouble[i].when, true);
		html_text(item, "when", when);
		html_text(item, "text", trouble[i].text);
		html_text(item, "path", t != NULL ? t->path : "");
	}
}

/* SIDE: 0 for IPv4, 1 for IPv6. */
static void
put_icmp(struct html *page, const struct msg_counters *c, unsigned side)
{
	static const char *const words[] = { "not permitted", "ping sockets",
		"raw sockets" };
	struct html *item = html_item(page, "icmp");
	unsigned rung = side == 0 ? c->icmp4 : c->icmp6;

	html_text(item, "family", side == 0 ? "IPv4" : "IPv6");
	html_text(item, "mode", rung <= ICMP_RAW ? words[rung] : "");
	html_flag(item, "none", rung == 0);
	if (c->icmp_sockets[side] != 0)
		html_printf(item, "sockets", "%u, each of which holds %u KiB",
		    c->icmp_sockets[side], c->icmp_buffer[side] / 1024);
	html_text(item, "why", side == 0 ? c->icmp4_why : c->icmp6_why);
}

static void
put_fact(struct html *page, const char *word, uint64_t value, bool wrong)
{
	struct html *item = html_item(page, "fact");

	html_text(item, "word", word);
	html_printf(item, "value", "%" PRIu64, value);
	html_flag(item, "wrong", wrong && value > 0);
}

static void
put_sinks(struct html *page)
{
	const struct msg_sink *s[STATE_SINKS];
	size_t n = state_sinks(s, STATE_SINKS);
	char word[sizeof s[0]->name + sizeof s[0]->error + 32];

	for (size_t i = 0; i < n; i++) {
		snprintf(word, sizeof word, "rounds sent to %s", s[i]->name);
		put_fact(page, word, s[i]->sent, false);
		if (s[i]->waiting > 0 && s[i]->failed_at > s[i]->sent_at) {
			snprintf(word, sizeof word, "waiting for %s (%s)", s[i]->name,
			    s[i]->error);
			put_fact(page, word, s[i]->waiting, true);
		}
		if (s[i]->dropped > 0) {
			snprintf(word, sizeof word, "dropped for %s", s[i]->name);
			put_fact(page, word, s[i]->dropped, true);
		}
	}
}

static void
put_facts(struct html *page)
{
	const struct msg_counters *c = state_counters();
	const struct msg_store *s = state_store();

	put_fact(page, "rounds scheduled", c->rounds_scheduled, false);
	put_fact(page, "measured", c->rounds_measured, false);
	put_fact(page, "unknown", c->rounds_unknown, false);
	put_fact(page, "skipped", c->rounds_skipped, true);
	put_fact(page, "dropped on the way to disk", c->dropped_rounds, true);
	put_fact(page, "rows written", s->rows_written, false);
	put_fact(page, "writes tried again", s->retries, false);
	put_fact(page, "writes failed", s->failed, true);
	put_fact(page, "files set aside", s->set_aside, true);
	put_fact(page, "files carried over", s->carried, false);
	put_fact(page, "forged replies", c->forged, true);
	put_fact(page, "receive overflows", c->overflow, true);
	put_fact(page, "answers after their round", c->late_closed, false);
	put_fact(page, "senseless stamps", c->stamp_faults, true);
	put_fact(page, "moved to another ICMP id", c->new_ids, false);
	if (c->reflected > 0)
		put_fact(page, "STAMP packets reflected", c->reflected, false);
	put_sinks(page);
	put_icmp(page, c, 0);
	put_icmp(page, c, 1);
}

void
page_config(struct request *r)
{
	struct html *page = page_new(r, "Configuration", "config");

	put_problems(page);
	put_workers(page);
	put_facts(page);
	put_troubles(page);
	put_licences(page);
	page_send(r, page, 200, "config.html");
}

/* --- for watchers ----------------------------------------------------------------- */

static void
reply_line(struct request *r, unsigned status, const char *line)
{
	request_set_header(r, "Cache-Control", "no-store");
	fprintf(request_out(r), "%s\n", line);
	reply(r, status, "text/plain; charset=utf-8");
}

/* This process answers, so it lives. */
void
page_healthy(struct request *r)
{
	reply_line(r, 200, "ok");
}

/* Rounds are being measured and stored? Then a configuration is in force, too. */
void
page_ready(struct request *r)
{
	static const enum room needed[] = { ROOM_PROBER, ROOM_RECORDER };
	char line[128];

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		const struct msg_worker *w = state_worker(needed[i]);
		if (w != NULL && w->state == WORKER_READY)
			continue;
		snprintf(line, sizeof line, "%s is %s", room_name(needed[i]),
		    w == NULL		      ? "not started"
		    : w->state == WORKER_DOWN ? "down"
					      : "starting");
		reply_line(r, 503, line);
		return;
	}
	reply_line(r, 200, "ok");
}

void
page_reload(struct request *r)
{
	struct msg_out out;

	if (!request_must_post(r))
		return;
	msg_begin(&out, MSG_RELOAD);
	link_send(worker_link(ROOM_PARENT), &out, -1, LINK_MUST);
	reply_line(r, 202, "reload asked for; the answer is in the status");
}
