#include "prober/voice.h"

#include <math.h>
#include <stdlib.h>

#include "base/stats.h"
#include "round.h"

#define BUFFER_LEAST 0.020
#define CODEC_MS 25

/* --- variation -------------------------------------------------------------------- */

/* Packets that came back, in the order of their coming. */
struct arrival {
	double at, delay;
};

static int
voice_earlier(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* J += (|D(i, i-1)| - J) / 16 over packets in the order of arrival. */
static double
voice_rtp_jitter(const double *d, unsigned n, double gap)
{
	struct arrival came[ROUND_MAX_PINGS];
	unsigned arrived = 0;
	double j = 0;

	for (unsigned i = 0; i < n; i++)
		if (isfinite(d[i]))
			came[arrived++] = (struct arrival){ i * gap + d[i], d[i] };
	if (arrived < 2)
		return NAN;
	qsort(came, arrived, sizeof came[0], voice_earlier);
	for (unsigned i = 1; i < arrived; i++)
		j += (fabs(came[i].delay - came[i - 1].delay) - j) / 16;
	return j;
}

static void
voice_ipdv(struct voice *v, const double *d, unsigned n)
{
	double step[ROUND_MAX_PINGS], sum = 0;
	unsigned steps = 0;

	for (unsigned i = 1; i < n; i++)
		if (isfinite(d[i]) && isfinite(d[i - 1])) {
			step[steps] = fabs(d[i] - d[i - 1]);
			sum += step[steps++];
		}
	stats_sort(step, steps);
	v->ipdv_p95 = stats_quantile(step, steps, 0.95);
	v->jitter = steps == 0 ? NAN : sum / steps;
}

/* SORTED: the N delays that are known, ascending. */
static void
voice_pdv(struct voice *v, const double *sorted, unsigned n)
{
	double least = n == 0 ? NAN : sorted[0];

	v->rtt = stats_median_upper(sorted, n);
	v->pdv_p95 = stats_quantile(sorted, n, 0.95) - least;
	v->pdv_p99 = stats_quantile(sorted, n, 0.99) - least;
	v->buffer = fmax(BUFFER_LEAST, 2 * v->pdv_p95);
}

/* --- loss ------------------------------------------------------------------------- */

/* Runs of packets that came later than LIMIT or never. */
struct runs_of_loss {
	unsigned lost, known, runs, longest;
};

static struct runs_of_loss
voice_runs(const double *d, unsigned n, double limit)
{
	struct runs_of_loss l = { 0 };
	unsigned run = 0;

	for (unsigned i = 0; i < n; i++) {
		if (isnan(d[i]) || d[i] <= limit) {
			run = 0;
			l.known += !isnan(d[i]);
			continue;
		}
		l.known++;
		l.lost++;
		l.runs += run == 0;
		if (++run > l.longest)
			l.longest = run;
	}
	return l;
}

static double
voice_burst(const struct runs_of_loss *l)
{
	if (l->lost == 0 || l->lost == l->known)
		return 1;
	double p = (double)l->lost / l->known;
	return (double)l->lost / l->runs * (1 - p);
}

void
voice_measure(struct voice *v, const double *d, unsigned n, double gap)
{
	double sorted[ROUND_MAX_PINGS];
	unsigned back = 0;

	for (unsigned i = 0; i < n; i++)
		if (isfinite(d[i]))
			sorted[back++] = d[i];
	stats_sort(sorted, back);
	voice_ipdv(v, d, n);
	voice_pdv(v, sorted, back);
	v->rtp_jitter = voice_rtp_jitter(d, n, gap);

	struct runs_of_loss path = voice_runs(d, n, back == 0 ? 0 : sorted[back - 1]);
	struct runs_of_loss heard =
	    back == 0 ? path : voice_runs(d, n, sorted[0] + v->buffer);
	v->count = path.known;
	v->lost = path.lost;
	v->longest = path.longest;
	v->burst = voice_burst(&path);
	v->heard = voice_burst(&heard);
	v->too_late =
	    path.known == 0 ? NAN : (double)(heard.lost - path.lost) / path.known;
}

/* --- grades ----------------------------------------------------------------------- */

double
voice_r(enum train_codec codec, double delay_ms, double loss_pct, double burst)
{
	/* ITU-T G.113 appendix I. */
	static const struct {
		double ie, bpl;
	} codecs[TRAIN_CODECS] = {
		[TRAIN_G711] = { 0, 4.3 },
		[TRAIN_G711_PLC] = { 0, 25.1 },
		[TRAIN_G729] = { 11, 19.0 },
	};
	double ie = codecs[codec].ie;
	double id = 0.024 * delay_ms;

	if (delay_ms > 177.3)
		id += 0.11 * (delay_ms - 177.3);
	ie += (95 - ie) * loss_pct / (loss_pct / fmax(burst, 1) + codecs[codec].bpl);
	return fmax(93.2 - id - ie, 0);
}

double
voice_mos(double r)
{
	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	/* The cubic dips below 1 for R under 6.5. */
	return fmax(1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r), 1);
}

double
voice_grade(const struct voice *v, enum train_codec codec)
{
	if (isnan(v->rtt))
		return 0;
	double delay_ms = (v->rtt / 2 + v->buffer) * 1e3 + CODEC_MS;
	double loss = (double)v->lost / v->count + v->too_late;

	return voice_r(codec, delay_ms, loss * 100, v->heard);
}

double
voice_simple_r(double rtt_ms, double jitter_ms, double loss_pct)
{
	double e = rtt_ms + 2 * jitter_ms + 10;
	double r = e < 160 ? 93.2 - e / 40 : 93.2 - (e - 120) / 10;

	return fmax(r - 2.5 * loss_pct, 0);
}
