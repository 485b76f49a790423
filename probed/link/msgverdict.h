/* How things stand by the judge of the path (infer/verdict.h), from recorder to web. */
#ifndef LINK_MSGVERDICT_H
#define LINK_MSGVERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "infer/finding.h"
#include "infer/segment.h"
#include "link/msg.h"

#define VERDICT_NAMES 2 /* as many as finding_private() has */

struct msg_verdict {
	bool fine;
	uint8_t confidence; /* enum confidence; CONFIDENCE_NONE: nothing can be said */
	uint8_t segment;    /* enum segment, where it is not fine */
	int64_t begin;	    /* epoch seconds; 0 where nothing can be said */
	int64_t incident;   /* with the evidence; 0: there is none */
	char cause[FINDING_WORD], sentence[FINDING_SENTENCE];
	/* What of the sentence not everybody may read; "": nothing. */
	char name[VERDICT_NAMES][FINDING_FACT];
	uint8_t level[SEGMENTS]; /* enum verdict_level */
};

/* What V says to who may not read hosts; to be freed. */
char *msg_verdict_veiled(const struct msg_verdict *v);

/* MSG_VERDICT. */
void msg_put_verdict(struct msg_out *out, const struct msg_verdict *v);
/* 0, or -1 when it is not to be believed. */
int msg_get_verdict(struct msg_in *in, struct msg_verdict *v);

#endif
