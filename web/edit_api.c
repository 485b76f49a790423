/* /api/v1/config: the files of the configuration as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/api.h"
#include "web/edit.h"
#include "web/form.h"
#include "web/request.h"
#include "web/session.h"
#include "web/state.h"

struct visit {
	char *file, *text;
	uint32_t version;
	bool save;
};

static void
visit_free(void *ctx)
{
	struct visit *v = ctx;

	free(v->file);
	free(v->text);
	free(v);
}

/* Begin to answer CALL of R by an object, J. False: SAID is no answer that anybody
 * wants, which was told. */
static bool
answer_begin(struct json *j, struct request *r, const struct edit_call *call,
    const struct msg_edited *said)
{
	const struct visit *v = edit_ctx(call);

	if (said->end != EDIT_DONE) {
		reply_error(r, edit_status(said), "%s%s%s",
		    v->file != NULL ? v->file : "", v->file != NULL ? ": " : "",
		    said->text);
		return false;
	}
	jw_init(j, request_out(r));
	jw_object(j);
	return true;
}

static void
answer_end(struct json *j, struct request *r)
{
	jw_object_end(j);
	api_answer(r);
}

/* --- reading ---------------------------------------------------------------------- */

static void
put_flags(struct json *j, unsigned flags, const char *why)
{
	jw_put_bool(j, "exists", (flags & EDIT_IS_MISSING) == 0);
	jw_put_bool(j, "read_only", (flags & EDIT_IS_READ_ONLY) != 0);
	jw_put_str(j, "why", (flags & EDIT_IS_READ_ONLY) != 0 ? why : NULL);
}

static void
list(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	char token[SESSION_TOKEN];
	struct json j;

	(void)text;
	if (!answer_begin(&j, r, call, said))
		return;
	jw_put_str(
	    &j, "edit", conf_value(conf_top(state_conf(), "Web"), "edit", "yes"));
	jw_put_str(&j, "token", session_token(r, token) ? token : NULL);
	jw_key(&j, "files");
	jw_array(&j);
	for (unsigned i = 0; i < said->rows; i++) {
		const struct msg_edited_row *row = &said->row[i];

		jw_object(&j);
		jw_put_str(&j, "file", row->name);
		jw_put_int(&j, "generation", row->number);
		jw_put_some(&j, "changed", row->when);
		jw_put_int(&j, "size", row->size);
		put_flags(&j, row->kind, row->text);
		jw_object_end(&j);
	}
	jw_array_end(&j);
	answer_end(&j, r);
}

static void
file(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	const struct visit *v = edit_ctx(call);
	struct json j;

	if (!answer_begin(&j, r, call, said))
		return;
	jw_put_str(&j, "file", said->name);
	jw_put_int(&j, "generation", said->generation);
	jw_put_some(&j, "version", v->version);
	jw_put_some(&j, "changed", said->when);
	put_flags(&j, said->flags, said->text);
	jw_put_str(&j, "text", text);
	answer_end(&j, r);
}

static void
history(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	struct json j;

	(void)text;
	if (!answer_begin(&j, r, call, said))
		return;
	jw_put_str(&j, "file", said->name);
	jw_put_int(&j, "generation", said->generation);
	jw_key(&j, "versions");
	jw_array(&j);
	for (unsigned i = 0; i < said->rows; i++) {
		jw_object(&j);
		jw_put_int(&j, "version", said->row[i].number);
		jw_put_int(&j, "time", said->row[i].when);
		jw_put_int(&j, "size", said->row[i].size);
		jw_put_bool(&j, "now", (said->row[i].kind & EDIT_IS_NOW) != 0);
		jw_object_end(&j);
	}
	jw_array_end(&j);
	answer_end(&j, r);
}

/* A call about the file that argument "file" names; NULL after having answered. */
static struct edit_call *
begin(struct request *r, bool named)
{
	const char *name = request_arg(r, "file");
	struct visit *v;

	if (!edit_may(r))
		return NULL;
	if (named && (name == NULL || *name == '\0')) {
		reply_error(
		    r, 400, "parameter file: is missing, expected a file's name");
		return NULL;
	}
	v = mem_zero(1, sizeof *v);
	v->file = named ? mem_str(name) : NULL;
	return edit_begin(r, v, visit_free);
}

