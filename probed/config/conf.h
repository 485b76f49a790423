/* The configuration as a read-only tree: SmokePing's grammar, checked, with
 * inheritance applied, and typed views of what every worker needs. It knows the names
 * and variables of probes (as data), never what they do. */
#ifndef CONFIG_CONF_H
#define CONFIG_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"

/* --- complaints ------------------------------------------------------------------ */

enum conf_severity {
	CONF_WARNING,
	CONF_ERROR,
	CONF_NOTE /* all is as it should be, and somebody may wonder */
};

struct conf_problem {
	enum conf_severity severity;
	struct place at; /* line 0: the file as a whole */
	char *text;	 /* what is wrong, what was expected */
};

/* Every complaint of one load, in the order found. Zero it first. */
struct conf_report {
	struct conf_problem *problem;
	size_t count, errors, warnings, notes;
};

/* Print "FILE:LINE: text" lines ("FILE:LINE: warning: text"). */
void conf_report_print(const struct conf_report *report, FILE *out);
/* "FILE:LINE: note: text" of what is worth no warning: the other two leave it out. */
void conf_report_print_notes(const struct conf_report *report, FILE *out);
/* Likewise what is not in OLD (NULL: nothing is), on whatever line it stood there. */
void conf_report_print_new(
    const struct conf_report *report, const struct conf_report *old, FILE *out);
/* Call EACH for what that would print. */
void conf_report_each_new(const struct conf_report *report,
    const struct conf_report *old,
    void (*each)(void *ctx, const struct conf_problem *p), void *ctx);
/* Add an error that whoever loaded it found. */
void conf_report_add(struct conf_report *report, struct place at, const char *text);
void conf_report_free(struct conf_report *report);

/* --- the generic tree ------------------------------------------------------------ */

struct conf_var {
	const char *key, *value;
	struct place at;
	bool inherited; /* taken over from an outer section */
};

struct conf_row {
	char **cell;
	size_t cells;
	struct place at;
};

/* One "*** X ***", "+ X", "++ X"... section. Strings live as long as the conf. */
struct conf_section {
	const char *name;
	struct place at;
	struct conf_var *var;
	size_t vars;
	struct conf_row *row;
	size_t rows;
	struct conf_section *parent, *first,
	    *next; /* children in order of appearance */
};

/* The value of KEY in SECTION (NULL SECTION allowed), else FALLBACK. */
const char *conf_value(
    const struct conf_section *section, const char *key, const char *fallback);
/* Its variable with place, or NULL. */
const struct conf_var *conf_var(const struct conf_section *section, const char *key);
const struct conf_section *conf_child(
    const struct conf_section *section, const char *name);

/* --- typed views ----------------------------------------------------------------- */

/* Which worker measures a probe module. */
enum module_home {
	MODULE_NOBODY,	/* not built in */
	MODULE_PROBER,	/* light: sockets and little else */
	MODULE_FETCHER, /* TLS, HTTP, directories: too heavy for the prober's loop */
	MODULE_RUNNER,	/* an external program does it */
};

/* One usable probe: a module, or an instance of one ("FPing", "FPing/FPingHigh"). */
struct conf_probe {
	const char *name;      /* as named by "probe =" */
	const char *module;    /* SmokePing's module name: "FPing", "DNS" */
	enum module_home home; /* NOBODY: its targets cannot be measured */
	unsigned step;	       /* seconds: own or Database */
	unsigned pings;
	int offset_pct; /* 0..99, or -1: none set or random (a stable phase is used) */
	const struct conf_section *section;
};

/* Another vantage point, of the section Slaves. */
struct conf_slave {
	const char *name;
	const char *display_name, *location, *color; /* rrggbb; never NULL */
	const char *secret; /* NULL: none is known, so nothing of it is believed */
	const struct conf_section *section;
};

/* Whose slave this box is: as the command line says, never a file. */
struct conf_master {
	const char *url, *name, *secret; /* NAME is our own */
	const char *proxy, *noproxy;	 /* as the environment had them; "" when not */
	const char *ca; /* file of the authorities that are believed; "": the system's */
};

