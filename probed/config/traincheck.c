/* What does not work out where pings follow each other closely. */
#include <string.h>

#include "config/schema.h"
#include "config/train.h"
#include "config/tree.h"
#include "config/view.h"

#define TIMEOUT_MS 2000 /* where none is set */
#define CONTINUOUS_LEAST_MS 20

/* T cannot be measured, as NOTE says. */
static void
refuse(struct view *v, struct conf_target *t, struct place at, const char *note)
{
	if (t->note == NULL)
		t->note = note;
	if (!v->quiet)
		report_warning(v->report, at, "%s: %s", t->path, note);
}

static void
check_continuous(struct view *v, struct conf_target *t)
{
	double apart = t->step * 950.0 / t->pings;

	if (apart < CONTINUOUS_LEAST_MS)
		refuse(v, t, t->section->at,
		    arena_printf(&v->tree->arena,
			"cannot measure: %u pings in %u s are one every %.1f ms, "
			"expected one every %d ms at most: fewer pings or a longer step",
			t->pings, t->step, apart, CONTINUOUS_LEAST_MS));
}

static void
check_train(struct view *v, struct conf_target *t, struct place at,
    const struct conf_train *train)
{
	double ms = (double)t->pings * train->gap_ms;
	const char *timeout = conf_target_value(&v->tree->conf, t, "timeout", NULL);
	double wait = timeout == NULL ? TIMEOUT_MS : schema_number(timeout) * 1000;

	if (!module_trains(module_find(t->probe->module))) {
		refuse(v, t, at,
		    arena_printf(&v->tree->arena,
			"cannot measure: %s sends no trains (sampler = voice), expected a "
			"probe of ICMP echo or STAMP",
			t->probe->module));
		return;
	}
	if (v->quiet)
		return;
	if (ms < TRAIN_GRADED_MS)
		report_warning(v->report, at,
		    "the train of %s, %u pings %u ms apart, lasts %.1f s: voice is not "
		    "graded by it, expected %u pings or more",
		    t->path, t->pings, train->gap_ms, ms / 1000,
		    (TRAIN_GRADED_MS + train->gap_ms - 1) / train->gap_ms);
	if (ms + wait > t->step * 1000.0)
		report_warning(v->report, at,
		    "the train of %s lasts %.1f s with its timeout, its step %u s: "
		    "rounds are skipped, expected a longer step or fewer pings",
		    t->path, (ms + wait) / 1000, t->step);
}

void
trains_check(struct view *v, struct conf_target *t)
{
	struct conf_train train;
	struct place at;

	if (t->kind != CONF_MEASURED || t->probe == NULL)
		return;
	if (conf_train(&v->tree->conf, t, &train)) {
		conf_target_value(&v->tree->conf, t, "sampler", &at);
		check_train(v, t, at, &train);
	} else if (strcmp(t->probe->module, "FPingContinuous") == 0)
		check_continuous(v, t);
}