void
edit_api_list(struct request *r)
{
	struct edit_call *call = begin(r, false);

	if (call != NULL)
		edit_ask(call, EDIT_LIST, NULL, 0, 0, NULL, list);
}

void
edit_api_file(struct request *r)
{
	struct edit_call *call;
	struct visit *v;
	long version;

	if (request_int(r, "version", 0, 0, UINT32_MAX, &version) < 0)
		return;
	call = begin(r, true);
	if (call == NULL)
		return;
	v = edit_ctx(call);
	v->version = (uint32_t)version;
	edit_ask(call, EDIT_TEXT, v->file, v->version, 0, NULL, file);
}

void
edit_api_history(struct request *r)
{
	struct edit_call *call = begin(r, true);

	if (call != NULL)
		edit_ask(call, EDIT_VERSIONS, ((struct visit *)edit_ctx(call))->file, 0,
		    0, NULL, history);
}

/* --- drafts ----------------------------------------------------------------------- */

static void
put_problems(struct json *j, const struct msg_edited *said)
{
	jw_key(j, "problems");
	jw_array(j);
	for (unsigned i = 0; i < said->rows; i++) {
		const struct msg_edited_row *row = &said->row[i];

		jw_object(j);
		jw_put_str(
		    j, "severity", row->kind == CONF_ERROR ? "error" : "warning");
		jw_put_str(j, "file", row->name);
		jw_put_some(j, "line", row->number);
		jw_put_str(j, "text", row->text);
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void
judged(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	const struct visit *v = edit_ctx(call);
	bool fine = said->end == EDIT_DONE;
	const char *reason = edit_reason(said);
	struct json j;
	char *detail;

	(void)text;
	jw_init(&j, request_out(r));
	jw_object(&j);
	if (!fine) {
		detail = mem_printf("%s: %s%s%s", v->file, reason,
		    *reason != '\0' && *said->text != '\0' ? " " : "", said->text);
		jw_put_str(&j, "type", "about:blank");
		jw_put_str(
		    &j, "title", said->end == EDIT_STALE ? "Conflict" : "Not taken");
		jw_put_int(&j, "status", edit_status(said));
		jw_put_str(&j, "detail", detail);
		free(detail);
	}
	jw_put_str(&j, "file", v->file);
	jw_put_int(&j, "generation", said->generation);
	jw_put_bool(&j, "saved", fine && v->save);
	put_problems(&j, said);
	jw_object_end(&j);
	putc('\n', request_out(r));
	reply(r, edit_status(said),
	    fine ? "application/json; charset=utf-8" : "application/problem+json");
}

static void
draft(struct request *r, bool save)
{
	struct visit *v;
	struct edit_call *call;
	struct err err;
	size_t len;
	const char *body = request_body(r, &len);
	char *number, *end = NULL;
	unsigned long long generation = 0;

	if (!edit_may(r))
		return;
	if (!request_must_post(r))
		return;
	v = mem_zero(1, sizeof *v);
	v->save = save;
	number = form_value(body, len, "generation", &err);
	if (number != NULL && *number >= '0' && *number <= '9')
		generation = strtoull(number, &end, 10);
	if (end == NULL || *end != '\0' || generation > UINT32_MAX)
		reply_error(r, 400,
		    "field generation: expected a number, as "
		    "/api/v1/config/file tells it");
	else if ((v->file = form_value(body, len, "file", &err)) == NULL ||
		 (v->text = form_value(body, len, "text", &err)) == NULL)
		reply_error(r, 400, "%s", err.text);
	free(number);
	if (v->text == NULL) {
		visit_free(v);
		return;
	}
	call = edit_begin(r, v, visit_free);
	if (call != NULL)
		edit_ask(call, save ? EDIT_SAVE : EDIT_CHECK, v->file, 0,
		    (uint32_t)generation, v->text, judged);
}

void
edit_api_check(struct request *r)
{
	draft(r, false);
}

void
edit_api_save(struct request *r)
{
	draft(r, true);
}
