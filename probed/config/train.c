#include "config/train.h"

#include <stdlib.h>
#include <string.h>

#define TRAIN_GAP_MS 20
#define TRAIN_RTP 12 /* bytes of RTP's header */

static bool
is(const struct conf *conf, const struct conf_target *t, const char *key,
    const char *value)
{
	const char *v = conf_target_value(conf, t, key, NULL);

	return v != NULL && strcmp(v, value) == 0;
}

bool
conf_train(
    const struct conf *conf, const struct conf_target *t, struct conf_train *train)
{
	if (!is(conf, t, "sampler", "voice"))
		return false;
	const char *gap = conf_target_value(conf, t, "gap", NULL);

	*train = (struct conf_train){
		.gap_ms = gap == NULL ? TRAIN_GAP_MS : (unsigned)strtoul(gap, NULL, 10),
		.codec = TRAIN_G711_PLC,
		.mos = is(conf, t, "mos", "simple") ? TRAIN_SIMPLE : TRAIN_EMODEL
	};
	if (is(conf, t, "codec", "g711"))
		train->codec = TRAIN_G711;
	else if (is(conf, t, "codec", "g729"))
		train->codec = TRAIN_G729;
	train->bytes = TRAIN_RTP + train->gap_ms * (train->codec == TRAIN_G729 ? 1 : 8);
	return true;
}
