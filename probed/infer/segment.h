/* Where on the way from this box to the far end something is the matter, and how sure
 * that is: the two words that every finding has. */
#ifndef INFER_SEGMENT_H
#define INFER_SEGMENT_H

/* In the order of the path; the numbers are kept nowhere, the words are. */
enum segment {
	SEGMENT_NONE, /* it is about no place on the path */
	SEGMENT_HOST, /* this box: its CPU, clock, network interface */
	SEGMENT_WIFI, /* the radio between this box and the home network */
	SEGMENT_HOME, /* the home network: cables, switches, bridges */
	SEGMENT_ROUTER,
	SEGMENT_ACCESS,	  /* the line between router and provider */
	SEGMENT_PROVIDER, /* the provider's network behind the access hop */
	SEGMENT_TRANSIT,  /* networks between the provider and far ends; peerings */
	SEGMENT_FAR,	  /* one far end, or its own last mile */
	SEGMENT_RESOLVER, /* the server that answers for names */
	SEGMENT_BEYOND,	  /* somewhere behind the router: nothing tells more */
	SEGMENTS
};

/* "host", "wifi", "home", ..., "beyond"; "" for SEGMENT_NONE: in JSON, and the subject
 * of an incident that is about a segment. */
const char *segment_word(enum segment segment);
/* The segment of WORD as people call it, "access line"; NULL when WORD is none. */
const char *segment_label(const char *word);

/* The other way round; SEGMENT_NONE when it is none. */
enum segment segment_by_word(const char *word);

/* Right in so many of 100 cases at least (DESIGN 6). */
enum confidence {
	CONFIDENCE_NONE,   /* nothing is said */
	CONFIDENCE_HINT,   /* 60 */
	CONFIDENCE_LIKELY, /* 90 */
	CONFIDENCE_SURE,   /* 99 */
	CONFIDENCES
};

/* "hint", "likely", "sure"; "" for CONFIDENCE_NONE. */
const char *confidence_word(enum confidence confidence);
/* The other way round; CONFIDENCE_NONE when it is none. */
enum confidence confidence_by_word(const char *word);

/* How a segment is, by a verdict; from FINE on probes of ours tell. */
enum verdict_level {
	VERDICT_UNMEASURED, /* no probe of ours crosses it */
	VERDICT_LEARNING,   /* probes do, and there is not enough of them yet */
	VERDICT_FINE,
	VERDICT_BAD,
	VERDICT_BEHIND, /* what is bad lies in front of it, and hides how it is */
	VERDICT_LEVELS
};
const char *verdict_level_word(enum verdict_level level); /* "fine" */

#endif
