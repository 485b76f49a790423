/* Logical lines become sections: nesting, inheritance, uniqueness, which names and
 * values are legal where. */
#ifndef CONFIG_GRAMMAR_H
#define CONFIG_GRAMMAR_H

#include "config/lex.h"
#include "config/schema.h"
#include "config/tree.h"

#define GRAMMAR_DEPTH 64 /* sections inside each other */

/* A probe that "probe =" may name. */
struct probe_def {
	const char *name;
	const struct module *module; /* NULL: third-party */
	const char *module_name;
	struct conf_section *section;
	bool template; /* has instances, so is no probe itself */
	struct probe_def *next;
};

/* An open section. */
struct frame {
	struct conf_section *section;
	struct conf_section *last;     /* child */
	const struct schema *schema;   /* NULL: below a name nobody knows, all goes */
	const struct probe_def *probe; /* in Targets: in force. In Probes: this one */
	bool lax;	 /* the probe is not known: its variables neither */
	bool sealed;	 /* variables and rows are in the section */
	bool probe_late; /* a host or probe variable was set: no probe = any more */
};

/* Something that is accepted and has no effect, named once. */
struct idle {
	const struct schema_key *key;
	struct place at;
	unsigned count;
};

struct grammar {
	struct conf_tree *tree;
	struct conf_report *report;
	bool checked;	  /* text that was checked before: parts may be missing */
	bool probes_seen; /* there is a section Probes */
	struct frame frame[GRAMMAR_DEPTH];
	size_t depth;  /* frames in use; frame[0] is the whole file */
	bool skipping; /* behind a nesting error, up to the next good section */
	struct conf_section *assumed; /* entered as if its header had been there */
	bool fresh_file;	      /* no logical line of this file was seen yet */
	bool ours;		      /* reading the file smokebox */
	const char *file_name;	      /* last element of the file being read */
	/* variables and rows of the innermost section, until it is sealed */
	struct conf_var *var;
	size_t vars, var_room;
	struct conf_row *row;
	size_t rows, row_room;
	struct probe_def *probes;
	struct idle *idle;
	size_t idles;
	struct conf_section **slot; /* every section by parent and name */
	size_t slots, sections;
};

void grammar_init(struct grammar *g, struct conf_tree *tree, struct conf_report *report,
    bool checked);
/* One logical line (cut in place). */
void grammar_line(struct grammar *g, char *line, struct place at);
/* Leave every section: the next file starts at the top. */
void grammar_top(struct grammar *g);
/* All is read: what is missing? */
void grammar_finish(struct grammar *g, struct place whole);
void grammar_free(struct grammar *g);

/* The innermost section. */
struct frame *grammar_frame(struct grammar *g);
/* Where we are, "Targets/A/B", in a buffer that the next call overwrites. */
const char *grammar_path(const struct grammar *g);

#endif
