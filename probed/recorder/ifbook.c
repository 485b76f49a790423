#include "recorder/ifbook.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uthash.h>

#include "base/mem.h"
#include "recorder/aside.h"
#include "recorder/crosscheck.h"
#include "recorder/exporterfiles.h"
#include "recorder/ifdevice.h"
#include "recorder/trafficfile.h"
#include "store.h"

#define INDEX_FILE STORE_TRAFFIC "/index"
#define INDEX_LINE 1024
#define INDEX_S 60 /* it is not written more often */
#define TELL_S 600
/* What was seen longer ago says nothing of now. */
#define LINE_S 400
/* A minute of which less is known is unknown. */
#define KNOWN_MS 30000
/* Another source is believed once the better one was silent for so long. */
#define SOURCE_S 600
#define FORGET_S 60 /* it is not looked for silent ones more often */

struct interface {
	UT_hash_handle hh;
	struct if_key key;
	struct ifdevice *device;
	struct msg_interface is; /* as web is told */
	bool carried[2];	 /* a byte, by counters and by flows: it has a file */
	struct trafficfile file[2];
	struct crosscheck *check;   /* NULL: never both */
	int64_t counted_s, flows_s; /* the last minute of each */
	int64_t source_s;	    /* when its source told last */
	int64_t heard_s;	    /* RUN_S when anything was told of it last */
};

struct ifbook {
	void (*tell)(void *ctx, const struct msg_interface *m);
	void (*trouble)(void *ctx, const char *text);
	void *ctx;
	struct interface *all;
	struct exporterfiles *exporters;
	struct ifdevices devices;
	bool changed, full_told;
	unsigned guest_rows; /* of the minute that comes, up to its part so far */
	/* Seconds since the first sweep, on a clock that nobody sets; it began at. */
	int64_t run_s, begun_s;
	int64_t index_s, forget_s;
	int64_t halves_s[2]; /* from, to */
	struct log_limit stuck;
};

static const struct if_span nothing = { .known_ms = 0 };

/* --- interfaces ------------------------------------------------------------------ */

static struct interface *
find_or_add(struct ifbook *t, const struct if_key *key)
{
	struct ifdevice *d = ifdevice_get(&t->devices, &key->device, false, t->run_s);
	struct interface *i;

	HASH_FIND(hh, t->all, key, sizeof *key, i);
	if (i == NULL && d != NULL && ifdevice_may_add(&t->devices, d)) {
		i = mem_zero(1, sizeof *i);
		i->key = *key;
		i->device = d;
		i->is.key = *key;
		i->is.now = i->is.minute = i->is.by_flow = nothing;
		i->is.factor = i->is.factor_error = NAN;
		i->file[true].kind = TRAFFIC_FLOWS;
		HASH_ADD(hh, t->all, key, sizeof i->key, i);
		ifdevice_add(&t->devices, d, 1);
		t->changed = true;
	}
	if (i != NULL)
		i->heard_s = t->run_s;
	return i;
}

/* Web is told how I is now. */
static void
show(struct ifbook *t, struct interface *i)
{
	i->is.named = i->device->named;
	t->tell(t->ctx, &i->is);
}

/* When its files were last written; 0: it has none. */
static int64_t
written_s(const struct interface *i)
{
	char path[INTERFACE_PATH];
	int64_t last = 0;

	for (unsigned flows = 0; flows < 2; flows++) {
		if_path(&i->key, flows != 0, path);
		int64_t s = trafficfile_written_s(path);
		last = s > last ? s : last;
	}
	return last;
}

/* Of its files nothing is left but unknown rows, so they go, too. */
static void
forget(struct ifbook *t, struct interface *i)
{
	char path[INTERFACE_PATH];

	for (unsigned flows = 0; flows < 2; flows++) {
		if (!i->carried[flows])
			continue;
		if_path(&i->key, flows != 0, path);
		unlink(path);
	}
	if (i->carried[false] || i->carried[true])
		ifdevice_file(&t->devices, i->device, -1);
	ifdevice_add(&t->devices, i->device, -1);
	i->is.gone = true;
	show(t, i);
	t->changed = true;
	HASH_DEL(t->all, i);
	free(i->check);
	free(i);
}

