/* What every file of history belongs to, kept in our state: so that a target that comes
 * back under another name finds its history, and that a changed *** Database *** is
 * told from archives that always were of another size. */
#ifndef RECORDER_LEDGER_H
#define RECORDER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <uthash.h>

#include "config/conf.h"
#include "store.h"

#define LEDGER STORE_STATE "/files"

struct ledger_entry {
	UT_hash_handle hh;
	char *path;	/* of the target */
	uint64_t what;	/* identity_of() */
	uint64_t host;	/* identity_host() */
	uint64_t table; /* see rrdfile.h; 0: not known */
	bool wanted;	/* the configuration has it */
	char *words;	/* host and probe, for people */
};

struct ledger {
	struct ledger_entry *entry; /* by path */
	bool changed;		    /* since it was read or written */
};

/* Read it; what is missing or broken is left out. It is relative to DATADIR. */
void ledger_read(struct ledger *l);
/* The same from F; the number of lines that are not understood. */
unsigned ledger_take(struct ledger *l, FILE *f);
/* Write it, or leave the old one. 0, or -1 with errno. */
int ledger_write(struct ledger *l);
void ledger_free(struct ledger *l);

/* That of the target PATH; NULL: there is none. */
struct ledger_entry *ledger_find(const struct ledger *l, const char *path);
/* E's archives are those of TABLE. */
void ledger_set_table(struct ledger *l, struct ledger_entry *e, uint64_t table);

/* A target that is gone and one that is new. */
struct ledger_move {
	const char *from, *to; /* paths; they live as long as the ledger and the
				* configuration */
	bool certain; /* nothing else can be meant; else one of several, or only
		       * the host is the same */
};
/* Whose history should go where, by CONF; the caller frees. A target is gone when CONF
 * does not have it and its file is there, and new when it has neither entry nor file.
 */
struct ledger_move *ledger_moves(
    const struct ledger *l, const struct conf *conf, size_t *count);

/* The entry of FROM is TO's from now on. */
void ledger_rename(struct ledger *l, const char *from, const char *to);
/* Have an entry for every target of CONF that has a file; forget others whose files are
 * gone. */
void ledger_settle(struct ledger *l, const struct conf *conf);

#endif
