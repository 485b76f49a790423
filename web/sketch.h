/* Small drawings that need no painter. */
#ifndef WEB_SKETCH_H
#define WEB_SKETCH_H

#include <stdio.h>

#include "link/msg.h"

/* WHY as an SVG picture of the size and theme that DRAW has. */
void sketch_words(FILE *out, const struct msg_draw *draw, const char *why);

#endif
