#include "alert/values.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
put(struct values *v, double loss, double rtt)
{
	/* Memory grows with the history that there is, not with what may come. */
	if (v->count == v->room) {
		v->room = v->room == 0 ? 8 : 2 * v->room;
		v->loss = mem_grow(v->loss, v->room, sizeof *v->loss);
		v->rtt = mem_grow(v->rtt, v->room, sizeof *v->rtt);
	}
	v->loss[v->count] = loss;
	v->rtt[v->count++] = rtt;
}

/* V, zeroed at first, starts with nothing but the mark. */
static void
values_start(struct values *v)
{
	v->count = 0;
	put(v, VALUES_START, VALUES_START);
}

void
values_push(struct values *v, double lost, unsigned pings, double median)
{
	if (v->count == 0)
		values_start(v);
	put(v, isnan(lost) ? 0 : lost * 100 / pings, median);
	size_t keep = v->keep > 0 ? v->keep : 1;
	if (v->count <= keep)
		return;
	size_t drop = v->count - keep;
	v->count -= drop;
	memmove(v->loss, v->loss + drop, v->count * sizeof *v->loss);
	memmove(v->rtt, v->rtt + drop, v->count * sizeof *v->rtt);
}

void
values_free(struct values *v)
{
	free(v->loss);
	free(v->rtt);
	*v = (struct values){ 0 };
}

/* --- for people ------------------------------------------------------------------ */

static char *
text(const struct values *v, const double *value, const char *name, double scale,
    const char *unit)
{
	char *s = NULL;
	size_t len;
	FILE *out = mem_stream(&s, &len);

	fprintf(out, "%s: ", name);
	size_t first = v->count > VALUES_TOLD ? v->count - VALUES_TOLD : 0;
	for (size_t i = first; i < v->count; i++) {
		fputs(i > first ? ", " : "", out);
		if (value[i] == VALUES_START)
			putc('S', out);
		else if (isnan(value[i]))
			putc('U', out);
		else
			fprintf(out, "%.0f%s", value[i] * scale, unit);
	}
	mem_stream_end(out);
	return s;
}

char *
values_loss_text(const struct values *v)
{
	return text(v, v->loss, "loss", 1, "%");
}

char *
values_rtt_text(const struct values *v)
{
	return text(v, v->rtt, "rtt", 1000, "ms");
}
