#include "base/dscp.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static const struct {
	const char *name;
	int point;
} names[] = {
	{ "default", 0 },
	{ "be", 0 },
	{ "df", 0 },
	{ "cs0", 0 },
	{ "le", 1 },
	{ "cs1", 8 },
	{ "af11", 10 },
	{ "af12", 12 },
	{ "af13", 14 },
	{ "cs2", 16 },
	{ "af21", 18 },
	{ "af22", 20 },
	{ "af23", 22 },
	{ "cs3", 24 },
	{ "af31", 26 },
	{ "af32", 28 },
	{ "af33", 30 },
	{ "cs4", 32 },
	{ "af41", 34 },
	{ "af42", 36 },
	{ "af43", 38 },
	{ "cs5", 40 },
	{ "va", 44 },
	{ "ef", 46 },
	{ "cs6", 48 },
	{ "cs7", 56 },
};

/* A number of 0 to MOST, or -1. */
static int
dscp_number(const char *text, int most)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -1;
	errno = 0;
	unsigned long v = strtoul(text, &end, 0);
	return errno == 0 && *end == '\0' && v <= (unsigned long)most ? (int)v : -1;
}

static int
dscp_name(const char *text)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcasecmp(names[i].name, text) == 0)
			return names[i].point << 2;
	return -1;
}

int
dscp_tos(const char *text)
{
	int tos = dscp_name(text);

	return tos >= 0 ? tos : dscp_number(text, 255);
}

int
dscp_point(const char *text)
{
	int tos = dscp_name(text), point = dscp_number(text, 63);

	return tos >= 0 ? tos : point < 0 ? -1 : point << 2;
}
