#include "web/exporters.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/usage.h"

/* As many as the collector keeps, and one that is not told of for so long is gone: it
 * tells of all every few seconds. */
#define EXPORTERS_SHOWN 1024
#define EXPORTER_GONE_NS (60 * CLOCK_NS_PER_S)
#define STRANGERS_SHOWN 32 /* likewise */

static struct {
	struct msg_flows totals;
	struct msg_exporter *list;
	int64_t *told; /* monotonic */
	size_t count;
	struct msg_stranger stranger[STRANGERS_SHOWN];
	int64_t stranger_told[STRANGERS_SHOWN];
	size_t strangers;
} exporters;

static bool
same(const struct msg_exporter *a, const struct msg_exporter *b)
{
	return a->protocol == b->protocol && a->domain == b->domain &&
	       a->port == b->port && strcmp(a->address, b->address) == 0 &&
	       strcmp(a->agent, b->agent) == 0;
}

static void
drop_gone(int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < exporters.count; i++) {
		if (now - exporters.told[i] > EXPORTER_GONE_NS)
			continue;
		exporters.list[kept] = exporters.list[i];
		exporters.told[kept++] = exporters.told[i];
	}
	exporters.count = kept;
}

static int
on_exporter(struct msg_in *in)
{
	int64_t now = clock_mono_ns();
	struct msg_exporter x;
	size_t i = 0;

	if (msg_get_exporter(in, &x) != 0)
		return -1;
	while (i < exporters.count && !same(&exporters.list[i], &x))
		i++;
	if (i == exporters.count) {
		drop_gone(now);
		i = exporters.count;
		if (i == EXPORTERS_SHOWN)
			return 0;
		exporters.list = mem_grow(exporters.list, i + 1, sizeof x);
		exporters.told = mem_grow(exporters.told, i + 1, sizeof now);
		exporters.count++;
	}
	exporters.list[i] = x;
	exporters.told[i] = now;
	return 0;
}

/* As with exporters: who is not told of for a minute is none any more. */
static void
drop_gone_strangers(int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < exporters.strangers; i++) {
		if (now - exporters.stranger_told[i] > EXPORTER_GONE_NS)
			continue;
		exporters.stranger[kept] = exporters.stranger[i];
		exporters.stranger_told[kept++] = exporters.stranger_told[i];
	}
	exporters.strangers = kept;
}

static int
on_stranger(struct msg_in *in)
{
	int64_t now = clock_mono_ns();
	struct msg_stranger s;
	size_t i = 0;

	if (msg_get_stranger(in, &s) != 0)
		return -1;
	drop_gone_strangers(now);
	while (i < exporters.strangers &&
	       strcmp(exporters.stranger[i].address, s.address) != 0)
		i++;
	if (i == STRANGERS_SHOWN)
		return 0;
	exporters.strangers += i == exporters.strangers;
	exporters.stranger[i] = s;
	exporters.stranger_told[i] = now;
	return 0;
}

int
exporters_message(struct msg_in *in)
{
	switch (in->type) {
	case MSG_FLOWS:
		return msg_get_flows(in, &exporters.totals);
	case MSG_EXPORTER:
		return on_exporter(in);
	default:
		return on_stranger(in);
	}
}

void
exporters_forget(void)
{
	free(exporters.list);
	free(exporters.told);
	memset(&exporters, 0, sizeof exporters);
}

const struct msg_flows *
exporters_totals(void)
{
	return &exporters.totals;
}

const struct msg_exporter *
exporters_list(size_t *count)
{
	drop_gone(clock_mono_ns());
	*count = exporters.count;
	return exporters.list;
}

const struct msg_stranger *
exporters_strangers(size_t *count)
{
	drop_gone_strangers(clock_mono_ns());
	*count = exporters.strangers;
	return exporters.stranger;
}

static void
put_int(struct json *j, const char *key, uint64_t v)
{
	jw_key(j, key);
	jw_int(j, (int64_t)v);
}

/* Seconds; unknown where it does not tell. */
static void
put_timeout(struct json *j, const char *key, uint32_t s)
{
	jw_key(j, key);
	if (s != 0)
		jw_int(j, s);
	else
		jw_null(j);
}

