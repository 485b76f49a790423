/* /login and /logout: for those who may see more than everybody, once a password is
 * set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/page.h"
#include "web/request.h"
#include "web/session.h"

/* Where to go then: a page of ours, since a link must not lead anybody elsewhere. */
static const char *
way_back(const struct request *r)
{
	const char *back = request_arg(r, "back");

	return back != NULL && back[0] == '/' && back[1] != '/' && back[1] != '\\'
		   ? back
		   : "/";
}

static void
show(struct request *r, unsigned status, const char *why, const char *back)
{
	struct html *page = page_new(r, "Log in", NULL);

	html_text(page, "refresh", "");
	html_text(page, "why", why);
	html_text(page, "back", back);
	html_flag(page, "wanted", session_wanted());
	html_flag(page, "in", session_is_open(r));
	page_send(r, page, status, "login.html");
}

void
page_login_first(struct request *r, const char *why)
{
	char *back = NULL;
	size_t len;
	FILE *out = mem_stream(&back, &len);

	fputs(request_path(r), out);
	request_link(r, out, "in", "1");
	mem_stream_end(out);
	show(r, 403, why, request_is_post(r) ? request_path(r) : back);
	free(back);
}

void
page_login(struct request *r)
{
	const char *password = request_arg(r, "password");
	char text[128];
	unsigned seconds;

	request_set_header(r, "Cache-Control", "no-store");
	if (!request_is_post(r)) {
		/* It would stand in logs and histories. */
		if (password != NULL)
			reply_error(r, 400, "a password is posted, expected the form");
		else
			show(r, 200, "", way_back(r));
		return;
	}
	switch (session_open(r, password != NULL ? password : "", &seconds)) {
	case SESSION_OPENED:
		reply_redirect(r, way_back(r));
		break;
	case SESSION_WRONG:
		show(r, 403,
		    session_wanted() ? "That is not the password."
				     : "No password is set.",
		    way_back(r));
		break;
	case SESSION_LOCKED:
		snprintf(text, sizeof text, "%u", seconds);
		request_set_header(r, "Retry-After", text);
		snprintf(text, sizeof text,
		    "Too many wrong passwords came: try again in %u seconds.", seconds);
		show(r, 429, text, way_back(r));
		break;
	}
}

void
page_logout(struct request *r)
{
	if (!request_must_post(r))
		return;
	session_close(r);
	reply_redirect(r, "/");
}
