/* /config/edit, /config/history, /config/undo: the files of the configuration as pages.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "web/asset.h"
#include "web/diff.h"
#include "web/edit.h"
#include "web/form.h"
#include "web/page.h"
#include "web/query.h"
#include "web/request.h"
#include "web/session.h"
#include "web/when.h"

#define SHOWN 1500 /* lines of a difference */
#define ROWS_LEAST 12
#define ROWS_MOST 40

/* A page that is being made, over one or more questions. */
struct visit {
	char *file;
	char *text; /* of the reader, or of a version; NULL: none */
	uint32_t generation, version;
	bool save;
	struct msg_edited *judged; /* what was said of TEXT; NULL: nothing was asked */
	bool undo;
};

static void
visit_free(void *ctx)
{
	struct visit *v = ctx;

	free(v->file);
	free(v->text);
	free(v->judged);
	free(v);
}

/* --- parts of pages --------------------------------------------------------------- */

static struct html *
begin(struct request *r, const char *title)
{
	struct html *page = page_new(r, title, "config");
	char token[SESSION_TOKEN];

	html_text(page, "refresh", ""); /* what is being written would go */
	html_printf(page, "edit_js", "%s%s", request_base(), asset_url("edit.js"));
	if (session_token(r, token))
		html_text(page, "token", token);
	return page;
}

static void
put_link(struct html *h, const char *name, const char *path, const char *file,
    uint32_t version)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s%s?file=", request_base(), path);
	query_encode(out, file);
	if (version != 0)
		fprintf(out, "&version=%" PRIu32, version);
	mem_stream_end(out);
	html_text(h, name, text);
	free(text);
}

static void
put_when(struct html *h, const char *name, int64_t when)
{
	char text[WHEN_TEXT];

	if (when <= 0)
		return;
	when_text(text, sizeof text, when, true);
	html_text(h, name, text);
}

/* TEXT as a browser shows it: lines end with \n alone. */
static char *
without_returns(const char *text)
{
	char *copy = mem_str(text), *to = copy;

	for (const char *p = copy; *p != '\0'; p++)
		if (*p != '\r')
			*to++ = *p;
	*to = '\0';
	return copy;
}

/* Line NUMBER of TEXT, malloced; NULL when it has no such line. */
static char *
line_of(const char *text, unsigned number)
{
	for (; text != NULL && number > 1; number--) {
		text = strchr(text, '\n');
		text = text != NULL ? text + 1 : NULL;
	}
	return text == NULL || number == 0 ? NULL
					   : mem_strn(text, strcspn(text, "\r\n"));
}

static void
put_problems(struct html *page, const struct visit *v)
{
	const struct msg_edited *said = v->judged;

	for (unsigned i = 0; i < said->rows; i++) {
		const struct msg_edited_row *row = &said->row[i];
		struct html *item = html_item(page, "problem");
		bool here = strcmp(row->name, v->file) == 0;
		char *line = here ? line_of(v->text, row->number) : NULL;

		html_text(item, "kind", row->kind == CONF_ERROR ? "error" : "warning");
		html_text(item, "place", row->name);
		if (row->number > 0)
			html_printf(item, "number", "%" PRIu32, row->number);
		html_flag(item, "here", line != NULL);
		html_text(item, "source", line);
		html_text(item, "why", row->text);
		free(line);
	}
	if (said->more > 0)
		html_printf(page, "more_problems", "%u", said->more);
}

