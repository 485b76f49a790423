#include "web/sketch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/msgdraw.h"
#include "web/html.h"

#define GLYPH 7.2 /* pixels a character of 13 pixel sans takes, more or less */

void
sketch_words(FILE *out, const struct msg_draw *draw, const char *why)
{
	unsigned width = draw->width, height = draw->height;
	const char *ink = draw->theme % DRAW_SAFE == DRAW_DARK ? "#97a1ae" : "#5b6675";
	size_t per_line = (size_t)(width / GLYPH);
	unsigned lines = per_line > 0 ? (unsigned)(strlen(why) / per_line) + 1 : 1;
	int y = (int)height / 2 - (int)(lines - 1) * 9 + 4;

	if (per_line < 12)
		per_line = 12;
	fprintf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
	    "role=\"img\"><g fill=\"%s\" font-family=\"sans-serif\" font-size=\"13\" "
	    "text-anchor=\"middle\">",
	    width, height, ink);
	while (*why != '\0') {
		size_t len = strlen(why);
		if (len > per_line) {
			len = per_line;
			while (len > 1 && why[len] != ' ')
				len--;
			if (len <= 1)
				len = per_line;
		}
		char *line = mem_strn(why, len);
		fprintf(out, "<text x=\"%u\" y=\"%d\">", width / 2, y);
		html_escape(out, line);
		fputs("</text>", out);
		free(line);
		why += len;
		why += *why == ' ';
		y += 18;
	}
	fputs("</g></svg>\n", out);
}
