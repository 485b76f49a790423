#include "collector/snmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "collector/snmpwalk.h"

/* Names, speeds and types are read again so often. */
#define NAMES_S 600
/* So many rounds without an answer: log in anew; the agent may be another one now. */
#define FAILURES_ANEW 3
#define TELL_S 300
#define TYPE_LOOPBACK 24

enum {
	NAME_DESCR,
	NAME_TYPE,
	NAME_SPEED,
	NAME_NAME,
	NAME_MBITS,
	NAME_ALIAS,
};
static const struct snmp_column name_columns[] = {
	[NAME_DESCR] = { false, 2 },
	[NAME_TYPE] = { false, 3 },
	[NAME_SPEED] = { false, 5 },
	[NAME_NAME] = { true, 1 },
	[NAME_MBITS] = { true, 15 },
	[NAME_ALIAS] = { true, 18 },
};

#define DISCONTINUITY 255
/* Which counter each column is: raw * 2 + way; those of 64 bits stand first, and where
 * one is there, that of 32 bits is not looked at. */
static const struct {
	struct snmp_column column;
	uint8_t raw, way, bits;
} count_columns[] = {
	{ { true, 6 }, RAW_OCTETS, IF_IN, 64 },
	{ { true, 10 }, RAW_OCTETS, IF_OUT, 64 },
	{ { false, 10 }, RAW_OCTETS, IF_IN, 32 },
	{ { false, 16 }, RAW_OCTETS, IF_OUT, 32 },
	{ { true, 7 }, RAW_UNICAST, IF_IN, 64 },
	{ { true, 11 }, RAW_UNICAST, IF_OUT, 64 },
	{ { false, 11 }, RAW_UNICAST, IF_IN, 32 },
	{ { false, 17 }, RAW_UNICAST, IF_OUT, 32 },
	{ { true, 8 }, RAW_MULTICAST, IF_IN, 64 },
	{ { true, 12 }, RAW_MULTICAST, IF_OUT, 64 },
	{ { true, 9 }, RAW_BROADCAST, IF_IN, 64 },
	{ { true, 13 }, RAW_BROADCAST, IF_OUT, 64 },
	{ { false, 13 }, RAW_DISCARDS, IF_IN, 32 },
	{ { false, 19 }, RAW_DISCARDS, IF_OUT, 32 },
	{ { false, 14 }, RAW_ERRORS, IF_IN, 32 },
	{ { false, 20 }, RAW_ERRORS, IF_OUT, 32 },
	{ { true, 19 }, DISCONTINUITY, 0, 32 },
};
#define NAME_COLUMNS (sizeof name_columns / sizeof *name_columns)
#define COUNT_COLUMNS (sizeof count_columns / sizeof *count_columns)

/* One interface of a device. */
struct row {
	UT_hash_handle hh;
	uint32_t index, type;
	struct if_names names;
	char descr[INTERFACE_TEXT];
	uint64_t mbits;
	bool counted; /* in the walk under way */
	uint8_t raw_bits[RAWS][IF_WAYS];
	struct ifcount_sample sample;
};

enum walk {
	WALK_NONE,
	WALK_NAMES,
	WALK_COUNTS
};

struct device {
	struct device *next;
	struct snmp *in;
	char *how; /* all that the configuration says of it, to know it again */
	char name[INTERFACE_TEXT];
	char *only; /* names of interfaces; NULL: all but loopbacks */
	struct addr address;
	struct flow_ip ip;
	unsigned every;
	struct snmpwalk *walk; /* NULL: cannot be asked */
	struct event *turn;
	enum walk walking;
	int64_t names_ns; /* when names are due, monotonic */
	uint32_t uptime;
	struct row *rows;
	unsigned failed; /* in a row */
	uint64_t answers, failures;
	uint32_t interfaces;
	int64_t last_s;
	struct log_limit limit;
	char text[256];
};

struct snmp {
	struct event_base *base;
	struct ifcount *table;
	struct device *devices;
	const struct conf *conf; /* in force */
};

/* --- rows ------------------------------------------------------------------------ */