/* What is different between BEFORE and AFTER, for template diff.html. */
static void
put_diff(struct html *page, const char *before, const char *after)
{
	static const struct {
		const char *word, *sign;
	} kinds[] = { [DIFF_SAME] = { "same", " " },
		[DIFF_GONE] = { "gone", "\xe2\x88\x92" },
		[DIFF_NEW] = { "new", "+" },
		[DIFF_GAP] = { "gap", "" } };
	struct diff_row *row;
	size_t count = diff_rows(before, after, &row);

	html_flag(page, "diff", count > 0);
	html_flag(page, "no_diff", count == 0);
	for (size_t i = 0; i < count && i < SHOWN; i++) {
		struct html *item = html_item(page, "d_row");
		char *text = mem_strn(row[i].text, row[i].len);

		html_text(item, "d_kind", kinds[row[i].kind].word);
		html_text(item, "d_sign", kinds[row[i].kind].sign);
		html_flag(item, "d_gap", row[i].kind == DIFF_GAP);
		html_text(item, "d_text", text);
		if (row[i].before != 0 && row[i].kind != DIFF_GAP)
			html_printf(item, "d_before", "%u", row[i].before);
		if (row[i].after != 0 && row[i].kind != DIFF_GAP)
			html_printf(item, "d_after", "%u", row[i].after);
		free(text);
	}
	if (count > SHOWN)
		html_printf(page, "more_diff", "%zu", count - SHOWN);
	free(row);
}

/* --- the list --------------------------------------------------------------------- */

static void
show_list(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	struct html *page;

	(void)call;
	(void)text;
	if (said->end != EDIT_DONE) {
		reply_error(r, edit_status(said), "%s", said->text);
		return;
	}
	page = begin(r, "Files of the configuration");
	for (unsigned i = 0; i < said->rows; i++) {
		const struct msg_edited_row *row = &said->row[i];
		struct html *item = html_item(page, "file");

		html_text(item, "f_name", row->name);
		put_link(item, "f_href", "/config/edit", row->name, 0);
		put_link(item, "f_history", "/config/history", row->name, 0);
		put_when(item, "f_when", row->when);
		html_printf(item, "f_size", "%" PRIi64, row->size);
		html_flag(item, "f_missing", (row->kind & EDIT_IS_MISSING) != 0);
		if ((row->kind & EDIT_IS_READ_ONLY) != 0)
			html_text(item, "f_locked", row->text);
	}
	page_send(r, page, 200, "files.html");
}

/* --- the editor ------------------------------------------------------------------- */

/* In the words of the one who edits: what became of it. */
static void
put_outcome(struct html *page, const struct visit *v)
{
	const struct msg_edited *said = v->judged;
	bool fine = said->end == EDIT_DONE;

	html_text(page, "look", fine ? "good" : "bad");
	html_text(page, "outcome",
	    !fine	     ? (*edit_reason(said) != '\0' ? edit_reason(said)
							   : "That did not work.")
	    : said->rows > 0 ? "It would do, with warnings. Nothing is written yet."
			     : "It would do. Nothing is written yet.");
	if (said->end == EDIT_STALE)
		html_text(page, "outcome_more",
		    "Your text is kept below, and compared with what the file holds now. "
		    "Take over what is to stay of that; saving puts your text in its "
		    "place.");
	else if (!fine)
		html_text(page, "outcome_more", said->text);
}

/* The page with V's text in it, or what the file holds; NOW says that. */
static void
show_editor(struct request *r, const struct visit *v, const struct msg_edited *now,
    const char *now_text)
{
	bool known = now->end == EDIT_DONE,
	     judged_now = v->judged != NULL && v->judged->end == EDIT_STALE && known;
	char *was = without_returns(now_text), *is;
	struct html *page = begin(r, v->file);
	unsigned lines = 1;

	is = v->text != NULL ? mem_str(v->text) : mem_str(was);
	for (const char *p = is; *p != '\0'; p++)
		lines += *p == '\n';
	html_text(page, "file", v->file);
	put_link(page, "history", "/config/history", v->file, 0);
	put_when(page, "changed", now->when);
	html_flag(page, "missing", (now->flags & EDIT_IS_MISSING) != 0);
	if ((now->flags & EDIT_IS_READ_ONLY) != 0)
		html_text(page, "locked", now->text);
	html_printf(page, "generation", "%" PRIu32,
	    v->text == NULL || judged_now ? now->generation : v->generation);
	html_flag(
	    page, "masked", strstr(is, "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2") != NULL);
	html_printf(page, "lines", "%u",
	    lines < ROWS_LEAST	? ROWS_LEAST
	    : lines > ROWS_MOST ? ROWS_MOST
				: lines);
	html_text(page, "content", is);
	html_flag(page, "saved", v->judged == NULL && request_arg(r, "saved") != NULL);
	if (v->judged != NULL) {
		put_outcome(page, v);
		put_problems(page, v);
		if (known)
			put_diff(page, was, is);
		html_flag(page, "may_save",
		    v->judged->end == EDIT_DONE || v->judged->end == EDIT_STALE);
		html_flag(page, "over", v->judged->end == EDIT_STALE);
	}
	page_send(
	    r, page, v->judged != NULL ? edit_status(v->judged) : 200, "edit.html");
	free(was);
	free(is);
}

