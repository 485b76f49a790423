#include "recorder/attack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/statefile.h"
#include "infer/attack.h"
#include "infer/attacktext.h"
#include "recorder/found.h"
#include "store.h"

#define FILE_NAME STORE_STATE "/baselines"
#define WRITE_S 600
/* An exporter that sent nothing for so long is not there; counters of interfaces come
 * every half a minute. */
#define ALIVE_S 60
#define EXPORTERS 64

/* One that sends flows. A device may have several, each with numbers of its own. */
struct teller {
	char address[ADDR_TEXT]; /* its agent's, where it has one */
	uint8_t protocol;
	uint32_t port;
	uint64_t domain;
	int64_t last_s;
	uint64_t came, lost; /* as it was told last */
	double share;	     /* 0..1, lost of what was sent since the time before */
};

struct attackbook {
	struct conditions *cs;
	struct attacks *attacks;
	struct teller teller[EXPORTERS];
	unsigned tellers;
	int64_t now_s, written_s;
	struct log_limit stuck;
};

/* --- incidents -------------------------------------------------------------------- */

/* Whether it hurts is for the judge of the path to say. What is recovering does not any
 * more. */
static void
tell_others(const struct attack *a)
{
	static struct infer_finding f;

	if (a->peak.class == VECTOR_CLASSES && a->state != ATTACK_NORMAL)
		return;
	attack_finding(a, &f);
	found_tell(&f, a->state != ATTACK_UNDER);
}

static void
on_attack(void *ctx, const struct attack *a)
{
	struct attackbook *b = ctx;
	char subject[ATTACK_SUBJECT], summary[ATTACK_SUMMARY], *evidence = NULL;
	struct finding f = { .kind = ATTACK_KIND,
		.subject = subject,
		.source = ATTACK_SOURCE,
		.time = b->now_s,
		.worst = NAN };

	attack_subject(a, subject);
	/* Of one that a restart brought back and that is over by now nothing is new. */
	if (a->peak.class != VECTOR_CLASSES) {
		attack_summary(a, summary);
		evidence = attack_evidence(a);
		f.summary = summary;
		f.evidence = evidence;
		f.confidence = attack_confidence(a);
		f.worst = a->peak.packets;
	}
	if (a->state == ATTACK_NORMAL) {
		f.time = a->below_s;
		condition_clear(b->cs, &f);
	} else {
		if (condition_open(b->cs, f.kind, f.subject, f.source) == 0)
			f.time = a->begin_s;
		condition_raise(b->cs, &f);
	}
	free(evidence);
	tell_others(a);
}

/* --- who tells -------------------------------------------------------------------- */

static struct teller *
teller_of(struct attackbook *b, const char *address, const struct msg_exporter *x)
{
	struct teller *oldest = &b->teller[0];

	for (unsigned i = 0; i < b->tellers; i++) {
		struct teller *t = &b->teller[i];

		if (strcmp(t->address, address) == 0 && t->protocol == x->protocol &&
		    t->domain == x->domain && t->port == x->port)
			return t;
		if (t->last_s < oldest->last_s)
			oldest = t;
	}
	if (b->tellers < EXPORTERS)
		oldest = &b->teller[b->tellers++];
	*oldest = (struct teller){
		.protocol = x->protocol, .port = x->port, .domain = x->domain
	};
	snprintf(oldest->address, sizeof oldest->address, "%s", address);
	return oldest;
}

void
attackbook_exporter(struct attackbook *b, const struct msg_exporter *x)
{
	struct teller *t = teller_of(b, x->agent[0] != '\0' ? x->agent : x->address, x);
	uint64_t came = x->lost_datagrams ? x->datagrams : x->records;
	double new = came >= t->came ? (double)(came - t->came) : 0;
	double lost = x->lost >= t->lost ? (double)(x->lost - t->lost) : 0;

	t->last_s = x->last_ms / 1000;
	t->share = t->came > 0 && lost > 0 ? lost / (lost + new) : 0;
	t->came = came;
	t->lost = x->lost;
}

