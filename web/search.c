/* Searching: our own, of letters anywhere, and SmokePing's filter, an expression for
 * menu and title. */
#include "web/search.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/page.h"
#include "web/request.h"
#include "web/row.h"
#include "web/warm.h"

#define PAGE_FOUND 100 /* lines on a page of results */
#define GROUPS_MAX 100 /* groups shown above them */
/* Letters of an expression: the C library's matcher is content with these, whatever
 * they are. */
#define PATTERN_MAX 200

/* What SmokePing lets through as an expression. */
static const char pattern_letters[] = "- _0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ+*()|^[].$";

struct wanted {
	const char *text;
	bool narrow; /* menu and title only */
	bool expression;
	regex_t regex;
};

static bool
holds(const struct wanted *w, const char *text)
{
	if (text == NULL)
		return false;
	if (w->expression)
		return regexec(&w->regex, text, 0, NULL, 0) == 0;
	return strcasestr(text, w->text) != NULL;
}

static bool
is_found(const struct wanted *w, const struct conf_target *t)
{
	const struct live *live;
	char address[ADDR_TEXT] = "";

	if (holds(w, t->menu) || holds(w, t->title))
		return true;
	if (w->narrow)
		return false;
	live = state_live(t->id);
	if (live != NULL)
		addr_text(&live->target.address, address);
	return holds(w, t->host) || holds(w, t->path) || holds(w, address);
}

/* A filter that has other letters than an expression may have is taken as it is. */
static int
want(struct request *r, struct wanted *w)
{
	const char *filter = request_arg(r, "filter"), *q = request_arg(r, "q");
	const struct conf_section *s = conf_top(state_conf(), "Presentation");
	char why[128];

	w->narrow = q == NULL || *q == '\0';
	w->text = w->narrow ? filter : q;
	w->expression = w->narrow &&
			strcmp(conf_value(s, "literalsearch", "no"), "yes") != 0 &&
			filter[strspn(filter, pattern_letters)] == '\0';
	if (!w->expression)
		return 0;
	if (strlen(filter) > PATTERN_MAX) {
		reply_error(r, 400, "parameter filter: expected at most %d letters",
		    PATTERN_MAX);
		return -1;
	}
	int status = regcomp(&w->regex, filter, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (status == 0)
		return 0;
	regerror(status, &w->regex, why, sizeof why);
	reply_error(
	    r, 400, "parameter filter: %s is no regular expression: %s", filter, why);
	return -1;
}

static int
by_menu(const void *a, const void *b)
{
	const struct conf_target *const *x = a, *const *y = b;
	int order = strcmp((*x)->menu, (*y)->menu);

	return order != 0 ? order : strcmp((*x)->path, (*y)->path);
}

int
search_targets(struct request *r, const struct conf_target ***found, size_t *count)
{
	const struct conf *conf = state_conf();
	struct wanted w = { 0 };

	if (want(r, &w) != 0)
		return -1;
	*found = mem_zero(conf->target_count + 1, sizeof **found);
	*count = 0;
	for (size_t i = 0; i < conf->target_count; i++)
		if (is_found(&w, conf->target[i]) && !row_hidden(conf->target[i]))
			(*found)[(*count)++] = conf->target[i];
	if (w.narrow)
		qsort(*found, *count, sizeof **found, by_menu);
	if (w.expression)
		regfree(&w.regex);
	return 0;
}

static void
put_groups(struct html *page, const struct conf_target *const *found, size_t count)
{
	for (size_t i = 0, n = 0; i < count && n < GROUPS_MAX; i++) {
		if (found[i]->kind != CONF_GROUP)
			continue;
		struct html *item = html_item(page, "subgroup");
		char *trail = row_trail(found[i]);
		html_text(item, "menu", trail);
		row_href(item, "href", found[i]);
		html_flag(page, "subgroups", true);
		free(trail);
		n++;
	}
}

static void
put_found(struct request *r, struct html *page, const struct conf_target *const *found,
    size_t count, size_t first)
{
	struct html *card = NULL;
	int64_t span = row_begin(page);
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (found[i]->kind == CONF_GROUP)
			continue;
		if (card == NULL)
			card = html_item(page, "card");
		if (n >= first && n < first + PAGE_FOUND)
			row_add(card, "target", found[i], span);
		n++;
	}
	if (card != NULL)
		html_printf(card, "trail", "%zu found", n);
	page_turns(r, page, first, PAGE_FOUND, n);
}

void
page_search(struct request *r)
{
	const char *q = request_arg(r, "q"), *filter = request_arg(r, "filter");
	bool narrow = q == NULL || *q == '\0';
	const char *wanted = narrow ? filter : q;
	const struct conf_target **found;
	size_t count, first;

	if (wanted == NULL || *wanted == '\0') {
		page_targets(r);
		return;
	}
	if (page_first(r, PAGE_FOUND, &first) != 0 ||
	    search_targets(r, &found, &count) != 0)
		return;
	if (warm_begin(r, found + (first < count ? first : count),
		first >= count		     ? 0
		: count - first < PAGE_FOUND ? count - first
					     : PAGE_FOUND,
		row_span())) {
		free(found);
		return;
	}
	struct html *page = page_new(r, "Search", "targets");
	html_text(page, "query", wanted);
	html_text(page, "wanted", wanted);
	html_flag(page, "narrow", narrow);
	put_groups(page, found, count);
	put_found(r, page, found, count, first);
	html_flag(page, "nothing", count == 0);
	page_send(r, page, 200, "found.html");
	free(found);
}