/* What it says it dropped. */
static void
put_discarded(struct json *j, const struct msg_exporter *x)
{
	jw_key(j, "discarded");
	jw_array(j);
	for (unsigned i = 0; i < x->discarded_count; i++) {
		jw_object(j);
		put_int(j, "interface", x->discarded[i].interface);
		put_int(j, "reason", x->discarded[i].reason);
		jw_key(j, "reason_text");
		jw_str(j, flow_discard_word(x->discarded[i].reason));
		put_int(j, "packets", x->discarded[i].count);
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void
put_exporter(struct json *j, const struct msg_exporter *x)
{
	char word[EXPORTER_WORD];

	jw_object(j);
	jw_key(j, "address");
	jw_str(j, x->address);
	jw_key(j, "history");
	jw_str(j, exporter_word(x, word));
	jw_key(j, "agent");
	jw_str(j, x->agent[0] != '\0' ? x->agent : NULL);
	jw_key(j, "protocol");
	jw_str(j, flow_protocol_word((enum flow_protocol)x->protocol));
	put_int(j, "domain", x->domain);
	put_int(j, "datagrams", x->datagrams);
	put_int(j, "records", x->records);
	put_int(j, "options", x->options);
	put_int(j, "counters", x->counters);
	put_int(j, "discards", x->discards);
	put_int(j, "faults", x->faults);
	jw_key(j, "faults_by");
	jw_object(j);
	for (unsigned i = 0; i < FLOW_FAULTS; i++)
		if (x->fault[i] > 0)
			put_int(j, flow_fault_word((enum flow_fault)i), x->fault[i]);
	jw_object_end(j);
	put_int(j, "no_template", x->no_template);
	put_int(j, "templates", x->templates);
	jw_key(j, "templates_oldest");
	jw_array(j);
	for (unsigned i = 0; i < x->template_count; i++) {
		jw_object(j);
		put_int(j, "id", x->template[i].id);
		jw_key(j, "options");
		jw_bool(j, x->template[i].options);
		put_int(j, "last", (uint64_t)(x->template[i].used_ms / 1000));
		jw_object_end(j);
	}
	jw_array_end(j);
	jw_key(j, "waits_for_template");
	if (x->waits_ms != 0) {
		jw_object(j);
		put_int(j, "id", x->waits_for);
		put_int(j, "since", (uint64_t)(x->waits_ms / 1000));
		jw_object_end(j);
	} else {
		jw_null(j);
	}
	put_int(j, "lost", x->lost);
	jw_key(j, "lost_unit");
	jw_str(j, x->protocol == FLOW_PACKETS ? "packets"
		  : x->lost_datagrams	      ? "datagrams"
					      : "records");
	put_int(j, "reordered", x->reordered);
	put_int(j, "restarts", x->restarts);
	put_int(j, "mixed", x->mixed);
	/* A rate that nobody told is not one. */
	jw_key(j, "sampling");
	if (x->rate != 0 && x->rate_from != SAMPLING_UNKNOWN)
		jw_int(j, x->rate);
	else
		jw_null(j);
	jw_key(j, "sampling_from");
	jw_str(j,
	    x->rate == 0 ? NULL : flow_sampling_word((enum flow_sampling)x->rate_from));
	put_int(j, "last", (uint64_t)(x->last_ms / 1000));
	jw_key(j, "port");
	if (x->port != 0)
		jw_int(j, x->port);
	else
		jw_null(j);
	jw_key(j, "named");
	jw_bool(j, !x->guest);
	jw_key(j, "agent_elsewhere");
	jw_bool(j, x->agent_elsewhere);
	jw_key(j, "clock_ahead");
	if (x->ahead_ms == INT64_MIN)
		jw_null(j);
	else
		jw_num(j, (double)x->ahead_ms / 1000);
	put_timeout(j, "active_timeout", x->active_s);
	put_timeout(j, "inactive_timeout", x->inactive_s);
	put_int(j, "flood", x->flood);
	put_int(j, "cut_short", x->cut_short);
	put_int(j, "octets", x->octets);
	put_int(j, "late_octets", x->late_octets);
	put_int(j, "hour_octets", x->hour_octets);
	put_int(j, "hour_late_octets", x->hour_late_octets);
	put_int(j, "samples", x->samples);
	put_int(j, "sample_drops", x->sample_drops);
	put_int(j, "samples_lost", x->samples_lost);
	put_int(j, "samples_untracked", x->samples_untracked);
	put_discarded(j, x);
	jw_object_end(j);
}

const char *
exporters_column(unsigned column, char buf[USAGE_NAME])
{
	static const char *const columns[EXPORTERS_DS] = { "datagrams", "records",
		"lost" };

	(void)buf;
	return columns[column];
}

int
exporters_history(struct usage *u, const char *word, int64_t start, int64_t end,
    int64_t now, unsigned points)
{
	const struct msg_exporter *x = NULL, *list;
	char own[EXPORTER_WORD], path[EXPORTER_PATH];
	struct err err;
	size_t count;

	list = exporters_list(&count);
	for (size_t i = 0; i < count && x == NULL; i++)
		if (strcmp(exporter_word(&list[i], own), word) == 0)
			x = &list[i];
	if (x == NULL || !exporter_path(x, path))
		return -1;
	return usage_read_file(u, path, start, end, now, points, &err);
}

static void
put_stranger(struct json *j, const struct msg_stranger *s)
{
	jw_object(j);
	jw_key(j, "address");
	jw_str(j, s->address);
	jw_key(j, "proxy");
	jw_bool(j, s->proxy);
	jw_key(j, "protocol");
	jw_str(j, s->protocol == FLOW_UNKNOWN
		      ? NULL
		      : flow_protocol_word((enum flow_protocol)s->protocol));
	put_int(j, "datagrams", s->datagrams);
	put_int(j, "first", (uint64_t)(s->first_ms / 1000));
	put_int(j, "last", (uint64_t)(s->last_ms / 1000));
	jw_key(j, "line");
	jw_str(j, s->line);
	jw_object_end(j);
}

void
exporters_put(struct json *j)
{
	const struct msg_flows *f = exporters_totals();
	size_t count;
	const struct msg_exporter *x = exporters_list(&count);

	jw_key(j, "collector");
	jw_object(j);
	jw_key(j, "datagrams");
	jw_object(j);
	for (unsigned i = FLOW_UNKNOWN + 1; i < FLOW_PROTOCOLS; i++)
		put_int(j, flow_protocol_word((enum flow_protocol)i), f->datagrams[i]);
	jw_object_end(j);
	jw_key(j, "records");
	jw_object(j);
	for (unsigned i = FLOW_UNKNOWN + 1; i < FLOW_PROTOCOLS; i++)
		put_int(j, flow_protocol_word((enum flow_protocol)i), f->records[i]);
	jw_object_end(j);
	jw_key(j, "faults");
	jw_object(j);
	for (unsigned i = 0; i < FLOW_FAULTS; i++)
		put_int(j, flow_fault_word((enum flow_fault)i), f->faults[i]);
	jw_object_end(j);
	put_int(j, "drops", f->drops);
	put_int(j, "strangers", f->strangers);
	put_int(j, "evicted", f->evicted);
	jw_key(j, "no_room");
	jw_object(j);
	for (unsigned i = 0; i < FLOW_CEILINGS; i++)
		put_int(j, flow_ceiling_word((enum flow_ceiling)i), f->no_room[i]);
	jw_object_end(j);
	put_int(j, "lessons_left", f->lessons_left);
	jw_key(j, "tally");
	jw_object(j);
	put_int(j, "records", f->tallied);
	put_int(j, "late", f->late);
	put_int(j, "late_octets", f->late_octets);
	put_int(j, "early", f->early);
	put_int(j, "cut", f->cut);
	put_int(j, "own", f->own);
	put_int(j, "twice", f->twice);
	put_int(j, "others", f->others);
	put_int(j, "absurd", f->absurd);
	put_int(j, "unknown_sampling", f->unknown);
	put_int(j, "guest_interfaces", f->guest_interfaces);
	put_int(j, "new_guest_interfaces", f->new_guest_interfaces);
	jw_object_end(j);
	put_int(j, "suspicions", f->suspicions);
	put_int(j, "watched", f->watched);
	put_int(j, "not_watched", f->crowded);
	put_int(j, "not_marked", f->unmarked);
	jw_object_end(j);
	jw_key(j, "exporters");
	jw_array(j);
	for (size_t i = 0; i < count; i++)
		put_exporter(j, &x[i]);
	jw_array_end(j);
	const struct msg_stranger *s = exporters_strangers(&count);
	jw_key(j, "strangers");
	jw_array(j);
	for (size_t i = 0; i < count; i++)
		put_stranger(j, &s[i]);
	jw_array_end(j);
}
