/* GET /api/v1/interfaces: how full, by counters and by flows, with the month's 95th
 * percentile; of one interface its history, too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "infer/congestion.h"
#include "web/api.h"
#include "web/exporters.h"
#include "web/interfaces.h"
#include "web/radios.h"
#include "web/request.h"
#include "web/usage.h"
#include "web/viewname.h"

#define LIMIT_DEFAULT 64
#define LIMIT_MAX 512
#define POINTS_DEFAULT 400
#define POINTS_MAX 20000

static void
put_int(struct json *j, const char *key, int64_t v)
{
	jw_key(j, key);
	jw_int(j, v);
}

static void
put_num(struct json *j, const char *key, double v)
{
	jw_key(j, key);
	jw_num(j, v);
}

static void
put_str(struct json *j, const char *key, const char *v)
{
	jw_key(j, key);
	jw_str(j, v[0] != '\0' ? v : NULL);
}

/* "in_octets" and so on. */
static const char *
column_name(unsigned column, char buf[USAGE_NAME])
{
	snprintf(buf, USAGE_NAME, "%s_%s", column % IF_WAYS == IF_IN ? "in" : "out",
	    if_count_word((enum if_count)(column / IF_WAYS)));
	return buf;
}

static void
put_span(struct json *j, const char *key, const struct if_span *s, unsigned columns)
{
	char name[USAGE_NAME];

	jw_key(j, key);
	if (s->known_ms == 0) {
		jw_null(j);
		return;
	}
	jw_object(j);
	put_num(j, "time", (double)s->begin_ms / 1000);
	put_num(j, "known", s->known_ms / 1000.0);
	for (unsigned c = 0; c < columns; c++)
		put_num(j, column_name(c, name),
		    if_rate(
			s, (enum if_count)(c / IF_WAYS), (enum if_way)(c % IF_WAYS)));
	jw_object_end(j);
}

static void
put_ways(struct json *j, const char *key, const double value[IF_WAYS])
{
	jw_key(j, key);
	jw_object(j);
	put_num(j, "in", value[IF_IN]);
	put_num(j, "out", value[IF_OUT]);
	jw_object_end(j);
}

static void
put_bill(struct json *j, const char *key, const struct bill *b)
{
	char month[16];

	jw_key(j, key);
	jw_object(j);
	put_str(j, "month", bill_month_text(b->begin, month));
	put_num(j, "in", b->rate[IF_IN]);
	put_num(j, "out", b->rate[IF_OUT]);
	jw_key(j, "estimate");
	jw_bool(j, b->estimate);
	put_int(j, "known", b->known);
	put_int(j, "passed", b->passed);
	put_ways(j, "mean", b->mean);
	put_ways(j, "octets", b->octets);
	jw_object_end(j);
}

static void
put_speed(struct json *j, const struct if_names *n)
{
	jw_key(j, "speed");
	jw_object(j);
	for (unsigned way = 0; way < IF_WAYS; way++) {
		jw_key(j, way == IF_IN ? "in" : "out");
		if (n->speed[way] > 0)
			jw_int(j, (int64_t)n->speed[way]);
		else
			jw_null(j);
	}
	jw_object_end(j);
}

static void
put_check(struct json *j, const struct msg_interface *m)
{
	jw_key(j, "check");
	jw_object(j);
	put_str(j, "verdict", if_check_word((enum if_check)m->check));
	put_num(j, "factor", m->factor);
	put_num(j, "error", m->factor_error);
	put_int(j, "minutes", m->check_minutes);
	jw_object_end(j);
}

/* The months that are asked for. */
struct months {
	int64_t begin, end, before_begin, now;
};

