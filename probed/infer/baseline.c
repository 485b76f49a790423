#include "infer/baseline.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"

#define MAGIC "smokebox baselines 1\n"
/* Steps of a square root of two above the unit: a factor of 4096. */
#define BINS 24
#define WEEK_MIN (7 * 1440)
#define PERCENT 0.01

struct key {
	uint8_t len, out, bytes[16];
};

struct entry {
	UT_hash_handle hh;
	struct key key;
	int64_t seen_s;
	uint16_t bin[BASELINE_FIGURES][BINS];
};

struct baselines {
	double unit[BASELINE_FIGURES];
	struct entry *all;
	int64_t minute_s; /* the last that was passed */
	uint32_t minutes; /* passed, as far as they still count */
};

static struct key
make_key(const struct flow_ip *host, bool out)
{
	struct key k = { .len = host->len, .out = out };

	memcpy(k.bytes, host->bytes, host->len);
	return k;
}

static struct entry *
find(const struct baselines *b, const struct key *key)
{
	struct entry *e;

	HASH_FIND(hh, b->all, key, sizeof *key, e);
	return e;
}

static void
forget(struct baselines *b, struct entry *e)
{
	HASH_DEL(b->all, e);
	free(e);
}

static struct entry *
add(struct baselines *b, const struct key *key)
{
	struct entry *e, *next, *oldest = NULL;

	if (HASH_COUNT(b->all) >= BASELINES_MAX) {
		HASH_ITER(hh, b->all, e, next)
			if (oldest == NULL || e->seen_s < oldest->seen_s)
				oldest = e;
		forget(b, oldest);
	}
	e = mem_zero(1, sizeof *e);
	e->key = *key;
	HASH_ADD(hh, b->all, key, sizeof e->key, e);
	return e;
}

void
baselines_learn(struct baselines *b, const struct flow_ip *host, bool out,
    const double figure[BASELINE_FIGURES], int64_t minute_s)
{
	struct key key = make_key(host, out);
	struct entry *e = find(b, &key);

	for (unsigned f = 0; f < BASELINE_FIGURES; f++) {
		double steps = figure[f] / b->unit[f];

		if (!(steps >= 1))
			continue;
		steps = floor(2 * log2(steps));
		if (e == NULL)
			e = add(b, &key);
		e->seen_s = minute_s;
		uint16_t *bin = &e->bin[f][steps < BINS ? (unsigned)steps : BINS - 1];
		*bin = (uint16_t)(*bin + (*bin < UINT16_MAX));
	}
}

/* A week is over: what was counts half, so that what is new may outweigh it. */
static void
halve(struct baselines *b)
{
	struct entry *e, *next;

	b->minutes /= 2;
	HASH_ITER(hh, b->all, e, next)
	{
		unsigned left = 0;

		for (unsigned f = 0; f < BASELINE_FIGURES; f++)
			for (unsigned i = 0; i < BINS; i++)
				left += e->bin[f][i] /= 2;
		if (left == 0)
			forget(b, e);
	}
}

void
baselines_pass(struct baselines *b, int64_t now_s)
{
	int64_t minute_s = now_s - now_s % 60;

	/* A gap is one minute more, whatever its length; so is a clock that stepped. */
	if (minute_s == b->minute_s)
		return;
	b->minute_s = minute_s;
	/* Half of two weeks is one: between halvings it is one to two. */
	if (++b->minutes >= 2 * WEEK_MIN)
		halve(b);
}

double
baselines_usual(const struct baselines *b, const struct flow_ip *host, bool out,
    enum baseline_figure figure)
{
	struct key key = make_key(host, out);
	const struct entry *e = find(b, &key);
	double above = 0;

	for (unsigned i = BINS; e != NULL && i > 0; i--) {
		above += e->bin[figure][i - 1];
		if (above > PERCENT * b->minutes)
			return b->unit[figure] * pow(2, i / 2.0);
	}
	return 0;
}

int64_t
baselines_learned(const struct baselines *b)
{
	uint32_t minutes = b->minutes < WEEK_MIN ? b->minutes : WEEK_MIN;

	return minutes * 60LL;
}

unsigned
baselines_count(const struct baselines *b)
{
	return HASH_COUNT(b->all);
}

/* --- as text ---------------------------------------------------------------------- */

static void
write_entry(FILE *out, const struct entry *e)
{
	fprintf(out, "%u %u ", e->key.len, e->key.out);
	for (unsigned i = 0; i < e->key.len; i++)
		fprintf(out, "%02x", e->key.bytes[i]);
	fprintf(out, "%s %" PRId64, e->key.len == 0 ? "-" : "", e->seen_s);
	for (unsigned f = 0; f < BASELINE_FIGURES; f++)
		for (unsigned i = 0; i < BINS; i++)
			if (e->bin[f][i] != 0)
				fprintf(out, " %u:%u:%u", f, i, e->bin[f][i]);
	fputs("\n", out);
}

