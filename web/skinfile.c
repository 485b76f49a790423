/* What a user's page loads: the files beside it, and SmokePing's own. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "link/sandbox.h"
#include "web/asset.h"
#include "web/page.h"
#include "web/request.h"
#include "web/skin.h"
#include "web/state.h"

#define FILE_MAX (4 * 1024 * 1024)

static char *allowed; /* the directory that may be read */

static const char *
directory(void)
{
	return conf_value(conf_top(state_conf(), "Web"), "files", NULL);
}

void
skin_allow(void)
{
	const char *dir = directory();

	if (dir == NULL || *dir == '\0')
		return;
	sandbox_read(dir);
	allowed = mem_str(dir);
}

static const char *
type_of(const char *name)
{
	static const char *const type[][2] = { { ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" }, { ".png", "image/png" },
		{ ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" },
		{ ".gif", "image/gif" }, { ".svg", "image/svg+xml" },
		{ ".webp", "image/webp" }, { ".ico", "image/x-icon" },
		{ ".woff", "font/woff" }, { ".woff2", "font/woff2" },
		{ ".ttf", "font/ttf" }, { ".map", "application/json" } };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof type / sizeof type[0]; i++)
		if (strcmp(dot, type[i][0]) == 0)
			return type[i][1];
	return NULL;
}

/* Elements of letters, digits and - _ . that do not begin with a dot: no way out. */
static bool
is_plain(const char *path)
{
	static const char letters[] = "-_.0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	do {
		size_t n = strspn(path, letters);
		if (n == 0 || *path == '.')
			return false;
		path += n;
	} while (*path == '/' && *++path != '\0');
	return *path == '\0';
}

/* Answer with FD of type TYPE. */
static void
send_file(struct request *r, int fd, const struct stat *st, const char *type)
{
	char *text = mem_alloc((size_t)st->st_size + 1), etag[64];
	ssize_t n = read(fd, text, (size_t)st->st_size);

	snprintf(etag, sizeof etag, "\"%" PRIx64 "-%" PRIx64 "\"",
	    (uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec,
	    (uint64_t)st->st_size);
	request_set_header(r, "Cache-Control", "public, max-age=300");
	if (n < 0)
		reply_error(r, 500, "The file cannot be read.");
	else if (!reply_not_modified(r, etag))
		reply_bytes(r, 200, type, text, (size_t)n);
	free(text);
}

static bool
own_file(struct request *r, const char *rest)
{
	const char *dir = directory(), *type = type_of(rest);
	struct stat st;

	if (dir == NULL || allowed == NULL || strcmp(dir, allowed) != 0 || type == NULL)
		return false;
	char *path = mem_printf("%s/%s", dir, rest);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	free(path);
	if (fd < 0)
		return false;
	bool good =
	    fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX;
	if (good)
		send_file(r, fd, &st, type);
	close(fd);
	return good;
}

bool
skin_file(struct request *r, const char *rest)
{
	/* SmokePing's libraries are not needed: our script does what they did. */
	static const char *const unneeded[] = { "smokeping.js", "smokeping-zoom.js",
		"prototype.js", "scriptaculous.js", "cropper.js" };
	static const char nothing[] = "/* smokebox brings its own script. */\n";
	const char *slash = strrchr(rest, '/'),
		   *name = slash != NULL ? slash + 1 : rest;
	const struct asset *a;

	if (!skin_is_set() || !is_plain(rest))
		return false;
	if (own_file(r, rest))
		return true;
	request_set_header(r, "Cache-Control", "public, max-age=3600");
	for (size_t i = 0; i < sizeof unneeded / sizeof unneeded[0]; i++)
		if (strcmp(name, unneeded[i]) == 0) {
			reply_bytes(r, 200, "text/javascript; charset=utf-8", nothing,
			    sizeof nothing - 1);
			return true;
		}
	if (strcmp(name, "smokeping-screen.css") != 0 &&
	    strcmp(name, "smokeping-print.css") != 0)
		return false;
	a = asset_find(name);
	reply_bytes(r, 200, a->type, a->data, a->len);
	return true;
}

/* "/css/..." and "/js/...", where the page itself is shown at the top. */
void
page_skin_file(struct request *r)
{
	if (!skin_file(r, request_path(r) + 1))
		reply_error(r, 404, "There is nothing at %s.", request_path(r));
}
