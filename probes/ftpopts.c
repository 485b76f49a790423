#include "probes/ftpopts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "link/sandbox.h"
#include "probes/net.h"
#include "probes/secrets.h"

/* What is sent lies in memory, for nobody waits for a disk while it is timed. */
#define FTP_FILE_MOST (16L << 20)
#define FTP_TAKE_MOST (1L << 30)

/* --- files ----------------------------------------------------------------------- */

struct ftpfile {
	char *path;
	struct stat seen;
	unsigned refs;
	uint8_t *data;
	size_t len;
	LIST_ENTRY(ftpfile) link;
};

static LIST_HEAD(, ftpfile) ftpfiles = LIST_HEAD_INITIALIZER(ftpfiles);

static void
ftpfile_free(struct ftpfile *f)
{
	if (f == NULL || --f->refs > 0)
		return;
	LIST_REMOVE(f, link);
	free(f->data);
	free(f->path);
	free(f);
}

/* The content of FD, which is as ST says, or NULL. */
static struct ftpfile *
ftpfile_read(int fd, const char *path, const struct stat *st)
{
	struct ftpfile *f = mem_zero(1, sizeof *f);
	ssize_t n = 1;

	f->path = mem_str(path);
	f->seen = *st;
	f->refs = 1;
	f->data = mem_alloc((size_t)st->st_size + 1);
	LIST_INSERT_HEAD(&ftpfiles, f, link);
	while (n > 0 && f->len < (size_t)st->st_size) {
		n = read(fd, f->data + f->len, (size_t)st->st_size - f->len);
		f->len += n > 0 ? (size_t)n : 0;
	}
	if (n >= 0)
		return f;
	ftpfile_free(f);
	return NULL;
}

static bool
ftpfile_is(const struct ftpfile *f, const char *path, const struct stat *st)
{
	return strcmp(f->path, path) == 0 && f->seen.st_ino == st->st_ino &&
	       f->seen.st_size == st->st_size &&
	       f->seen.st_mtim.tv_sec == st->st_mtim.tv_sec &&
	       f->seen.st_mtim.tv_nsec == st->st_mtim.tv_nsec;
}

/* The file at PATH, read now or before. NULL with ERR. */
static struct ftpfile *
ftpfile_want(const char *path, struct err *err)
{
	struct ftpfile *f = NULL;
	struct stat st;

	sandbox_read(path); /* again after a change of the configuration */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set(err,
		    "srcfile = %s: %s, expected a file that the user of the workers may "
		    "read, and that was named when probed was started",
		    path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > FTP_FILE_MOST) {
		err_set(err, "srcfile = %s: expected a file of at most %ld bytes", path,
		    FTP_FILE_MOST);
	} else {
		LIST_FOREACH(f, &ftpfiles, link)
		{
			if (ftpfile_is(f, path, &st))
				break;
		}
		if (f != NULL)
			f->refs++;
		else if ((f = ftpfile_read(fd, path, &st)) == NULL)
			err_set(err, "srcfile = %s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return f;
}

/* --- options --------------------------------------------------------------------- */

void
ftpopts_free(struct probe_opts *o)
{
	if (o == NULL)
		return;
	ftpfile_free(o->file);
	free(o->remote);
	free(o->user);
	free(o->password);
	free(o->remark);
	free(o);
}

static int
ftpopts_files(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *mode = net_var(conf, t, "mode"),
		   *from = net_var(conf, t, "srcfile");
	const char *to = net_var(conf, t, "destfile");
	long most;

	if (mode == NULL || (strcmp(mode, "get") != 0 && strcmp(mode, "put") != 0))
		return err_set(
		    err, "mode = %.20s: expected get or put", mode != NULL ? mode : "");
	if (from == NULL)
		return err_set(err, "srcfile is missing, expected the name of a file");
	if (net_var_number(
		conf, t, "max_body", 1, FTP_TAKE_MOST, FTP_TAKE_MOST, &most, err) != 0)
		return -1;
	o->most = (size_t)most;
	o->put = mode[0] == 'p';
	if (!o->put) {
		o->remote = mem_str(from);
		return 0;
	}
	const char *slash = strrchr(from, '/');
	o->remote = mem_str(to != NULL ? to : slash != NULL ? slash + 1 : from);
	o->file = ftpfile_want(from, err);
	if (o->file == NULL)
		return -1;
	o->data = o->file->data;
	o->len = o->file->len;
	return 0;
}

static int
ftpopts_login(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *user = net_var(conf, t, "username");

	if (user == NULL)
		return err_set(err, "username is missing, expected who logs in");
	o->user = mem_str(user);
	o->password = secrets_password(conf, t, user, &o->remark, err);
	return o->password == NULL ? -1 : 0;
}

static int
ftpopts_way(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *from = net_var(conf, t, "localaddr");
	const char *passive = net_var(conf, t, "passive");

	o->family = AF_UNSPEC;
	if (handshake_read(&o->to, conf, t, 21, &o->family, err) != 0)
		return -1;
	if (passive != NULL && strcmp(passive, "yes") != 0)
		return err_set(err,
		    "passive = %.20s: connections from the server back to us are not "
		    "taken, expected yes",
		    passive);
	if (from == NULL)
		return 0;
	if (addr_parse(&o->to.via.source, from) != 0)
		return err_set(
		    err, "localaddr = %.100s: expected an address of this host", from);
	o->family = o->to.via.source.sa.sa_family;
	return 0;
}

/* Would WORD end a command? */
static bool
ftpopts_breaks(const char *word)
{
	return word != NULL && strpbrk(word, "\r\n") != NULL;
}

struct probe_opts *
ftpopts_read(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	if (ftpopts_way(o, conf, t, err) == 0 && ftpopts_login(o, conf, t, err) == 0 &&
	    ftpopts_files(o, conf, t, err) == 0) {
		if (!ftpopts_breaks(o->user) && !ftpopts_breaks(o->password) &&
		    !ftpopts_breaks(o->remote))
			return o;
		err_set(err, "a line break in a name or password, expected none");
	}
	ftpopts_free(o);
	return NULL;
}
