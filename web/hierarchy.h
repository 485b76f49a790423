/* Alternate trees: a target's variable "parents" hangs it up in other places,
 * "ID:/A/B", of hierarchies that Presentation names. */
#ifndef WEB_HIERARCHY_H
#define WEB_HIERARCHY_H

#include <stddef.h>

#include "config/conf.h"

/* A place in a hierarchy. Its children are in the order of their names. */
struct spot {
	const char *name;		  /* last element; "" of the root */
	const char *path;		  /* "A.B", "" of the root */
	const struct conf_target *target; /* what hangs here; NULL: only others below */
	struct spot *parent, *first, *next;
};

/* The root of hierarchy ID, or NULL where Presentation has none of that name. Valid
 * until the configuration changes. */
const struct spot *hierarchy_root(const char *id);
/* The place at PATH ("A.B") of ROOT; NULL when there is none. */
const struct spot *hierarchy_spot(const struct spot *root, const char *path);
/* The same of "A.B~slave"; SLAVE gets VANTAGE_NAME bytes, "" where none is named. NULL
 * also where there is no such slave, or nothing there that one could see. */
const struct spot *hierarchy_parse(
    const struct spot *root, const char *path, char *slave);
/* The sections of all hierarchies, COUNT, in the order of their ids. Caller frees the
 * list. */
const struct conf_section **hierarchy_list(size_t *count);
/* What a menu calls P: the target's word, else the element of the path. */
const char *spot_menu(const struct spot *p);
/* Forget all: the configuration changed. */
void hierarchy_forget(void);

#endif
