#include "web/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/blockades.h"
#include "web/http.h"

#define RECEIVERS_MAX 1024
#define TRIALS_MAX 16

/* A request that waits for the end of a trial. */
struct trial {
	struct request *r; /* NULL: free */
	uint32_t ticket;
	char name[256];
};

static struct {
	struct link *courier;
	struct msg_receiver *receiver;
	size_t receivers;
	struct trial trial[TRIALS_MAX];
	uint32_t ticket;
} news;

/* --- what is known ---------------------------------------------------------------- */

const struct msg_receiver *
news_receivers(size_t *count)
{
	*count = news.receivers;
	return news.receiver;
}

void
news_name(const struct msg_receiver *r, bool local, char *buf, size_t size)
{
	const char *at = strchr(r->name, '@'), *slash = strrchr(r->name, '/');

	if (local || (at == NULL && r->name[0] != '|'))
		snprintf(buf, size, "%s", r->name);
	else if (r->name[0] == '|')
		snprintf(buf, size, "|%s", slash != NULL ? slash + 1 : r->name + 1);
	else
		snprintf(buf, size, "%.1s•••%s", r->name, at);
}

void
news_put(struct json *j, bool local)
{
	char name[300];

	jw_key(j, "courier");
	jw_object(j);
	jw_key(j, "receivers");
	jw_array(j);
	for (size_t i = 0; i < news.receivers; i++) {
		const struct msg_receiver *r = &news.receiver[i];

		news_name(r, local, name, sizeof name);
		jw_object(j);
		jw_key(j, "name");
		jw_str(j, name);
		jw_key(j, "type");
		jw_str(j, r->type);
		jw_key(j, "sent");
		jw_int(j, (int64_t)r->sent);
		jw_key(j, "failed");
		jw_int(j, (int64_t)r->failed);
		jw_key(j, "waiting");
		jw_int(j, r->waiting);
		jw_key(j, "last");
		if (r->last_s != 0)
			jw_int(j, r->last_s);
		else
			jw_null(j);
		jw_key(j, "error");
		jw_str(j, r->error[0] != '\0' ? r->error : NULL);
		jw_object_end(j);
	}
	jw_array_end(j);
	jw_object_end(j);
}

/* --- trials ----------------------------------------------------------------------- */

static void
answer(struct request *r, unsigned status, const char *text)
{
	request_set_header(r, "Cache-Control", "no-store");
	fprintf(request_out(r), "%s\n", text);
	reply(r, status, "text/plain; charset=utf-8");
}

static void
finish(struct trial *t, unsigned status, const char *text)
{
	struct request *r = t->r;

	t->r = NULL;
	answer(r, status, text);
}

/* Whoever asked has left. */
static void
on_gone(void *ctx)
{
	struct trial *t = ctx;

	t->r = NULL;
}

static const struct msg_receiver *
find(const char *name)
{
	for (size_t i = 0; i < news.receivers; i++)
		if (strcmp(news.receiver[i].name, name) == 0)
			return &news.receiver[i];
	return NULL;
}

/* NAME is none of them: say who is. */
static void
unknown(struct request *r, const char *name)
{
	FILE *out = request_out(r);

	request_set_header(r, "Cache-Control", "no-store");
	fprintf(out, "there is no receiver %s, expected ", name);
	for (size_t i = 0; i < news.receivers && request_is_local(r); i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "one of ", news.receiver[i].name);
	if (news.receivers == 0)
		fputs("one in *** Actions *** or *** Alerts ***", out);
	else if (!request_is_local(r))
		fputs("one that probectl status shows", out);
	putc('\n', out);
	reply(r, 404, "text/plain; charset=utf-8");
}

static void
ask(struct request *r, const struct msg_receiver *receiver)
{
	struct msg_out out;
	struct trial *t = news.trial;

	while (t < news.trial + TRIALS_MAX && t->r != NULL)
		t++;
	if (t == news.trial + TRIALS_MAX) {
		answer(r, 503, "too many tests at once");
		return;
	}
	t->r = r;
	t->ticket = ++news.ticket;
	snprintf(t->name, sizeof t->name, "%s", receiver->name);
	msg_begin(&out, MSG_TRY);
	pack_u32(&out.pack, t->ticket);
	pack_u64(&out.pack, receiver->id);
	link_send(news.courier, &out, -1, LINK_MUST);
	request_park(r, on_gone, t);
}

void
news_notify(struct request *r)
{
	const char *name = request_arg(r, "receiver");
	const struct msg_receiver *receiver;

	if (!request_must_post(r))
		return;
	if (name == NULL || *name == '\0') {
		reply_error(r, 400, "parameter receiver: expected a receiver's name");
		return;
	}
	receiver = find(name);
	if (news.courier == NULL)
		answer(r, 503, "the courier is not there, see probectl status");
	else if (receiver == NULL)
		unknown(r, name);
	else
		ask(r, receiver);
}

static int
on_tried(struct msg_in *in)
{
	struct msg_tried m;
	char text[600];

	if (msg_get_tried(in, &m) != 0)
		return -1;
	for (size_t i = 0; i < TRIALS_MAX; i++) {
		struct trial *t = &news.trial[i];

		if (t->r == NULL || t->ticket != m.ticket)
			continue;
		if (m.how == TRIED_DELIVERED)
			snprintf(text, sizeof text, "%s took a test", t->name);
		else
			snprintf(text, sizeof text, "%s did not take a test: %s",
			    t->name,
			    m.how == TRIED_UNKNOWN ? "it is no receiver any more"
						   : m.text);
		finish(t, m.how == TRIED_DELIVERED ? 200 : 502, text);
	}
	return 0;
}

/* --- feeding ---------------------------------------------------------------------- */

void
news_courier(struct link *link)
{
	news.courier = link;
	if (link != NULL)
		return;
	news.receivers = 0;
	blockades_forget();
	for (size_t i = 0; i < TRIALS_MAX; i++)
		if (news.trial[i].r != NULL)
			finish(&news.trial[i], 503,
			    "the courier ended, so nobody knows what became of the test");
}

static int
on_receiver(struct msg_in *in)
{
	struct msg_receiver m;
	size_t i = 0;

	if (msg_get_receiver(in, &m) != 0)
		return -1;
	while (i < news.receivers && news.receiver[i].id != m.id)
		i++;
	if (m.gone) {
		if (i < news.receivers) {
			news.receivers--;
			memmove(&news.receiver[i], &news.receiver[i + 1],
			    (news.receivers - i) * sizeof m);
		}
		return 0;
	}
	if (i < news.receivers) {
		news.receiver[i] = m;
		return 0;
	}
	if (news.receivers == RECEIVERS_MAX)
		return -1;
	news.receiver = mem_grow(news.receiver, news.receivers + 1, sizeof m);
	for (i = news.receivers++;
	     i > 0 && strcmp(news.receiver[i - 1].name, m.name) > 0; i--)
		news.receiver[i] = news.receiver[i - 1];
	news.receiver[i] = m;
	return 0;
}

int
news_message(struct msg_in *in)
{
	return in->type == MSG_TRIED ? on_tried(in) : on_receiver(in);
}

void
news_free(void)
{
	free(news.receiver);
	news.receiver = NULL;
	news.receivers = 0;
}
