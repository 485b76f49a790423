/* Which sections and variables there are, and what may stand in them: data. The rules
 * and texts are SmokePing's where it has them. A key that nothing acts on says what
 * happens instead (a section: its idle text): t/keys.c looks for whoever reads all
 * others. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "config/conf.h"

enum key_flags {
	KEY_MANDATORY = 1 << 0, /* its absence is an error */
	KEY_WANTED = 1 << 1,	/* SmokePing needs it, we do not: a warning */
	KEY_INHERITED = 1 << 2, /* by sections inside */
	KEY_TARGET = 1 << 3,	/* of a probe module: may be set per target */
	KEY_TOOL =
	    1 << 4, /* for the program of a module: nothing where there is none */
	KEY_OURS = 1 << 5,     /* SmokePing would refuse it */
	KEY_FILE = 1 << 6,     /* of a probe: names a file to be read on this machine */
	KEY_INTERNAL = 1 << 7, /* in checked text only: nobody writes it */
};

struct schema_key {
	const char *name; /* "/" in front: any name that matches this expression */
	unsigned flags;	  /* enum key_flags */
	const char *re;	  /* the whole value must match (POSIX extended) */
	bool (*fits)(const char *value);
	const char *error;    /* when it does not; NULL: syntax error in value of 'x' */
	const char *expected; /* more words for ERROR where it does not say it itself */
	const char *fallback; /* the manual's default */
	const char *instead; /* it has no effect: what happens instead, for a warning */
	const char *same;    /* a value by which that is what happens anyway */
};

struct schema_table {
	size_t columns;
	struct schema_key column[4]; /* checks only */
};

enum schema_kind {
	SCHEMA_PLAIN,
	SCHEMA_PROBE,  /* a module or an instance of one */
	SCHEMA_TARGET, /* *** Targets *** and below: the keys depend on the probe */
};

struct schema {
	const char *name; /* "/" in front: any name that matches this expression */
	enum schema_kind kind;
	bool ours;	  /* SmokePing would refuse it */
	bool mandatory;	  /* its absence is an error */
	bool internal;	  /* in checked text only: nobody writes it */
	const char *idle; /* what is not acted on yet, for a warning; NULL: nothing */
	const struct schema_key *key; /* ends with a nameless one; NULL: no variables */
	const struct schema *child;   /* likewise; NULL: no sections */
	const struct schema_table *table;
};

/* The whole file: its children are the *** sections ***. */
extern const struct schema schema_root;
/* What is inside a target section, and so on downwards. */
extern const struct schema schema_target[];
/* Our own variables, legal wherever a probe's variables are. */
extern const struct schema_key schema_own[];

/* NULL when there is none. */
const struct schema_key *schema_key_find(
    const struct schema_key *keys, const char *name);
const struct schema *schema_child(const struct schema *schema, const char *name);
/* True when VALUE may stand for KEY. */
bool schema_fits(const struct schema_key *key, const char *value);
/* The leading number of TEXT as Perl takes it: 0 when there is none. */
double schema_number(const char *text);

/* --- probe modules --------------------------------------------------------------- */

struct module {
	const char *name;
	enum module_home home;
	bool fping; /* derived from base: pings belong to the probe, not the target */
	const struct schema_key *keys[4]; /* the first list that has a key wins */
	const char *without; /* keys of those lists it does not have, in blanks */
	/* "KEY VALUE VALUE ": with one of these values of KEY in force the fetcher
	 * measures it, wherever the module is at home. NULL: none is heavy. */
	const char *heavy;
	bool ours; /* SmokePing would refuse it */
};

/* Can MODULE (NULL allowed) send pings as close as those of a train of voice? */
bool module_trains(const struct module *module);
/* NULL for modules that SmokePing does not bring. */
const struct module *module_find(const char *name);
/* The Nth, from 0; NULL behind the last. */
const struct module *module_at(size_t n);
/* A variable of MODULE (NULL allowed) at any level; NULL when it has none. */
const struct schema_key *module_key(const struct module *module, const char *name);
/* Its Nth variable, from 0, hidden ones left out; NULL behind the last, and for a NULL
 * MODULE. */
const struct schema_key *module_key_at(const struct module *module, size_t n);

#endif
