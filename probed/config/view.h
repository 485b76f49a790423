/* Deriving the typed views. */
#ifndef CONFIG_VIEW_H
#define CONFIG_VIEW_H

#include "config/tree.h"

struct view {
	struct conf_tree *tree;
	struct conf_report *report;
	bool quiet; /* no warnings */
	struct target_node **node;
	size_t nodes, room;
};

/* A number of seconds or pings as the checks let it through; FALLBACK for none. */
unsigned view_number(const char *text, unsigned fallback);
/* The nodes below Targets, once the probes are there. */
void targets_build(struct view *v);

#endif
