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
/* The charts of Presentation, or those that are built in. */
void charts_build(struct view *v);
/* What the section Master says. */
void conf_note_master(struct conf *conf);
/* pace.c: what the section Pace says. */
void conf_note_pace(struct conf *conf);
/* The slaves, and who of them measures which target. */
void slaves_build(struct view *v);
void slaves_assign(struct view *v);
/* The nodes below Targets, once the probes are there. */
void targets_build(struct view *v);
/* Where rounds go as lines. */
void sinks_build(struct view *v);
/* Say where the pings of T, sent one behind the other, do not work out. */
void trains_check(struct view *v, struct conf_target *t);
/* Say which patterns of alerts are wrong, and which alerts are named and not there. */
void alerts_check(struct view *v);
/* window.c: complain of silences that are none, and of what lies behind nothing. */
void windows_check(struct view *v);
void behind_check(struct view *v, const struct conf_target *t);
/* Say what the receivers of *** Actions *** lack, and who of the others is not reached. */
void actions_check(struct view *v);
/* Say what devices that are asked by SNMP lack to be asked. */
void pollers_check(struct view *v);
/* Say what of *** Collector *** can hardly be meant; its view is there. */
void collector_check(struct view *v);

#endif
