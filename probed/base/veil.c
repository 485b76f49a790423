#include "base/veil.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define SOMEBODY "a device"

char *
veil_text(const char *text, const char *name)
{
	const char *at;
	char *veiled;
	size_t size;
	FILE *out = mem_stream(&veiled, &size);

	while (*name != '\0' && (at = strstr(text, name)) != NULL) {
		fprintf(out, "%.*s" SOMEBODY, (int)(at - text), text);
		text = at + strlen(name);
	}
	fputs(text, out);
	mem_stream_end(out);
	return veiled;
}
