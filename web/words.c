#include "web/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/worker.h"
#include "store.h"
#include "web/api.h"
#include "web/request.h"
#include "web/state.h"

#define TEXT_MAX 1000
#define SILENCE_LONGEST (366LL * 86400)

/* Argument NAME, which may be missing where NEEDED is false, as words: the query was
 * checked to be UTF-8 without control characters. NULL after having answered. */
static const char *
parse_text(struct request *r, const char *name, bool needed)
{
	const char *text = request_arg(r, name);

	if (text == NULL || *text == '\0') {
		if (!needed)
			return "";
		reply_error(r, 400, "parameter %s: is missing, expected some words", name);
		return NULL;
	}
	if (strlen(text) > TEXT_MAX) {
		reply_error(r, 400, "parameter %s: %zu bytes, expected at most %d", name,
		    strlen(text), TEXT_MAX);
		return NULL;
	}
	return text;
}

/* Argument target as a path of the configuration, "" for all. NULL after having
 * answered. */
static const char *
parse_target(struct request *r)
{
	const char *path = request_arg(r, "target");

	if (path == NULL || *path == '\0')
		return "";
	const struct conf_target *t = conf_target_by_path(state_conf(), path);
	if (t == NULL)
		reply_error(r, 404,
		    "parameter target: no target or group is called %s", path);
	return t != NULL ? t->path : NULL;
}

/* Hand OUT over to the recorder. False after having answered that there is none. */
static bool
pass_on(struct request *r, struct msg_out *out)
{
	struct link *recorder = worker_link(ROOM_RECORDER);

	if (recorder == NULL)
		reply_error(r, 503,
		    "the recorder is being started again: nothing is taken just now");
	else
		link_send(recorder, out, -1, LINK_MUST);
	return recorder != NULL;
}

void
words_pass_on(struct request *r, struct msg_out *out)
{
	struct json j;

	if (!pass_on(r, out))
		return;
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_key(&j, "taken");
	jw_bool(&j, true);
	jw_object_end(&j);
	api_answer(r);
}

/* The note that R brings to OUT. The path that it is of, or NULL after having answered.
 */
static const char *
parse_note(struct request *r, struct msg_out *out)
{
	const char *text, *target;

	if (!request_must_post(r) || (text = parse_text(r, "text", true)) == NULL ||
	    (target = parse_target(r)) == NULL)
		return NULL;
	msg_begin(out, MSG_NOTE);
	msg_str(out, target);
	msg_str(out, text);
	return target;
}

void
words_note(struct request *r)
{
	struct msg_out out;

	if (parse_note(r, &out) != NULL)
		words_pass_on(r, &out);
}

void
words_note_form(struct request *r)
{
	struct msg_out out;
	const char *target = parse_note(r, &out);

	if (target == NULL || !pass_on(r, &out))
		return;
	char *back = mem_printf("/t/%s", target);
	for (char *p = back; *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	reply_redirect(r, *target != '\0' ? back : "/");
	free(back);
}

void
words_silence(struct request *r)
{
	int64_t now = clock_wall_s(), begin, end;
	struct msg_out out;
	const char *reason, *target;

	if (!request_must_post(r) ||
	    (reason = parse_text(r, "reason", false)) == NULL ||
	    (target = parse_target(r)) == NULL ||
	    request_time(r, "begin", now, &begin) < 0 ||
	    request_time(r, "end", 0, &end) < 0)
		return;
	if (begin < 0 || end <= now || end <= begin || end - begin > SILENCE_LONGEST) {
		reply_error(r, 400,
		    "parameter end: expected a time to come, behind begin, by at most 366 "
		    "days");
		return;
	}
	msg_begin(&out, MSG_SILENCE);
	pack_i64(&out.pack, begin);
	pack_i64(&out.pack, end);
	msg_str(&out, target);
	msg_str(&out, reason);
	words_pass_on(r, &out);
}

void
words_merge(struct request *r)
{
	const char *from, *target;
	char file[STORE_PATH];
	struct msg_out out;

	if (!request_must_post(r) || (from = parse_text(r, "from", true)) == NULL ||
	    (target = parse_target(r)) == NULL)
		return;
	if (store_rrd_path(file, from) < 0 || *target == '\0') {
		reply_error(r, 400,
		    "parameter %s: expected the path of a target, such as Group.Host",
		    *target == '\0' ? "target" : "from");
		return;
	}
	msg_begin(&out, MSG_MERGE);
	msg_str(&out, from);
	msg_str(&out, target);
	words_pass_on(r, &out);
}