char *
baselines_write(const struct baselines *b, size_t *len)
{
	const struct entry *e;
	char *text;
	FILE *out = mem_stream(&text, len);

	fprintf(out, MAGIC "%" PRIu32 " %" PRId64 " %.17g %.17g %.17g\n", b->minutes,
	    b->minute_s, b->unit[0], b->unit[1], b->unit[2]);
	for (e = b->all; e != NULL; e = e->hh.next)
		write_entry(out, e);
	fputs("end\n", out);
	mem_stream_end(out);
	return text;
}

/* HEX of LEN bytes. */
static bool
read_hex(struct key *key, const char *hex)
{
	if (key->len == 0)
		return strcmp(hex, "-") == 0;
	if (strlen(hex) != 2U * key->len ||
	    strspn(hex, "0123456789abcdef") != 2U * key->len)
		return false;
	for (unsigned i = 0; i < key->len; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		key->bytes[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}

static bool
read_entry(struct baselines *b, const char *line)
{
	unsigned len, out, f, i, n;
	struct key key = { 0 };
	char hex[33];
	int64_t seen_s;
	int used;

	if (sscanf(line, "%2u %1u %32[-0-9a-f] %19" SCNd64 "%n", &len, &out, hex,
		&seen_s, &used) != 4 ||
	    (len != 0 && len != 4 && len != 16) || out > 1 || seen_s < 0)
		return false;
	key.len = (uint8_t)len;
	key.out = (uint8_t)out;
	if (!read_hex(&key, hex) || find(b, &key) != NULL ||
	    HASH_COUNT(b->all) >= BASELINES_MAX)
		return false;
	struct entry *e = add(b, &key);
	e->seen_s = seen_s;
	for (line += used; *line != '\0'; line += used) {
		if (sscanf(line, " %1u:%2u:%5u%n", &f, &i, &n, &used) != 3 ||
		    f >= BASELINE_FIGURES || i >= BINS || n > UINT16_MAX)
			return false;
		e->bin[f][i] = (uint16_t)n;
	}
	return true;
}

unsigned
baselines_forget(struct baselines *b, const struct prefix *p)
{
	struct entry *e, *next;
	unsigned count = 0;

	HASH_ITER(hh, b->all, e, next) {
		struct flow_ip host = { .len = e->key.len };

		memcpy(host.bytes, e->key.bytes, sizeof host.bytes);
		if (flow_ip_in(&host, p)) {
			forget(b, e);
			count++;
		}
	}
	return count;
}

static void
forget_all(struct baselines *b)
{
	struct entry *e, *next;

	HASH_ITER(hh, b->all, e, next)
		forget(b, e);
	b->minutes = 0;
	b->minute_s = 0;
}

static int
read_lines(struct baselines *b, char *rest, struct err *err)
{
	double unit[BASELINE_FIGURES];
	char *line = strsep(&rest, "\n");
	unsigned number = 2;
	int used = 0;

	if (sscanf(line, "%6" SCNu32 " %19" SCNd64 " %lf %lf %lf%n", &b->minutes,
		&b->minute_s, &unit[0], &unit[1], &unit[2], &used) != 5 ||
	    line[used] != '\0' || b->minutes >= 2 * WEEK_MIN || b->minute_s < 0)
		return err_set(err, "line 2: expected the time learned and three units");
	while ((line = strsep(&rest, "\n")) != NULL && strcmp(line, "end") != 0) {
		number++;
		if (!read_entry(b, line))
			return err_set(err, "line %u: expected a host's baseline", number);
	}
	if (line == NULL || rest == NULL || *rest != '\0')
		return err_set(err, "line %u: expected 'end' there and nothing behind it",
		    number + 1);
	double now[BASELINE_FIGURES];
	memcpy(now, b->unit, sizeof now);
	memcpy(b->unit, unit, sizeof b->unit);
	baselines_configure(b, now);
	return 0;
}

int
baselines_read(struct baselines *b, const char *text, size_t len, struct err *err)
{
	int status = -1;

	forget_all(b);
	if (len > BASELINES_TEXT || memchr(text, '\0', len) != NULL ||
	    len < sizeof MAGIC - 1 || memcmp(text, MAGIC, sizeof MAGIC - 1) != 0)
		return err_set(err, "line 1: expected a file of baselines");
	char *copy = mem_strn(text, len);
	status = read_lines(b, copy + sizeof MAGIC - 1, err);
	free(copy);
	if (status != 0)
		forget_all(b);
	return status;
}

/* --- life ------------------------------------------------------------------------- */

void
baselines_configure(struct baselines *b, const double unit[BASELINE_FIGURES])
{
	struct entry *e, *next;

	for (unsigned f = 0; f < BASELINE_FIGURES; f++) {
		/* NAN from a file is another, too. */
		if (b->unit[f] >= unit[f] && b->unit[f] <= unit[f])
			continue;
		HASH_ITER(hh, b->all, e, next)
			memset(e->bin[f], 0, sizeof e->bin[f]);
		b->unit[f] = unit[f];
	}
}

struct baselines *
baselines_new(const double unit[BASELINE_FIGURES])
{
	struct baselines *b = mem_zero(1, sizeof *b);

	memcpy(b->unit, unit, sizeof b->unit);
	return b;
}

void
baselines_free(struct baselines *b)
{
	if (b == NULL)
		return;
	forget_all(b);
	free(b);
}
