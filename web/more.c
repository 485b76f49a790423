#include "web/more.h"

#include <inttypes.h>
#include <math.h>

#include "web/figure.h"

static struct html *
more_item(struct html *page, const char *label)
{
	struct html *item = html_item(page, "more");

	html_text(item, "more_label", label);
	html_text(item, "more_unit", "");
	return item;
}

static void
more_number(struct html *item, double value)
{
	bool whole = fabs(value - round(value)) < 5e-3;

	html_printf(item, "more_value", "%.*f", whole ? 0 : 2, value);
}

static void
more_extra(struct html *page, const struct round_extra *e)
{
	const struct extra_kind *kind = extra_kind(e->kind);
	struct html *item = more_item(page, kind->label);

	switch (kind->unit) {
	case EXTRA_SECONDS:
		figure_rtt(item, "more_value", "more_unit", e->value);
		break;
	case EXTRA_RATIO:
		figure_percent(item, "more_value", e->value);
		html_text(item, "more_unit", "%");
		break;
	case EXTRA_DAYS:
		html_printf(item, "more_value", "%.0f", floor(e->value));
		html_text(item, "more_unit", "days");
		break;
	default:
		more_number(item, e->value);
	}
}

static void
more_count(struct html *page, const char *label, uint64_t count)
{
	if (count > 0)
		html_printf(more_item(page, label), "more_value", "%" PRIu64, count);
}

/* Which share of the answers has times that no scheduler of ours is in. */
static void
more_stamps(struct html *page, const struct live_odd *odd)
{
	uint64_t kernel = odd->stamp[STAMP_KERNEL] + odd->stamp[STAMP_KERNEL_NEAR];
	uint64_t all = odd->stamp[STAMP_USER] + odd->stamp[STAMP_KERNEL_RX] + kernel;
	struct html *item;

	if (all == 0)
		return;
	item = more_item(page, "timed by the kernel");
	figure_percent(item, "more_value", (double)kernel / (double)all);
	html_text(item, "more_unit", "%");
}

void
more_present(struct html *page, const struct conf_target *t, const struct live *live)
{
	if (live == NULL || !live->measured)
		return;
	for (unsigned i = 0; i < live->extras; i++)
		more_extra(page, &live->extra[i]);
	more_count(page, "too late", live->odd.late);
	more_count(page, "came twice", live->odd.duplicates);
	more_count(page, "out of order", live->odd.reordered);
	more_count(page, "other TTL", live->odd.ttl_changes);
	more_count(page, "forged", live->odd.forged);
	more_count(page, "from elsewhere", live->odd.wrong_source);
	more_count(page, "cut short", live->odd.truncated);
	more_count(page, "TTL", live->ttl);
	/* Of what others measure for us nothing is, and nothing is wrong with that. */
	if (conf_target_home(state_conf(), t) == MODULE_PROBER)
		more_stamps(page, &live->odd);
	if (live->suspect)
		html_text(
		    more_item(page, "receive buffer"), "more_value", "overflowed");
}
