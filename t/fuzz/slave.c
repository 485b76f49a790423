/* What master and slave send each other: Perl's literals and what becomes of them, a
 * round's line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "slave/data.h"
#include "slave/report.h"
#include "slave/rowtext.h"
#include "slave/slavetext.h"
#include "t/fuzz.h"

/* TEXT, written by us, is read again as the same. */
static void
same_again(const struct data *d, const char *text, size_t len)
{
	struct data *again = data_read_perl(text, len, NULL);
	char *other = NULL;
	size_t other_len;
	FILE *out = open_memstream(&other, &other_len);

	if (again == NULL || out == NULL)
		abort();
	data_write_perl(again, out);
	fclose(out);
	if (other_len != len || memcmp(other, text, len) != 0)
		abort();
	free(other);
	data_free(again);
	(void)d;
}

int
fuzz_perl(const uint8_t *data, size_t size)
{
	struct err err;
	struct data *d = data_read_perl((const char *)data, size, &err);
	char *text = NULL;
	size_t len;
	FILE *out;

	if (d == NULL)
		return 0;
	out = open_memstream(&text, &len);
	if (out == NULL)
		abort();
	data_write_perl(d, out);
	fclose(out);
	same_again(d, text, len);
	free(text);
	text = NULL;
	out = open_memstream(&text, &len);
	if (out == NULL)
		abort();
	/* Whatever a value holds, no line of the text is another's. */
	if (slavetext_write(d, "/tmp", out, &err) == 0) {
		fflush(out);
		if (strstr(text, "@include") == text || strstr(text, "\n@") != NULL)
			abort();
	}
	fclose(out);
	free(text);
	data_free(d);
	return 0;
}

static void
count_round(void *ctx, const char *path, const struct round *r)
{
	static struct round_row row; /* large */

	(void)ctx;
	if (strlen(path) >= 512 || r->count == 0 || r->count > ROUND_MAX_PINGS ||
	    r->extras > ROUND_MAX_EXTRAS)
		abort();
	round_row(r, &row);
}

static bool
any_head(void *ctx, const struct report_head *head)
{
	(void)ctx;
	return strlen(head->nonce) == REPORT_NONCE;
}

static void
ignore(void *ctx, const char *why)
{
	(void)ctx;
	(void)why;
}

int
fuzz_report(const uint8_t *data, size_t size)
{
	struct report_answer answer;
	struct report_head head;
	struct err err;

	report_read((const char *)data, size, &head, any_head, count_round, ignore, NULL, &err);
	if (report_answer_read((const char *)data, size, &answer, &err) == 0)
		data_free(answer.config);
	return 0;
}

int
fuzz_rowline(const uint8_t *data, size_t size)
{
	static struct round r;
	struct rowline line;
	struct round_row row;
	struct err err;

	if (rowline_read((const char *)data, size, &line, &err) < 0)
		return 0;
	for (unsigned pings = 1; pings < 22; pings += 4) {
		if (rowtext_read(line.row, line.row_len, pings, &r, &err) < 0)
			continue;
		round_row(&r, &row);
		if (r.count != pings || (!isnan(row.loss) && row.loss > pings))
			abort();
	}
	return 0;
}