static struct row *
row_of(struct device *d, uint32_t index)
{
	struct row *r;

	HASH_FIND(hh, d->rows, &index, sizeof index, r);
	if (r != NULL || HASH_COUNT(d->rows) >= SNMPWALK_ROWS)
		return r;
	r = mem_zero(1, sizeof *r);
	r->index = index;
	HASH_ADD(hh, d->rows, index, sizeof r->index, r);
	/* Its name is not known yet. */
	if (d->walking == WALK_COUNTS)
		d->names_ns = 0;
	return r;
}

static void
forget_rows(struct device *d)
{
	struct row *r, *next;

	HASH_ITER(hh, d->rows, r, next) {
		HASH_DEL(d->rows, r);
		free(r);
	}
}

static void
take_name(struct row *r, const struct snmp_cell *cell)
{
	switch (cell->column) {
	case NAME_DESCR:
		if (cell->text)
			if_text(r->descr, cell->bytes, cell->len);
		break;
	case NAME_NAME:
		if (cell->text)
			if_text(r->names.name, cell->bytes, cell->len);
		break;
	case NAME_ALIAS:
		if (cell->text)
			if_text(r->names.alias, cell->bytes, cell->len);
		break;
	case NAME_TYPE:
		r->type = (uint32_t)cell->number;
		break;
	case NAME_SPEED:
		r->names.speed[IF_IN] = cell->number;
		break;
	case NAME_MBITS:
		r->mbits = cell->number;
		break;
	}
}

static void
take_count(struct device *d, struct row *r, const struct snmp_cell *cell)
{
	unsigned raw = count_columns[cell->column].raw,
		 way = count_columns[cell->column].way,
		 bits = count_columns[cell->column].bits;
	struct ifcount_sample *s = &r->sample;

	if (cell->text)
		return;
	if (!r->counted) {
		*s = (struct ifcount_sample){ .key = if_key(&d->ip, r->index),
			.source = IF_SNMP };
		memset(s->raw, 0xff, sizeof s->raw);
		memset(r->raw_bits, 0, sizeof r->raw_bits);
		r->counted = true;
	}
	if (raw == DISCONTINUITY) {
		s->discontinuity = cell->number;
		return;
	}
	if (r->raw_bits[raw][way] == 64)
		return;
	s->raw[raw][way] = cell->number;
	r->raw_bits[raw][way] = (uint8_t)bits;
	if (raw == RAW_OCTETS) {
		s->time_ms = cell->time_ms;
		s->has_uptime = cell->has_uptime;
		s->uptime = cell->uptime;
		s->uptime_per_s = 100;
	}
}

static void
on_cell(void *ctx, const struct snmp_cell *cell)
{
	struct device *d = ctx;
	struct row *r = row_of(d, cell->index);

	if (r == NULL)
		return;
	if (d->walking == WALK_NAMES)
		take_name(r, cell);
	else
		take_count(d, r, cell);
}

/* --- turns ----------------------------------------------------------------------- */

static bool
is_wanted(const struct device *d, const struct row *r)
{
	char index[12], *copy, *save = NULL;
	bool found = false;

	if (d->only == NULL)
		return r->type != TYPE_LOOPBACK;
	snprintf(index, sizeof index, "%u", (unsigned)r->index);
	copy = mem_str(d->only);
	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL && !found;
	     one = strtok_r(NULL, " ,\t", &save))
		found = strcmp(one, index) == 0 || strcmp(one, r->names.name) == 0 ||
			strcmp(one, r->descr) == 0;
	free(copy);
	return found;
}

/* The walk over the counters is over: what it found goes to the table. */
static void
give(struct device *d)
{
	struct row *r, *next;

	d->interfaces = 0;
	HASH_ITER(hh, d->rows, r, next) {
		struct ifcount_sample *s = &r->sample;
		struct if_names names = r->names;

		if (!r->counted || s->time_ms == 0 || !is_wanted(d, r))
			continue;
		/* A counter has one width for both directions. */
		for (unsigned raw = 0; raw < RAWS; raw++)
			s->bits[raw] = r->raw_bits[raw][IF_IN] == 32 ||
					       r->raw_bits[raw][IF_OUT] == 32
					   ? 32
					   : 64;
		if (names.name[0] == '\0')
			memcpy(names.name, r->descr, sizeof names.name);
		memcpy(names.device, d->name, sizeof names.device);
		/* ifSpeed ends at 4.29 Gbit/s. */
		if (r->mbits > 0 && (r->mbits > 4200 || names.speed[IF_IN] == 0))
			names.speed[IF_IN] = r->mbits * 1000000;
		names.speed[IF_OUT] = names.speed[IF_IN];
		s->names = &names;
		/* Interfaces may have other numbers after a restart. */
		if (s->has_uptime && s->uptime < d->uptime)
			d->names_ns = 0;
		if (s->has_uptime)
			d->uptime = s->uptime;
		ifcount_take(d->in->table, s);
		s->names = NULL;
		d->interfaces++;
	}
}

