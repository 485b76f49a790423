/* Inside the room: what stands behind a struct conf, and the steps of a load. */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include "config/conf.h"

/* Memory that goes away at once: every string and record of one conf. */
struct arena {
	struct arena_block *block;
};

/* SIZE bytes, zeroed; a copy of SIZE bytes at FROM, of the text S (NULL: NULL), of LEN
 * bytes of it, or a text as printf() makes it. All go with the arena, and only then. */
void *arena_zero(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *from, size_t size);
char *arena_str(struct arena *arena, const char *s);
char *arena_strn(struct arena *arena, const char *s, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What a slave sees of a target. */
struct series {
	uint64_t id;
	const struct conf_target *target;
	const struct conf_slave *slave;
};

/* A target with what only this room knows of it. */
struct target_node {
	struct conf_target target;	      /* first: cast back */
	const struct conf_section *overrides; /* of *** Overrides ***; NULL: none */
	char *told; /* the address of a dynamic host, ADDR_TEXT bytes; or NULL */
};

struct conf_tree {
	struct conf conf; /* first: cast back */
	struct arena arena;
	const struct target_node **by_id; /* target_count, ascending by id */
	const struct series *series;	  /* ascending by id */
	size_t series_count;
	const struct conf_section **probe_overrides; /* per conf.probe, or NULL */
};

/* --- report ---------------------------------------------------------------------- */

/* Add a complaint at AT (whose file is copied). */
void report_error(struct conf_report *report, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void report_warning(struct conf_report *report, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void report_note(struct conf_report *report, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Append a top section NAME (not copied) that no file has, with VARS variables whose
 * values are copied. */
void tree_add_section(
    struct conf *conf, const char *name, const struct conf_var *var, size_t vars);

/* --- views ----------------------------------------------------------------------- */

/* Derive the typed views of TREE from its sections. QUIET: no warnings (they were given
 * when the text was checked first). */
void view_build(struct conf_tree *tree, struct conf_report *report, bool quiet);

/* --- built-in texts -------------------------------------------------------------- */

/* The default text of the file NAME ("Targets"), for the caller to free; NULL when
 * there is none. */
char *default_text(const char *name, const char *datadir);

#endif
