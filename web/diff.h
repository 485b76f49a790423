/* What is different between two texts, line by line. */
#ifndef WEB_DIFF_H
#define WEB_DIFF_H

#include <stddef.h>

enum diff_kind {
	DIFF_SAME,
	DIFF_GONE, /* of the first text alone */
	DIFF_NEW,  /* of the second one alone */
	DIFF_GAP   /* lines that are the same are left out here */
};

struct diff_row {
	enum diff_kind kind;
	unsigned before, after; /* line numbers in either, from 1; 0: not there */
	const char *text;	/* of the line, borrowed from the texts: ... */
	size_t len;		/* ... so many bytes */
};

/* Lines of BEFORE and AFTER that are different, with some around them. The rows (to be
 * freed) in ROWS; how many, 0 when there is no difference. What is very different is
 * told as all gone, and all new. */
size_t diff_rows(const char *before, const char *after, struct diff_row **rows);

#endif
