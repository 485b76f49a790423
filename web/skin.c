#include "web/skin.h"

#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"
#include "web/asset.h"
#include "web/html.h"
#include "web/page.h"
#include "web/request.h"
#include "web/state.h"

static struct {
	bool known; /* the configuration was asked */
	char *text; /* NULL: our own pages are shown */
} skin;

static int
hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

/* LINE as config/template.c wrote it, as it was. */
static char *
decode(const char *line)
{
	char *text = mem_str(line), *to = text;

	for (const char *s = line; *s != '\0'; s++) {
		int high = *s == '\\' ? hex(s[1]) : -1,
		    low = high >= 0 ? hex(s[2]) : -1;
		if (high * 16 + low > 0 && low >= 0) {
			*to++ = (char)(high << 4 | low);
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
	return text;
}

static const char *
skin_text(void)
{
	if (!skin.known) {
		const char *line = conf_value(
		    conf_top(state_conf(), "Presentation"), "template_text", NULL);
		skin.text = line != NULL ? decode(line) : NULL;
		skin.known = true;
	}
	return skin.text;
}

bool
skin_is_set(void)
{
	return skin_text() != NULL;
}

void
skin_forget(void)
{
	free(skin.text);
	skin.text = NULL;
	skin.known = false;
}

/* --- filling it ------------------------------------------------------------------- */

/* What can stand between <## and ##>. */
static const char *const names[] = { "menu", "title", "remark", "overview", "body",
	"target_ip", "owner", "contact", "author", "smokeping", "step", "rrdlogo",
	"smokelogo", "authuser" };
enum {
	MENU,
	TITLE,
	REMARK,
	OVERVIEW,
	BODY,
	TARGET_IP,
	OWNER,
	CONTACT,
	AUTHOR,
	SMOKEPING,
	STEP,
	RRDLOGO,
	SMOKELOGO,
	AUTHUSER,
	NAMES
};

struct filled {
	char *value[NAMES]; /* markup */
	char nonce[33];
};

static char *
escaped(const char *text)
{
	char *result;
	size_t len;
	FILE *out = mem_stream(&result, &len);

	html_escape(out, text);
	mem_stream_end(out);
	return result;
}

/* The template's own scripts may run, and nothing else: they get this word. */
static void
choose_nonce(struct filled *f)
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		fatal("getrandom");
	for (size_t i = 0; i < sizeof bytes; i++)
		sprintf(f->nonce + 2 * i, "%02x", bytes[i]);
}

/* The placeholder at S: its number and length. */
static size_t
placeholder(const char *s, unsigned *number)
{
	for (unsigned i = 0; i < NAMES; i++) {
		size_t n = strlen(names[i]);
		if (strncmp(s + 3, names[i], n) == 0 &&
		    strncmp(s + 3 + n, "##>", 3) == 0) {
			*number = i;
			return n + 6;
		}
	}
	return 0;
}

/* Our own script, for zooming and what the template's menus do by attributes. */
static void
put_script(FILE *out, const struct filled *f)
{
	fprintf(out, "<script src=\"%s%s\" nonce=\"%s\" defer></script>\n",
	    request_base(), asset_url("smokebox.js"), f->nonce);
}

static void
fill(FILE *out, const char *text, const struct filled *f)
{
	bool scripted = false;

	while (*text != '\0') {
		size_t len = strcspn(text + 1, "<") + 1;
		unsigned number;
		if (strncmp(text, "<##", 3) == 0 &&
		    (len = placeholder(text, &number)) > 0) {
			fputs(f->value[number], out);
		} else if (strncasecmp(text, "<script", 7) == 0) {
			fprintf(out, "%.7s nonce=\"%s\"", text, f->nonce);
			len = 7;
		} else if (strncasecmp(text, "</body", 6) == 0 && !scripted) {
			put_script(out, f);
			scripted = true;
			len = 1;
			putc(*text, out);
		} else {
			if (strncmp(text, "<##", 3) == 0)
				len = 3;
			fwrite(text, 1, len, out);
		}
		text += len;
	}
	if (!scripted)
		put_script(out, f);
}

/* Whatever the template loads from elsewhere is its author's choice; scripts are those
 * of the template and no others. */
static void
set_policy(struct request *r, const struct filled *f)
{
	char *policy = mem_printf(
	    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
	    "frame-ancestors 'self'; script-src 'self' 'nonce-%s'; style-src 'self' "
	    "'unsafe-inline' https: http:; img-src 'self' data: https: http:; font-src "
	    "'self' data: https: http:",
	    f->nonce);

	request_set_header(r, "Content-Security-Policy", policy);
	free(policy);
}

static void
fill_constants(struct filled *f)
{
	const struct conf_section *general = conf_top(state_conf(), "General");
	const struct conf_target *root = state_conf()->targets;

	f->value[OWNER] = escaped(conf_value(general, "owner", ""));
	f->value[CONTACT] = escaped(conf_value(general, "contact", ""));
	f->value[AUTHOR] = mem_str("its authors");
	f->value[SMOKEPING] = mem_printf(
	    "<a href=\"%s/config\">smokebox %s</a>", request_base(), PACKAGE_VERSION);
	f->value[STEP] = mem_printf(
	    "%u", root->probe != NULL ? root->probe->step : state_conf()->step);
	f->value[RRDLOGO] = mem_str(
	    "<a href=\"https://oss.oetiker.ch/rrdtool/\" rel=\"noreferrer\">RRDtool</a>");
	f->value[SMOKELOGO] = mem_printf(
	    "<a href=\"%s/\"><img alt=\"smokebox\" width=\"32\" height=\"32\" "
	    "src=\"%s%s\"></a>",
	    request_base(), request_base(), asset_url("icon.svg"));
	f->value[AUTHUSER] = mem_str("Guest");
}

static void
fill_target(struct filled *f, const struct skin_view *v)
{
	const struct conf_target *t = v->target;
	const char *title = v->chart != NULL ? ""
			    : t != NULL	     ? t->title
			    : v->place->parent == NULL
				? page_hierarchy_title(v->hierarchy)
				: v->place->name;

	f->value[TITLE] = html_safe(title);
	f->value[REMARK] = html_safe(t != NULL && t->remark != NULL ? t->remark : "");
	f->value[TARGET_IP] = escaped(t != NULL && t->host != NULL ? t->host : "");
}

/* The parts that are written to files: menu, overview, body. 0, or -1 after having
 * answered. */
static int
fill_parts(struct filled *f, struct request *r, const struct skin_view *v)
{
	size_t len;
	int status;
	FILE *out = mem_stream(&f->value[MENU], &len);

	status = skin_menu(out, r, v);
	mem_stream_end(out);
	out = mem_stream(&f->value[OVERVIEW], &len);
	if (status == 0)
		skin_overview(out, r, v);
	mem_stream_end(out);
	out = mem_stream(&f->value[BODY], &len);
	if (status == 0)
		status = skin_body(out, r, v);
	mem_stream_end(out);
	return status;
}

void
skin_answer(struct request *r, const struct skin_view *v)
{
	struct filled f = { 0 };

	if (fill_parts(&f, r, v) == 0) {
		choose_nonce(&f);
		fill_constants(&f);
		fill_target(&f, v);
		set_policy(r, &f);
		request_set_header(r, "Cache-Control", "private, no-cache");
		fill(request_out(r), skin_text(), &f);
		reply(r, 200, "text/html; charset=utf-8");
	}
	for (unsigned i = 0; i < NAMES; i++)
		free(f.value[i]);
}
