/* The text of a configuration file without its secrets, and with them again: "•••"
 * stands for each, and comes back for what it was, where it was. */
#ifndef EDIT_MASK_H
#define EDIT_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "config/conf.h"

#define MASK_MARK "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2" /* ••• */

struct mask;

/* Look through the LEN bytes of TEXT (copied). CONF, which is in force, tells secrets
 * that stand where no line shows that they are some; NULL: none is. */
struct mask *mask_new(const char *text, size_t len, const struct conf *conf);
void mask_free(struct mask *m);
/* The text without secrets, of as many lines; malloced, with a zero behind its LEN
 * bytes. */
char *mask_shown(const struct mask *m, size_t *len);
/* DRAFT, which was made of mask_shown(), with its secrets: a line with a mark has to be
 * one of the text, in the same section, and is what it was. Lines end as those of the
 * text do. NULL when a mark stands for nothing: LINE is where. Malloced likewise. */
char *mask_back(const struct mask *m, const char *draft, size_t draft_len, size_t *len,
    unsigned *line);

#endif
