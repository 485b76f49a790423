/* Documents between web and painter, and the interval of a share of lost pings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/lossrange.h"
#include "t/tap.h"
#include "web/paper.h"

/* The document that WRITE writes. */
static char *
written(void (*write)(FILE *out))
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	write(out);
	fclose(out);
	return text;
}

static struct msg_draw
some_graph(void)
{
	return (struct msg_draw){ .target = 18446744073709551615u,
		.kind = DRAW_DETAIL,
		.start = 1800000000,
		.end = 1800003600,
		.width = 620,
		.height = 150,
		.slave = "far",
		.label = "the last hour",
		.zone = "Asia/Kolkata",
		.marks = 1,
		.mark = { { 1800000100, 1800000200, TONE_BAD, 3, "loss\tof all" } } };
}

static void
write_all(FILE *out)
{
	struct msg_draw d = some_graph();

	paper_printf(out, PAPER_TITLE, "Report on %s", "a\tb\nc\x01 d \xc3\xa9 \xff");
	paper_cells(out, PAPER_COLUMNS, (const char *const[]){ "lname", "rloss" }, 2);
	paper_cells(out, PAPER_ROW, (const char *const[]){ "", "1 %" }, 2);
	paper_graph(out, &d, "The graph");
}

static void
test_blocks(void)
{
	char *text = written(write_all), *at = text;
	struct paper_block b;
	struct msg_draw *d = mem_zero(1, sizeof *d), want = some_graph();

	ok(paper_next(&at, &b) && b.kind == PAPER_TITLE && b.cells == 1, "a title");
	is_str(b.cell[0], "Report on a b c  d \xc3\xa9 \xef\xbf\xbd",
	    "whose text breaks no block");
	ok(paper_next(&at, &b) && b.kind == PAPER_COLUMNS && b.cells == 2, "a table");
	is_str(b.cell[1], "rloss", "its head");
	ok(paper_next(&at, &b) && b.kind == PAPER_ROW && b.cells == 2, "a row");
	is_str(b.cell[0], "", "with an empty cell");
	is_str(b.cell[1], "1 %", "and one that is not");
	ok(paper_next(&at, &b) && paper_mark(&b, d) && d->marks == 1, "a mark");
	ok(d->mark[0].begin == want.mark[0].begin &&
		d->mark[0].end == want.mark[0].end && d->mark[0].tone == TONE_BAD &&
		d->mark[0].count == 3,
	    "where it was");
	is_str(d->mark[0].label, "loss of all", "and what");
	ok(paper_next(&at, &b) && paper_draw(&b, d), "a graph");
	ok(d->target == want.target && d->start == want.start && d->end == want.end &&
		d->width == 620 && d->height == 150 && d->kind == DRAW_DETAIL &&
		d->format == DRAW_PNG,
	    "as it was asked for");
	is_str(d->slave, "far", "of a slave");
	is_str(d->label, "the last hour", "with its label");
	is_str(d->zone, "Asia/Kolkata", "and its zone");
	is_str(b.cell[b.cells - 1], "The graph", "and a caption");
	ok(!paper_next(&at, &b) && *at == '\0', "and then the end");
	free(d);
	free(text);
}

static void
write_shapes(FILE *out)
{
	const double line[] = { 0, 10.04, 20, NAN, 30, -5, 40.5, 99999 };

	paper_box(out, FORM_HATCH, INK_GAP, 1, 2.5, 300, 1e9);
	paper_line(out, FORM_DASHED, INK_KEY + 4, 1.5, line, 4);
	paper_word(out, INK_BAD, 10, 20, ANCHOR_RIGHT, 11, "a\tb\n\xff");
	paper_drawing(out, PAPER_WIDTH, 200, "What it shows");
}

static void
test_shapes(void)
{
	char *text = written(write_shapes), *at = text;
	struct paper_block b;
	struct paper_shape s;
	double x, y;
	bool again;

	ok(paper_next(&at, &b) && paper_shape(&b, &s) && s.form == FORM_HATCH &&
		s.ink == INK_GAP && s.x == 1 && s.y == 2.5 && s.a == 300 &&
		s.b == PAPER_UNITS,
	    "a box, which ends where a drawing does");
	ok(paper_next(&at, &b) && paper_shape(&b, &s) && s.form == FORM_DASHED &&
		s.ink == INK_KEY + 4 && s.a == 1.5,
	    "a line");
	ok(paper_point(&s.text, &x, &y, &again) && x == 0 && y == 10 && !again,
	    "begins somewhere");
	ok(paper_point(&s.text, &x, &y, &again) && x == 30 && y == 0 && again,
	    "begins anew behind what is not known");
	ok(paper_point(&s.text, &x, &y, &again) && x == 40.5 && y == PAPER_UNITS &&
		!again,
	    "goes on");
	ok(!paper_point(&s.text, &x, &y, &again), "and ends");
	ok(paper_next(&at, &b) && paper_shape(&b, &s) && s.form == FORM_WORD &&
		s.a == ANCHOR_RIGHT && s.b == 11,
	    "a word");
	is_str(s.text, "a b \xef\xbf\xbd", "that breaks no block");
	ok(!paper_size(&b, &x, &y), "which is no drawing");
	ok(paper_next(&at, &b) && paper_size(&b, &x, &y) && x == PAPER_WIDTH &&
		y == 200,
	    "a drawing");
	is_str(b.cell[b.cells - 1], "What it shows", "with its caption");
	ok(!paper_next(&at, &b) && *at == '\0', "and then the end");
	free(text);
}

