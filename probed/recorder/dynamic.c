#include "recorder/dynamic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/conf.h"
#include "link/sandbox.h"
#include "recorder/aside.h"
#include "recorder/history.h"
#include "store.h"

#define LOG_S 60

struct host {
	uint64_t id;
	char *path;	  /* of its file */
	struct addr addr; /* AF_UNSPEC: it has not told any */
	struct stat seen; /* the file when it was read; zero: there was none */
	bool wanted;
	UT_hash_handle hh;
};

struct dynamic {
	struct history *history;
	struct host *hosts;
	struct link *line[ROOMS];
};

/* --- where files are -------------------------------------------------------------- */

/* Without slashes at its end. */
static char *
trimmed(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return mem_strn(path, len);
}

/* The directory of the files: "" is the working directory, and what lies below that is
 * relative to it, wherever the command line has put it. Malloced. */
static char *
directory(const struct conf *conf)
{
	const char *text = conf_value(conf_top(conf, "General"), "dyndir", "");
	char *dir = trimmed(text), *data = trimmed(conf->datadir), *result;
	size_t len = strlen(data);

	if (*dir == '\0' || strcmp(dir, data) == 0)
		result = mem_str("");
	else if (strncmp(dir, data, len) == 0 && dir[len] == '/')
		result = mem_printf("%s/", dir + len + 1);
	else
		result = mem_printf("%s/", dir);
	free(dir);
	free(data);
	return result;
}

void
dynamic_allow(const struct conf *conf)
{
	char *dir = directory(conf);

	if (dir[0] == '/')
		sandbox_write(dir);
	free(dir);
}

/* "DIR/A/B.adr"; NULL when there can be no such file. */
static char *
file_of(const char *dir, const struct conf_target *t)
{
	char path[STORE_PATH];

	if (store_rrd_path(path, t->path) < 0)
		return NULL;
	path[strlen(path) - strlen(".rrd")] = '\0';
	return mem_printf("%s%s.adr", dir, path);
}

/* SmokePing's CGI, which may run as another user, is to find its directories. */
static void
precreate(const struct conf *conf, const char *dir)
{
	const char *perms =
	    conf_value(conf_top(conf, "General"), "precreateperms", NULL);

	for (size_t i = 0; perms != NULL && i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		char path[STORE_PATH], *whole;

		if (t->first == NULL || store_rrd_path(path, t->path) < 0)
			continue;
		path[strlen(path) - strlen(".rrd")] = '\0';
		whole = mem_printf("%s%s", dir, path);
		if (aside_parents(whole) == 0 && mkdir(whole, 0755) == 0)
			chmod(whole, (mode_t)strtoul(perms, NULL, 8) & 07777);
		free(whole);
	}
}

/* --- files ------------------------------------------------------------------------ */

static void
tell_one(struct link *link, const struct host *h)
{
	struct msg_out out;

	if (link == NULL)
		return;
	msg_begin(&out, MSG_ADDRESS);
	msg_put_address(&out, h->id, &h->addr);
	link_send(link, &out, -1, LINK_MUST);
}

static void
tell_all(struct dynamic *d, const struct host *h)
{
	for (unsigned i = 0; i < ROOMS; i++)
		tell_one(d->line[i], h);
}

static int64_t
since(const struct host *h)
{
	return h->addr.sa.sa_family == AF_UNSPEC ? 0 : (int64_t)h->seen.st_mtim.tv_sec;
}

/* PATH to read, where that is a file: others may write to the directory, and put a link
 * or a pipe there. -1: it is none. */