static void
begin_walk(struct device *d, enum walk walk)
{
	struct snmp_column column[SNMPWALK_COLUMNS];
	struct row *r, *next;

	d->walking = walk;
	if (walk == WALK_NAMES) {
		forget_rows(d);
		snmpwalk_begin(d->walk, name_columns, NAME_COLUMNS);
		return;
	}
	HASH_ITER(hh, d->rows, r, next)
		r->counted = false;
	for (unsigned i = 0; i < COUNT_COLUMNS; i++)
		column[i] = count_columns[i].column;
	snmpwalk_begin(d->walk, column, COUNT_COLUMNS);
}

static void
on_done(void *ctx, const char *why)
{
	struct device *d = ctx;
	enum walk walk = d->walking;

	d->walking = WALK_NONE;
	if (why != NULL) {
		d->failures++;
		d->failed++;
		snprintf(d->text, sizeof d->text, "%s", why);
		if (d->failed == 1 && log_allowed(&d->limit, TELL_S, NULL))
			log_warnx("SNMP: %s: %s", d->name, why);
		return;
	}
	if (walk == WALK_NAMES) {
		d->names_ns = clock_mono_ns() + NAMES_S * CLOCK_NS_PER_S;
		begin_walk(d, WALK_COUNTS);
		return;
	}
	give(d);
	if (d->text[0] != '\0')
		log_info("SNMP: %s answers again", d->name);
	d->text[0] = '\0';
	if (d->interfaces == 0)
		snprintf(d->text, sizeof d->text, "it tells of no interface%s",
		    d->only != NULL ? " that is wanted" : "");
	d->failed = 0;
	d->answers++;
	d->last_s = clock_wall_s();
}

static void log_in(struct device *d, const struct conf_section *s);
static const struct conf_section *group_of(const struct conf *conf);

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;
	struct timeval again = { d->every, 0 };

	(void)fd;
	(void)what;
	event_add(d->turn, &again);
	if (d->walking != WALK_NONE) {
		/* Slower than it is to be asked: let it come to its end, once. */
		return;
	}
	if (d->failed >= FAILURES_ANEW) {
		snmpwalk_free(d->walk);
		d->walk = NULL;
		d->failed = 0;
		log_in(d, conf_child(group_of(d->in->conf), d->name));
	}
	if (d->walk == NULL)
		return;
	begin_walk(d, clock_mono_ns() >= d->names_ns ? WALK_NAMES : WALK_COUNTS);
}

/* --- devices --------------------------------------------------------------------- */

static const char *
word(const struct conf_section *s, const char *key)
{
	const char *value = conf_value(s, key, NULL);

	return value != NULL && *value != '\0' ? value : NULL;
}

static void
log_in(struct device *d, const struct conf_section *s)
{
	static const struct snmpwalk_ops ops = { on_cell, on_done };
	struct snmp_login login = {
		.v3 = strcmp(conf_value(s, "version", "2c"), "3") == 0,
		.community = word(s, "community"),
		.user = word(s, "user"),
		.context = word(s, "context"),
		.auth = word(s, "auth"),
		.auth_password = word(s, "auth_password"),
		.privacy = word(s, "privacy"),
		.privacy_password = word(s, "privacy_password"),
	};
	struct err err;

	if (login.v3 ? login.user == NULL ||
			   (login.auth != NULL && login.auth_password == NULL) ||
			   (login.privacy != NULL && login.privacy_password == NULL)
		     : login.community == NULL)
		err_set(&err, "what it is asked with cannot be read: see the "
			      "configuration's warnings");
	else
		d->walk = snmpwalk_new(d->in->base, &d->address, &login, &ops, d, &err);
	d->names_ns = 0;
	if (d->walk != NULL)
		return;
	snprintf(d->text, sizeof d->text, "%.255s", err.text);
	log_warnx("SNMP: %s cannot be asked: %s", d->name, err.text);
}