static void
forget_silent(struct ifbook *t, int64_t now_s)
{
	struct interface *i, *next;

	if (t->run_s - t->forget_s < FORGET_S)
		return;
	t->forget_s = t->run_s;
	HASH_ITER(hh, t->all, i, next) {
		bool filed = i->carried[false] || i->carried[true];

		/* The clock of the day may jump by years, and be wrong for hours: by
		 * itself it makes no history old. */
		if (t->run_s - i->heard_s > IFBOOK_KEEP_S &&
		    (!filed || now_s - written_s(i) > IFBOOK_FILED_KEEP_S))
			forget(t, i);
	}
	ifdevices_sweep(&t->devices, t->run_s);
	exporterfiles_sweep(t->exporters, now_s, t->run_s);
}

static void
complain(struct ifbook *t, const char *text)
{
	if (!log_allowed(&t->stuck, TELL_S, NULL))
		return;
	log_warnx("%s", text);
	t->trouble(t->ctx, text);
}

/* I carries traffic, and there is no room for its history. Once. */
static void
tell_full(struct ifbook *t, const struct interface *i)
{
	char ip[ADDR_TEXT], text[320];

	if (t->full_told)
		return;
	t->full_told = true;
	flow_ip_text(&i->key.device, ip);
	if (t->devices.filed >= IFBOOK_FILED)
		snprintf(text, sizeof text,
		    "more interfaces carry traffic than have a history: %d do",
		    IFBOOK_FILED);
	else if (i->device->named)
		snprintf(text, sizeof text,
		    "more interfaces of %s carry traffic than have a history: %d do",
		    ip, IFDEVICE_FILED);
	else
		snprintf(text, sizeof text,
		    "more interfaces of %s carry traffic than have a history: %d do, "
		    "and %d of all devices that *** Collector *** allow does not name; "
		    "to have more, name it",
		    ip, IFDEVICE_GUEST_FILED, IFDEVICE_GUESTS_FILED);
	complain(t, text);
}

/* May I have its file, by flows or by counters? */
static bool
may_file(struct ifbook *t, struct interface *i, bool flows, double octets)
{
	if (i->carried[flows])
		return true;
	if (!(octets > 0))
		return false;
	if (!i->carried[!flows]) {
		if (!ifdevice_may_file(&t->devices, i->device)) {
			tell_full(t, i);
			return false;
		}
		ifdevice_file(&t->devices, i->device, 1);
	}
	i->carried[flows] = true;
	if (flows)
		i->is.flows = true;
	else
		i->is.counted = true;
	t->changed = true;
	return true;
}

static void
write_row(struct ifbook *t, struct interface *i, bool flows, int64_t end_s,
    const double *value)
{
	char path[INTERFACE_PATH];
	struct err err;

	if_path(&i->key, flows, path);
	if (trafficfile_write(&i->file[flows], path, end_s, value, &err) < 0)
		complain(t, err.text);
}

static struct crosscheck *
check_of(struct interface *i)
{
	if (i->check == NULL && i->counted_s != 0 && i->flows_s != 0)
		i->check = mem_zero(1, sizeof *i->check);
	return i->check;
}

static void
judge(struct interface *i, int64_t now_s)
{
	if (i->check == NULL)
		return;
	struct crosscheck_result r = crosscheck_judge(i->check, now_s);

	/* Once, when it begins. */
	if (r.check == IF_CHECK_FACTOR && i->is.check != IF_CHECK_FACTOR) {
		char text[ADDR_TEXT];

		log_warnx(
		    "%s interface %u: flows and counters differ by a factor of "
		    "%.2f over the last hour: the sampling rate or a direction is "
		    "probably wrong",
		    flow_ip_text(&i->key.device, text), (unsigned)i->key.index,
		    r.factor);
	}
	i->is.check = (uint8_t)r.check;
	i->is.factor = r.factor;
	i->is.factor_error = r.error;
	i->is.check_minutes = r.minutes;
}

