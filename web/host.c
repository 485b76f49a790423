#include "web/host.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"

#define HOST_MAX 256

bool
host_name(const char *header, char *name, size_t size)
{
	const char *end;

	if (header[0] == '[') {
		end = strchr(++header, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
	} else {
		end = header + strcspn(header, ":");
	}
	if (*end == ']' ? end[1] == ':' : *end == ':') {
		const char *port = end + (*end == ']' ? 2 : 1);
		if (port[strspn(port, "0123456789")] != '\0')
			return false;
	}
	size_t len = (size_t)(end - header);
	if (len > 0 && header[len - 1] == '.')
		len--;
	if (len == 0 || len >= size)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)header[i];
		if (!isalnum(c) && strchr("-_.:%", c) == NULL)
			return false;
		name[i] = (char)tolower(c);
	}
	name[len] = '\0';
	return true;
}

static bool
has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && strcasecmp(name + n - s, suffix) == 0;
}

/* NAME is OWN's first label, alone or with any suffix. */
static bool
is_own(const char *name, const char *own)
{
	size_t label = strcspn(own, ".");

	return label > 0 && strncasecmp(name, own, label) == 0 &&
	       (name[label] == '\0' || name[label] == '.');
}

static bool
is_listed(const char *name, const char *list)
{
	char word[HOST_MAX];

	while (*(list += strspn(list, " \t,")) != '\0') {
		size_t len = strcspn(list, " \t,");
		if (len < sizeof word) {
			memcpy(word, list, len);
			word[len] = '\0';
			if (strcmp(word, "*") == 0 || strcasecmp(word, name) == 0 ||
			    (strncmp(word, "*.", 2) == 0 && has_suffix(name, word + 1)))
				return true;
		}
		list += len;
	}
	return false;
}

bool
host_allowed(const char *header, const char *own, const char *extra)
{
	static const char *const local[] = { ".local", ".lan", ".home.arpa",
		".internal" };
	char name[HOST_MAX];
	struct addr literal;

	if (!host_name(header, name, sizeof name))
		return false;
	/* Behind the lock nobody can look up an interface, and it is no matter. */
	if (header[0] == '[')
		name[strcspn(name, "%")] = '\0';
	if (addr_parse(&literal, name) == 0 || strcmp(name, "localhost") == 0 ||
	    is_own(name, own))
		return true;
	for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
		if (has_suffix(name, local[i]))
			return true;
	return extra != NULL && is_listed(name, extra);
}
