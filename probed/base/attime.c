#include "base/attime.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

char *
attime_minutes(const char *text)
{
	char *out = mem_alloc(3 * strlen(text) + 1), *at = out;

	for (const char *s = text; *s != '\0'; s++) {
		*at++ = *s;
		if ((*s == 'm' || *s == 'M') && s > text &&
		    isdigit((unsigned char)s[-1]) && !isalpha((unsigned char)s[1])) {
			*at++ = 'i';
			*at++ = 'n';
		}
	}
	*at = '\0';
	return out;
}
