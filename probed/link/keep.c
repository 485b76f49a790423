#include "link/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

struct kept {
	STAILQ_ENTRY(kept) next;
	size_t len;
	uint8_t data[];
};

void
keep_init(struct keep *k, size_t max)
{
	*k = (struct keep){ .max = max };
	STAILQ_INIT(&k->list);
}

static void
drop_first(struct keep *k)
{
	struct kept *m = STAILQ_FIRST(&k->list);

	STAILQ_REMOVE_HEAD(&k->list, next);
	k->bytes -= sizeof *m + m->len;
	free(m);
}

void
keep_free(struct keep *k)
{
	while (!STAILQ_EMPTY(&k->list))
		drop_first(k);
}

static void
put(struct keep *k, const void *data, size_t len)
{
	struct kept *m = mem_alloc(sizeof *m + len);

	m->len = len;
	memcpy(m->data, data, len);
	STAILQ_INSERT_TAIL(&k->list, m, next);
	k->bytes += sizeof *m + len;
	while (k->bytes > k->max && STAILQ_FIRST(&k->list) != m) {
		drop_first(k);
		k->dropped++;
	}
}

static void
rescue(void *ctx, const void *data, size_t len, enum link_keep keep)
{
	if (keep == LINK_MUST)
		put(ctx, data, len);
}

void
keep_line(struct keep *k, struct link *link)
{
	static struct msg_out out; /* 32 KiB: not on the stack */

	if (k->link != NULL && k->link != link) {
		struct kept_list later = STAILQ_HEAD_INITIALIZER(later);

		STAILQ_CONCAT(&later, &k->list);
		link_waiting(k->link, rescue, k);
		STAILQ_CONCAT(&k->list, &later);
	}
	k->link = link;
	if (link != NULL && k->dropped > 0) {
		log_warnx("%lu messages to %s are lost: more came than are kept for it "
			  "while it was away",
		    k->dropped, room_name(link_peer(link)));
		k->dropped = 0;
	}
	while (link != NULL && !STAILQ_EMPTY(&k->list)) {
		struct kept *m = STAILQ_FIRST(&k->list);

		pack_init(&out.pack, out.data, sizeof out.data);
		pack_bytes(&out.pack, m->data, m->len);
		link_send(link, &out, -1, LINK_MUST);
		drop_first(k);
	}
}

void
keep_send(struct keep *k, struct msg_out *out, enum link_keep keep)
{
	size_t size;

	if (k->link == NULL && keep == LINK_MUST && (size = msg_end(out)) > 0)
		put(k, out->data, size);
	else
		link_send(k->link, out, -1, keep);
}
