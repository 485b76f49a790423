/* irtt's JSON. */
#include <jansson.h>
#include <string.h>

#include "base/stats.h"
#include "runner/outputs.h"

const char *const irtt_metrics[IRTT_METRICS] = {
	"rtt",
	"send",
	"receive",
	"ipdv",
	"send_ipdv",
	"receive_ipdv",
};

/* METRIC of one round trip in ns; -1 when it has none, or was lost. */
static int64_t
irtt_value(const json_t *trip, enum irtt_metric metric)
{
	static const char *const key[] = { "rtt", "send", "receive" };
	const char *lost = json_string_value(json_object_get(trip, "lost"));
	const json_t *of =
	    json_object_get(trip, metric >= IRTT_IPDV ? "ipdv" : "delay");
	const json_t *value = json_object_get(of, key[metric % IRTT_IPDV]);

	if (lost == NULL || strcmp(lost, "false") != 0 || !json_is_integer(value))
		return -1;
	json_int_t ns = json_integer_value(value);
	if (ns < 0)
		/* Clocks that disagree make a way shorter than nothing. */
		ns = metric < IRTT_IPDV || ns == INT64_MIN ? 0 : -ns;
	return ns;
}

static int64_t
irtt_median(const struct times *t)
{
	double sorted[ROUND_MAX_PINGS + 1];
	size_t n = 0;

	for (unsigned i = 0; i < t->count; i++)
		if (t->ns[i] >= 0)
			sorted[n++] = (double)t->ns[i];
	stats_sort(sorted, n);
	return (int64_t)stats_quantile(sorted, n, 0.5);
}

void
times_irtt(struct times *t, const char *text, size_t len, enum irtt_metric metric)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, 0, &error), *trip;
	const json_t *trips = json_object_get(root, "round_trips");
	size_t i;

	if (!json_is_array(trips)) {
		t->why = PING_NOT_SENT;
		times_say(t, "its output is not what was expected");
		json_decref(root);
		return;
	}
	t->tried = true;
	json_array_foreach((json_t *)trips, i, trip)
	{
		int64_t ns = irtt_value(trip, metric);

		if (ns >= 0 && i < ROUND_MAX_PINGS)
			times_put(t, (unsigned)i, ns);
	}
	if (metric >= IRTT_IPDV && t->answered > 0 && t->ns[0] < 0)
		times_put(t, 0, irtt_median(t));
	json_decref(root);
}
