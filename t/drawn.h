/* The history that tests draw: pings of 10, 11, ... ms, then a fifth of them lost, then
 * all lost, then nothing known, then one lost, then all well again, 100 rows each, one
 * row a pixel of a graph of 600. Needs tap.h, mem.h and graph.h. */
#ifndef DRAWN_H
#define DRAWN_H

#include <math.h>
#include <rrd.h>

#include "png.h"

#define STEP 10
#define SEGMENT 100
#define ROWS (6 * SEGMENT)
#define END 1700006000LL
#define START (END - (long long)ROWS * STEP)
#define TOP 0.04

enum segment {
	CLEAN,
	LOSSY,
	DEAD,
	NOTHING,
	ODD,
	AGAIN
};

static void
create(const char *file, unsigned pings)
{
	const char *v[1100];
	int n = 0;

	v[n++] = "DS:uptime:GAUGE:20:0:U";
	v[n++] = mem_printf("DS:loss:GAUGE:20:0:%u", pings);
	v[n++] = "DS:median:GAUGE:20:0:U";
	for (unsigned i = 1; i <= pings; i++)
		v[n++] = mem_printf("DS:ping%u:GAUGE:20:0:U", i);
	v[n++] = "RRA:AVERAGE:0.5:1:8640";
	v[n++] = "RRA:AVERAGE:0.5:6:10080";
	rrd_clear_error();
	if (rrd_create_r(file, STEP, (time_t)START, n, v) != 0)
		printf("Bail out! %s\n", rrd_get_error());
	free((char *)v[1]);
	for (int i = 3; i < n - 2; i++)
		free((char *)v[i]);
}

/* What rows say of the uptime. */
static const char *row_uptime = "U";

/* The row at TIME: LOST of PINGS, or nothing known when LOST is negative. */
static char *
update_of(long long time, unsigned pings, int lost)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	unsigned answered = lost < 0 ? 0 : pings - (unsigned)lost;
	unsigned low = lost < 0 ? 0 : (unsigned)lost / 2;

	fprintf(out, "%lld:%s", time, row_uptime);
	if (lost < 0)
		fprintf(out, ":U");
	else
		fprintf(out, ":%d", lost);
	if (answered > 0)
		fprintf(out, ":%.10e", 0.010 + (low + answered / 2) * 0.001);
	else
		fprintf(out, ":U");
	for (unsigned i = 0; i < pings; i++)
		if (i >= low && i < low + answered)
			fprintf(out, ":%.10e", 0.010 + i * 0.001);
		else
			fprintf(out, ":U");
	fclose(out);
	return text;
}

static void
make(const char *file, unsigned pings)
{
	const char *v[ROWS];
	int lost_in[] = { [CLEAN] = 0,
		[LOSSY] = (int)pings / 5,
		[DEAD] = (int)pings,
		[NOTHING] = -1,
		[ODD] = 1,
		[AGAIN] = 0 };

	create(file, pings);
	for (int i = 0; i < ROWS; i++)
		v[i] = update_of(
		    START + (i + 1) * (long long)STEP, pings, lost_in[i / SEGMENT]);
	rrd_clear_error();
	if (rrd_update_r(file, NULL, ROWS, v) != 0)
		printf("Bail out! %s\n", rrd_get_error());
	for (int i = 0; i < ROWS; i++)
		free((char *)v[i]);
}

/* The commonest colour of the row of the plot at VALUE seconds within SEGMENT: the grid
 * crosses it here and there. */
static uint32_t
color_at(
    const struct png *png, const struct graph *g, enum segment segment, double value)
{
	uint32_t seen[SEGMENT], best = 0;
	unsigned most = 0, n = 0;
	unsigned y = g->head.upper + g->head.plot_height - 1 -
		     (unsigned)(value / TOP * g->head.plot_height);

	for (unsigned i = 20; i < SEGMENT - 20; i++) {
		unsigned x = g->head.left + (unsigned)segment * SEGMENT + i;
		seen[n++] = png->pixel[y * png->width + x];
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned same = 0;

		for (unsigned k = 0; k < n; k++)
			same += seen[k] == seen[i];
		if (same > most) {
			most = same;
			best = seen[i];
		}
	}
	return best;
}

#endif