enum conf_kind {
	CONF_GROUP,	/* no host */
	CONF_MEASURED,	/* a host to ping */
	CONF_MULTIHOST, /* host = /A/B /A/C: drawn together, nothing is pinged */
	CONF_DYNAMIC,	/* host = DYNAMIC...: address told by the host itself */
};

struct conf_target {
	uint64_t id;	  /* stable hash of path: the target's name in messages */
	const char *path; /* "A.B.C"; "" for the root (the Targets section itself) */
	const char *name; /* last element */
	const char *menu, *title; /* never NULL */
	const char *remark;	  /* HTML as written; NULL when none */
	const char *host; /* as written, but for a dynamic one, which is "DYNAMIC";
			   * NULL for groups */
	const char
	    *note; /* why it cannot be measured, found at parse time; else NULL */
	enum conf_kind kind;
	bool hide, nomasterpoll;
	bool filtered;			/* left out by the command line's --filter */
	unsigned step, pings;		/* of a measured one */
	const struct conf_probe *probe; /* in force here; NULL when none */
	const char **member; /* CONF_MULTIHOST: dotted paths (with ~slave); */
	size_t members;	     /* unknown ones were warned about and left out */
	const struct conf_slave **slave; /* who measures it too; of a measured one */
	size_t slaves;
	const struct conf_section *section;
	struct conf_target *parent, *first, *next;
};

struct conf_rra {
	const char *cf; /* AVERAGE, MIN, MAX */
	double xff;
	unsigned steps, rows;
};

struct conf_period { /* of Presentation/detail */
	const char *label;
	unsigned seconds;
};

/* What a chart ranks targets by, as of their last round. */
enum conf_sorter {
	CONF_BY_LOSS,	/* pings lost */
	CONF_BY_MAX,	/* slowest ping */
	CONF_BY_MEDIAN, /* median */
	CONF_BY_STDDEV, /* standard deviation of the pings */
	CONF_SORTERS,	/* as many; a sorter that is none of ours */
};

struct conf_chart {	  /* of Presentation/charts, or built in where there are none */
	const char *name; /* "loss": as in its address */
	const char *menu, *title;
	const char *format; /* printf() of the value; NULL: none */
	enum conf_sorter by;
	unsigned entries; /* at most so many targets */
};

struct conf_loss_color {   /* of Presentation/detail/loss_colors */
	double upto;	   /* lost pings, inclusive */
	const char *color; /* rrggbb */
	const char *legend;
};

/* Where rounds are sent: as InfluxDB's lines, or to Home Assistant through a broker of
 * MQTT. NULL: not set. */
struct conf_sink {
	const char *name;	     /* "InfluxDB", or of a section of Sinks */
	const char *url;	     /* "http://HOST:PORT", without the API's path, or
				      * "mqtt://HOST:PORT" */
	const char *database;	     /* write API 1 */
	const char *user, *password; /* of that, or of the broker */
	const char *bucket, *org, *token; /* write API 2, where there is a bucket */
	unsigned timeout;		  /* seconds */
	bool loss_tags;			  /* loss is a tag as well */
	bool mqtt;			  /* by its URL; what follows is for it alone */
	const char *ca; /* who vouches for the broker; NULL: the system's */
	/* Prefixes of all topics; the first is NULL for this box's own name. */
	const char *topic, *discovery;
	const char *device;	       /* this box's name there */
	const char *targets;	       /* paths, blanks between them; "" is all */
	bool hosts;		       /* names of flows' hosts may be told */
};

/* A file that was read: the configuration is stale when one of them changed. */
struct conf_file {
	const char *path;
	/* Size -1: did not exist. The ctime tells of who may read it now. */
	int64_t mtime_ns, ctime_ns, size, inode;
	bool key; /* holds nothing but a secret */
};

