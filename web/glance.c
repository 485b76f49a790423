#include "web/glance.h"

#include <stdlib.h>

#include "web/figure.h"
#include "web/incidents.h"
#include "web/look.h"
#include "web/rank.h"
#include "web/row.h"
#include "web/state.h"

#define FEW 4	/* targets that are seen at once */
#define WORST 3 /* of each list */

static void
put_entry(struct html *list, enum conf_sorter by, const struct rank *r)
{
	struct html *item = html_item(list, "w_entry");
	char *menu = html_strip(r->target->menu);

	html_text(item, "w_name", menu);
	free(menu);
	row_href(item, "w_href", r->target);
	if (by == CONF_BY_LOSS) {
		figure_percent(item, "w_value", r->ratio);
		html_text(item, "w_unit", "%");
	} else {
		figure_rtt(item, "w_value", "w_unit", r->value);
	}
}

static void
put_worst(struct html *page)
{
	static const struct {
		enum conf_sorter by;
		const char *word;
	} lists[] = {
		{ CONF_BY_LOSS, "most loss" },
		{ CONF_BY_MEDIAN, "slowest" },
		{ CONF_BY_STDDEV, "widest smoke" },
	};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct html *list = html_item(page, "worst");
		/* Some of them may be hidden. */
		size_t count, shown = 0;
		struct rank *rank =
		    rank_targets(lists[i].by, 0, WORST * WORST, &count, NULL);

		html_text(list, "w_word", lists[i].word);
		for (size_t k = 0; k < count && shown < WORST; k++) {
			if (row_hidden(rank[k].target))
				continue;
			put_entry(list, lists[i].by, &rank[k]);
			shown++;
		}
		free(rank);
	}
}

void
glance_put(struct html *page, bool hosts)
{
	const struct conf *conf = state_conf();

	if (conf->target_count < FEW || look_is_new())
		return;
	html_flag(page, "glances", true);
	html_flag(page, "g_charts", conf->charts > 0);
	incidents_glance(page, hosts);
	put_worst(page);
}
