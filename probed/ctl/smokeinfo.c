/* probectl smokeinfo: averages and extremes of every target, as SmokePing's tool of
 * that name prints them. */
#include <getopt.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/report.h"

enum mode {
	PLAIN,
	RECURSIVE,
	REGEXP
};

struct info {
	const char *start, *end, *filter, *separator;
	char *format;
	enum mode mode;
	regex_t regex;
	bool head;
};

/* In the order of printing. */
enum {
	MED_AVG,
	MED_MIN,
	MED_MAX,
	MED_NOW,
	LOSS_AVG,
	LOSS_MAX,
	LOSS_NOW,
	FIGURES
};

static const char *const figure_name[FIGURES] = { "med_avg", "med_min", "med_max",
	"med_now", "loss_avg", "loss_max", "loss_now" };

static const char usage[] =
    "usage: probectl [--config PATH] smokeinfo [options] [CONFIG]\n"
    "  --start TIME, --end TIME  of the span (default end-24h, now)\n"
    "  --filter PATTERN          only these targets (/Group/Host)\n"
    "  --mode plain|recursive|regexp\n"
    "                            the pattern begins the path of a target right below\n"
    "                            it, of all below it, or is an extended regular\n"
    "                            expression\n"
    "  --separator TEXT          default ;\n"
    "  --format FORMAT           of a number, as of printf (default %le)\n"
    "  --no-head                 no names of columns\n";

/* --- options --------------------------------------------------------------------- */

/* TEXT as a format of one double, with what is a size in it left out; NULL when it is
 * something else. */
static char *
format_of(const char *text)
{
	char *format = mem_alloc(strlen(text) + 1), *to = format;
	unsigned numbers = 0;

	for (const char *p = text; *p != '\0'; p++) {
		*to++ = *p;
		if (*p != '%')
			continue;
		if (p[1] == '%') {
			*to++ = *++p;
			continue;
		}
		for (p++; *p != '\0' && strchr("-+ #0123456789.", *p) != NULL; p++)
			*to++ = *p;
		while (*p != '\0' && strchr("lLhqV", *p) != NULL)
			p++;
		if (*p == '\0' || strchr("eEfFgG", *p) == NULL || ++numbers > 1) {
			free(format);
			return NULL;
		}
		*to++ = *p;
	}
	*to = '\0';
	if (numbers == 1 && strlen(format) < 64)
		return format;
	free(format);
	return NULL;
}

static int
set_mode(struct info *info, const char *word)
{
	static const char *const words[] = { "plain", "recursive", "regexp" };

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(word, words[i]) == 0) {
			info->mode = (enum mode)i;
			return 0;
		}
	fprintf(
	    stderr, "probectl: --mode %s, expected plain, recursive or regexp\n", word);
	return -1;
}

static int
set_format(struct info *info, const char *text)
{
	free(info->format);
	info->format = format_of(text);
	if (info->format != NULL)
		return 0;
	fprintf(stderr,
	    "probectl: --format '%s', expected one of %%e, %%f or %%g, such as "
	    "%%.3lf\n",
	    text);
	return -1;
}

/* -1: go on; else the status to leave with. */
static int
options(struct info *info, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "start", required_argument, NULL, 's' },
		{ "end", required_argument, NULL, 'e' },
		{ "filter", required_argument, NULL, 'f' },
		{ "mode", required_argument, NULL, 'm' },
		{ "separator", required_argument, NULL, 'S' },
		{ "format", required_argument, NULL, 'F' },
		{ "no-head", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			info->start = optarg;
			break;
		case 'e':
			info->end = optarg;
			break;
		case 'f':
			info->filter = optarg;
			break;
		case 'm':
			r = set_mode(info, optarg);
			break;
		case 'S':
			info->separator = optarg;
			break;
		case 'F':
			r = set_format(info, optarg);
			break;
		case 'n':
			info->head = false;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			r = -1;
		}
	}
	if (r == 0 && argc - optind <= 1)
		return -1;
	fputs(usage, stderr);
	return REPORT_USAGE;
}

/* --- targets --------------------------------------------------------------------- */

static bool
chosen(const struct info *info, const char *path)
{
	size_t len = info->filter == NULL ? 0 : strlen(info->filter);

	if (info->filter == NULL)
		return true;
	if (info->mode == REGEXP)
		return regexec(&info->regex, path, 0, NULL, 0) == 0;
	return strncmp(path, info->filter, len) == 0 &&
	       (info->mode == RECURSIVE || strchr(path + len, '/') == NULL);
}

