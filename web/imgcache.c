#include "web/imgcache.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/msg.h"
#include "web/wanted.h"

#define SPAN_MIN 60		      /* seconds of a picture by its name */
#define SPAN_MAX (20LL * 365 * 86400) /* as long as any range */

/* --- where pictures are ----------------------------------------------------------- */

/* The path of URL: behind the host of an absolute one, without query. Malloced. */
static char *
url_path(const char *url)
{
	const char *slashes = strstr(url, "://");

	if (slashes != NULL) {
		url = slashes + 3;
		url += strcspn(url, "/");
	}
	return mem_strn(url, strcspn(url, "?#"));
}

/* DIR ("/a/b/") and PATH as one path with a slash at both ends; "." and ".." are
 * resolved, and never lead above the top. Malloced. */
static char *
join(const char *dir, const char *path)
{
	char *all = mem_printf("%s/%s/", *path == '/' ? "" : dir, path), *out;
	size_t at = 0;

	out = mem_alloc(strlen(all) + 2);
	out[at++] = '/';
	for (char *save, *part = strtok_r(all, "/", &save); part != NULL;
	     part = strtok_r(NULL, "/", &save)) {
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			while (at > 1 && out[--at - 1] != '/')
				;
			continue;
		}
		size_t len = strlen(part);
		memcpy(out + at, part, len);
		at += len;
		out[at++] = '/';
	}
	out[at] = '\0';
	free(all);
	return out;
}

/* What follows imgurl, seen from DIR, in PATH; NULL when it does not begin so. */
static const char *
below(const char *path, const char *dir, const char *imgurl)
{
	char *base = join(dir, imgurl);
	size_t len = strlen(base);
	bool fits = strncmp(path, base, len) == 0;

	free(base);
	return fits ? path + len : NULL;
}

/* The name of a picture in PATH, "A/B_mini.png"; NULL when PATH is elsewhere. imgurl is
 * relative to where pages are: there, and where SmokePing's are served here. What is
 * usual works without being configured. */
static const char *
picture_name(const struct conf *conf, const char *path)
{
	static const char *const dirs[] = { "/smokeping/", "/cgi-bin/", "/" };
	static const char *const usual[] = { "imgcache", "images", "cache", "img" };
	const struct conf_section *general = conf_top(conf, "General");
	const char *name = NULL;

	for (size_t i = 0; name == NULL && i < sizeof usual / sizeof usual[0]; i++)
		name = below(path, dirs[0], usual[i]);
	char *imgurl = url_path(conf_value(general, "imgurl", "/"));
	char *cgi = url_path(conf_value(general, "cgiurl", "/"));
	char *slash = strrchr(cgi, '/');
	if (slash != NULL)
		slash[1] = '\0';
	if (name == NULL)
		name = below(path, cgi, imgurl);
	for (size_t i = 0; name == NULL && i < sizeof dirs / sizeof dirs[0]; i++)
		name = below(path, dirs[i], imgurl);
	free(imgurl);
	free(cgi);
	return name;
}

/* --- what they show --------------------------------------------------------------- */

/* Cut "_last_SECONDS" off the end of NAME. The seconds, or 0 when it does not end so.
 */
static int64_t
cut_last(char *name)
{
	static const char word[] = "_last_";
	size_t len = strlen(name), at = len;
	long long seconds;

	while (at > 0 && isdigit((unsigned char)name[at - 1]))
		at--;
	if (at == len || len - at > 10 || at < sizeof word - 1 ||
	    memcmp(name + at - (sizeof word - 1), word, sizeof word - 1) != 0)
		return 0;
	seconds = strtoll(name + at, NULL, 10);
	if (seconds < SPAN_MIN || seconds > SPAN_MAX)
		return 0;
	name[at - (sizeof word - 1)] = '\0';
	return seconds;
}

static bool
cut_mini(char *name)
{
	size_t len = strlen(name);

	if (len < 5 || strcmp(name + len - 5, "_mini") != 0)
		return false;
	name[len - 5] = '\0';
	return true;
}

/* The label that SmokePing's page has for SECONDS. */
static const char *
label_of(const struct conf *conf, int64_t seconds)
{
	for (size_t i = 0; i < conf->periods; i++)
		if (conf->period[i].seconds == seconds)
			return conf->period[i].label;
	return "";
}

/* NAME without its suffix as what is to be drawn. Not all that looks like a picture is
 * one of a target. */
static bool
parse(const struct conf *conf, char *name, struct wanted *w)
{
	static const char charts[] = "__chartscache/";
	bool chart = strncmp(name, charts, sizeof charts - 1) == 0;

	w->span = cut_last(name);
	w->kind = chart ? DRAW_NAVIGATOR : DRAW_DETAIL;
	if (w->span == 0 && !chart && cut_mini(name)) {
		w->kind = DRAW_OVERVIEW;
		w->span = conf->overview_range > 0 ? conf->overview_range : 10 * 3600;
	}
	if (w->span == 0)
		return false;
	w->target = vantage_parse(
	    conf, chart ? name + sizeof charts - 1 : name, chart ? '.' : '/', w->slave);
	if (w->target == NULL || w->target->kind == CONF_GROUP)
		return false;
	if (w->kind == DRAW_DETAIL)
		snprintf(w->label, sizeof w->label, "%s", label_of(conf, w->span));
	else
		snprintf(w->label, sizeof w->label, "%s", w->target->path);
	for (char *p = w->label; chart && *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	return true;
}

const char *
imgcache_logo(const struct conf *conf, const char *path)
{
	const char *name = picture_name(conf, path);

	if (name == NULL)
		return NULL;
	return strcmp(name, "smokeping.png") == 0 ? "smokebox"
	       : strcmp(name, "rrdtool.png") == 0 ? "RRDtool"
						  : NULL;
}

bool
imgcache_parse(const struct conf *conf, const char *path, struct wanted *w)
{
	const char *name = picture_name(conf, path);
	const char *dot = name != NULL ? strrchr(name, '.') : NULL;

	*w = (struct wanted){ 0 };
	if (dot == NULL || (strcmp(dot, ".svg") != 0 && strcmp(dot, ".png") != 0))
		return false;
	w->format = strcmp(dot, ".svg") == 0 ? DRAW_SVG : DRAW_PNG;
	char *stem = mem_strn(name, (size_t)(dot - name));
	bool found = parse(conf, stem, w);
	free(stem);
	return found;
}
