#include "culpritspan.h"

#include <math.h>
#include <stdlib.h>

static void
put_rates(struct json *j, const struct minute_sum *sum, int64_t seconds)
{
	double s = seconds > 0 ? (double)seconds : NAN;

	jw_put_num(j, "bps_in", round(8 * (double)sum->octets[MINUTE_IN] / s));
	jw_put_num(j, "bps_out", round(8 * (double)sum->octets[MINUTE_OUT] / s));
	jw_put_num(j, "pps_in", round((double)sum->packets[MINUTE_IN] / s));
	jw_put_num(j, "pps_out", round((double)sum->packets[MINUTE_OUT] / s));
}

static void
put_hosts(struct json *j, const struct culprit_traffic *t)
{
	size_t count;
	struct toplist_row *row =
	    toplist_top(t->hosts, CULPRIT_HOSTS, &count, NULL, NULL, NULL);
	char text[ADDR_TEXT];

	jw_key(j, "hosts");
	jw_array(j);
	for (size_t i = 0; i < count; i++) {
		jw_object(j);
		jw_put_str(j, "host", flow_ip_text(&row[i].key.a, text));
		put_rates(j, &row[i].sum, t->covered_s);
		jw_object_end(j);
	}
	jw_array_end(j);
	free(row);
}

void
culprit_put(struct json *j, const char *key, const struct culprit_traffic *t)
{
	jw_key(j, key);
	jw_object(j);
	jw_put_int(j, "start", t->start);
	jw_put_int(j, "end", t->end);
	jw_put_num(j, "coverage", t->coverage);
	put_rates(j, t->total, t->covered_s);
	if (t->hosts != NULL)
		put_hosts(j, t);
	jw_object_end(j);
}
