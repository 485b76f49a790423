/* An attack in words and as JSON. */
#ifndef INFER_ATTACKTEXT_H
#define INFER_ATTACKTEXT_H

#include <stddef.h>

#include "base/json.h"
#include "infer/attack.h"
#include "infer/finding.h"

#define ATTACK_KIND "attack"
#define ATTACK_SOURCE "flows"

#define ATTACK_SUMMARY 500
#define ATTACK_SUBJECT 64

/* "192.0.2.1", "192.0.2.1 out" of what it sends, "network" of all; into BUF
 * (ATTACK_SUBJECT bytes). */
void attack_subject(const struct attack *a, char *buf);
/* The other way round. 0, or -1. */
int attack_subject_read(const char *text, struct flow_ip *host, bool *out);
/* The sentence, into BUF (ATTACK_SUMMARY bytes). */
void attack_summary(const struct attack *a, char *buf);
/* "sure", "likely" or "hint". */
const char *attack_confidence(const struct attack *a);
/* For other judges: how much comes (goes) now, of what kind, at whom. */
void attack_finding(const struct attack *a, struct infer_finding *f);
/* Every number behind it, a JSON object, malloced. */
char *attack_evidence(const struct attack *a);
/* A as an incident: an object with all of it. Not OVER: its end is null. */
void attack_json(struct json *j, const struct attack *a, bool over);

#endif
