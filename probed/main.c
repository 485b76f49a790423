/* The parent: opens what needs rights, starts and watches the workers, forwards what
 * concerns them, reads no network byte. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "datadir.h"
#include "notify.h"
#include "options.h"
#include "reload.h"
#include "rights.h"
#include "sockets.h"
#include "store.h"
#include "workers.h"

static struct event_base *base;
static struct rights rights;
static struct options opt;

/* --- signals --------------------------------------------------------------------- */

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	(void)arg;
	switch (sig) {
	case SIGCHLD:
		workers_reap();
		break;
	case SIGHUP:
		log_info("SIGHUP: looking at the configuration");
		reload_now();
		break;
	default:
		log_info("%s: ending", sig == SIGINT ? "SIGINT" : "SIGTERM");
		notify("STOPPING=1");
		workers_stop();
	}
}

static void
catch_signals(void)
{
	static const int signals[] = { SIGCHLD, SIGHUP, SIGINT, SIGTERM };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		struct event *ev = evsignal_new(base, signals[i], on_signal, NULL);
		if (ev == NULL || event_add(ev, NULL) != 0)
			fatalx("no event for signal %d", signals[i]);
	}
}

/* --- what workers.c tells us ----------------------------------------------------- */

static void
all_ready(void)
{
	log_info("all workers are ready");
	notify("READY=1");
}

static void
all_ended(void)
{
	event_base_loopbreak(base);
}

/* What is settled by the sockets and the directory that are open since the start. */
static void
remark_fixed(const struct conf *next, const struct conf *old)
{
	const struct {
		const char *section, *key;
		bool option; /* which counts instead */
	} fixed[] = {
		{ "General", "datadir", opt.datadir != NULL },
		{ "Web", "listen", opt.listens > 0 },
		{ "Collector", "listen", false },
	};

	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
		const char *section = fixed[i].section, *key = fixed[i].key;
		if (!fixed[i].option &&
		    strcmp(conf_value(conf_top(next, section), key, ""),
			conf_value(conf_top(old, section), key, "")) != 0)
			log_warnx(
			    "%s: %s changed: takes a restart of probed", section, key);
	}
}

static void
changed(const struct conf *next, const struct conf *old)
{
	remark_fixed(next, old);
	workers_configure(next);
}

/* --- upkeep ---------------------------------------------------------------------- */

static const struct timeval upkeep_every = { 2, 0 };
static int datadir;
static const char *datadir_path;

/* Somebody emptied the data directory: probectl's socket and the lock are needed. */
static void
mend_datadir(void)
{
	static struct log_limit limit;
	struct err err;
	int fd = -1;

	if (datadir_mend(datadir, datadir_path, &rights, &err) == 0)
		fd = datadir_probectl(datadir, &rights, &err);
	if (fd < 0) {
		if (log_allowed(&limit, 60, NULL))
			log_warnx(
			    "what was deleted cannot be made again: %s", err.text);
		return;
	}
	sockets_probectl(fd);
	workers_socket(ROOM_WEB, SOCKET_PROBECTL);
	log_warnx(
	    "%s/" STORE_DIR " was deleted in part and is made again", datadir_path);
}

static void
on_upkeep(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!datadir_whole(datadir))
		mend_datadir();
}

static void
keep_up(void)
{
	struct event *ev = event_new(base, -1, EV_PERSIST, on_upkeep, NULL);

	if (ev == NULL || event_add(ev, &upkeep_every) != 0)
		fatalx("no timer for the upkeep");
}

/* --- start ----------------------------------------------------------------------- */

static int
cannot(const struct err *err)
{
	log_warnx("cannot start: %s", err->text);
	return EXIT_CANNOT;
}

/* PATH without symbolic links and dots; as it is when that cannot be told. */
static char *
real(const char *path)
{
	char *r = realpath(path, NULL);

	return r == NULL ? mem_str(path) : r;
}

/* Where history goes when the configuration is only about to be written: data beside
 * the configuration, and where Debian keeps such things for the installed one. */
static char *
default_datadir(void)
{
	char *dir, *slash, *result;

	if (opt.datadir != NULL)
		return real(opt.datadir);
	if (!opt.config_given)
		return mem_str(LOCALSTATEDIR "/lib/smokebox");
	dir = real(opt.config);
	slash = strrchr(dir, '/');
	if (slash != NULL)
		*slash = '\0';
	result = mem_printf("%s/data", slash == NULL ? "." : dir);
	free(dir);
	return result;
}

/* True when PATH is nothing yet, or an empty directory: a first start. A missing name
 * with a dot was meant as a file, and probably mistyped. */
static bool
to_be_written(const char *path)
{
	const char *slash = strrchr(path, '/');
	unsigned entries = 0;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return errno == ENOENT &&
		       strchr(slash == NULL ? path : slash, '.') == NULL;
	while (readdir(dir) != NULL)
		entries++;
	closedir(dir);
	return entries == 2; /* . and .. */
}

static int
write_default(void)
{
	struct err err;
	char *data;
	int r;

	if (mkdir(opt.config, 0755) != 0 && errno != EEXIST) {
		err_set(&err, "cannot make the configuration directory %s: %s",
		    opt.config, strerror(errno));
		return cannot(&err);
	}
	data = default_datadir();
	r = conf_write_default(opt.config, data, &err);
	if (r == 0)
		log_info("wrote a first configuration into %s", opt.config);
	free(data);
	return r == 0 ? 0 : cannot(&err);
}

static int
open_sockets(const struct conf *conf)
{
	struct err err;
	int fd;

	if (sockets_http(conf, opt.listen, opt.listens, &err) != 0)
		return cannot(&err);
	fd = datadir_probectl(datadir, &rights, &err);
	if (fd < 0)
		return cannot(&err);
	sockets_probectl(fd);
	sockets_measure(conf);
	return 0;
}

static int
run(const struct conf *conf)
{
	struct workers_setup setup = { .rights = &rights,
		.ready = all_ready,
		.reload = reload_now,
		.ended = all_ended };
	struct err err;
	int status;

	/* A name of our own: a reload frees the configuration's. */
	datadir_path = mem_str(opt.datadir != NULL ? opt.datadir : conf->datadir);
	setup.datadir = datadir = datadir_open(datadir_path, opt.user, &rights, &err);
	if (datadir < 0)
		return cannot(&err);
	status = open_sockets(conf);
	if (status != 0)
		return status;
	log_info("workers: %s", rights.why);
	setup.base = base = event_base_new();
	if (base == NULL)
		fatalx("no event loop");
	if (workers_open(&setup, &err) != 0)
		return cannot(&err);
	notify_init(base);
	catch_signals();
	reload_watch(base, changed);
	keep_up();
	workers_configure(conf);
	event_base_dispatch(base);
	log_info("ended");
	return 0;
}

int
main(int argc, char **argv)
{
	const struct conf *conf;
	int status = options_parse(&opt, argc, argv);

	if (status >= 0)
		return status;
	log_init("probed", opt.level);
	if (opt.logfile != NULL && log_to_file(opt.logfile) != 0) {
		log_warn("--logfile %s", opt.logfile);
		return EXIT_CANNOT;
	}
	if (!opt.check && to_be_written(opt.config) && (status = write_default()) != 0)
		return status;
	conf = reload_first(opt.config, opt.strict);
	if (conf == NULL)
		return EXIT_CONFIG;
	if (opt.check) {
		reload_summary(conf);
		return 0;
	}
	return run(conf);
}
