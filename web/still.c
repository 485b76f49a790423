/* probed-pages, which probed --static-pages becomes: the pages of groups and targets
 * and their graphs, written as files once, under SmokePing's names: A.B.html,
 * A/B_mini.png, A/B_last_10800.png. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cached.h"
#include "store.h"
#include "web/asset.h"
#include "web/graph.h"
#include "web/html.h"
#include "web/vantage.h"

#define PROGRAM "probed: --static-pages"
#define MINI_SPAN (10 * 3600)
#define NAME_MAX_LEN 250 /* of a file's name, with its suffix */

enum {
	FINE,
	BAD_CONFIG,
	USAGE,
	FAILED
};

static struct {
	const struct conf *conf;
	int dir;      /* where files go ... */
	int pictures; /* ... and graphs, and what they are called on pages: */
	char *prefix; /* "" or "URL/" */
	int64_t now;
	unsigned long pages, graphs, failed;
} still;

/* --- files ------------------------------------------------------------------------ */

/* The directory that NAME, below DIR, lies in, made where it is missing, and what is
 * left of NAME in *BASE. -1 with errno. Others may write to these directories, and we
 * may be root: no link in them is followed. */
static int
open_parent(int dir, const char *name, const char **base)
{
	int at = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *slash;

	while (at >= 0 && (slash = strchr(name, '/')) != NULL) {
		char *word = mem_strn(name, (size_t)(slash - name));
		int next = -1, error;

		if (mkdirat(at, word, 0755) == 0 || errno == EEXIST)
			next = openat(
			    at, word, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		error = errno;
		free(word);
		close(at);
		errno = error;
		at = next;
		name = slash + 1;
	}
	*base = name;
	return at;
}

static int
open_fresh(int dir, const char *fresh)
{
	if (unlinkat(dir, fresh, 0) != 0 && errno != ENOENT)
		return -1;
	return openat(
	    dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

/* A reader finds the file as it was or as it is. */
static void
put_file(int dir, const char *name, const void *data, size_t len)
{
	const char *base, *at = data;
	int parent = open_parent(dir, name, &base), error = parent < 0 ? errno : 0;
	char *fresh = mem_printf("%s.new", base);
	int fd = -1;

	if (error == 0) {
		fd = open_fresh(parent, fresh);
		error = fd < 0 ? errno : 0;
	}
	while (error == 0 && len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			error = errno;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	if (fd >= 0 && close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && renameat(parent, fresh, parent, base) != 0)
		error = errno;
	if (parent >= 0)
		close(parent);
	if (error != 0) {
		fprintf(stderr, PROGRAM ": %s: %s\n", name, strerror(error));
		still.failed++;
	}
	free(fresh);
}

/* "A/B" for "A.B". */
static char *
as_path(const char *dotted)
{
	char *path = mem_str(dotted);

	for (char *p = path; *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	return path;
}

static char *
page_name(const struct conf_target *t)
{
	return *t->path == '\0' ? mem_str("index.html")
				: mem_printf("%s.html", t->path);
}

/* --- graphs ----------------------------------------------------------------------- */

static uint16_t
size_of(const char *part, const char *key, uint16_t fallback, long most)
{
	const struct conf_section *s =
	    conf_child(conf_top(still.conf, "Presentation"), part);
	long v = atol(conf_value(s, key, "0"));

	return v >= 10 && v <= most ? (uint16_t)v : fallback;
}

/* Draw SPAN seconds of T into file NAME, and put its name and size into ITEM. */
static void
put_graph(struct html *item, const struct conf_target *t, uint8_t kind, int64_t span,
    const char *label, const char *slave, const char *name)
{
	const char *part = kind == DRAW_OVERVIEW ? "overview" : "detail";
	struct msg_draw ask = {
		.target = t->id,
		.kind = kind,
		.format = DRAW_PNG,
		.theme = DRAW_LIGHT,
		.zoom = 1,
		.start = still.now - span,
		.end = still.now,
		.width = size_of(part, "width", 600, 4000),
		.height =
		    size_of(part, "height", kind == DRAW_OVERVIEW ? 50 : 200, 2000),
	};
	struct graph g;
	struct err err;

	snprintf(ask.label, sizeof ask.label, "%s", label);
	snprintf(ask.slave, sizeof ask.slave, "%s", slave);
	if (graph_draw(&g, still.conf, &ask, &err) < 0) {
		fprintf(stderr, PROGRAM ": %s: %s\n", name, err.text);
		still.failed++;
		return;
	}
	put_file(still.pictures, name, g.data, g.size);
	still.graphs++;
	html_printf(item, "src", "%s%s", still.prefix, name);
	html_printf(item, "width", "%u", (unsigned)g.head.width);
	html_printf(item, "height", "%u", (unsigned)g.head.height);
	graph_free(&g);
}

/* --- a page ----------------------------------------------------------------------- */

static void
put_markup(struct html *h, const char *name, const char *text)
{
	char *safe = html_safe(text);

	html_markup(h, name, safe);
	free(safe);
}

static void
put_href(struct html *h, const struct conf_target *t)
{
	char *name = page_name(t);

	html_text(h, "href", name);
	free(name);
}

static void
put_trail(struct html *page, const struct conf_target *t)
{
	const struct conf_target *up[64];
	size_t n = 0;

	for (t = t->parent; t != NULL && n < 64; t = t->parent)
		up[n++] = t;
	while (n-- > 0) {
		struct html *crumb = html_item(page, "crumb");
		put_href(crumb, up[n]);
		html_plain(crumb, "menu", up[n]->menu);
	}
}

/* What lies below T: small graphs of what has a host, names of all else. */
static void
put_below(struct html *page, const struct conf_target *t)
{
	struct html *list = NULL;
	int64_t span =
	    still.conf->overview_range > 0 ? still.conf->overview_range : MINI_SPAN;

	for (const struct conf_target *c = t->first; c != NULL; c = c->next) {
		if (c->hide)
			continue;
		if (c->kind != CONF_GROUP) {
			struct html *small = html_item(page, "small");
			char *path = as_path(c->path);
			char *name = mem_printf("%s_mini.png", path);

			put_href(small, c);
			html_plain(small, "heading", c->title);
			put_graph(small, c, DRAW_OVERVIEW, span, c->menu, "", name);
			free(name);
			free(path);
		}
		if (c->first == NULL)
			continue;
		if (list == NULL)
			list = html_item(page, "below");
		struct html *node = html_item(list, "node");
		put_href(node, c);
		html_plain(node, "menu", c->menu);
	}
}

static void
put_range(struct html *page, const struct conf_target *t, const struct conf_period *p,
    const struct vantage *from)
{
	struct html *range = html_item(page, "range");
	const char *slave = from != NULL ? from->slave : "";
	char *path = as_path(t->path);
	char *name = mem_printf(
	    "%s%s%s_last_%u.png", path, *slave != '\0' ? "~" : "", slave, p->seconds);

	if (from != NULL)
		html_printf(range, "label", "%s from %s", p->label, from->display);
	else
		html_text(range, "label", p->label);
	put_graph(range, t, DRAW_DETAIL, p->seconds, p->label, slave, name);
	free(name);
	free(path);
}

static void
put_ranges(struct html *page, const struct conf_target *t)
{
	static struct vantage list[VANTAGES];
	size_t count = vantage_list(still.conf, t, list, VANTAGES);

	for (size_t i = 0; i < still.conf->periods; i++) {
		if (t->kind == CONF_MULTIHOST)
			put_range(page, t, &still.conf->period[i], NULL);
		for (size_t k = 0; k < count; k++)
			put_range(page, t, &still.conf->period[i], &list[k]);
	}
}

static void
put_clock(struct html *page)
{
	time_t now = (time_t)still.now;
	char text[64];
	struct tm tm;

	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", localtime_r(&now, &tm));
	html_text(page, "clock", text);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	html_text(page, "clock_iso", text);
}

static void
put_page(const struct conf_target *t)
{
	const struct conf_section *general = conf_top(still.conf, "General");
	struct html *page = html_new();
	char *text = NULL, *name = page_name(t);
	size_t len;
	FILE *out;

	html_text(
	    page, "site", conf_value(conf_top(still.conf, "Web"), "title", "smokebox"));
	html_text(page, "version", PACKAGE_VERSION);
	html_text(page, "owner", conf_value(general, "owner", ""));
	html_plain(page, "title", t->title);
	put_markup(page, "heading", t->title);
	html_text(page, "host",
	    t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC ? t->host : "");
	put_markup(page, "remark", t->remark != NULL ? t->remark : "");
	put_clock(page);
	put_trail(page, t);
	put_below(page, t);
	put_ranges(page, t);
	out = mem_stream(&text, &len);
	html_render(out, "still.html", page);
	mem_stream_end(out);
	put_file(still.dir, name, text, len);
	still.pages++;
	free(text);
	free(name);
	html_free(page);
}

/* T and all below it. A name that no file can have is left out. */
static void
put_pages(const struct conf_target *t)
{
	if (strlen(t->path) + strlen(".html.new") > NAME_MAX_LEN) {
		fprintf(
		    stderr, PROGRAM ": %s: its name is too long for a file\n", t->path);
		still.failed++;
		return;
	}
	put_page(t);
	for (const struct conf_target *c = t->first; c != NULL; c = c->next)
		put_pages(c);
}

/* --- the program ------------------------------------------------------------------ */

/* What rrdcached keeps is written before it is drawn. */
static void
use_rrdcached(void)
{
	const char *path =
	    still.conf->rrdcached == NULL ? NULL : cached_path(still.conf->rrdcached);
	int fd = path == NULL ? -1 : cached_connect(path);

	if (path == NULL)
		return;
	if (fd < 0) {
		fprintf(stderr,
		    PROGRAM ": rrdcached at %s: %s: what it keeps is not drawn\n", path,
		    strerror(errno));
		return;
	}
	cached_use(still.conf->rrdcached, NULL);
	cached_line(fd);
}

/* A directory, made if it is missing, or -1 after having said why not. */
static int
open_dir(const char *dir)
{
	int fd = -1;

	if (mkdir(dir, 0755) == 0 || errno == EEXIST)
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fprintf(stderr, PROGRAM ": %s: %s\n", dir, strerror(errno));
	return fd;
}

/* As SmokePing: everything is in the directory that was GIVEN, else pages in pagedir
 * and graphs in imgcache, which pages know as imgurl. */
static int
open_dirs(const char *given)
{
	const struct conf_section *general = conf_top(still.conf, "General");
	const char *dir = given != NULL ? given : conf_value(general, "pagedir", "");
	const char *imgcache = given != NULL ? "" : conf_value(general, "imgcache", "");
	const char *url = conf_value(general, "imgurl", ".");

	if (*dir == '\0') {
		fputs(PROGRAM ": no pagedir in *** General ***, expected it or "
			      "--static-pages=DIR\n",
		    stderr);
		return USAGE;
	}
	still.dir = open_dir(dir);
	still.pictures = *imgcache == '\0' ? still.dir : open_dir(imgcache);
	still.prefix = *imgcache == '\0' ? mem_str("") : mem_printf("%s/", url);
	return still.dir < 0 || still.pictures < 0 ? FAILED : FINE;
}

static int
write_all(const char *datadir, const char *dir)
{
	static const char *const sheets[] = { "smokebox.css", "dark.css" };
	int status = open_dirs(dir);

	if (status != FINE)
		return status;
	if (chdir(datadir != NULL ? datadir : still.conf->datadir) != 0) {
		fprintf(stderr, PROGRAM ": data directory %s: %s\n",
		    datadir != NULL ? datadir : still.conf->datadir, strerror(errno));
		return FAILED;
	}
	use_rrdcached();
	still.now = clock_wall_s();
	for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
		const struct asset *css = asset_find(sheets[i]);
		put_file(still.dir, css->name, css->data, css->len);
	}
	put_pages(still.conf->targets);
	printf("%lu pages and %lu graphs were written%s\n", still.pages, still.graphs,
	    still.failed > 0 ? ", others could not be" : "");
	return still.failed > 0 ? FAILED : FINE;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "data", required_argument, NULL, 'd' },
		{ "pages", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	const char *config = NULL, *datadir = NULL, *dir = NULL;
	struct conf_report report = { 0 };
	struct conf *conf;
	int c, status;

	log_init("probed", LOG_LEVEL_WARN);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'c')
			config = optarg;
		else if (c == 'd')
			datadir = optarg;
		else if (c == 'p')
			dir = optarg;
		else
			return USAGE;
	}
	if (config == NULL) {
		fputs("probed-pages is run by probed --static-pages, not by hand\n",
		    stderr);
		return USAGE;
	}
	conf = conf_load(config, &report);
	if (conf == NULL)
		conf_report_print(&report, stderr);
	conf_report_free(&report);
	if (conf == NULL)
		return BAD_CONFIG;
	still.conf = conf;
	status = write_all(datadir, dir);
	free(still.prefix);
	conf_free(conf);
	return status;
}
