/* Doubles as decimal text, as printf() writes them, in a tenth of its time: answers
 * have thousands. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stddef.h>

#define DECIMAL_TEXT 32 /* bytes of any such number, with its NUL */

/* V, which is finite, as "%.*g" with DIGITS (1 to 17) writes it. The length. */
size_t decimal_text(char buf[DECIMAL_TEXT], double v, int digits);

/* V, which is finite, with as few digits, of 9, 13 and 17, as read back the same. Nine
 * say all that nanoseconds hold up to a second. The length. */
size_t decimal_exact(char buf[DECIMAL_TEXT], double v);

#endif