/* All that is said of a device, secrets too: never shown. */
static char *
how_of(const struct conf_section *s)
{
	static const char *const keys[] = { "host", "port", "version", "every",
		"interfaces", "community", "user", "context", "auth", "auth_password",
		"privacy", "privacy_password" };
	char *how = mem_str(s->name);

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char *more =
		    mem_printf("%s\n%s=%s", how, keys[i], conf_value(s, keys[i], ""));

		free(how);
		how = more;
	}
	return how;
}

static void
free_device(struct device *d)
{
	explicit_bzero(d->how, strlen(d->how));
	free(d->how);
	free(d->only);
	snmpwalk_free(d->walk);
	event_free(d->turn);
	forget_rows(d);
	free(d);
}

static struct device *
new_device(struct snmp *snmp, const struct conf_section *s, char *how)
{
	static const struct timeval now = { 0, 0 };
	struct device *d = mem_zero(1, sizeof *d);

	d->in = snmp;
	d->how = how;
	snprintf(d->name, sizeof d->name, "%s", s->name);
	d->only = mem_str(word(s, "interfaces"));
	d->every = (unsigned)strtoul(conf_value(s, "every", "30"), NULL, 10);
	/* The grammar let nothing else through. */
	if (addr_parse(&d->address, conf_value(s, "host", "")) != 0)
		addr_parse(&d->address, "127.0.0.1");
	addr_set_port(
	    &d->address, (unsigned)strtoul(conf_value(s, "port", "161"), NULL, 10));
	d->ip = flow_ip_of(&d->address);
	d->turn = event_new(snmp->base, -1, 0, on_turn, d);
	if (d->turn == NULL)
		fatalx("no timer for SNMP");
	log_in(d, s);
	event_add(d->turn, &now);
	return d;
}

static const struct conf_section *
group_of(const struct conf *conf)
{
	return conf_child(conf_top(conf, "Collector"), "snmp");
}

/* Take the device that is asked like HOW out of LIST, or NULL. */
static struct device *
take_out(struct device **list, const char *how)
{
	for (struct device **at = list; *at != NULL; at = &(*at)->next)
		if (strcmp((*at)->how, how) == 0) {
			struct device *d = *at;

			*at = d->next;
			return d;
		}
	return NULL;
}

void
snmp_configure(struct snmp *snmp, const struct conf *conf)
{
	const struct conf_section *group = group_of(conf);
	struct device *old = snmp->devices, **end = &snmp->devices;

	snmp->devices = NULL;
	snmp->conf = conf;
	for (const struct conf_section *s = group == NULL ? NULL : group->first;
	     s != NULL; s = s->next) {
		char *how = how_of(s);
		struct device *d = take_out(&old, how);

		if (d == NULL) {
			d = new_device(snmp, s, how);
		} else {
			explicit_bzero(how, strlen(how));
			free(how);
		}
		d->next = NULL;
		*end = d;
		end = &d->next;
	}
	while (old != NULL) {
		struct device *d = old;

		old = d->next;
		free_device(d);
	}
}

void
snmp_tell(const struct snmp *s, void (*each)(void *ctx, const struct msg_poller *m),
    void *ctx)
{
	for (const struct device *d = s->devices; d != NULL; d = d->next) {
		struct msg_poller m = { .source = IF_SNMP,
			.answers = d->answers,
			.failures = d->failures,
			.last_s = d->last_s,
			.interfaces = d->interfaces };

		memcpy(m.name, d->name, sizeof m.name);
		addr_text_port(&d->address, m.address);
		memcpy(m.text, d->text, sizeof m.text);
		each(ctx, &m);
	}
}

struct snmp *
snmp_new(struct event_base *base, struct ifcount *table)
{
	struct snmp *s = mem_zero(1, sizeof *s);

	s->base = base;
	s->table = table;
	return s;
}
