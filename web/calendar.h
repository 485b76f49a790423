/* What the page of days and hours and its files share. */
#ifndef WEB_CALENDAR_H
#define WEB_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"
#include "web/trouble.h"
#include "web/week.h"

struct html;
struct request;

#define CALENDAR_DAYS 400    /* on a page, at most */
#define CALENDAR_TARGETS 200 /* whose hours are put together, at most */
#define CALENDAR_LEVELS 6    /* of shade: 0 is nothing */

extern const char *const calendar_weekday[WEEK_DAYS];

enum calendar_what {
	CALENDAR_INCIDENTS,
	CALENDAR_LOSS,
	CALENDAR_DELAY,
	CALENDAR_WHATS
};

struct calendar_day {
	int64_t begin, end;
	double loss;
	unsigned known, rows; /* of the history, for one target */
};

struct calendar {
	const struct conf_target *target; /* the root: all */
	enum calendar_what what;
	long days;	   /* of the hours */
	int64_t month_end; /* of the one month that is asked for; 0: a year is */
	bool recent;	   /* no year is asked for: the last months */
	int64_t start, end;
	int64_t now;
	struct calendar_day day[CALENDAR_DAYS];
	size_t count;
	bool measured; /* the days' rows are known */
	struct trouble trouble;
	const struct conf_target *list[CALENDAR_TARGETS]; /* whose hours are wanted */
	size_t listed;
};

/* A figure for each hour of the week; NAN is not known. */
struct calendar_hours {
	double value[WEEK_DAYS][WEEK_HOURS];
	double shade[WEEK_DAYS][WEEK_HOURS]; /* what the levels go by */
	bool coarse; /* the history of one is kept in rows that tell no hours */
	size_t of;   /* targets that are in it */
};

/* What R asks for, read, malloced. NULL after having answered, or where R is to come
 * again. */
struct calendar *calendar_read(struct request *r);
void calendar_free(struct calendar *c);
bool calendar_is_all(const struct calendar *c);
/* What C is about in a few words: "The last 12 months", "May 2026". */
void calendar_name(const struct calendar *c, char *buf, size_t size);
/* Is it known what happened on D? */
bool calendar_known(const struct calendar *c, const struct calendar_day *d);
void calendar_hours(struct calendar_hours *h, const struct calendar *c);
/* The shade of a value of H: 0 to CALENDAR_LEVELS - 1. */
unsigned calendar_level(const struct calendar *c, double shade);
/* What hours are shaded by, in words; the unit of it. */
const char *calendar_what(const struct calendar *c);
const char *calendar_unit(const struct calendar *c);
void calendar_value(const struct calendar *c, double value, char *buf, size_t size);

/* calendarfile.c: /calendar.csv and the like, and the ways there. */
void calendarfile_handle(struct request *r);
void calendarfile_links(struct html *page, const struct request *r);

#endif
