#include "collector/marks.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "collector/exporter.h"

#define MINUTE_MS 60000
#define ECN 3 /* of the octet: RFC 3168 */
#define ECT1 1
#define ECT0 2
#define CE 3

struct entry {
	UT_hash_handle hh;
	struct msg_marks is;
};

struct marks {
	struct entry *all;
	unsigned guests; /* of them, of which a guest told first */
	int64_t minute;	 /* of what is counted, since the epoch; 0: none yet */
	uint64_t crowded;
};

static struct entry *
find_or_add(struct marks *m, const struct if_key *key, bool guest)
{
	struct entry *e;

	HASH_FIND(hh, m->all, key, sizeof *key, e);
	if (e != NULL || HASH_COUNT(m->all) >= MARKS_MAX ||
	    (guest && m->guests == MARKS_GUESTS_MAX))
		return e;
	m->guests += guest;
	e = mem_zero(1, sizeof *e);
	e->is.key = *key;
	HASH_ADD(hh, m->all, is.key, sizeof e->is.key, e);
	return e;
}

void
marks_flow(struct marks *m, const struct flow *f, int64_t now_ms)
{
	uint32_t index = f->egress ? f->out : f->in;
	enum if_way way = f->egress ? IF_OUT : IF_IN;

	if (f->protocol != FLOW_SFLOW5 || !(f->has & FLOW_HAS_TOS) || index == 0)
		return;
	if (m->minute == 0)
		m->minute = now_ms / MINUTE_MS;
	struct flow_ip device = exporter_device(f->exporter);
	struct if_key key = if_key(&device, index);
	struct entry *e = find_or_add(m, &key, f->exporter->guest);
	if (e == NULL) {
		m->crowded++;
		return;
	}
	switch (f->tos & ECN) {
	case ECT0:
		e->is.of[way].ect0++;
		break;
	case ECT1:
		e->is.of[way].ect1++;
		break;
	case CE:
		e->is.of[way].ce++;
		break;
	default:
		e->is.of[way].not_capable++;
	}
}

static void
empty(struct marks *m)
{
	struct entry *e, *next;

	HASH_ITER(hh, m->all, e, next) {
		HASH_DEL(m->all, e);
		free(e);
	}
	m->guests = 0;
}

void
marks_tick(struct marks *m, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_marks *of), void *ctx)
{
	struct entry *e, *next;
	int64_t minute = now_ms / MINUTE_MS;

	if (m->minute == 0 || minute == m->minute)
		return;
	HASH_ITER(hh, m->all, e, next) {
		e->is.begin_s = m->minute * (MINUTE_MS / 1000);
		tell(ctx, &e->is);
	}
	empty(m);
	m->minute = minute;
}

uint64_t
marks_crowded(const struct marks *m)
{
	return m->crowded;
}

struct marks *
marks_new(void)
{
	return mem_zero(1, sizeof(struct marks));
}

void
marks_free(struct marks *m)
{
	empty(m);
	free(m);
}
