#include "recorder/scrub.h"

#include <ctype.h>
#include <string.h>

/* "::1" has no room for more. */
static const char *
word_for(size_t len)
{
	return len >= 4 ? "gone" : "-";
}

static bool
is_part(char c)
{
	return isxdigit((unsigned char)c) || c == '.' || c == ':';
}

/* Do the LEN bytes at TEXT spell an address of P? */
static bool
is_held(const char *text, size_t len, const struct prefix *p)
{
	char copy[ADDR_TEXT];
	struct addr a;

	if (len < 2 || len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return addr_parse(&a, copy) == 0 && prefix_holds(p, &a);
}

/* How many of the LEN bytes at TEXT, which are digits, dots and colons, are an address
 * of P; 0: none. A sentence may end behind it, a port may follow an IPv4 one. */
static size_t
held(const char *text, size_t len, const struct prefix *p)
{
	const char *colon = memchr(text, ':', len);

	if (is_held(text, len, p))
		return len;
	if (len > 2 && (text[len - 1] == '.' || text[len - 1] == ':') &&
	    is_held(text, len - 1, p))
		return len - 1;
	if (colon != NULL && memchr(text, '.', (size_t)(colon - text)) != NULL &&
	    is_held(text, (size_t)(colon - text), p))
		return (size_t)(colon - text);
	return 0;
}

bool
scrub(char *text, const struct prefix *p)
{
	char *to = text;
	bool any = false;

	for (const char *at = text; *at != '\0';) {
		size_t len = 0, gone = 0;
		while (is_part(at[len]))
			len++;
		if (len == 0) {
			/* A word is passed over as a whole: "feed" of "feeder" is none. */
			do
				*to++ = *at++;
			while (isalnum((unsigned char)at[-1]) &&
			       isalnum((unsigned char)*at));
			continue;
		}
		if (!isalnum((unsigned char)at[len]))
			gone = held(at, len, p);
		if (gone > 0) {
			const char *word = word_for(gone);
			memmove(to, word, strlen(word));
			to += strlen(word);
			at += gone;
			len -= gone;
			any = true;
		}
		memmove(to, at, len);
		to += len;
		at += len;
	}
	*to = '\0';
	return any;
}
