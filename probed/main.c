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
#include "brokerfile.h"
#include "consult.h"
#include "copies.h"
#include "datadir.h"
#include "edit/edit.h"
#include "helper.h"
#include "mirror.h"
#include "notify.h"
#include "options.h"
#include "pidfile.h"
#include "reload.h"
#include "rights.h"
#include "rival.h"
#include "running.h"
#include "shadow.h"
#include "slavemode.h"
#include "sockets.h"
#include "store.h"
#include "workers.h"

static struct event_base *base;
static struct rights rights;
static int datadir;
static struct options opt;

/* --- signals --------------------------------------------------------------------- */

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	(void)arg;
	switch (sig) {
	case SIGCHLD:
		copies_reap(reload_conf());
		edit_reap();
		workers_reap();
		break;
	case SIGHUP:
		log_info("SIGHUP: looking at the configuration");
		if (!opt.once)
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
all_done(void)
{
	log_info("every target had its round");
	workers_stop();
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
		{ "General", "datadir", opt.datadir != NULL || opt.shadow != NULL },
		{ "General", "dyndir", opt.shadow != NULL },
		{ "General", "piddir", opt.master_url != NULL },
		{ "Web", "listen", opt.listens > 0 },
		{ "Web", "listen_tls", false },
		{ "Collector", "listen", false },
		{ "Collector", "packets_filter", false },
		{ "Collector", "packets_promiscuous", false },
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

static const struct conf *running;

static void
changed(const struct conf *next, const struct conf *old)
{
	unsigned before = sockets_count();

	remark_fixed(next, old);
	sockets_icmp(next);
	sockets_reflector(next);
	unsigned packets = sockets_packets(next);
	if (packets < before)
		before = packets;
	workers_sockets(before);
	workers_configure(next);
	running = next;
	copies_keep(datadir, next);
}

/* --- upkeep ---------------------------------------------------------------------- */

static const struct timeval upkeep_every = { 2, 0 };
#define RIVAL_TURNS 15 /* looks at all processes: not every time */
static const char *datadir_path;

/* Somebody emptied the data directory: probectl's socket and the lock are needed. */
static void
mend_datadir(void)
{
	static struct log_limit limit;
	struct datadir_anew anew;
	struct err err;
	int fd = -1;

	if (datadir_mend(datadir, datadir_path, &rights, &anew, &err) == 0)
		fd = datadir_probectl(datadir, &rights, &err);
	if (fd < 0) {
		if (log_allowed(&limit, 60, NULL))
			log_warnx(
			    "what was deleted cannot be made again: %s", err.text);
		return;
	}
	log_warnx(
	    "%s/" STORE_DIR " was deleted in part and is made again", datadir_path);
	sockets_probectl(fd);
	sockets_keep_brokers(brokerfile_anew(datadir, sockets_brokers()));
	if (anew.draft)
		workers_renew(ROOM_WEB);
	else
		workers_socket(ROOM_WEB, SOCKET_PROBECTL);
	if (anew.courier)
		workers_renew(ROOM_COURIER);
}

/* A SmokePing that was started after us. */
static void
watch_rival(void)
{
	static unsigned turn;
	char who[300];

	if (++turn % RIVAL_TURNS == 0 &&
	    rival_find(reload_conf(), datadir_path, who, sizeof who) != 0)
		log_warnx("%s writes to %s too: rounds of either are lost; end it, or "
			  "this probed (pid %ld)",
		    who, datadir_path, (long)getpid());
}

/* Interfaces come and go. */
static void
watch_packets(void)
{
	unsigned before = sockets_packets(running);

	if (sockets_count() == before)
		return;
	workers_sockets(before);
	reload_tell();
}

static void
on_upkeep(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	watch_rival();
	watch_packets();
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

/* --gen-examples: a directory of them, where there is none yet. */
static int
write_examples(void)
{
	const char *data =
	    opt.datadir != NULL ? opt.datadir : LOCALSTATEDIR "/lib/smokebox";
	struct err err;

	if (conf_write_default(opt.examples, data, &err) != 0) {
		fprintf(stderr, "probed: --gen-examples: %s\n", err.text);
		return EXIT_CANNOT;
	}
	printf("%s: a commented configuration for this host; "
	       "'probed --config %s --check' looks at it\n",
	    opt.examples, opt.examples);
	return 0;
}

/* What librrd would heed in SmokePing. */
static void
remark_rrdcached(const struct conf *conf)
{
	const char *address = getenv("RRDCACHED_ADDRESS");

	if (address != NULL && *address != '\0' && conf->rrdcached == NULL)
		log_warnx(
		    "RRDCACHED_ADDRESS=%s is not used: set rrdcached in the section "
		    "*** Sinks *** of the file smokebox",
		    address);
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
	sockets_keep_brokers(brokerfile_open(datadir, conf->sinks > 0));
	return 0;
}

static bool
same_directory(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Another program that writes to our history. (A second probed is kept out by the lock
 * of datadir.c.) */
static bool
refuse_rival(const struct conf *conf, struct err *err)
{
	char who[300];

	if (rival_find(conf, datadir_path, who, sizeof who) == 0)
		return false;
	err_set(err,
	    "%s writes to %s, and this probed (pid %ld) would too: two writers spoil each "
	    "other's history; end smokeping, or try beside it with --shadow DIR",
	    who, datadir_path, (long)getpid());
	return true;
}

/* What the master has told stands in the cache directory, which so has to be there
 * before there is a configuration. */
static int
begin_as_slave(void)
{
	static struct conf_master master;
	struct err err;
	char *text;
	int status;

	if (slavemode_master(&opt, &master, &err) < 0)
		return cannot(&err);
	opt.datadir = opt.cache_dir;
	datadir_path = mem_str(opt.cache_dir);
	datadir = datadir_open(datadir_path, opt.user, &rights, &err);
	if (datadir < 0 || slavemode_check_ca(master.ca, &rights, &err) < 0)
		return cannot(&err);
	text = slavemode_first(opt.cache_dir);
	status = datadir_told(datadir, &rights, text, &err);
	free(text);
	if (status < 0)
		return cannot(&err);
	opt.config = mem_printf("%s/" STORE_TOLD, opt.cache_dir);
	if (opt.listens == 0 && getenv(SOCKETS_LISTEN_ENV) == NULL)
		opt.listen[opt.listens++] = "127.0.0.1:8080";
	reload_master(&master);
	log_info("slave %s of %s", master.name, master.url);
	return 0;
}

/* The data directory of CONF, unless it was needed before. 0, or -1 with ERR. */
static int
have_datadir(const struct conf *conf, struct err *err)
{
	if (opt.master_url != NULL)
		return 0;
	/* A name of our own: a reload frees the configuration's. */
	datadir_path = mem_str(opt.shadow != NULL    ? opt.shadow
			       : opt.datadir != NULL ? opt.datadir
						     : conf->datadir);
	if (opt.shadow != NULL && same_directory(opt.shadow, conf->datadir))
		return err_set(err,
		    "--shadow %s is the data directory itself, expected another",
		    opt.shadow);
	if (refuse_rival(conf, err))
		return -1;
	datadir = datadir_open(datadir_path, opt.user, &rights, err);
	if (datadir < 0 || opt.shadow == NULL)
		return datadir < 0 ? -1 : 0;
	return shadow_copy(conf->datadir, datadir, conf, &rights, err);
}

/* What lasts longer than a round needs. */
static void
go_on(const struct conf *conf)
{
	pidfile_take(opt.master_url != NULL
			 ? opt.pid_dir
			 : conf_value(conf_top(conf, "General"), "piddir", NULL));
	reload_watch(base, changed);
	edit_init(base, datadir, &rights);
	keep_up();
	copies_keep(datadir, conf);
}

static int
run(const struct conf *conf)
{
	struct workers_setup setup = { .rights = &rights,
		.ready = all_ready,
		.reload = reload_now,
		.edit = edit_message,
		.done = all_done,
		.ended = all_ended };
	struct err err;
	int status;

	if (have_datadir(conf, &err) < 0)
		return cannot(&err);
	setup.datadir = datadir;
	status = opt.once ? 0 : open_sockets(conf);
	if (status != 0)
		return status;
	sockets_measure(conf);
	log_info("workers: %s", rights.why);
	remark_rrdcached(conf);
	setup.base = base = event_base_new();
	if (base == NULL)
		fatalx("no event loop");
	if (workers_open(&setup, &err) != 0)
		return cannot(&err);
	notify_init(base);
	catch_signals();
	running = conf;
	if (!opt.once)
		go_on(conf);
	workers_configure(conf);
	event_base_dispatch(base);
	pidfile_leave();
	log_info("ended");
	return 0;
}

/* --static-pages, --email: another program does it. */
static int
leave_to_helper(void)
{
	const char *program = opt.pages ? "probed-pages" : "probectl-report";
	const char *dir = opt.shadow != NULL ? opt.shadow : opt.datadir;
	char *argv[8] = { mem_str(program), mem_str("--config"), mem_str(opt.config) };
	int n = 3;

	if (dir != NULL) {
		argv[n++] = mem_str("--data");
		argv[n++] = mem_str(dir);
	}
	if (opt.pages_dir != NULL)
		argv[n++] = mem_printf("--pages=%s", opt.pages_dir);
	if (opt.email)
		argv[n++] = mem_str("email");
	helper_exec(program, argv);
	fprintf(stderr, "probed: " LIBEXECDIR "/smokebox/%s: %s\n", program,
	    strerror(errno));
	while (n-- > 0)
		free(argv[n]);
	return EXIT_CANNOT;
}

/* --reload, --restart */
static int
tell_running(const struct conf *conf)
{
	const char *dir = opt.shadow != NULL	? opt.shadow
			  : opt.datadir != NULL ? opt.datadir
						: conf->datadir;
	struct err err;

	if ((opt.reload ? running_reload(dir, &err) : running_end(dir, &err)) == 0)
		return 0;
	fprintf(stderr, "probed: %s\n", err.text);
	return EXIT_CANNOT;
}

int
main(int argc, char **argv)
{
	const struct conf *conf;
	int status = options_parse(&opt, argc, argv);

	if (status >= 0)
		return status;
	log_init("probed", opt.level);
	rights_raise();
	if (opt.logfile != NULL && log_to_file(opt.logfile) != 0) {
		log_warn("--logfile %s", opt.logfile);
		return EXIT_CANNOT;
	}
	if (opt.examples != NULL)
		return write_examples();
	if (opt.pages || opt.email)
		return leave_to_helper();
	if (opt.master_url != NULL && (status = begin_as_slave()) != 0)
		return status;
	if (!opt.check && !opt.reload && opt.master_url == NULL &&
	    to_be_written(opt.config) && (status = write_default()) != 0)
		return status;
	reload_filter(opt.filter, opt.filters);
	reload_shadow(opt.shadow != NULL);
	reload_pace(opt.once, opt.nosleep);
	conf = reload_first(opt.config, opt.strict);
	if (conf == NULL)
		return EXIT_CONFIG;
	if (opt.reload || opt.restart) {
		status = tell_running(conf);
		if (status != 0 || opt.reload)
			return status;
	}
	if (opt.check) {
		bool fine = mirror_check(conf, stderr);
		struct consult asked;

		consult_open(&asked);
		fine &= consult_workers(&asked, conf, STDERR_FILENO);
		if (!fine && opt.strict) {
			fprintf(stderr, "%s: warnings, expected none (--strict)\n",
			    opt.config);
			return EXIT_CONFIG;
		}
		reload_summary(conf);
		return 0;
	}
	return run(conf);
}