/* --- counters -------------------------------------------------------------------- */

static bool
same_names(const struct if_names *a, const struct if_names *b)
{
	return strcmp(a->device, b->device) == 0 && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->alias, b->alias) == 0 && a->speed[IF_IN] == b->speed[IF_IN] &&
	       a->speed[IF_OUT] == b->speed[IF_OUT];
}

static void
take_minute(struct ifbook *t, struct interface *i, const struct if_span *s)
{
	double value[INTERFACE_DS], octets = 0;
	int64_t begin_s = s->begin_ms / 1000;
	bool known = s->known_ms >= KNOWN_MS;

	for (unsigned count = 0; count < IF_COUNTS; count++)
		for (unsigned way = 0; way < IF_WAYS; way++)
			value[count * IF_WAYS + way] =
			    known ? if_rate(s, (enum if_count)count, (enum if_way)way)
				  : NAN;
	for (unsigned way = 0; way < IF_WAYS; way++)
		if (!isnan(s->count[IF_OCTETS][way]))
			octets += s->count[IF_OCTETS][way];
	i->is.minute = *s;
	if (may_file(t, i, false, octets))
		write_row(t, i, false, begin_s + INTERFACE_STEP, value);
	i->counted_s = begin_s;
	/* Only what is known as a whole can be compared. */
	if (check_of(i) != NULL && s->known_ms == INTERFACE_STEP * 1000) {
		crosscheck_counters(i->check, begin_s,
		    s->count[IF_OCTETS][IF_IN] + s->count[IF_OCTETS][IF_OUT]);
		judge(i, begin_s + MINUTE_S);
	}
}

void
ifbook_counters(struct ifbook *t, const struct msg_ifcounters *m)
{
	int64_t end_s = (m->span.begin_ms + m->span.known_ms) / 1000;
	struct interface *i;

	/* Whom we ask, the operator has named. */
	if (m->source == IF_SNMP || m->source == IF_UPNP)
		ifdevice_get(&t->devices, &m->key.device, true, t->run_s);
	i = find_or_add(t, &m->key);
	if (i == NULL)
		return;
	if (m->source == IF_FLOW) {
		/* A name and nothing else. */
		if (i->is.names.name[0] != '\0')
			return;
		memcpy(i->is.names.name, m->names.name, sizeof i->is.names.name);
		t->changed = true;
		show(t, i);
		return;
	}
	if (m->source < i->is.source && end_s - i->source_s < SOURCE_S)
		return;
	struct if_names names = m->names;
	/* A name that came another way stays where this one has none. */
	if (names.name[0] == '\0')
		memcpy(names.name, i->is.names.name, sizeof names.name);
	if (m->source != i->is.source || !same_names(&names, &i->is.names))
		t->changed = true;
	i->is.source = m->source;
	i->is.bits = m->bits;
	i->is.names = names;
	i->source_s = end_s;
	if (m->span.minute)
		take_minute(t, i, &m->span);
	else
		i->is.now = m->span;
	show(t, i);
}

/* --- flows ----------------------------------------------------------------------- */

