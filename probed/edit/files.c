#include "edit/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Generations of files that were looked at. They begin where those of another start,
 * some time ago, hardly are. */
static struct {
	struct {
		uint32_t file, generation;
		struct stat st;
	} known[2 * EDIT_FILES];
	size_t next;
	uint32_t last;
} self;

bool
edit_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_ino == b->st_ino &&
	       a->st_dev == b->st_dev && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static uint32_t
generation_of(const struct edit_file *f)
{
	size_t n = sizeof self.known / sizeof *self.known, at = 0;

	if (self.last == 0)
		self.last = (uint32_t)(clock_wall_s()) & 0x7fffffff;
	while (at < n && self.known[at].file != f->number)
		at++;
	if (at < n && edit_same(&self.known[at].st, &f->st))
		return self.known[at].generation;
	if (at == n)
		at = self.next++ % n;
	self.known[at].file = f->number;
	self.known[at].st = f->st;
	return self.known[at].generation = ++self.last;
}

/* May PATH, which is not there, be made? What is built in stands for it. */
static bool
may_begin(const char *path, const char *dir, size_t len)
{
	static const char *const names[] = { "General", "Alerts", "Database",
		"Presentation", "Probes", "Slaves", "Targets", "smokebox" };

	if (strncmp(path, dir, len) != 0)
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(path + len, names[i]) == 0)
			return true;
	return false;
}

static void
look(struct edit_file *f)
{
	if (stat(f->path, &f->st) == 0)
		return;
	memset(&f->st, 0, sizeof f->st);
	f->st.st_size = -1;
}

static void
call(char *to, const char *name)
{
	snprintf(to, EDIT_NAME, "%s", name);
	for (; *to != '\0'; to++)
		if ((unsigned char)*to < ' ')
			*to = '?';
}

size_t
edit_files(const struct conf *conf, const char *config_path, struct edit_file *file)
{
	char dir[EDIT_NAME];
	struct stat st;
	bool directory = stat(config_path, &st) == 0 && S_ISDIR(st.st_mode);
	size_t count = 0, len;

	snprintf(dir, sizeof dir - 1, "%s", config_path);
	len = strlen(dir);
	if (directory && len > 0 && dir[len - 1] != '/')
		strcpy(dir + len++, "/");
	else if (!directory)
		len = strrchr(dir, '/') != NULL ? (size_t)(strrchr(dir, '/') - dir) + 1
						: 0;
	dir[len] = '\0';
	for (size_t i = 0; i < conf->files && count < EDIT_FILES; i++) {
		struct edit_file *f = &file[count];
		bool twice = false;

		*f = (struct edit_file){ .path = conf->file[i].path };
		if (conf->file[i].key || strlen(f->path) >= EDIT_NAME)
			continue;
		look(f);
		for (size_t k = 0; k < count; k++)
			twice = twice || strcmp(file[k].path, f->path) == 0;
		if (twice || (f->st.st_size < 0 && !may_begin(f->path, dir, len)))
			continue;
		call(
		    f->name, strncmp(f->path, dir, len) == 0 ? f->path + len : f->path);
		call(f->shown, directory ? f->name : f->path);
		f->number = edit_number(f->name);
		f->generation = generation_of(f);
		count++;
	}
	return count;
}