struct conf {
	struct conf_section *root;	   /* its children are the *** sections *** */
	const struct conf_target *targets; /* the root target */
	const struct conf_target **target; /* every node but the root, depth first */
	size_t target_count;
	const struct conf_probe *probe;
	size_t probe_count;
	const struct conf_slave *slave;
	size_t slave_count;
	const struct conf_master *master; /* NULL: this box is nobody's slave */
	unsigned step, pings;		  /* Database */
	const struct conf_rra *rra;
	size_t rra_count;
	const char *datadir; /* General */
	const struct conf_period *period;
	size_t periods;
	unsigned overview_range; /* seconds, of Presentation/overview; 0: none set */
	const struct conf_chart *chart;
	size_t charts;
	const struct conf_loss_color *loss_color; /* count 0: defaults per ping count */
	size_t loss_colors;
	const struct conf_sink *sink;
	size_t sinks;
	unsigned keep_talkers; /* seconds, of Collector */
	uint64_t talkers_size; /* bytes that they may take on disk */
	const char *rrdcached; /* "unix:/path" or "/path"; NULL: not used */
	const struct conf_file *file;
	size_t files;
	bool once;	     /* --debug: a round of everything, and no more */
	bool nosleep;	     /* --nosleep: rounds do not wait for each other */
	unsigned generation; /* set by the parent, told to workers */
};

/* What is kept of who filled the line, where nothing else is said. */
#define CONF_KEEP_TALKERS (7 * 86400)
#define CONF_TALKERS_SIZE (256ULL << 20)

/* The section "*** NAME ***", or NULL. */
const struct conf_section *conf_top(const struct conf *conf, const char *name);
/* By path ("A.B.C") or by id. NULL when there is none. */
const struct conf_target *conf_target_by_path(
    const struct conf *conf, const char *path);
const struct conf_target *conf_target_by_id(const struct conf *conf, uint64_t id);
/* The id that PATH has: the same in every process and at every start. */
uint64_t conf_target_id(const char *path);

/* NULL when no slave is called NAME. */
const struct conf_slave *conf_slave_by_name(const struct conf *conf, const char *name);
/* The name of what SLAVE (NULL: this box itself) sees of T: "A.B~slave", whose file is
 * A/B~slave.rrd. BUF has SIZE bytes. -1 when there is no room for it. */
int conf_series_path(const struct conf_target *t, const struct conf_slave *slave,
    char *buf, size_t size);
/* Likewise for the slave called SLAVE, "" for this box itself: also of one that the
 * configuration does not have any more. */
int conf_series_named(
    const struct conf_target *t, const char *slave, char *buf, size_t size);
/* The id of that: in messages it stands for a target's. */
uint64_t conf_series_id(const struct conf_target *t, const struct conf_slave *slave);
/* The target and the slave of such an id; NULL when there is none. */
const struct conf_target *conf_series_by_id(
    const struct conf *conf, uint64_t id, const struct conf_slave **slave);

/* *** Detection ***: what is enough to be looked at, per second, and what comes of it. */
struct conf_detection {
	double packets, bits, flows;
	double line[2]; /* bit/s of the line, in and out; 0: not said */
	int64_t hold_s, learn_s;
};
/* CONF NULL: what holds where nothing is said. */
void conf_detection(const struct conf *conf, struct conf_detection *d);

/* What the receiver S of *** Actions *** hears of: kinds of incidents with blanks
 * between them and around them; NULL: of all. To be freed. */
char *conf_action_kinds(const struct conf_section *s);
/* Does S act against attacks, rather than tell people? */
bool conf_action_blocks(const struct conf_section *s);
/* Is KIND among them? */
bool conf_action_hears(const struct conf_section *s, const char *kind);

/* The value of a probe or target variable in force at T: *** Overrides *** first, then
 * the target (with inheritance), its probe instance, the module's default as in the
 * manual. NULL when it has none. AT, if not NULL, gets the place. */
const char *conf_target_value(const struct conf *conf, const struct conf_target *t,
    const char *key, struct place *at);
/* Likewise, but only what somebody wrote: NULL where the module's default holds. */
const struct conf_var *conf_target_var(
    const struct conf *conf, const struct conf_target *t, const char *key);
/* Is T pinged from here, as far as the configuration and --filter go? */
bool conf_target_is_pinged(const struct conf_target *t);
/* Who measures T: its module's home, or another where a variable in force at T makes it
 * heavy. NOBODY for what has no probe. */
enum module_home conf_target_home(const struct conf *conf, const struct conf_target *t);
/* The section of *** Overrides *** that names exactly T, which holds for all below it
 * too, and the one that names P. NULL when there is none. */
const struct conf_section *conf_target_override(const struct conf_target *t);
const struct conf_section *conf_probe_override(
    const struct conf *conf, const struct conf_probe *p);

/* --- loading --------------------------------------------------------------------- */