static void
put_interface(struct json *j, struct interface *i, const struct months *months)
{
	const struct msg_interface *m = &i->is;
	char text[ADDR_TEXT];

	jw_object(j);
	put_str(j, "device", flow_ip_text(&m->key.device, text));
	put_int(j, "index", m->key.index);
	put_str(j, "device_name", m->names.device);
	put_str(j, "name", m->names.name);
	put_str(j, "alias", m->names.alias);
	put_str(
	    j, "source", m->bits == 0 ? "" : if_source_word((enum if_source)m->source));
	jw_key(j, "counter_bits");
	if (m->bits != 0)
		jw_int(j, m->bits);
	else
		jw_null(j);
	put_speed(j, &m->names);
	put_span(j, "now", &m->now, INTERFACE_DS);
	put_span(j, "minute", &m->minute, INTERFACE_DS);
	put_span(j, "flows", &m->by_flow, INTERFACE_FLOW_DS);
	put_span(j, "growing", &i->growing, INTERFACE_FLOW_DS);
	put_check(j, m);
	jw_key(j, "bufferbloat");
	if (i->line != NULL)
		congestion_bloat_json(j, &i->line->bloat, i->line->target);
	else
		jw_null(j);
	put_bill(j, "percentile95",
	    bill_get(&i->bill, &m->key, m->counted, m->flows, months->begin,
		months->end, months->now));
	put_bill(j, "percentile95_before",
	    bill_get(&i->bill, &m->key, m->counted, m->flows, months->before_begin,
		months->begin, months->now));
	jw_object_end(j);
}

/* --- history --------------------------------------------------------------------- */

/* A history that was asked for: COLUMNS of USAGE, as NAME calls them. */
struct past {
	struct usage usage;
	unsigned columns;
	const char *(*name)(unsigned column, char buf[USAGE_NAME]);
};

/* As KEY; null where THERE is none. OF: a member that says whose, or NULL. Frees P. */
static void
put_history(struct json *j, const char *key, struct past *p, bool there, const char *of)
{
	jw_key(j, key);
	if (!there) {
		jw_null(j);
		return;
	}
	jw_object(j);
	if (of != NULL)
		jw_put_str(j, "name", of);
	usage_put(j, &p->usage, p->columns, p->name);
	jw_object_end(j);
	usage_free(&p->usage);
}

/* --- the request ----------------------------------------------------------------- */

/* What the arguments ask for. */
struct wanted {
	const char *device;
	const char *radio; /* whose history is asked for; NULL: no radio's */
	const char *exporter; /* likewise */
	bool one; /* an index is asked for, too */
	bool csv; /* the history alone, as a table */
	uint32_t index;
	long limit, after, points;
	bool history;
	int64_t start, end;
	struct months months;
};

/* Is DEVICE an address, or what a device is called? */
static bool
is_known(const char *device)
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);
	struct addr a;

	if (addr_parse(&a, device) == 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i]->is.names.device, device) == 0)
			return true;
	return false;
}

static int
read_wanted(struct request *r, struct wanted *w)
{
	const char *month = request_arg(r, "month");
	long index = 0;

	*w = (struct wanted){ .device = request_arg(r, "device"),
		.radio = request_arg(r, "radio"),
		.exporter = request_arg(r, "exporter"),
		.one = request_arg(r, "index") != NULL,
		.history = request_arg(r, "start") != NULL };
	w->months.now = clock_wall_s();
	if (request_int(r, "index", 0, 0, UINT32_MAX, &index) != 0 ||
	    request_int(r, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX, &w->limit) != 0 ||
	    request_int(r, "after", 0, 0, 1000000, &w->after) != 0 ||
	    request_int(r, "points", POINTS_DEFAULT, 1, POINTS_MAX, &w->points) != 0)
		return -1;
	w->index = (uint32_t)index;
	if (request_format(r, &w->csv) != 0)
		return -1;
	if (w->csv && !w->history) {
		reply_error(r, 400,
		    "parameter format: csv is the table of a history, "
		    "expected together with start");
		return -1;
	}
	if (w->history && w->radio == NULL && w->exporter == NULL &&
	    (w->device == NULL || !w->one)) {
		reply_error(r, 400,
		    "parameter start: expected together with device and index, or with "
		    "radio or exporter, which say whose history");
		return -1;
	}
	if (w->device != NULL && !is_known(w->device)) {
		reply_error(r, 404,
		    "parameter device: nothing is known of a device that is called so, "
		    "expected an address, or the name of one that is asked by SNMP");
		return -1;
	}
	if (w->history && request_range(r, w->months.now, &w->start, &w->end) != 0)
		return -1;
	if (month == NULL)
		bill_month(w->months.now, 0, &w->months.begin, &w->months.end);
	else if (bill_month_parse(month, &w->months.begin, &w->months.end) != 0) {
		reply_error(r, 400, "parameter month: expected such as 2026-11");
		return -1;
	}
	int64_t begin = w->months.begin, end;
	bill_month(begin, 1, &w->months.before_begin, &end);
	return 0;
}