/* SUM NULL: nothing passed in the minute. */
static void
take_flows(struct ifbook *t, struct interface *i, int64_t begin_s,
    const struct minute_sum *sum)
{
	static const struct minute_sum zero;
	struct if_span *s = &i->is.by_flow;
	double value[INTERFACE_FLOW_DS];

	i->flows_s = i->device->flows_s = begin_s;
	if (check_of(i) != NULL) {
		crosscheck_flows(
		    i->check, begin_s, sum, i->device->frames);
		judge(i, begin_s + MINUTE_S);
	}
	if (sum == NULL)
		sum = &zero;
	*s = (struct if_span){ .minute = true,
		.begin_ms = begin_s * 1000,
		.known_ms = INTERFACE_STEP * 1000 };
	/* Of much of it nobody knows which way it went: then neither is known. */
	bool known = minute_ways_known(sum);
	for (unsigned way = 0; way < IF_WAYS; way++) {
		enum minute_way from = way == IF_IN ? MINUTE_IN : MINUTE_OUT;
		double octets = known ? (double)sum->octets[from] : NAN;
		double packets = known ? (double)sum->packets[from] : NAN;

		s->count[IF_OCTETS][way] = octets;
		s->count[IF_PACKETS][way] = packets;
		s->count[IF_DISCARDS][way] = s->count[IF_ERRORS][way] = NAN;
		value[IF_OCTETS * IF_WAYS + way] = octets / MINUTE_S;
		value[IF_PACKETS * IF_WAYS + way] = packets / MINUTE_S;
	}
	if (may_file(t, i, true, (double)minute_octets(sum)))
		write_row(t, i, true, begin_s + MINUTE_S, value);
	show(t, i);
}

/* The table of the minute is over and lists all: interfaces of exporters that were
 * heard of in it, and that it does not list, carried nothing; but guests', who have had
 * so many rows that one of them may have had none for that, may have. */
static void
take_silence(struct ifbook *t, int64_t begin_s)
{
	struct interface *i, *next;
	bool guests = t->guest_rows < MINUTE_GUEST_INTERFACES;

	HASH_ITER(hh, t->all, i, next)
		if (i->flows_s != 0 && i->flows_s < begin_s &&
		    i->device->flows_s == begin_s && (i->device->named || guests))
			take_flows(t, i, begin_s, NULL);
}

void
ifbook_halves(struct ifbook *t, int64_t left_s, int64_t now_s)
{
	int64_t begin_s = left_s - left_s % MINUTE_S - (MINUTES_GROWING - 1) * MINUTE_S;
	int64_t end_s = now_s - now_s % MINUTE_S + MINUTE_S;

	/* It came and went again before all of the last time's were told. */
	if (begin_s <= t->halves_s[1] && t->halves_s[0] < begin_s)
		begin_s = t->halves_s[0];
	t->halves_s[0] = begin_s;
	t->halves_s[1] = end_s;
}

/* Web, which sees minutes grow, hears of interfaces that are new. */
static void
introduce(struct ifbook *t, const struct minute_row *rows, unsigned count)
{
	for (unsigned k = 0; k < count; k++) {
		if (rows[k].key.a.len == 0)
			continue;
		struct if_key key = if_key(&rows[k].key.a, rows[k].key.number);
		unsigned before = t->devices.interfaces;
		struct interface *i = find_or_add(t, &key);

		if (i != NULL && t->devices.interfaces != before)
			show(t, i);
	}
}

void
ifbook_minute(struct ifbook *t, const struct minute_part *part,
    const struct minute_row *rows, int64_t now_s)
{
	if (part->by == MINUTE_INTERFACE && !part->final) {
		introduce(t, rows, part->rows);
		return;
	}
	if (part->by != MINUTE_INTERFACE || !part->final ||
	    now_s < part->begin_s + MINUTES_GROWING * MINUTE_S ||
	    (part->begin_s >= t->halves_s[0] && part->begin_s < t->halves_s[1]))
		return;
	if (part->part == 0)
		t->guest_rows = 0;
	for (unsigned k = 0; k < part->rows; k++) {
		/* Who has no address has no book. */
		if (rows[k].key.a.len == 0)
			continue;
		struct if_key key = if_key(&rows[k].key.a, rows[k].key.number);
		struct interface *i = find_or_add(t, &key);

		t->guest_rows += i == NULL || !i->device->named;
		if (i != NULL && i->flows_s < part->begin_s)
			take_flows(t, i, part->begin_s, &rows[k].sum);
	}
	if (part->part + 1 == part->parts && part->rest_rows == 0)
		take_silence(t, part->begin_s);
}

