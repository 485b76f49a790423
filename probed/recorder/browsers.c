#include "recorder/browsers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "recorder/trafficfile.h"
#include "store.h"

struct browsers {
	struct {
		struct addr client;
		struct trafficfile file;
		int64_t told; /* epoch seconds; 0: the place is free */
	} slot[STORE_BROWSERS_MAX];
};

static void
path_of(const struct addr *client, char path[STORE_PATH])
{
	char text[ADDR_TEXT];

	snprintf(path, STORE_PATH, STORE_BROWSERS "/%s.rrd", addr_text(client, text));
}

struct browsers *
browsers_new(void)
{
	struct browsers *b = mem_zero(1, sizeof *b);
	DIR *dir = opendir(STORE_BROWSERS);
	const struct dirent *e;
	unsigned n = 0;

	while (dir != NULL && n < STORE_BROWSERS_MAX && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);
		char *name = mem_strn(e->d_name, len < 4 ? 0 : len - 4);
		struct stat st;

		if (len > 4 && strcmp(e->d_name + len - 4, ".rrd") == 0 &&
		    addr_parse(&b->slot[n].client, name) == 0 &&
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			b->slot[n++].told = st.st_mtime > 0 ? st.st_mtime : 1;
		free(name);
	}
	if (dir != NULL)
		closedir(dir);
	return b;
}

void
browsers_free(struct browsers *b)
{
	free(b);
}

/* Are both in one IPv4 /24, or one IPv6 /56 as a home is given? */
static bool
same_site(const struct addr *a, const struct addr *b)
{
	unsigned len, other;
	const uint8_t *x = addr_bytes(a, &len), *y = addr_bytes(b, &other);

	return len == other && len > 0 && memcmp(x, y, len == 4 ? 3 : 7) == 0;
}

/* The place of CLIENT, if need be that of the one heard of longest ago; -1 where all
 * that it could have are in use. */
static int
slot_of(struct browsers *b, const struct addr *client, int64_t now_s)
{
	int oldest = -1, oldest_here = -1;
	unsigned here = 0;
	char path[STORE_PATH];

	for (int i = 0; i < STORE_BROWSERS_MAX; i++) {
		int64_t told = b->slot[i].told;

		if (told != 0 && addr_same_host(&b->slot[i].client, client))
			return i;
		if (oldest < 0 || told < b->slot[oldest].told)
			oldest = i;
		if (told == 0 || !same_site(&b->slot[i].client, client))
			continue;
		here++;
		if (oldest_here < 0 || told < b->slot[oldest_here].told)
			oldest_here = i;
	}
	int at = here >= BROWSERS_SITE_MAX ? oldest_here : oldest;
	if (b->slot[at].told > now_s - BROWSERS_IDLE_S)
		return -1;
	if (b->slot[at].told != 0) {
		path_of(&b->slot[at].client, path);
		unlink(path);
	}
	memset(&b->slot[at], 0, sizeof b->slot[at]);
	b->slot[at].client = *client;
	return at;
}

int
browsers_take(
    struct browsers *b, const struct msg_browser *m, int64_t now_s, struct err *err)
{
	double value[TRAFFICFILE_DS_MAX] = { m->median, m->p95,
		(double)m->lost / (m->count + m->lost) };
	char path[STORE_PATH];
	int at = slot_of(b, &m->client, now_s);

	if (at < 0)
		return 1;
	b->slot[at].told = now_s;
	b->slot[at].file.kind = TRAFFIC_BROWSER;
	path_of(&m->client, path);
	return trafficfile_write(&b->slot[at].file, path,
	    now_s / INTERFACE_STEP * INTERFACE_STEP, value, err);
}