/* Read and check the configuration at PATH, a file or a directory (DESIGN 1.2: without
 * a file named config, the files General Alerts Database Presentation Probes Slaves
 * Targets smokebox, defaults for missing ones). REPORT gets every complaint. Returns
 * the tree, or NULL when there is an error (then REPORT says so). */
struct conf *conf_load(const char *path, struct conf_report *report);
void conf_free(struct conf *conf);
/* Likewise for a file that its writer is not trusted with: no other file is read for
 * it, whatever it says, nor is it where a symbolic link leads. */
struct conf *conf_load_alone(const char *path, struct conf_report *report);
/* From now on CONF says that this box is MASTER's slave (copied). */
void conf_set_master(struct conf *conf, const struct conf_master *master);

/* From now on CONF says how rounds follow each other, where that is not by the step. */
void conf_set_pace(struct conf *conf, bool once, bool nosleep);
/* From now on KEY of SECTION is as if it were set to nothing. */
void conf_forget(struct conf *conf, const char *section, const char *key);
/* What a dynamic host's secret comes to, from "host = DYNAMIC/..."; NULL where it has
 * none (yet), so that nobody can tell its address, and for other targets. */
const char *conf_dynamic_hash(const struct conf_target *t);
/* From now on T, a dynamic host of CONF, is at ADDRESS (copied; NULL: nobody knows),
 * which is its host then. */
void conf_set_address(
    struct conf *conf, const struct conf_target *t, const char *address);
/* Has it none? False for other targets. */
bool conf_lacks_address(const struct conf_target *t);

/* Of CONF only those targets are measured from now on whose path ("/A/B") begins with
 * what one of the COUNT expressions matches, or, behind "!", does not. None: all. Each
 * must have passed the check, which returns 0, or -1 with ERR. */
void conf_filter(struct conf *conf, const char *const *filter, size_t count);
int conf_filter_check(const char *filter, struct err *err);

/* True when a file of CONF changed on disk since it was read. */
bool conf_changed(const struct conf *conf);

/* Sections for workers. */
enum conf_part {
	CONF_GENERAL = 1 << 0, /* without secrets */
	CONF_DATABASE = 1 << 1,
	CONF_PRESENTATION = 1 << 2,
	CONF_PROBES = 1 << 3,
	CONF_TARGETS = 1 << 4,
	CONF_ALERTS = 1 << 5,
	CONF_SLAVES = 1 << 6,
	CONF_WEB = 1 << 7, /* and the following ones of the file smokebox */
	CONF_COLLECTOR = 1 << 8,
	CONF_DETECTION = 1 << 9,
	CONF_ACTIONS = 1 << 10,
	CONF_SINKS = 1 << 11,
	CONF_OVERRIDES = 1 << 12,
	CONF_REFLECTOR = 1 << 14,
	CONF_SILENCES = 1 << 15,
	CONF_MASTER = 1 << 16,
	CONF_PACE = 1 << 17,
	CONF_PATH = 1 << 18,
	CONF_LOADTEST = 1 << 19,
	CONF_SECRETS = 1 << 13, /* values of secret keys too; General's with
				 * CONF_ALERTS */
};

/* Is the value of the variable KEY a secret? */
bool conf_is_secret(const char *key);
/* Likewise in the section S, where more may be. */
bool conf_secret_in(const struct conf_section *s, const char *key);
/* Write PARTS of CONF as checked text: one logical line each (includes, defines and
 * continuations resolved), "#@ LINE FILE" marks where the place is not the next line.
 * Secret values become three bullets unless CONF_SECRETS is asked for. */
void conf_write_checked(const struct conf *conf, unsigned parts, FILE *out);
/* Parse checked text of LEN bytes, with the same parser; missing sections are fine.
 * Returns NULL with a report when it is not what conf_write_checked() wrote. */
struct conf *conf_parse_checked(
    const char *text, size_t len, struct conf_report *report);

/* Write a commented default configuration (Targets, Probes, ... and smokebox) into the
 * empty or missing directory DIR: this host's gateway and resolver where they exist,
 * this host, a handful of well-known hosts. DATADIR goes into General. 0, or -1 with
 * ERR. */
int conf_write_default(const char *dir, const char *datadir, struct err *err);

#endif