/* --- exporters ------------------------------------------------------------------- */

static void
note_device(struct ifbook *t, const struct msg_exporter *x)
{
	struct addr a;
	struct ifdevice *d;

	if (addr_parse(&a, exporter_name(x)) != 0)
		return;
	struct flow_ip ip = flow_ip_of(&a);
	d = ifdevice_get(&t->devices, &ip, !x->guest, t->run_s);
	if (d != NULL && x->tells)
		d->frames = x->protocol == FLOW_SFLOW5;
}

void
ifbook_exporter(struct ifbook *t, const struct msg_exporter *x, int64_t now_s)
{
	struct err err;

	note_device(t, x);
	if (exporterfiles_take(t->exporters, x, now_s, t->run_s, &err) < 0)
		complain(t, err.text);
}

/* --- what is known, on disk ------------------------------------------------------ */

/* TEXT without what parts fields and lines. */
static void
put_field(FILE *out, const char *text)
{
	putc('\t', out);
	for (; *text != '\0'; text++)
		putc((unsigned char)*text < ' ' ? ' ' : *text, out);
}

static int
write_index(const struct ifbook *t)
{
	static const char fresh[] = INDEX_FILE ".new";
	struct interface *i, *next;
	char text[ADDR_TEXT];
	FILE *out;

	if (aside_parents(fresh) < 0 || (out = fopen(fresh, "we")) == NULL)
		return -1;
	HASH_ITER(hh, t->all, i, next) {
		const struct if_names *n = &i->is.names;

		if (!i->carried[false] && !i->carried[true])
			continue;
		fprintf(out, "%s\t%u\t%d\t%d\t%u\t%u\t%" PRIu64 "\t%" PRIu64,
		    flow_ip_text(&i->key.device, text), (unsigned)i->key.index,
		    i->carried[false], i->carried[true], i->is.source, i->is.bits,
		    n->speed[IF_IN], n->speed[IF_OUT]);
		put_field(out, n->device);
		put_field(out, n->name);
		put_field(out, n->alias);
		putc('\n', out);
	}
	bool bad = ferror(out) != 0;
	if (fclose(out) != 0 || bad || rename(fresh, INDEX_FILE) != 0) {
		unlink(fresh);
		return -1;
	}
	return 0;
}

/* The next field of *AT, which goes behind it; NULL when there is none. */
static const char *
field(char **at)
{
	return *at == NULL ? NULL : strsep(at, "\t");
}

static bool
number(char **at, uint64_t max, uint64_t *out)
{
	const char *text = field(at);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	*out = v;
	return *end == '\0' && errno == 0 && v <= max;
}

static bool
read_line(struct ifbook *t, char *line)
{
	char *at = line;
	uint64_t index, counted, flows, source, bits, speed[IF_WAYS];
	const char *address = field(&at), *text[3];
	struct addr a;

	if (address == NULL || addr_parse(&a, address) != 0 ||
	    !number(&at, UINT32_MAX, &index) || !number(&at, 1, &counted) ||
	    !number(&at, 1, &flows) || !number(&at, IF_SOURCES - 1, &source) ||
	    !number(&at, 64, &bits) || (bits != 0 && bits != 32 && bits != 64) ||
	    !number(&at, UINT64_MAX, &speed[IF_IN]) ||
	    !number(&at, UINT64_MAX, &speed[IF_OUT]))
		return false;
	for (unsigned k = 0; k < 3; k++) {
		text[k] = field(&at);
		if (text[k] == NULL || strlen(text[k]) >= INTERFACE_TEXT)
			return false;
	}
	struct flow_ip ip = flow_ip_of(&a);
	struct if_key key = if_key(&ip, (uint32_t)index);
	struct interface *i = find_or_add(t, &key);
	if (i == NULL || t->devices.filed >= IFBOOK_FILED || i->carried[false] ||
	    i->carried[true])
		return false;
	i->carried[false] = i->is.counted = counted == 1;
	i->carried[true] = i->is.flows = flows == 1;
	i->is.source = (uint8_t)source;
	i->is.bits = (uint8_t)bits;
	i->is.names.speed[IF_IN] = speed[IF_IN];
	i->is.names.speed[IF_OUT] = speed[IF_OUT];
	strcpy(i->is.names.device, text[0]);
	strcpy(i->is.names.name, text[1]);
	strcpy(i->is.names.alias, text[2]);
	ifdevice_file(&t->devices, i->device, 1);
	return true;
}

