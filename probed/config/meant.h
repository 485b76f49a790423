/* Helping somebody who mistyped: what was probably meant, what would be right. */
#ifndef CONFIG_MEANT_H
#define CONFIG_MEANT_H

#include "config/grammar.h"

/* The variable of F that NAME was probably meant to be, or "". */
const char *meant_key(const struct frame *f, const char *name);
/* ", expected 'FPing'?" where NAME is nearly that (in a buffer of its own); else "". */
const char *meant_module(const char *name);
/* The variables that F knows, into BUF with commas between them. */
void meant_keys(const struct frame *f, char *buf, size_t size);
/* The names that SCHEMA allows inside, likewise; returns BUF. */
const char *meant_sections(const struct schema *schema, char *buf, size_t size);

#endif
