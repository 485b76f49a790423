/* What Home Assistant is told through MQTT, in its words: topics and payloads of MQTT
 * discovery. This box is one device; each target has a few entities on it, and so has
 * the verdict. All that is returned is to be freed. */
#ifndef COURIER_HOMEASSISTANT_H
#define COURIER_HOMEASSISTANT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/conf.h"
#include "link/msgverdict.h"
#include "round.h"

#define HA_OF_TARGET 4 /* median, loss, jitter, reachable */
#define HA_OF_BOX 4    /* verdict, segment, confidence, problem */
#define HA_TOPIC_MAX 1024

/* The one name of this box at its broker: that of the device and of the client. */
char *ha_node(const struct conf_sink *c);
/* "online" or "offline". */
char *ha_status_topic(const struct conf_sink *c);
/* Where the figures of the target at PATH ("A.B") are; NULL: how things stand. */
char *ha_state_topic(const struct conf_sink *c, const char *path);
/* Where entity I of the target with this ID is described; 0: of this box. */
char *ha_config_topic(const struct conf_sink *c, uint64_t id, unsigned i);
/* The description of entity I of T; NULL: of this box. */
char *ha_config(const struct conf_sink *c, const struct conf_target *t, unsigned i);

/* The figures of R; NULL, or of a round that is unknown: all are null, which is
 * "unknown" there. */
char *ha_round(const struct round *r);
/* How things stand; NULL, or where nothing can be said: unknown. */
char *ha_verdict(const struct conf_sink *c, const struct msg_verdict *v);

/* What to subscribe to, to see every description of ours that the broker keeps. */
char *ha_sweep_filter(const struct conf_sink *c);
/* Is TOPIC one of those? */
bool ha_is_ours(const struct conf_sink *c, const char *topic);
/* The id in TOPIC, which is one of those; 0: it has none. */
uint64_t ha_id_of(const struct conf_sink *c, const char *topic);
/* The topic of figures that PAYLOAD, a description of LEN bytes that was found there,
 * names; NULL where it names none of our targets'. */
char *ha_named_state(const struct conf_sink *c, const void *payload, size_t len);
/* Is TOPIC where the figures of the target at PATH are? */
bool ha_is_state(const struct conf_sink *c, const char *topic, const char *path);
/* Where Home Assistant says that it has (re)started. */
char *ha_birth_topic(const struct conf_sink *c);

#endif
