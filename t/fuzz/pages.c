/* What a configuration gives to pages: a user's page, a chart's format, markup. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/template.h"
#include "t/fuzz.h"
#include "web/figure.h"

int
fuzz_pages(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *written;
	size_t len;
	FILE *out;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	template_is_stock(text);
	out = open_memstream(&written, &len);
	if (out != NULL) {
		figure_as(out, text, 1.5);
		figure_as(out, text, -1e300);
		figure_as(out, text, 1e-300);
		figure_as(out, text, NAN);
		fclose(out);
		free(written);
	}
	free(text);
	return 0;
}
