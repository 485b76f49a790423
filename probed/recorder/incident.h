/* What is said of an incident, as JSON. */
#ifndef RECORDER_INCIDENT_H
#define RECORDER_INCIDENT_H

#include "recorder/events.h"

/* What a letter says of IN when nobody has words of their own, an object. Malloced. */
char *incident_body(const struct incident *in);
/* EVIDENCE, an object, with WHY it was closed in it. Malloced. */
char *incident_evidence(const char *evidence, const char *why);

#endif
