#include "roster.h"

#include <string.h>

static const struct roster_row rows[ROSTER] = {
/* clang-format off */
	/* room          nice   s  end  what it is told of the configuration */
#define MEASURING (CONF_GENERAL | CONF_DATABASE | CONF_PROBES | CONF_TARGETS | \
	CONF_OVERRIDES)
	{ ROOM_RECORDER,    0, 120, 1, MEASURING | CONF_PRESENTATION | CONF_ALERTS |
		CONF_SLAVES | CONF_DETECTION },
	{ ROOM_WEB,         0,  15, 2, MEASURING | CONF_PRESENTATION | CONF_ALERTS |
		CONF_SLAVES | CONF_WEB | CONF_COLLECTOR | CONF_DETECTION |
		CONF_ACTIONS | CONF_SINKS },
	{ ROOM_PAINTER,    10,  15, 2, MEASURING | CONF_PRESENTATION },
	{ ROOM_COURIER,     0,  15, 2, CONF_GENERAL | CONF_ALERTS | CONF_SLAVES |
		CONF_ACTIONS | CONF_SINKS | CONF_SECRETS },
	{ ROOM_COLLECTOR,   0,  15, 0, CONF_GENERAL | CONF_COLLECTOR | CONF_DETECTION },
	{ ROOM_RUNNER,     10,  15, 2, MEASURING | CONF_ALERTS | CONF_ACTIONS |
		CONF_SECRETS },
	{ ROOM_PROBER,    -10,  15, 0, MEASURING | CONF_SECRETS },
	/* clang-format on */
};

/* Who has a line to whom. */
static const struct {
	enum room a, b;
} lines[] = {
	{ ROOM_PROBER, ROOM_RECORDER },
	{ ROOM_COLLECTOR, ROOM_RECORDER },
	{ ROOM_RECORDER, ROOM_WEB },
	{ ROOM_RECORDER, ROOM_COURIER },
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

/* Does CONF name a program that is to be run? */
static bool
names_program(const struct conf *conf)
{
	const struct conf_section *alerts = conf_top(conf, "Alerts");
	const struct conf_section *general = conf_top(conf, "General");

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
	/* Mail by the sendmail program. */
	return *conf_value(alerts, "to", "") != '\0' &&
	       conf_value(general, "mailhost", NULL) == NULL &&
	       conf_value(general, "sendmail", NULL) != NULL;
}

bool
roster_wants(const struct worker *w, const struct conf *conf)
{
	return w->row->room != ROOM_RUNNER || names_program(conf);
}