static void
show_file(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	const struct visit *v = edit_ctx(call);

	/* Whoever has written something gets it back, whatever there is to say. */
	if (said->end != EDIT_DONE && v->judged == NULL)
		reply_error(r, edit_status(said), "%s: %s", v->file, said->text);
	else
		show_editor(r, v, said, text);
}

static void
judged(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	struct visit *v = edit_ctx(call);
	char *address, *location;
	size_t len;

	(void)text;
	if (v->save && said->end == EDIT_DONE) {
		FILE *out = mem_stream(&address, &len);

		query_encode(out, v->file);
		mem_stream_end(out);
		location = mem_printf("/config/edit?file=%s&saved=1", address);
		reply_redirect(r, location);
		free(location);
		free(address);
		return;
	}
	v->judged = mem_alloc(sizeof *v->judged);
	*v->judged = *said;
	edit_ask(call, EDIT_TEXT, v->file, 0, 0, NULL, show_file);
}

/* Number NAME of the form in R's body into NUMBER. False after having answered. */
static bool
take_number(struct request *r, const char *name, uint32_t *number)
{
	struct err err;
	size_t len;
	const char *body = request_body(r, &len);
	char *text = form_value(body, len, name, &err), *end;
	unsigned long long n = 0;
	bool fine = text != NULL && *text >= '0' && *text <= '9';

	if (fine) {
		n = strtoull(text, &end, 10);
		fine = *end == '\0' && n <= UINT32_MAX;
	}
	if (!fine)
		reply_error(r, 400, "field %s: expected a number", name);
	free(text);
	*number = (uint32_t)n;
	return fine;
}

/* Text NAME likewise; NULL after having answered. */
static char *
take_text(struct request *r, const char *name)
{
	struct err err;
	size_t len;
	const char *body = request_body(r, &len);
	char *text = form_value(body, len, name, &err);

	if (text == NULL)
		reply_error(r, 400, "%s", err.text);
	return text;
}

static void
post(struct request *r)
{
	struct visit *v = mem_zero(1, sizeof *v);
	struct edit_call *call;
	char *action;
	struct err err;
	size_t len;
	const char *body = request_body(r, &len);

	if ((v->file = take_text(r, "file")) == NULL ||
	    (v->text = take_text(r, "text")) == NULL ||
	    !take_number(r, "generation", &v->generation)) {
		visit_free(v);
		return;
	}
	action = form_value(body, len, "do", &err);
	v->save = action != NULL && strcmp(action, "save") == 0;
	free(action);
	call = edit_begin(r, v, visit_free);
	if (call != NULL)
		edit_ask(call, v->save ? EDIT_SAVE : EDIT_CHECK, v->file, 0,
		    v->generation, v->text, judged);
}

void
edit_page(struct request *r)
{
	const char *file = request_arg(r, "file");
	struct edit_call *call;
	struct visit *v;

	if (!edit_may(r))
		return;
	if (request_is_post(r)) {
		post(r);
		return;
	}
	v = mem_zero(1, sizeof *v);
	v->file = mem_str(file != NULL ? file : "");
	call = edit_begin(r, v, visit_free);
	if (call == NULL)
		return;
	if (*v->file == '\0')
		edit_ask(call, EDIT_LIST, NULL, 0, 0, NULL, show_list);
	else
		edit_ask(call, EDIT_TEXT, v->file, 0, 0, NULL, show_file);
}

/* --- history ---------------------------------------------------------------------- */

