/* What a server sends: how much of it is read, what is looked for in it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/httpfetch.h"

/* Enough of a body to know that it comes; more where something is looked for in it. */
#define HTTP_BODY (64 * 1024)
#define HTTP_BODY_SEARCH (1024 * 1024)
/* The longest match of an expression that is found for sure. */
#define HTTP_MATCH 1024
/* All headers of an answer: what browsers bear, and no more. */
#define HTTP_HEAD (256 * 1024)

size_t
httpbody_header(char *data, size_t one, size_t n, void *ctx)
{
	struct http_fetch *f = ctx;

	(void)data;
	f->head += one * n;
	f->overlong = f->head > HTTP_HEAD;
	return f->overlong ? 0 : one * n;
}

/* Look for WANTED in what came before and the N bytes of DATA. */
static void
httpbody_search(struct http_search *s, const char *wanted, const char *data, size_t n)
{
	size_t want = wanted != NULL ? strlen(wanted) : 0, len = s->tail_len + n;

	if (want == 0 || s->found || n == 0)
		return;
	char *both = mem_alloc(len + 1);
	if (s->tail_len > 0)
		memcpy(both, s->tail, s->tail_len);
	memcpy(both + s->tail_len, data, n);
	s->found = memmem(both, len, wanted, want) != NULL;
	s->tail_len = len < want - 1 ? len : want - 1;
	memmove(both, both + len - s->tail_len, s->tail_len);
	free(s->tail);
	s->tail = both;
}

/* How much of the body is read, as things stand. */
static size_t
httpbody_most(const struct http_fetch *f)
{
	const struct probe_opts *o = f->run->opts;
	bool searching =
	    (o->expect != NULL && !f->expected.found) || o->expect_not != NULL;

	if (o->max_body != 0)
		return o->max_body;
	return searching ? HTTP_BODY_SEARCH : HTTP_BODY;
}

size_t
httpbody_write(char *data, size_t one, size_t n, void *ctx)
{
	struct http_fetch *f = ctx;
	const struct probe_opts *o = f->run->opts;
	size_t most = httpbody_most(f), take = one * n;

	if (take > most - f->body)
		take = most - f->body;
	httpbody_search(&f->expected, o->expect, data, take);
	httpbody_search(&f->forbidden, o->expect_not, data, take);
	if (o->deny != NULL) {
		f->page = mem_grow(f->page, f->body + take + 1, 1);
		memcpy(f->page + f->body, data, take);
	}
	f->body += take;
	f->capped = f->body >= httpbody_most(f);
	return f->capped ? 0 : one * n;
}

/* A page of a filter has to match; bytes of 0 in it are as good as blanks. What the C
 * library does with an expression may take the square of a text's length, and a page is
 * as its sender likes it: it is looked at piece by piece. */
static bool
httpbody_denied(const struct http_fetch *f)
{
	const regex_t *deny = f->run->opts->deny;
	bool denied = false;

	if (f->page == NULL)
		return regexec(deny, "", 0, NULL, 0) == 0;
	f->page[f->body] = '\0';
	for (size_t i = 0; i < f->body; i++)
		if (f->page[i] == '\0')
			f->page[i] = ' ';
	for (size_t at = 0, end = 0; end < f->body && !denied; at += HTTP_MATCH) {
		end = f->body - at < 2 * HTTP_MATCH ? f->body : at + 2 * HTTP_MATCH;
		regmatch_t part = { (regoff_t)at, (regoff_t)end };
		denied = regexec(deny, f->page, 0, &part,
			     REG_STARTEND | (end < f->body ? REG_NOTEOL : 0)) == 0;
	}
	return denied;
}

char *
httpbody_fault(const struct http_fetch *f)
{
	const struct probe_opts *o = f->run->opts;
	char *within =
	    f->capped ? mem_printf(" in its first %zu bytes", f->body) : mem_str("");
	char *fault = NULL;

	if (f->forbidden.found)
		fault = mem_printf("the answer holds '%.100s'", o->expect_not);
	else if (o->expect != NULL && !f->expected.found)
		fault = mem_printf(
		    "the answer does not hold '%.100s'%s", o->expect, within);
	else if (o->deny != NULL && !httpbody_denied(f))
		fault = mem_printf("the answer is not the filter's: deny_re does not "
				   "match%s",
		    within);
	free(within);
	return fault;
}

void
httpbody_forget(struct http_fetch *f)
{
	free(f->expected.tail);
	free(f->forbidden.tail);
	free(f->page);
	f->page = NULL;
	f->expected = f->forbidden = (struct http_search){ 0 };
	f->head = f->body = 0;
	f->capped = f->overlong = false;
}
