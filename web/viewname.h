/* What a file is called that somebody keeps of a view. */
#ifndef WEB_VIEWNAME_H
#define WEB_VIEWNAME_H

#include <stdint.h>

struct request;

/* R's answer is the view of WHAT ("A.B", "A.B~slave") from START to END, epoch seconds,
 * in a file "A.B_2026-01-31_1800_to_2026-01-31_2100.EXT" in local time: to be SHOWN, or
 * else to be kept. What no file name should have is left out of WHAT. */
enum view_use {
	VIEW_SHOWN,
	VIEW_KEPT
};
void viewname_set(struct request *r, enum view_use use, const char *what, int64_t start,
    int64_t end, const char *ext);

#endif