void
ifbook_begin(struct ifbook *t)
{
	FILE *in = fopen(INDEX_FILE, "re");
	char line[INDEX_LINE];
	unsigned bad = 0, n = 0;

	exporterfiles_begin(t->exporters);
	if (in == NULL)
		return;
	while (fgets(line, sizeof line, in) != NULL && n++ < IFBOOK_INTERFACES) {
		line[strcspn(line, "\n")] = '\0';
		bad += !read_line(t, line);
	}
	fclose(in);
	if (bad > 0)
		log_warnx(
		    "%s: %u lines are left out, expected an address, an index and "
		    "what belongs to them, with tabs between",
		    INDEX_FILE, bad);
	t->changed = bad > 0;
}

/* --- life ------------------------------------------------------------------------ */

/* Is I the one called NAME? */
static bool
is_called(const struct interface *i, const char *name)
{
	char text[ADDR_TEXT], whole[ADDR_TEXT + 16];

	if (name == NULL)
		return i->is.source == IF_UPNP;
	snprintf(whole, sizeof whole, "%s/%u", flow_ip_text(&i->key.device, text),
	    (unsigned)i->key.index);
	return strcmp(name, i->is.names.name) == 0 ||
	       strcmp(name, i->is.names.alias) == 0 || strcmp(name, whole) == 0;
}

const struct msg_interface *
ifbook_line(const struct ifbook *t, const char *name, int64_t now_s)
{
	for (const struct interface *i = t->all; i != NULL; i = i->hh.next) {
		int64_t age = now_s - i->is.now.begin_ms / 1000;

		if (i->is.now.known_ms > 0 && age >= -LINE_S && age <= LINE_S &&
		    is_called(i, name))
			return &i->is;
	}
	return NULL;
}

void
ifbook_tell(struct ifbook *t)
{
	struct interface *i, *next;

	HASH_ITER(hh, t->all, i, next)
		show(t, i);
}

void
ifbook_sweep(struct ifbook *t, int64_t now_s, int64_t mono_s)
{
	if (t->begun_s < 0)
		t->begun_s = mono_s;
	t->run_s = mono_s - t->begun_s;
	forget_silent(t, now_s);
	if (!t->changed || (now_s >= t->index_s && now_s - t->index_s < INDEX_S))
		return;
	t->index_s = now_s;
	t->changed = false;
	if (write_index(t) < 0) {
		char text[200];

		snprintf(text, sizeof text, "%s: %s", INDEX_FILE, strerror(errno));
		complain(t, text);
		t->changed = true;
	}
}

struct ifbook *
ifbook_new(void (*tell)(void *ctx, const struct msg_interface *m),
    void (*trouble)(void *ctx, const char *text), void *ctx)
{
	struct ifbook *t = mem_zero(1, sizeof *t);

	t->tell = tell;
	t->trouble = trouble;
	t->ctx = ctx;
	t->begun_s = -1;
	t->exporters = exporterfiles_new();
	return t;
}

void
ifbook_free(struct ifbook *t)
{
	struct interface *i, *after;

	if (t->changed)
		write_index(t);
	HASH_ITER(hh, t->all, i, after) {
		HASH_DEL(t->all, i);
		free(i->check);
		free(i);
	}
	exporterfiles_free(t->exporters);
	ifdevices_free(&t->devices);
	free(t);
}
