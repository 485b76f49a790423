/* The page that a user wrote for SmokePing, filled as SmokePing fills it, at
 * SmokePing's addresses. */
#ifndef WEB_SKIN_H
#define WEB_SKIN_H

#include <stdbool.h>
#include <stdio.h>

#include "config/conf.h"
#include "web/hierarchy.h"
#include "web/vantage.h"

struct request;

/* What a page shows: a target or the root, or a place in a hierarchy, or charts. */
struct skin_view {
	const struct conf_target *target; /* NULL: a place without one, or charts */
	const struct spot *place;	  /* NULL: not in a hierarchy */
	const struct spot *root;	  /* of that hierarchy */
	const char *hierarchy;		  /* its id, NULL: none */
	const char *chart;		  /* a chart's name, "" for all; NULL: none */
	char slave[VANTAGE_NAME];	  /* that TARGET is seen by; \"\": all who do */
	const char *filter; /* what the menu is filtered by; NULL: nothing */
};

/* Is there such a page? */
bool skin_is_set(void);
/* Answer R with the page of V. */
void skin_answer(struct request *r, const struct skin_view *v);
/* The configuration changed. */
void skin_forget(void);

/* Before the lock: let the directory of *** Web ***, files, be read. */
void skin_allow(void);
/* Answer R with the file at REST ("css/own.css") that such a page may load; false when
 * there is none. */
bool skin_file(struct request *r, const char *rest);

/* --- its parts: skinmenu.c, skinbody.c -------------------------------------------- */

/* Write the address of the target or place with PATH ("A.B"), with what R has of
 * hierarchy and filter, as the value of an attribute. */
void skin_link(FILE *out, const struct skin_view *v, const char *path);
/* The forms for hierarchy and filter, and the tree opened at V or what the filter
 * finds. 0, or -1 after having answered. */
int skin_menu(FILE *out, struct request *r, const struct skin_view *v);
/* Small graphs of what is below V, or its charts. */
void skin_overview(FILE *out, struct request *r, const struct skin_view *v);
/* The graphs of V itself. 0, or -1 after having answered. */
int skin_body(FILE *out, struct request *r, const struct skin_view *v);

#endif
