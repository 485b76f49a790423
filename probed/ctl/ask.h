/* What the daemon answers, as JSON. */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include <jansson.h>

#include "ctl/ctl.h"

/* The object at PATH ("/api/v1/status"), its texts tame enough for a terminal. NULL after
 * having complained. */
json_t *ctl_ask(const struct ctl *ctl, const char *path);
/* Likewise, what BODY says, which came from PATH with STATUS and is freed. */
json_t *ctl_parse(const char *path, int status, char *body);

/* Member KEY of OBJECT, which it stays part of; "" where there is none, or it is no
 * text. */
const char *ask_text(const json_t *object, const char *key);
/* Likewise a whole number, or 0. */
long long ask_integer(const json_t *object, const char *key);

#endif