static int
open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A file PATH of our own to write, in place of whatever is there. NULL with errno. */
static FILE *
open_fresh(const char *path)
{
	int fd;

	if (unlink(path) != 0 && errno != ENOENT)
		return NULL;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* The address in FD, whose first line it is. */
static struct addr
read_address(int fd)
{
	struct addr a = { .sa.sa_family = AF_UNSPEC };
	char text[ADDR_TEXT];
	ssize_t n = read(fd, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	if (addr_parse(&a, text) != 0)
		a.sa.sa_family = AF_UNSPEC;
	return a;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Read the file of H, if it is another one than before. */
static void
look(struct dynamic *d, struct host *h)
{
	static const struct stat none;
	static struct log_limit limit;
	struct addr before = h->addr;
	struct stat st;
	int fd;

	if (lstat(h->path, &st) != 0)
		st = none;
	if (is_same(&st, &h->seen))
		return;
	h->seen = st;
	h->addr = (struct addr){ .sa.sa_family = AF_UNSPEC };
	fd = S_ISREG(st.st_mode) ? open_regular(h->path) : -1;
	if (fd >= 0) {
		h->addr = read_address(fd);
		close(fd);
	}
	if (h->addr.sa.sa_family == AF_UNSPEC && st.st_ino != 0 &&
	    log_allowed(&limit, LOG_S, NULL))
		log_warnx("%s: no address can be read there, expected a file with one "
			  "in its first line",
		    h->path);
	history_since(d->history, h->id, since(h));
	if (!addr_same(&before, &h->addr))
		tell_all(d, h);
}

void
dynamic_look(struct dynamic *d)
{
	for (struct host *h = d->hosts; h != NULL; h = h->hh.next)
		look(d, h);
}

/* --- a host tells ----------------------------------------------------------------- */

static int
write_address(const struct host *h, const struct addr *a, struct err *err)
{
	char text[ADDR_TEXT], *fresh = mem_printf("%s.new", h->path);
	FILE *out = aside_parents(h->path) < 0 ? NULL : open_fresh(fresh);
	bool bad;
	int status = 0;

	if (out == NULL) {
		status = err_set(err, "%s: %s", fresh, strerror(errno));
	} else {
		bad = fprintf(out, "%s\n", addr_text(a, text)) < 0;
		if ((fclose(out) != 0) | bad || rename(fresh, h->path) != 0)
			status = err_set(err, "%s: %s", h->path, strerror(errno));
	}
	free(fresh);
	return status;
}

int
dynamic_message(struct dynamic *d, struct msg_in *in)
{
	static struct log_limit limit;
	char text[ADDR_TEXT];
	struct addr a;
	struct host *h;
	struct err err;
	uint64_t id;

	if (msg_get_address(in, &id, &a) < 0 || a.sa.sa_family == AF_UNSPEC)
		return -1;
	HASH_FIND(hh, d->hosts, &id, sizeof id, h);
	if (h == NULL) /* a reload reaches web and us a moment apart */
		return 0;
	look(d, h);
	/* The same again leaves the file as old as the address is. */
	if (addr_same_host(&a, &h->addr))
		return 0;
	if (write_address(h, &a, &err) != 0) {
		if (log_allowed(&limit, LOG_S, NULL))
			log_warnx(
			    "the address of a dynamic host is not kept: %s", err.text);
		return 0;
	}
	log_info("%s: its host is at %s now", h->path, addr_text(&a, text));
	look(d, h);
	return 0;
}

/* --- life ------------------------------------------------------------------------- */

void
dynamic_line(struct dynamic *d, enum room room, struct link *link)
{
	if (!room_measures(room))
		return;
	d->line[room] = link;
	for (struct host *h = d->hosts; h != NULL; h = h->hh.next)
		if (h->addr.sa.sa_family != AF_UNSPEC)
			tell_one(link, h);
}

static void
drop(struct dynamic *d, struct host *h)
{
	HASH_DEL(d->hosts, h);
	free(h->path);
	free(h);
}

static void
want(struct dynamic *d, const char *dir, const struct conf_target *t)
{
	char *path = file_of(dir, t);
	struct host *h;

	HASH_FIND(hh, d->hosts, &t->id, sizeof t->id, h);
	if (h != NULL && (path == NULL || strcmp(h->path, path) != 0)) {
		drop(d, h);
		h = NULL;
	}
	if (h == NULL && path != NULL) {
		h = mem_zero(1, sizeof *h);
		h->id = t->id;
		h->path = mem_str(path);
		h->addr.sa.sa_family = AF_UNSPEC;
		HASH_ADD(hh, d->hosts, id, sizeof h->id, h);
	}
	free(path);
	if (h == NULL)
		return;
	h->wanted = true;
	look(d, h);
	/* Its series may be a new one. */
	history_since(d->history, h->id, since(h));
}

void
dynamic_configure(struct dynamic *d, const struct conf *conf)
{
	char *dir = directory(conf);
	struct host *h, *next;

	HASH_ITER(hh, d->hosts, h, next)
		h->wanted = false;
	for (size_t i = 0; i < conf->target_count; i++)
		if (conf->target[i]->kind == CONF_DYNAMIC)
			want(d, dir, conf->target[i]);
	HASH_ITER(hh, d->hosts, h, next)
		if (!h->wanted)
			drop(d, h);
	precreate(conf, dir);
	free(dir);
}

struct dynamic *
dynamic_new(struct history *history)
{
	struct dynamic *d = mem_zero(1, sizeof *d);

	d->history = history;
	return d;
}

void
dynamic_free(struct dynamic *d)
{
	struct host *h, *next;

	HASH_ITER(hh, d->hosts, h, next)
		drop(d, h);
	free(d);
}
