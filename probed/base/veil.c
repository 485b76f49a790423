#include "base/veil.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define SOMEBODY "a device"

char *
veil_text(const char *text, const char *name)
{
	const char *at;
	char *veiled;
	size_t size;
	FILE *out = open_memstream(&veiled, &size);

	if (out == NULL)
		fatal("open_memstream");
	while (*name != '\0' && (at = strstr(text, name)) != NULL) {
		fprintf(out, "%.*s" SOMEBODY, (int)(at - text), text);
		text = at + strlen(name);
	}
	fputs(text, out);
	fclose(out);
	return veiled;
}
