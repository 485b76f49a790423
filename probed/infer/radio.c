#include "infer/radio.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "infer/odds.h"

#define SOURCE "nl80211"
#define ENOUGH_FRAMES 50
#define OUT 2 /* spans: it may be joining another one in between */

/* A share with its interval of 95 %. */
struct part {
	double value, low, high; /* NAN: not known */
};

/* All spans together. */
struct view {
	double signal, send_rate; /* NAN: not known */
	double frames, joins;
	struct part retries, failed;
};

/* K of N things, of which FRAMES are independent of each other: a frame that fails is
 * repeated several times. */
static struct part
part_of(double k, double n, double frames)
{
	struct part p = { NAN, NAN, NAN };

	if (isnan(k) || !(n > 0) || frames < ENOUGH_FRAMES)
		return p;
	p.value = fmin(1, k / n);
	odds_interval(
	    (uint64_t)llround(p.value * frames), (uint64_t)frames, &p.low, &p.high);
	return p;
}

static struct view
look(const struct radio *r)
{
	unsigned kept = r->spans < RADIO_SPANS ? r->spans : RADIO_SPANS;
	double signal = 0, rate = 0, count[WIFI_COUNTS] = { 0 };
	unsigned signals = 0, rates = 0;
	struct view v;

	for (unsigned i = 0; i < kept; i++) {
		const struct wifi_span *s = &r->ring[i];

		if (!isnan(s->level[WIFI_SIGNAL])) {
			signal += s->level[WIFI_SIGNAL];
			signals++;
		}
		if (!isnan(s->level[WIFI_SEND_RATE])) {
			rate += s->level[WIFI_SEND_RATE];
			rates++;
		}
		count[WIFI_JOINS] += s->count[WIFI_JOINS];
		for (unsigned c = 0; c < WIFI_JOINS && s->known_ms > 0; c++)
			count[c] += s->count[c];
	}
	v.signal = signals > 0 ? signal / signals : NAN;
	v.send_rate = rates > 0 ? rate / rates : NAN;
	v.frames = count[WIFI_FRAMES];
	v.joins = count[WIFI_JOINS];
	v.retries = part_of(
	    count[WIFI_RETRIES], count[WIFI_FRAMES] + count[WIFI_RETRIES], v.frames);
	v.failed = part_of(count[WIFI_FAILED], count[WIFI_FRAMES], v.frames);
	return v;
}

static const char *
cause_of(const struct radio *r, const struct view *v)
{
	if (r->out >= OUT || r->gone)
		return "unlinked";
	if (v->signal < RADIO_SIGNAL)
		return "signal";
	if (v->failed.low > RADIO_FAILED)
		return "failed";
	return v->retries.low > RADIO_RETRIES ? "retries" : "";
}

void
radio_take(struct radio *r, const struct wifi *w)
{
	memcpy(r->name, w->name, sizeof r->name);
	r->gone = false;
	r->out = w->linked ? 0 : r->out + 1;
	r->ring[r->spans++ % RADIO_SPANS] = w->span;
}

void
radio_gone(struct radio *r)
{
	r->gone = true;
}

/* --- words ------------------------------------------------------------------------ */

static void
put_part(struct infer_finding *f, const char *name, const char *of,
    const struct part *p, double bound)
{
	struct finding_number *x;

	if (isnan(p->value))
		return;
	x = finding_number_of(f, name, "ratio", of, p->value, bound);
	x->low = p->low;
	x->high = p->high;
}

static void
put_sentence(const struct radio *r, const struct view *v, struct infer_finding *f)
{
	char signal[48] = "", retries[64] = "", failed[64] = "";

	if (r->gone) {
		finding_sentence(f, "its interface %s is gone", r->name);
		return;
	}
	if (r->out >= OUT) {
		finding_sentence(f, "%s is connected to no access point", r->name);
		return;
	}
	if (!isnan(v->signal))
		snprintf(signal, sizeof signal, " hears its access point at %.0f dBm",
		    v->signal);
	if (!isnan(v->retries.value))
		snprintf(retries, sizeof retries, "%s repeats %.0f %% of what it sends",
		    signal[0] != '\0' ? " and" : "", v->retries.value * 100);
	if (v->failed.value > RADIO_FAILED)
		snprintf(failed, sizeof failed, "%s %.1f %% of its frames never arrive",
		    signal[0] != '\0' || retries[0] != '\0' ? ";" : ":",
		    v->failed.value * 100);
	finding_sentence(f, "%s%s%s%s%s", r->name, signal, retries, failed,
	    signal[0] != '\0' || retries[0] != '\0' || failed[0] != '\0'
		? ""
		: " is connected, and tells nothing more");
}

void
radio_tell(const struct radio *r, struct infer_finding *f)
{
	struct view v = look(r);

	finding_init(f, RADIO_KIND, r->name, SOURCE);
	finding_cause(f, cause_of(r, &v));
	f->segment = SEGMENT_WIFI;
	f->confidence = f->cause[0] != '\0' ? CONFIDENCE_LIKELY : CONFIDENCE_NONE;
	f->worst = v.signal;
	f->quality.samples = (uint64_t)(isnan(v.frames) ? 0 : v.frames);
	if (!isnan(v.signal))
		finding_number_of(f, "signal", "dBm", r->name, v.signal, RADIO_SIGNAL);
	put_part(f, "retries", r->name, &v.retries, RADIO_RETRIES);
	put_part(f, "failed_frames", r->name, &v.failed, RADIO_FAILED);
	if (!isnan(v.send_rate))
		finding_number_of(f, "send_rate", "bit/s", r->name, v.send_rate, NAN);
	if (v.joins > 0)
		finding_number_of(f, "joins", "count", r->name, v.joins, NAN);
	put_sentence(r, &v, f);
}
