/* GET /api/v1/charts: targets in the order of a chart. */
#include <stdlib.h>

#include "base/json.h"
#include "web/api.h"
#include "web/rank.h"
#include "web/request.h"
#include "web/state.h"

#define LIMIT_DEFAULT 10
#define LIMIT_MAX 10000

static void
put_entry(struct json *j, const struct rank *r, size_t place)
{
	const struct live *live = state_live(r->target->id);

	jw_object(j);
	jw_key(j, "rank");
	jw_int(j, (int64_t)place);
	jw_key(j, "path");
	jw_str(j, r->target->path);
	jw_key(j, "title");
	jw_str(j, r->target->title);
	jw_key(j, "menu");
	jw_str(j, r->target->menu);
	jw_key(j, "value");
	jw_num(j, r->value);
	jw_key(j, "loss_ratio");
	jw_num(j, r->ratio);
	jw_key(j, "pings");
	jw_int(j, live != NULL ? live->pings : r->target->pings);
	jw_key(j, "time");
	jw_int(j, r->row);
	jw_object_end(j);
}

void
charts_handle(struct request *r)
{
	const char *word = request_arg(r, "by");
	enum conf_sorter by = rank_by_word(word != NULL ? word : "");
	size_t count, all;
	struct json j;
	long limit, after;

	if (by == CONF_SORTERS) {
		reply_error(
		    r, 400, "parameter by: expected loss, max, median or stddev");
		return;
	}
	if (request_int(r, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX, &limit) != 0 ||
	    request_int(r, "after", 0, 0, 1000000, &after) != 0)
		return;
	struct rank *rank =
	    rank_targets(by, (size_t)after, (size_t)limit, &count, &all);
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_key(&j, "by");
	jw_str(&j, word);
	jw_key(&j, "unit");
	jw_str(&j, by == CONF_BY_LOSS ? "pings" : "s");
	jw_key(&j, "targets");
	jw_array(&j);
	for (size_t i = 0; i < count; i++)
		put_entry(&j, &rank[i], (size_t)after + i + 1);
	jw_array_end(&j);
	jw_key(&j, "count");
	jw_int(&j, (int64_t)all);
	jw_key(&j, "next");
	if ((size_t)after + count < all)
		jw_int(&j, (int64_t)((size_t)after + count));
	else
		jw_null(&j);
	jw_object_end(&j);
	free(rank);
	api_answer(r);
}
