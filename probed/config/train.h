/* Trains of pings for a grade of voice: "sampler = voice" and what goes with it. */
#ifndef CONFIG_TRAIN_H
#define CONFIG_TRAIN_H

#include "config/conf.h"

/* A train shorter than this is too short to be graded. */
#define TRAIN_GRADED_MS 10000
/* Expedited forwarding, RFC 3246: what phones ask for. */
#define TRAIN_TOS 0xb8

enum train_codec {
	TRAIN_G711,	/* ITU-T G.711 without concealment of losses */
	TRAIN_G711_PLC, /* with */
	TRAIN_G729,	/* G.729A with voice activity detection */
	TRAIN_CODECS
};

enum train_mos {
	TRAIN_EMODEL, /* ITU-T G.107 */
	TRAIN_SIMPLE, /* the shortcut of monitoring tools */
};

struct conf_train {
	unsigned gap_ms; /* 20..50 */
	unsigned bytes;	 /* of an RTP packet of that call: behind UDP's header */
	uint8_t codec;	 /* enum train_codec */
	uint8_t mos;	 /* enum train_mos */
};

/* Are the pings of T sent as a train? Fills in TRAIN. */
bool conf_train(
    const struct conf *conf, const struct conf_target *t, struct conf_train *train);

#endif
