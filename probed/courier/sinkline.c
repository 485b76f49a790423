#include "courier/sinkline.h"

#include <math.h>
#include <string.h>

#define OF_MEASUREMENT ", "
#define OF_TAG ", ="

/* S with a backslash before each letter of SPECIAL. A line is one line, and a backslash
 * at the end would take what follows: both become something harmless. */
static void
escaped(FILE *out, const char *s, const char *special)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c == 0x7f)
			c = ' ';
		else if (c == '\\' && s[1] == '\0')
			c = '/';
		if (strchr(special, c) != NULL)
			putc('\\', out);
		putc(c, out);
	}
}

/* A tag, unless it is empty, which the protocol does not allow. */
static void
tag(FILE *out, const char *prefix, const char *key, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	fprintf(out, ",%s", prefix);
	escaped(out, key, OF_TAG);
	putc('=', out);
	escaped(out, value, OF_TAG);
}

static void
tag_number(FILE *out, const char *key, long value)
{
	fprintf(out, ",%s=%ld", key, value);
}

static void
tag_path(FILE *out, const char *path)
{
	fputs(",path=/", out);
	/* What a path may hold needs no escaping. */
	for (; *path != '\0'; path++)
		putc(*path == '.' ? '/' : *path, out);
}

/* Those that the target brings along: influx_X is tag_X. */
static void
tag_own(FILE *out, const struct conf_section *s)
{
	static const char prefix[] = "influx_";

	for (size_t i = 0; i < s->vars; i++)
		if (strncmp(s->var[i].key, prefix, sizeof prefix - 1) == 0)
			tag(out, "tag_", s->var[i].key + sizeof prefix - 1,
			    s->var[i].value);
}

/* A field, unless it is unknown. As SmokePing does, 0 is something that is not: it has
 * a type of its own, and the first value decides on that of the field. */
static void
field(FILE *out, const char *key, double v)
{
	if (!isnan(v))
		fprintf(out, ",%s=%e", key, v == 0 ? 0.1e-100 : v);
}

static void
fields(FILE *out, const struct round *r, const struct round_row *row)
{
	double min = NAN, max = NAN;
	char key[16];

	field(out, "median", row->median);
	for (unsigned i = 0; i < r->count; i++) {
		snprintf(key, sizeof key, "ping%u", i + 1);
		field(out, key, row->rank[i]);
		min = fmin(min, row->rank[i]);
		max = fmax(max, row->rank[i]);
	}
	field(out, "min", min);
	field(out, "max", max);
}

bool
sinkline(FILE *out, const struct conf_target *t, const char *slave,
    const struct round *r, bool loss_tags)
{
	struct round_row row;
	long loss, percent;

	round_row(r, &row);
	if (isnan(row.loss))
		return false;
	loss = lround(row.loss);
	percent = (long)(row.loss * 100 / r->count);
	escaped(out, t->probe != NULL ? t->probe->name : "unknown", OF_MEASUREMENT);
	tag(out, "", "host", t->host);
	if (loss_tags) {
		tag_number(out, "loss", loss);
		tag_number(out, "loss_percent", percent);
	}
	tag_path(out, t->path);
	tag(out, "", "slave", slave != NULL ? slave : "master");
	tag_own(out, t->section);
	tag(out, "", "title", t->title);
	fprintf(out, " loss=%ldi,loss_percent=%ldi", loss, percent);
	fields(out, r, &row);
	fprintf(out, " %lld\n", (long long)r->row * 1000);
	return true;
}
