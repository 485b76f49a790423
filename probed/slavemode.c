#include "slavemode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/secrets.h"
#include "slave/slavetext.h"

#define SECRET_MAX 1024

/* The first line of the file at PATH, which not everybody may read. */
static char *
read_secret(const char *path, struct err *err)
{
	char text[SECRET_MAX + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set(err, "--shared-secret: opening %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	ssize_t n = S_ISREG(st.st_mode) ? read(fd, text, SECRET_MAX) : -1;
	close(fd);
	if (secrets_open_to_all(&st)) {
		err_set(err,
		    "the shared secret file (%s) is world-readable or writable: 'chmod "
		    "o-rw %s' helps",
		    path, path);
		return NULL;
	}
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (text[0] == '\0' || n == SECRET_MAX) {
		err_set(err,
		    "--shared-secret: %s has no secret in its first line, expected one "
		    "of at most %d letters",
		    path, SECRET_MAX - 1);
		return NULL;
	}
	return mem_str(text);
}

static bool
is_slave_name(const char *name)
{
	return *name != '\0' && strlen(name) < 128 &&
	       name[strspn(name, "-_.0123456789abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

/* Of two variables of the environment the first that is set; "". */
static const char *
either(const char *a, const char *b)
{
	const char *value = getenv(a);

	if (value == NULL || *value == '\0')
		value = getenv(b);
	return value != NULL && strpbrk(value, "\r\n") == NULL ? value : "";
}

/* PATH from wherever it is looked at; NULL with errno. Links in it stay, since what a
 * renewal of certificates turns is a link. */
static char *
absolute(const char *path)
{
	if (*path == '/')
		return mem_str(path);
	char *here = getcwd(NULL, 0);
	if (here == NULL)
		return NULL;
	char *whole = mem_printf("%s/%s", here, path);
	free(here);
	return whole;
}

int
slavemode_master(const struct options *opt, struct conf_master *master, struct err *err)
{
	static char host[256];
	bool tls = strncmp(opt->master_url, "https://", 8) == 0;

	for (const char *p = opt->master_url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return err_set(err, "--master-url: expected no blanks in it");
	gethostname(host, sizeof host - 1);
	master->url = opt->master_url;
	master->name = opt->slave_name != NULL ? opt->slave_name : host;
	if (!is_slave_name(master->name))
		return err_set(err,
		    "--slave-name: '%s' is no name of a slave, expected letters, digits, "
		    "- _ and .",
		    master->name);
	master->secret = read_secret(opt->shared_secret, err);
	if (master->secret == NULL)
		return -1;
	master->proxy = tls ? either("https_proxy", "HTTPS_PROXY")
			    : either("http_proxy", "HTTP_PROXY");
	master->noproxy = either("no_proxy", "NO_PROXY");
	master->ca = "";
	if (opt->master_ca == NULL || *opt->master_ca == '\0')
		return 0;
	if (access(opt->master_ca, R_OK) != 0)
		return err_set(
		    err, "--master-ca: %s: %s", opt->master_ca, strerror(errno));
	master->ca = absolute(opt->master_ca);
	if (master->ca == NULL)
		return err_set(err, "--master-ca: %s: the working directory: %s",
		    opt->master_ca, strerror(errno));
	return 0;
}

int
slavemode_check_ca(const char *ca, const struct rights *rights, struct err *err)
{
	int status;
	pid_t pid;

	if (*ca == '\0' || !rights->change)
		return 0;
	pid = fork();
	if (pid == 0) {
		if (rights_become(rights) != 0)
			_exit(0); /* its first worker says why */
		_exit(open(ca, O_RDONLY | O_NONBLOCK | O_CLOEXEC) < 0 ? errno : 0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0 || !WIFEXITED(status))
		return err_set(err, "--master-ca: %s: it cannot be tried", ca);
	if (WEXITSTATUS(status) != 0)
		return err_set(err,
		    "--master-ca: %s: %s; expected a file that uid %u, which talks to "
		    "the master, can read",
		    ca, strerror(WEXITSTATUS(status)), (unsigned)rights->uid);
	return 0;
}

char *
slavemode_first(const char *dir)
{
	char *text = NULL;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	slavetext_write_empty(dir, out);
	mem_stream_end(out);
	return text;
}
