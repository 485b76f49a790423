/* A document, as the painter takes it. */
#include <stdlib.h>
#include <string.h>

#include "t/fuzz.h"
#include "web/paper.h"
#include "web/query.h"

int
fuzz_paper(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *at = text;
	struct paper_block b;
	struct msg_draw *d = calloc(1, sizeof *d);

	if (text == NULL || d == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	while (paper_next(&at, &b)) {
		if (b.cells < 1 || b.cells > PAPER_CELLS || at > text + size)
			abort();
		for (size_t i = 0; i < b.cells; i++)
			for (const char *s = b.cell[i]; *s != '\0';) {
				size_t n = query_utf8(s);
				if (n == 0)
					abort();
				s += n;
			}
		paper_mark(&b, d);
		if (d->marks > DRAW_MARKS)
			abort();
		struct paper_shape shape;
		double x, y;
		bool anew;
		if (paper_size(&b, &x, &y) &&
		    !(x >= 1 && y >= 1 && x <= PAPER_UNITS && y <= PAPER_UNITS))
			abort();
		if (paper_shape(&b, &shape)) {
			if (shape.form >= FORMS || shape.ink >= INKS)
				abort();
			while (paper_point(&shape.text, &x, &y, &anew))
				if (!(x <= PAPER_UNITS && y <= PAPER_UNITS))
					abort();
		}
		if (paper_draw(&b, d)) {
			/* What is drawn is what may be sent. */
			struct msg_out out;
			struct msg_in in;
			struct msg_draw again;
			msg_begin(&out, MSG_DRAW);
			msg_put_draw(&out, d);
			if (msg_parse(&in, out.data, msg_end(&out), -1) != 0 ||
			    msg_get_draw(&in, &again) != 0)
				abort();
			memset(d, 0, sizeof *d);
		}
	}
	free(d);
	free(text);
	return 0;
}
