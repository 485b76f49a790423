/* What should be there and is not; and what is there without an effect yet. */
#ifndef CONFIG_MISSING_H
#define CONFIG_MISSING_H

#include "config/grammar.h"

/* The innermost section F has all its variables: which ones does it lack? */
void missing_entries(struct grammar *g, const struct frame *f);
/* It has all its sections, too. */
void missing_sections(struct grammar *g, const struct frame *f);
/* All is read: sections of WHOLE, variables of probes, what is not acted on. */
void missing_at_end(struct grammar *g, struct place whole);

#endif