static void
test_no_shapes(void)
{
	static const char *const table[] = { "U0\t0\t0\t0\t0\t0\n",
		"U9\t0\t0\t0\t0\t0\t\n", "U0\t99\t0\t0\t0\t0\t\n",
		"U0\t0\t-1\t0\t0\t0\t\n", "U0\t0\t60001\t0\t0\t0\t\n",
		"U0\t0\tx\t0\t0\t0\t\n", "D0\t100\t\n", "D100\t60001\t\n",
		"D100\t100\n" };
	static const char *const lines[] = { "", "1", "1 ", " 1", "1;2", "x y", "-1 2",
		"1 -2", "1 60001", "99999999999999999999 1" };
	struct paper_block b;
	struct paper_shape s;
	double x, y;
	bool again;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *text = mem_str(table[i]), *at = text;
		ok(paper_next(&at, &b) && !paper_shape(&b, &s) &&
			!paper_size(&b, &x, &y),
		    "no shape and no drawing %zu", i);
		free(text);
	}
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const char *at = lines[i];
		ok(!paper_point(&at, &x, &y, &again), "no point in '%s'", lines[i]);
	}
}

static void
test_nonsense(void)
{
	static const char *const table[] = { "Xno kind\n", "Tno end", "\n",
		"Tbell\x07\n", "T\xff\xfe\n",
		"R1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\n" };
	static const char *const graphs[] = { "G1\t\t5\t5\t620\t150\t0\t\t\t\n",
		"G1\t\t-5\t5\t620\t150\t0\t\t\t\n", "Gx\t\t1\t5\t620\t150\t0\t\t\t\n",
		"G1\t\t1\t5\t99\t150\t0\t\t\t\n", "G1\t\t1\t5\t620\t50000\t0\t\t\t\n",
		"G1\t\t1\t5\t620\t150\t9\t\t\t\n", "G1\t\t1\t5\t620\t150\t0\t\t\n",
		"G1\t\t1\t5\t620\t150\t0\t\t../../etc/passwd\t\n",
		"G99999999999999999999\t\t1\t5\t620\t150\t0\t\t\t\n",
		"G1\t\t1\t99999999999999999999\t620\t150\t0\t\t\t\n", "M1\t0\t0\t1\t\n",
		"M1\t2\t99\t1\t\n", "M1\t2\t0\t70000\t\n", "M1\t2\t0\n" };
	struct paper_block b;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *text = mem_str(table[i]), *at = text;
		ok(!paper_next(&at, &b), "no block %zu", i);
		free(text);
	}
	for (size_t i = 0; i < sizeof graphs / sizeof graphs[0]; i++) {
		char *text = mem_str(graphs[i]), *at = text;
		struct msg_draw *d = mem_zero(1, sizeof *d);
		ok(paper_next(&at, &b) && !paper_mark(&b, d) && !paper_draw(&b, d),
		    "no graph and no mark %zu", i);
		free(d);
		free(text);
	}
}

static bool
near(double a, double b)
{
	return fabs(a - b) < 5e-4;
}

static void
test_interval(void)
{
	struct lossrange l = { 0 };
	double low, high;

	ok(isnan(lossrange_get(&l, 20, &low, &high)) && isnan(low) && isnan(high),
	    "of nothing nothing is known");
	for (int i = 0; i < 5; i++)
		lossrange_add(&l, 0);
	ok(lossrange_get(&l, 20, &low, &high) == 0 && low == 0 && near(high, 0.0370),
	    "none of 100: up to 3.7 %% (%g)", high);
	l = (struct lossrange){ 0 };
	for (int i = 0; i < 5; i++)
		lossrange_add(&l, 1);
	ok(lossrange_get(&l, 20, &low, &high) == 1 && near(low, 0.9630) && high == 1,
	    "all of 100: from 96.3 %% (%g)", low);
	/* 10 of 100, evenly: Wilson has 5.52 to 17.44 %. */
	l = (struct lossrange){ 0 };
	for (int i = 0; i < 5; i++)
		lossrange_add(&l, 0.1);
	ok(near(lossrange_get(&l, 20, &low, &high), 0.1) && near(low, 0.0552) &&
		near(high, 0.1744),
	    "10 of 100: 5.5 to 17.4 %% (%g %g)", low, high);
	/* The same in one burst proves less: as if 5 x 20 pings were about 9. */
	l = (struct lossrange){ 0 };
	lossrange_add(&l, 0.5);
	for (int i = 0; i < 4; i++)
		lossrange_add(&l, 0);
	ok(near(lossrange_get(&l, 20, &low, &high), 0.1) && low < 0.03 && high > 0.35 &&
		high < 0.6,
	    "in a burst they prove less (%g %g)", low, high);
}

int
main(void)
{
	test_blocks();
	test_shapes();
	test_no_shapes();
	test_nonsense();
	test_interval();
	return tap_done();
}
