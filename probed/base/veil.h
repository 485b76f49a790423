/* Names that not everybody may read, taken out of text. */
#ifndef BASE_VEIL_H
#define BASE_VEIL_H

/* TEXT with "a device" in place of NAME ("": nothing is); to be freed. */
char *veil_text(const char *text, const char *name);

#endif