static void
put_versions(struct html *page, const struct visit *v, const struct msg_edited *said)
{
	for (unsigned i = 0; i < said->rows; i++) {
		const struct msg_edited_row *row = &said->row[i];
		struct html *item = html_item(page, "v_row");

		put_when(item, "v_when", row->when);
		html_printf(item, "v_size", "%" PRIi64, row->size);
		html_flag(item, "v_now", (row->kind & EDIT_IS_NOW) != 0);
		put_link(item, "v_href", "/config/history", v->file, row->number);
	}
}

static struct html *
begin_history(struct request *r, const struct visit *v)
{
	struct html *page = begin(r, v->file);

	html_text(page, "file", v->file);
	put_link(page, "edit", "/config/edit", v->file, 0);
	put_link(page, "history", "/config/history", v->file, 0);
	return page;
}

static void
show_versions(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	const struct visit *v = edit_ctx(call);
	struct html *page;

	(void)text;
	if (said->end != EDIT_DONE) {
		reply_error(r, edit_status(said), "%s: %s", v->file, said->text);
		return;
	}
	page = begin_history(r, v);
	html_flag(page, "list", true);
	if (said->rows == 0)
		html_text(page, "none", said->text);
	put_versions(page, v, said);
	page_send(r, page, 200, "history.html");
}

/* The version's text is V's; what the file holds has come. */
static void
show_version(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	const struct visit *v = edit_ctx(call);
	char *now, *then;
	struct html *page;

	if (said->end != EDIT_DONE) {
		reply_error(r, edit_status(said), "%s: %s", v->file, said->text);
		return;
	}
	now = without_returns(text);
	then = without_returns(v->text);
	page = begin_history(r, v);
	put_when(page, "then", v->judged->when);
	html_printf(page, "v_number", "%" PRIu32, v->version);
	html_printf(page, "generation", "%" PRIu32, said->generation);
	put_diff(page, now, then);
	html_text(page, "content", then);
	if ((said->flags & EDIT_IS_READ_ONLY) != 0)
		html_text(page, "locked", said->text);
	page_send(r, page, 200, "history.html");
	free(now);
	free(then);
}

static void
have_version(struct request *r, struct edit_call *call, const struct msg_edited *said,
    const char *text)
{
	struct visit *v = edit_ctx(call);

	if (said->end != EDIT_DONE) {
		reply_error(r, edit_status(said), "%s: %s", v->file, said->text);
		return;
	}
	v->text = without_returns(text);
	if (v->undo) {
		edit_ask(call, EDIT_SAVE, v->file, 0, v->generation, v->text, judged);
		return;
	}
	v->judged = mem_alloc(sizeof *v->judged);
	*v->judged = *said;
	edit_ask(call, EDIT_TEXT, v->file, 0, 0, NULL, show_version);
}

void
edit_history(struct request *r)
{
	const char *file = request_arg(r, "file");
	struct edit_call *call;
	struct visit *v;
	long version;

	if (!edit_may(r))
		return;
	if (request_int(r, "version", 0, 0, UINT32_MAX, &version) < 0)
		return;
	if (file == NULL || *file == '\0') {
		reply_error(
		    r, 400, "parameter file: is missing, expected a file's name");
		return;
	}
	v = mem_zero(1, sizeof *v);
	v->file = mem_str(file);
	v->version = (uint32_t)version;
	call = edit_begin(r, v, visit_free);
	if (call == NULL)
		return;
	if (version == 0)
		edit_ask(call, EDIT_VERSIONS, v->file, 0, 0, NULL, show_versions);
	else
		edit_ask(call, EDIT_TEXT, v->file, v->version, 0, NULL, have_version);
}

void
edit_undo(struct request *r)
{
	struct visit *v;
	struct edit_call *call;

	if (!edit_may(r))
		return;
	if (!request_must_post(r))
		return;
	v = mem_zero(1, sizeof *v);
	v->save = v->undo = true;
	if ((v->file = take_text(r, "file")) == NULL ||
	    !take_number(r, "generation", &v->generation) ||
	    !take_number(r, "version", &v->version)) {
		visit_free(v);
		return;
	}
	call = edit_begin(r, v, visit_free);
	if (call != NULL)
		edit_ask(call, EDIT_TEXT, v->file, v->version, 0, NULL, have_version);
}
