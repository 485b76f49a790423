#include "web/blockades.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/msgblockade.h"

#define BLOCKADES_MAX 256

static struct msg_blockade blockade[BLOCKADES_MAX];
static unsigned count;

int
blockades_message(struct msg_in *in)
{
	static struct msg_blockade m;
	unsigned i = 0;

	if (msg_get_blockade(in, &m) != 0)
		return -1;
	while (i < count && blockade[i].id != m.id)
		i++;
	if (m.gone) {
		if (i < count)
			blockade[i] = blockade[--count];
		return 0;
	}
	if (i == BLOCKADES_MAX)
		return 0;
	blockade[i] = m;
	if (i == count)
		count++;
	return 0;
}

void
blockades_forget(void)
{
	count = 0;
}

void
blockades_facts(int64_t incident,
    void (*fact)(void *ctx, const char *key, const char *value), void *ctx)
{
	for (unsigned i = 0; i < count; i++) {
		const struct msg_blockade *b = &blockade[i];
		char *text;

		if (b->incident != incident)
			continue;
		text = mem_printf("%s%s%s: %.*s", blockade_state_word(b->state),
		    b->why[0] != '\0' ? ", " : "", b->why,
		    (int)strcspn(b->text, "\n"), b->text);
		fact(ctx, b->action, text);
		free(text);
	}
}

unsigned
blockades_announced(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += blockade[i].state == BLOCKADE_ANNOUNCED ||
		     blockade[i].state == BLOCKADE_ANNOUNCING ||
		     blockade[i].state == BLOCKADE_WITHDRAWING;
	return n;
}

void
blockades_put(struct json *j, int64_t incident, bool hosts)
{
	jw_key(j, "blockades");
	jw_array(j);
	for (unsigned i = 0; i < count; i++) {
		const struct msg_blockade *b = &blockade[i];

		if (incident != 0 && b->incident != incident)
			continue;
		jw_object(j);
		jw_put_str(j, "action", b->action);
		jw_put_str(j, "host", hosts && b->host[0] != '\0' ? b->host : NULL);
		jw_put_str(j, "direction", b->out ? "outgoing" : "incoming");
		jw_put_some(j, "incident", b->incident);
		jw_put_str(j, "state", blockade_state_word(b->state));
		jw_put_some(j, "since", b->since);
		jw_put_str(j, "says", hosts ? b->text : NULL);
		jw_put_str(j, "why", b->why[0] != '\0' ? b->why : NULL);
		jw_object_end(j);
	}
	jw_array_end(j);
}