static bool
is_wanted(const struct wanted *w, const struct interface *i)
{
	char text[ADDR_TEXT];

	if (w->device != NULL &&
	    strcmp(w->device, flow_ip_text(&i->is.key.device, text)) != 0 &&
	    strcmp(w->device, i->is.names.device) != 0)
		return false;
	return !w->one || w->index == i->is.key.index;
}

/* The history of I, by its counters or by the flows. */
static bool
past_of(struct past *p, const struct wanted *w, const struct interface *i, bool flows)
{
	struct err err;

	p->columns = flows ? INTERFACE_FLOW_DS : INTERFACE_DS;
	p->name = column_name;
	return (flows ? i->is.flows : i->is.counted) &&
	       usage_read(&p->usage, &i->is.key, flows, w->start, w->end, w->months.now,
		   (unsigned)w->points, &err) == 0;
}

static bool
past_of_radio(struct past *p, const struct wanted *w)
{
	p->columns = WIFI_DS;
	p->name = radios_column;
	return radios_history(&p->usage, w->radio, w->start, w->end, w->months.now,
		   (unsigned)w->points) == 0;
}

static bool
past_of_exporter(struct past *p, const struct wanted *w)
{
	p->columns = EXPORTERS_DS;
	p->name = exporters_column;
	return exporters_history(&p->usage, w->exporter, w->start, w->end,
		   w->months.now, (unsigned)w->points) == 0;
}

/* The history of one as CSV: of an interface by its counters, where it has some. */
static void
answer_csv(struct request *r, const struct wanted *w)
{
	struct past p;
	char what[64] = "";
	bool there = false;

	if (w->radio != NULL) {
		there = past_of_radio(&p, w);
		snprintf(what, sizeof what, "radio-%s", w->radio);
	} else if (w->exporter != NULL) {
		there = past_of_exporter(&p, w);
		snprintf(what, sizeof what, "exporter-%s", w->exporter);
	} else {
		size_t count;
		struct interface *const *list = interfaces_list(&count);

		for (size_t i = 0; i < count && !there; i++)
			there =
			    is_wanted(w, list[i]) && (past_of(&p, w, list[i], false) ||
							 past_of(&p, w, list[i], true));
		snprintf(what, sizeof what, "interface-%u", w->index);
	}
	if (!there) {
		reply_error(r, 404, "nothing is kept of what is asked for");
		return;
	}
	viewname_set(r, VIEW_KEPT, what, w->start, w->end, "csv");
	usage_csv(request_out(r), &p.usage, p.columns, p.name);
	usage_free(&p.usage);
	reply(r, 200, "text/csv; charset=utf-8; header=present");
}

void
interfaces_handle(struct request *r)
{
	size_t count, matched = 0, shown = 0;
	struct interface *const *list = interfaces_list(&count), *only = NULL;
	struct wanted w;
	struct past p;
	struct json j;

	if (read_wanted(r, &w) < 0)
		return;
	if (w.csv) {
		answer_csv(r, &w);
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	put_str(&j, "rule", BILL_RULE);
	jw_key(&j, "interfaces");
	jw_array(&j);
	for (size_t k = 0; k < count; k++) {
		if (!is_wanted(&w, list[k]))
			continue;
		if (matched++ < (size_t)w.after || shown == (size_t)w.limit)
			continue;
		only = list[k];
		put_interface(&j, list[k], &w.months);
		shown++;
	}
	jw_array_end(&j);
	if (w.history && w.one && only != NULL && matched == 1) {
		bool there = past_of(&p, &w, only, false);
		put_history(&j, "history", &p, there, NULL);
		there = past_of(&p, &w, only, true);
		put_history(&j, "history_flows", &p, there, NULL);
	}
	radios_put(&j);
	if (w.history && w.radio != NULL) {
		bool there = past_of_radio(&p, &w);
		put_history(&j, "history_wifi", &p, there, w.radio);
	}
	if (w.history && w.exporter != NULL) {
		bool there = past_of_exporter(&p, &w);
		put_history(&j, "history_exporter", &p, there, NULL);
	}
	put_int(&j, "count", (int64_t)matched);
	jw_key(&j, "next");
	if ((size_t)w.after + shown < matched)
		jw_int(&j, (int64_t)((size_t)w.after + shown));
	else
		jw_null(&j);
	jw_object_end(&j);
	api_answer(r);
}