static int
figures(const struct info *info, const struct conf_target *t, const char *path,
    double value[FIGURES], struct err *err)
{
	char *avg = mem_printf("CDEF:loss_avg=loss_avg_r,%u,/", t->pings);
	char *max = mem_printf("CDEF:loss_max=loss_max_r,%u,/", t->pings);
	const char *const element[] = {
		"DEF:median_avg=FILE:median:AVERAGE",
		"VDEF:median_avg_tot=median_avg,AVERAGE",
		"PRINT:median_avg_tot:%.8le",
		"DEF:median_min=FILE:median:MIN",
		"VDEF:median_min_tot=median_min,MINIMUM",
		"PRINT:median_min_tot:%.8le",
		"DEF:median_max=FILE:median:MAX",
		"VDEF:median_max_tot=median_max,MAXIMUM",
		"PRINT:median_max_tot:%.8le",
		"VDEF:median_now=median_avg,LAST",
		"PRINT:median_now:%.8le",
		"DEF:loss_avg_r=FILE:loss:AVERAGE",
		avg,
		"VDEF:loss_avg_tot=loss_avg,AVERAGE",
		"PRINT:loss_avg_tot:%.8le",
		"DEF:loss_max_r=FILE:loss:MAX",
		max,
		"VDEF:loss_max_tot=loss_max,MAXIMUM",
		"PRINT:loss_max_tot:%.8le",
		"VDEF:loss_now=loss_avg,LAST",
		"PRINT:loss_now:%.8le",
		NULL,
	};
	int r =
	    report_print(path, info->start, info->end, 0, element, value, FIGURES, err);

	free(avg);
	free(max);
	return r;
}

static void
print_number(const char *format, double v)
{
	char text[512];

	if (isnan(v)) {
		fputs("NaN", stdout);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof text, format, v); /* format_of() has seen to it */
#pragma GCC diagnostic pop
	fputs(text, stdout);
}

static void
print_target(void *ctx, const struct conf_target *t, const char *path)
{
	const struct info *info = ctx;
	char *shown = mem_printf("/%s", path);
	char *end = strchr(shown, '~');
	double value[FIGURES];
	struct err err;

	for (char *p = shown; *p != '\0' && p != end; p++)
		if (*p == '.')
			*p = '/';
	if (chosen(info, shown)) {
		bool known = figures(info, t, path, value, &err) == 0;

		if (!known)
			fprintf(stderr, "probectl: %s: %s\n", shown, err.text);
		fputs(shown, stdout);
		for (unsigned i = 0; i < FIGURES; i++) {
			fputs(info->separator, stdout);
			if (known)
				print_number(info->format, value[i]);
			else
				putchar('?');
		}
		putchar('\n');
	}
	free(shown);
}

/* As SmokePing's: an empty line where there is no head. */
static void
print_head(const struct info *info)
{
	if (info->head) {
		printf("# node_path");
		for (unsigned i = 0; i < FIGURES; i++)
			printf("%s%s", info->separator, figure_name[i]);
	}
	putchar('\n');
}

static int
compile(struct info *info)
{
	char text[200];
	int r;

	if (info->mode != REGEXP || info->filter == NULL)
		return 0;
	r = regcomp(&info->regex, info->filter, REG_EXTENDED | REG_NOSUB);
	if (r == 0)
		return 0;
	regerror(r, &info->regex, text, sizeof text);
	fprintf(stderr, "probectl: --filter '%s': %s\n", info->filter, text);
	return -1;
}

int
report_smokeinfo(const struct report *r, int argc, char **argv)
{
	struct info info = { .start = "end-24h",
		.end = "now",
		.separator = ";",
		.head = true,
		.format = mem_str("%e") };
	int status = options(&info, argc, argv);
	struct conf *conf;

	if (status < 0 && compile(&info) != 0)
		status = REPORT_USAGE;
	if (status < 0) {
		conf = report_open(r, argv[optind]);
		status = conf == NULL ? REPORT_FAILED : 0;
		if (conf != NULL) {
			print_head(&info);
			report_files(conf, SLAVES_TOO, print_target, &info);
		}
		conf_free(conf);
		if (info.mode == REGEXP && info.filter != NULL)
			regfree(&info.regex);
	}
	free(info.format);
	return status;
}
