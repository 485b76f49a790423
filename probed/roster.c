#include "roster.h"

#include <string.h>

#include "config/loadtest.h"

static const struct roster_row rows[ROSTER] = {
/* clang-format off */
	/* room          nice urg   s  end  what it is told of the configuration */
#define MEASURING (CONF_GENERAL | CONF_DATABASE | CONF_PROBES | CONF_TARGETS | \
	CONF_OVERRIDES | CONF_PACE)
	{ ROOM_RECORDER,    0, 0, 120, 1, MEASURING | CONF_PRESENTATION | CONF_ALERTS |
		CONF_SLAVES | CONF_COLLECTOR | CONF_DETECTION | CONF_SILENCES |
		CONF_ACTIONS | CONF_SINKS | CONF_LOADTEST },
	{ ROOM_WEB,         0, 0,  15, 2, MEASURING | CONF_PRESENTATION | CONF_ALERTS |
		CONF_SLAVES | CONF_WEB | CONF_COLLECTOR | CONF_DETECTION |
		CONF_ACTIONS | CONF_SINKS | CONF_LOADTEST },
	{ ROOM_PAINTER,    10, 0,  15, 2, MEASURING | CONF_PRESENTATION | CONF_SLAVES |
		CONF_SINKS },
	{ ROOM_COURIER,     0, 0,  15, 1, CONF_GENERAL | CONF_ALERTS | CONF_SLAVES |
		CONF_ACTIONS | CONF_SINKS | CONF_SECRETS },
	{ ROOM_COLLECTOR,   0, 0,  15, 0, CONF_GENERAL | CONF_COLLECTOR | CONF_DETECTION |
		CONF_SECRETS },
	{ ROOM_RUNNER,     10, 0,  15, 2, MEASURING | CONF_ALERTS | CONF_ACTIONS |
		CONF_SECRETS },
	{ ROOM_PROBER,    -10, 1,  15, 0, MEASURING | CONF_REFLECTOR | CONF_PATH |
		CONF_SECRETS },
	{ ROOM_FETCHER,    -5, 0,  15, 0, MEASURING | CONF_SECRETS | CONF_LOADTEST },
	/* clang-format on */
};

/* Who has a line to whom. */
static const struct {
	enum room a, b;
} lines[] = {
	{ ROOM_PROBER, ROOM_RECORDER },
	{ ROOM_FETCHER, ROOM_RECORDER },
	{ ROOM_RUNNER, ROOM_RECORDER },
	{ ROOM_COLLECTOR, ROOM_RECORDER },
	{ ROOM_RECORDER, ROOM_WEB },
	{ ROOM_RECORDER, ROOM_COURIER },
	{ ROOM_COURIER, ROOM_RUNNER },
	{ ROOM_COURIER, ROOM_WEB },
	{ ROOM_WEB, ROOM_PAINTER },
};

struct worker roster[ROSTER] = {
	{ .row = &rows[0], .state = WORKER_DOWN },
	{ .row = &rows[1], .state = WORKER_DOWN },
	{ .row = &rows[2], .state = WORKER_DOWN },
	{ .row = &rows[3], .state = WORKER_DOWN },
	{ .row = &rows[4], .state = WORKER_DOWN },
	{ .row = &rows[5], .state = WORKER_DOWN },
	{ .row = &rows[6], .state = WORKER_DOWN },
	{ .row = &rows[7], .state = WORKER_DOWN },
};

struct worker *
roster_of(enum room room)
{
	for (size_t i = 0; i < ROSTER; i++)
		if (rows[i].room == room)
			return &roster[i];
	return NULL;
}

const char *
roster_name(const struct worker *w)
{
	return room_name(w->row->room);
}

bool
roster_line(enum room a, enum room b)
{
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		if ((lines[i].a == a && lines[i].b == b) ||
		    (lines[i].a == b && lines[i].b == a))
			return true;
	return false;
}

/* Is one of the addresses that SECTION's KEY names a program? */
static bool
is_program(const struct conf_section *section, const char *key)
{
	return strchr(conf_value(section, key, ""), '|') != NULL;
}

/* Do SmokePing's alerts name a program? */
static bool
alerts_name_program(const struct conf *conf, const struct conf_section *alerts)
{
	if (alerts == NULL)
		return false;
	if (is_program(alerts, "to"))
		return true;
	for (const struct conf_section *s = alerts->first; s != NULL; s = s->next)
		if (is_program(s, "to"))
			return true;
	for (size_t i = 0; i < conf->target_count; i++)
		if (is_program(conf->target[i]->section, "alertee"))
			return true;
	return false;
}

/* Does CONF name a program that is to be run when there is news? */
static bool
names_program(const struct conf *conf)
{
	const struct conf_section *alerts = conf_top(conf, "Alerts");
	const struct conf_section *actions = conf_top(conf, "Actions");
	/* Mail by the sendmail program. */
	bool sendmail = *conf_value(conf_top(conf, "General"), "mailhost", "") == '\0';

	if (alerts_name_program(conf, alerts) || (alerts != NULL && sendmail))
		return true;
	for (const struct conf_section *s = actions == NULL ? NULL : actions->first;
	     s != NULL; s = s->next) {
		const char *type = conf_value(s, "type", "");

		if (strcmp(type, "command") == 0 || conf_action_blocks(s) ||
		    (strcmp(type, "mail") == 0 && sendmail &&
			conf_var(s, "url") == NULL))
			return true;
	}
	return false;
}

/* Does CONF say what is to be done against attacks? */
static bool
blocks(const struct conf *conf)
{
	const struct conf_section *actions = conf_top(conf, "Actions");

	for (const struct conf_section *s = actions == NULL ? NULL : actions->first;
	     s != NULL; s = s->next)
		if (conf_action_blocks(s))
			return true;
	return false;
}

/* Is anything measured by HOME? */
static bool
has_targets(const struct conf *conf, enum module_home home)
{
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];

		if (conf_target_is_pinged(t) && conf_target_home(conf, t) == home)
			return true;
	}
	return false;
}

unsigned
roster_parts(const struct worker *w, const struct conf *conf)
{
	unsigned parts = w->row->parts;

	/* It knows slaves by their secrets, and tells them the passwords of their
	 * probes. */
	if (w->row->room == ROOM_WEB && conf->slave_count > 0)
		parts |= CONF_SECRETS;
	/* It carries what is measured to our master. */
	if (w->row->room == ROOM_COURIER && conf->master != NULL)
		parts |= MEASURING | CONF_MASTER;
	/* Many targets are much memory: only where their rounds are sent on. */
	if (w->row->room == ROOM_COURIER && conf->sinks > 0)
		parts |= MEASURING;
	return parts;
}

static bool blocked; /* since the start, or before */

void
roster_has_in_force(void)
{
	blocked = true;
}

bool
roster_wants(const struct worker *w, const struct conf *conf)
{
	/* One round of everything: whoever measures, and who writes it. */
	if (conf->once && w->row->room != ROOM_RECORDER &&
	    (!room_measures(w->row->room) ||
		(w->row->room == ROOM_RUNNER && !has_targets(conf, MODULE_RUNNER))))
		return false;
	switch (w->row->room) {
	case ROOM_RUNNER:
		/* What an action has announced it withdraws, though a reload took it away.
		 */
		blocked |= blocks(conf);
		return names_program(conf) || has_targets(conf, MODULE_RUNNER) || blocked;
	case ROOM_FETCHER:
		return has_targets(conf, MODULE_FETCHER) ||
		       (!conf->once && loadtest_wanted(conf));
	default:
		return true;
	}
}