/* EXPORTER, or where it is not known anybody, tells all that it sees. */
static double
lost(void *ctx, const struct flow_ip *exporter)
{
	const struct attackbook *b = ctx;
	char text[ADDR_TEXT];
	double least = NAN, own = NAN;
	bool known = false;

	flow_ip_text(exporter, text);
	for (unsigned i = 0; i < b->tellers; i++) {
		const struct teller *t = &b->teller[i];
		bool ours = strcmp(t->address, text) == 0;

		known = known || ours;
		if (b->now_s - t->last_s > ALIVE_S)
			continue;
		least = fmin(least, t->share);
		if (ours)
			own = fmax(own, t->share);
	}
	return known ? own : least;
}

void
attackbook_host(struct attackbook *b, const struct own_host *h)
{
	attacks_see(b->attacks, h);
}

/* --- what is usual ---------------------------------------------------------------- */

static void
write_baselines(struct attackbook *b)
{
	struct err err;
	size_t len;
	char *text = baselines_write(attacks_baselines(b->attacks), &len);

	if (statefile_write(FILE_NAME, text, len, &err) != 0 &&
	    log_allowed(&b->stuck, 3600, NULL))
		log_warnx("what is usual at hosts cannot be kept: %s", err.text);
	free(text);
}

static void
read_baselines(struct attackbook *b)
{
	struct err err;
	void *text;
	ssize_t len = statefile_read(FILE_NAME, BASELINES_TEXT, &text, &err);

	if (len < 0 ||
	    (len > 0 && baselines_read(attacks_baselines(b->attacks), text, (size_t)len,
			    &err) != 0))
		log_warnx(FILE_NAME ": %s; what is usual is learned anew", err.text);
	free(text);
}

unsigned
attackbook_forget(struct attackbook *b, const struct prefix *p)
{
	unsigned count = baselines_forget(attacks_baselines(b->attacks), p);

	if (count > 0)
		write_baselines(b);
	return count;
}

void
attackbook_tick(struct attackbook *b, int64_t now)
{
	b->now_s = now;
	attacks_tick(b->attacks, now, lost, b);
	if (now - b->written_s < WRITE_S && now >= b->written_s)
		return;
	b->written_s = now;
	if (baselines_learned(attacks_baselines(b->attacks)) > 0)
		write_baselines(b);
}

/* --- life ------------------------------------------------------------------------- */

static struct attack_settings
settings_of(const struct conf *conf)
{
	struct conf_detection d;

	conf_detection(conf, &d);
	return (struct attack_settings){ .packets = d.packets,
		.octets = d.bits / 8,
		.flows = d.flows,
		.line = { d.line[0] / 8, d.line[1] / 8 },
		.hold_s = d.hold_s,
		.learn_s = d.learn_s };
}

void
attackbook_configure(struct attackbook *b, const struct conf *conf)
{
	struct attack_settings set = settings_of(conf);

	attacks_configure(b->attacks, &set);
}

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct attackbook *b = ctx;
	struct flow_ip host;
	bool out;

	(void)held;
	if (strcmp(in->kind, ATTACK_KIND) == 0 &&
	    strcmp(in->source, ATTACK_SOURCE) == 0 &&
	    attack_subject_read(in->subject, &host, &out) == 0)
		attacks_restore(b->attacks, &host, out, in->begin, b->now_s);
}

struct attackbook *
attackbook_new(struct conditions *cs, struct events *ev, const struct conf *conf,
    int64_t now)
{
	struct attackbook *b = mem_zero(1, sizeof *b);
	struct attack_settings set = settings_of(conf);

	b->cs = cs;
	b->now_s = b->written_s = now;
	b->attacks = attacks_new(&set);
	attacks_listen(b->attacks, on_attack, b);
	read_baselines(b);
	events_each_open(ev, restore, b);
	return b;
}

void
attackbook_free(struct attackbook *b)
{
	if (b == NULL)
		return;
	if (baselines_learned(attacks_baselines(b->attacks)) > 0)
		write_baselines(b);
	attacks_free(b->attacks);
	free(b);
}
