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
	CONF_ERROR
};

struct conf_problem {
	enum conf_severity severity;
	struct place at; /* line 0: the file as a whole */
	char *text;	 /* what is wrong, what was expected */
};

/* Every complaint of one load, in the order found. Zero it first. */
struct conf_report {
	struct conf_problem *problem;
	size_t count, errors, warnings;
};

/* Print "FILE:LINE: text" lines ("FILE:LINE: warning: text"). */
void conf_report_print(const struct conf_report *report, FILE *out);
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

/* One usable probe: a module, or an instance of one ("FPing", "FPing/FPingHigh"). */
struct conf_probe {
	const char *name;   /* as named by "probe =" */
	const char *module; /* SmokePing's module name: "FPing", "DNS" */
	bool known;    /* false: not built in (yet); its targets cannot be measured */
	unsigned step; /* seconds: own or Database */
	unsigned pings;
	int offset_pct; /* 0..99, or -1: none set or random (a stable phase is used) */
	const struct conf_section *section;
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
	const char *host;	  /* as written; NULL for groups */
	const char
	    *note; /* why it cannot be measured, found at parse time; else NULL */
	enum conf_kind kind;
	bool hide, nomasterpoll;
	unsigned step, pings;		/* of a measured one */
	const struct conf_probe *probe; /* in force here; NULL when none */
	const char **member; /* CONF_MULTIHOST: dotted paths (with ~slave); */
	size_t members;	     /* unknown ones were warned about and left out */
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

struct conf_loss_color {   /* of Presentation/detail/loss_colors */
	double upto;	   /* lost pings, inclusive */
	const char *color; /* rrggbb */
	const char *legend;
};

/* A file that was read: the configuration is stale when one of them changed. */
struct conf_file {
	const char *path;
	int64_t mtime_ns, size, inode; /* size -1: did not exist */
};

struct conf {
	struct conf_section *root;	   /* its children are the *** sections *** */
	const struct conf_target *targets; /* the root target */
	const struct conf_target **target; /* every node but the root, depth first */
	size_t target_count;
	const struct conf_probe *probe;
	size_t probe_count;
	unsigned step, pings; /* Database */
	const struct conf_rra *rra;
	size_t rra_count;
	const char *datadir; /* General */
	const struct conf_period *period;
	size_t periods;
	const struct conf_loss_color *loss_color; /* count 0: defaults per ping count */
	size_t loss_colors;
	const struct conf_file *file;
	size_t files;
	unsigned generation; /* set by the parent, told to workers */
};

/* The section "*** NAME ***", or NULL. */
const struct conf_section *conf_top(const struct conf *conf, const char *name);
/* By path ("A.B.C") or by id. NULL when there is none. */
const struct conf_target *conf_target_by_path(
    const struct conf *conf, const char *path);
const struct conf_target *conf_target_by_id(const struct conf *conf, uint64_t id);
/* The id that PATH has: the same in every process and at every start. */
uint64_t conf_target_id(const char *path);

/* The value of a probe or target variable in force at T: *** Overrides *** first, then
 * the target (with inheritance), its probe instance, the module's default as in the
 * manual. NULL when it has none. AT, if not NULL, gets the place. */
const char *conf_target_value(const struct conf *conf, const struct conf_target *t,
    const char *key, struct place *at);
/* Likewise, but only what somebody wrote: NULL where the module's default holds. */
const struct conf_var *conf_target_var(
    const struct conf *conf, const struct conf_target *t, const char *key);
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
	CONF_SECRETS = 1 << 13, /* values of secret keys too */
};

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
