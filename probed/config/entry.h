/* What stands in a section: variables and rows. */
#ifndef CONFIG_ENTRY_H
#define CONFIG_ENTRY_H

#include "config/grammar.h"

/* NAME = VALUE in the innermost section. */
void entry_variable(
    struct grammar *g, const char *name, const char *value, struct place at);
/* A row of its table (cut in place). */
void entry_row(struct grammar *g, char *line, struct place at);
/* The innermost section, which follows SCHEMA, takes over what FROM around it has. */
void entry_inherit(
    struct grammar *g, const struct frame *from, const struct schema *schema);
/* The rule for variable NAME in F; NULL when there is none. */
const struct schema_key *entry_key(const struct frame *f, const char *name);
/* The probe that "probe = NAME" means; NULL when there is none. */
const struct probe_def *entry_probe(const struct grammar *g, const char *name);

#endif
