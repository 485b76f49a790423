#include "prober/train.h"

#include <math.h>

#include "prober/voice.h"

static void
train_grade(
    struct probe_run *run, const struct voice *v, const struct conf_train *train)
{
	double loss = 100.0 * v->lost / v->count;
	bool simple = train->mos == TRAIN_SIMPLE;
	double r = voice_grade(v, train->codec);

	if (simple)
		r = isnan(v->rtt)
			? 0
			: voice_simple_r(v->rtt * 1e3, fmax(v->jitter, 0) * 1e3, loss);
	probe_extra(run, simple ? EXTRA_MOS_SIMPLE : EXTRA_MOS, voice_mos(r));
	probe_extra(run, simple ? EXTRA_R_SIMPLE : EXTRA_R, r);
}

void
train_figures(
    struct probe_run *run, const struct conf_train *train, const struct round *r)
{
	double d[ROUND_MAX_PINGS];
	struct voice v;

	if (r->state != ROUND_MEASURED)
		return;
	for (unsigned i = 0; i < r->count; i++)
		d[i] = r->ping[i].outcome == PING_ANSWERED
			   ? (double)r->ping[i].rtt_ns / 1e9
		       : ping_is_loss(r->ping[i].outcome) ? INFINITY
							  : NAN;
	voice_measure(&v, d, r->count, train->gap_ms / 1e3);
	/* First what people look for: they are shown in this order. */
	if (r->count * train->gap_ms >= TRAIN_GRADED_MS && v.count > 0)
		train_grade(run, &v, train);
	probe_extra(run, EXTRA_IPDV, v.ipdv_p95);
	probe_extra(run, EXTRA_PDV95, v.pdv_p95);
	probe_extra(run, EXTRA_PDV99, v.pdv_p99);
	probe_extra(run, EXTRA_RTP_JITTER, v.rtp_jitter);
	probe_extra(run, EXTRA_LOSS_RUN, v.longest);
	probe_extra(run, EXTRA_BURST, v.burst);
	probe_extra(run, EXTRA_TOO_LATE, v.too_late);
}
