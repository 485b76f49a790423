/* What is told of a load test: the sentence, and the numbers behind it. */
#ifndef RECORDER_LOADTEXT_H
#define RECORDER_LOADTEXT_H

#include "link/msgload.h"
#include "recorder/loadtests.h"

struct loadtext_pings {
	char path[256];	     /* of the target that was delayed most; "" */
	double idle, loaded; /* medians in seconds, NAN */
	unsigned count;	     /* of pings under load */
};

struct loadtext {
	int64_t begin_s, end_s; /* end 0: it is running */
	bool by_time, over;
	struct loadtests_line line; /* before; name "": not known */
	struct msg_loadresult result;
	struct loadtext_pings pings[LOAD_WAYS];
};

/* To be freed. */
char *loadtext_summary(const struct loadtext *t);
char *loadtext_evidence(const struct loadtext *t); /* JSON object */
/* How much longer others wait under load, in seconds: the mean of the ways that were
 * measured, by fresh connections. NAN when none was. */
double loadtext_added(const struct loadtext *t);

#endif
