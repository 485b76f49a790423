#include "web/bill.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/stats.h"
#include "web/usage.h"

#define KEEP_S 300

/* --- months ---------------------------------------------------------------------- */

static int64_t
month_begin(int year, int month)
{
	struct tm tm = {
		.tm_year = year, .tm_mon = month, .tm_mday = 1, .tm_isdst = -1
	};

	return (int64_t)mktime(&tm);
}

void
bill_month(int64_t t, unsigned back, int64_t *begin, int64_t *end)
{
	time_t time = (time_t)t;
	struct tm tm = { .tm_year = 70 };

	localtime_r(&time, &tm);
	*begin = month_begin(tm.tm_year, tm.tm_mon - (int)back);
	*end = month_begin(tm.tm_year, tm.tm_mon - (int)back + 1);
}

int
bill_month_parse(const char *text, int64_t *begin, int64_t *end)
{
	unsigned year, month;
	int used = 0;

	if (sscanf(text, "%4u-%2u%n", &year, &month, &used) != 2 ||
	    text[used] != '\0' || year < 1971 || year > 2200 || month < 1 || month > 12)
		return -1;
	*begin = month_begin((int)year - 1900, (int)month - 1);
	*end = month_begin((int)year - 1900, (int)month);
	return 0;
}

const char *
bill_month_text(int64_t begin, char *buf)
{
	time_t time = (time_t)begin;
	struct tm tm;

	if (localtime_r(&time, &tm) == NULL || strftime(buf, 16, "%Y-%m", &tm) == 0)
		buf[0] = '\0';
	return buf;
}

/* --- reading --------------------------------------------------------------------- */

/* The averages of a month that are known. */
struct month {
	double *rate[IF_WAYS];
	unsigned count[IF_WAYS], known, room;
};

static void
take_row(void *ctx, int64_t time, const double *value, unsigned columns)
{
	struct month *m = ctx;

	(void)time;
	if (columns < IF_WAYS || m->known == m->room)
		return;
	if (isnan(value[IF_IN]) && isnan(value[IF_OUT]))
		return;
	m->known++;
	for (unsigned way = 0; way < IF_WAYS; way++)
		if (!isnan(value[way]))
			m->rate[way][m->count[way]++] = value[way] * 8;
}

static bool
read_from(struct bill *b, const struct if_key *key, bool flows, int64_t until)
{
	struct month m = {
		.room = (unsigned)((b->end - b->begin) / INTERFACE_BILL_STEP + 1)
	};
	struct err err;

	for (unsigned way = 0; way < IF_WAYS; way++)
		m.rate[way] = mem_zero(m.room, sizeof *m.rate[way]);
	/* What was read before a fault is known all the same. */
	if (usage_scan(key, flows, INTERFACE_BILL_STEP, b->begin, until, take_row, &m,
		&err) < 0)
		log_debug("%s", err.text);
	b->known = m.known;
	for (unsigned way = 0; way < IF_WAYS; way++) {
		double sum = 0;

		for (unsigned i = 0; i < m.count[way]; i++)
			sum += m.rate[way][i];
		stats_sort(m.rate[way], m.count[way]);
		b->rate[way] = if_percentile_95(m.rate[way], m.count[way]);
		b->mean[way] = m.count[way] == 0 ? NAN : sum / m.count[way];
		b->octets[way] = sum * INTERFACE_BILL_STEP / 8;
		free(m.rate[way]);
	}
	return m.known > 0;
}

/* Read the month BEGIN .. END of the interface KEY, as of NOW. COUNTED, FLOWS: which
 * files it has. */
static void
bill_read(struct bill *b, const struct if_key *key, bool counted, bool flows,
    int64_t begin, int64_t end, int64_t now)
{
	int64_t until = now < end ? now : end;

	*b = (struct bill){
		.begin = begin, .end = end, .rate = { NAN, NAN }, .mean = { NAN, NAN }
	};
	if (until > begin)
		b->passed = (unsigned)((until - begin) / INTERFACE_BILL_STEP);
	if (counted && read_from(b, key, false, until))
		return;
	b->estimate = flows && read_from(b, key, true, until);
}

const struct bill *
bill_get(struct bill_cache *cache, const struct if_key *key, bool counted, bool flows,
    int64_t begin, int64_t end, int64_t now)
{
	unsigned k = 0;

	while (
	    k < 2 && (cache->month[k].read == 0 || cache->month[k].bill.begin != begin))
		k++;
	if (k == 2)
		k = cache->month[0].read <= cache->month[1].read ? 0 : 1;
	else if (now >= cache->month[k].read && now - cache->month[k].read < KEEP_S)
		return &cache->month[k].bill;
	bill_read(&cache->month[k].bill, key, counted, flows, begin, end, now);
	cache->month[k].read = now;
	return &cache->month[k].bill;
}
