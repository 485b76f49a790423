/* For shell tests: rounds into an RRD as the recorder writes them.
 *
 *	rrdwrite TARGET STEP PINGS FIRST-ROW COUNT CF:XFF:STEPS:ROWS...
 *
 * Writes below the working directory. Of every five rounds the third has lost two
 * pings, the fourth all, the fifth is unknown. Prints the file's name and whether it
 *was "made" or "continued", or what went wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recorder/rrdfile.h"

static void
make(struct round *r, unsigned step, unsigned pings, int64_t row, unsigned k)
{
	memset(r, 0, sizeof *r);
	r->row = row;
	r->step = step;
	r->count = (uint16_t)pings;
	r->state = k % 5 == 4 ? ROUND_UNKNOWN : ROUND_MEASURED;
	unsigned lost = k % 5 == 2 ? 2 : k % 5 == 3 ? pings : 0;
	for (unsigned i = 0; i < pings; i++)
		r->ping[i] = i < lost ? (struct ping){ -1, PING_TIMEOUT, STAMP_USER }
				      : (struct ping){ 1000000 * (i + 1), PING_ANSWERED,
						STAMP_KERNEL };
}

static struct archives
read_table(char **spec, int count)
{
	struct conf_rra *rra = mem_zero((size_t)count, sizeof *rra);

	for (int i = 0; i < count; i++) {
		char cf[16];
		if (sscanf(spec[i], "%15[A-Z]:%lf:%u:%u", cf, &rra[i].xff,
			&rra[i].steps, &rra[i].rows) != 4) {
			fprintf(stderr, "%s: expected CF:XFF:STEPS:ROWS\n", spec[i]);
			exit(2);
		}
		rra[i].cf = mem_str(cf);
	}
	return (struct archives){ rra, (size_t)count };
}

int
main(int argc, char **argv)
{
	static struct round r;
	static struct rrdfile_report report;
	const struct round *list = &r;
	struct rrdfile file;
	bool made = false;

	if (argc < 7) {
		fprintf(stderr, "usage: rrdwrite TARGET STEP PINGS ROW COUNT RRA...\n");
		return 2;
	}
	unsigned step = (unsigned)strtoul(argv[2], NULL, 10);
	unsigned pings = (unsigned)strtoul(argv[3], NULL, 10);
	int64_t row = strtoll(argv[4], NULL, 10);
	unsigned count = (unsigned)strtoul(argv[5], NULL, 10);
	struct archives table = read_table(argv + 6, argc - 6);

	if (rrdfile_init(&file, argv[1], step, pings) < 0)
		return 2;
	for (unsigned k = 0; k < count; k++) {
		make(&r, step, pings, row + k * step, k);
		if (rrdfile_write(&file, &table, &list, 1, &report) != RRDFILE_DONE ||
		    report.past_count != 0 || report.set_aside) {
			printf("round %u: %s\n", k,
			    report.past_count != 0 ? "past" : report.text);
			return 1;
		}
		made |= report.made;
	}
	printf("%s %s\n", file.path, made ? "made" : "continued");
	rrdfile_free(&file);
	archives_free(&table);
	return 0;
}
