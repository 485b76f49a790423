#include "prober/hosts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uthash.h>

#include "base/mem.h"

/* A blocklist of a million names in it must not eat the machine. */
#define HOSTS_MAX 200000

struct hosts_entry {
	struct addr addr[2]; /* v4, v6; the first line that names it wins */
	UT_hash_handle hh;
	char name[];
};

struct hosts {
	char *path;
	struct stat seen;
	struct hosts_entry *entries;
};

static void
hosts_clear(struct hosts *h)
{
	struct hosts_entry *e, *next;

	HASH_ITER(hh, h->entries, e, next) {
		HASH_DEL(h->entries, e);
		free(e);
	}
}

/* NAME in lower case without a trailing dot into BUF; its length, 0 when no name. */
static size_t
hosts_plain(const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);

	if (len > 1 && name[len - 1] == '.')
		len--;
	if (len == 0 || len >= size)
		return 0;
	for (size_t i = 0; i < len; i++)
		buf[i] = (char)tolower((unsigned char)name[i]);
	buf[len] = '\0';
	return len;
}

static void
hosts_add(struct hosts *h, const char *name, const struct addr *addr)
{
	int slot = addr->sa.sa_family == AF_INET6;
	struct hosts_entry *e;
	char plain[256];
	size_t len = hosts_plain(name, plain, sizeof plain);

	if (len == 0)
		return;
	HASH_FIND(hh, h->entries, plain, len, e);
	if (e == NULL) {
		if (HASH_COUNT(h->entries) >= HOSTS_MAX)
			return;
		e = mem_zero(1, sizeof *e + len + 1);
		memcpy(e->name, plain, len + 1);
		HASH_ADD(hh, h->entries, name, len, e);
	}
	if (e->addr[slot].sa.sa_family == AF_UNSPEC)
		e->addr[slot] = *addr;
}

/* "ADDRESS NAME [ALIAS ...] [# remark]" */
static void
hosts_line(struct hosts *h, char *line)
{
	char *rest = line, *word;
	struct addr addr;

	line[strcspn(line, "#\r\n")] = '\0';
	while ((word = strsep(&rest, " \t")) != NULL && *word == '\0')
		;
	if (word == NULL || addr_parse(&addr, word) != 0)
		return;
	while ((word = strsep(&rest, " \t")) != NULL)
		if (*word != '\0')
			hosts_add(h, word, &addr);
}

bool
hosts_refresh(struct hosts *h)
{
	struct stat now = { 0 };
	char *line = NULL;
	size_t size = 0;

	if (stat(h->path, &now) != 0)
		memset(&now, 0, sizeof now);
	if (now.st_ino == h->seen.st_ino && now.st_dev == h->seen.st_dev &&
	    now.st_size == h->seen.st_size &&
	    now.st_mtim.tv_sec == h->seen.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == h->seen.st_mtim.tv_nsec)
		return false;
	h->seen = now;
	hosts_clear(h);
	if (!S_ISREG(now.st_mode)) /* a fifo would block us */
		return true;
	FILE *in = fopen(h->path, "re");
	while (in != NULL && getline(&line, &size, in) >= 0)
		hosts_line(h, line);
	free(line);
	if (in != NULL)
		fclose(in);
	return true;
}

struct hosts *
hosts_new(const char *path)
{
	struct hosts *h = mem_zero(1, sizeof *h);

	h->path = mem_str(path);
	hosts_refresh(h);
	return h;
}

void
hosts_free(struct hosts *h)
{
	if (h == NULL)
		return;
	hosts_clear(h);
	free(h->path);
	free(h);
}

/* RFC 6761 6.3: never to be asked of anybody. */
static bool
hosts_is_localhost(const char *plain, size_t len)
{
	static const char word[] = "localhost";
	const size_t n = sizeof word - 1;

	return len >= n && strcmp(plain + len - n, word) == 0 &&
	       (len == n || plain[len - n - 1] == '.');
}

bool
hosts_find(struct hosts *h, const char *name, int family, struct addr *addr)
{
	char plain[256];
	size_t len = hosts_plain(name, plain, sizeof plain);
	struct hosts_entry *e = NULL;

	if (len == 0)
		return false;
	HASH_FIND(hh, h->entries, plain, len, e);
	for (int slot = 0; e != NULL && slot < 2; slot++)
		if (e->addr[slot].sa.sa_family != AF_UNSPEC &&
		    (family == AF_UNSPEC || family == e->addr[slot].sa.sa_family)) {
			*addr = e->addr[slot];
			return true;
		}
	if (hosts_is_localhost(plain, len))
		return addr_parse(addr, family == AF_INET6 ? "::1" : "127.0.0.1") == 0;
	return false;
}
