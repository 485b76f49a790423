/* The home of librrd for writing: SmokePing's files, made, judged, continued. One
 * process, one writer; paths are relative to DATADIR, the working directory. (The
 * prefix rrd_ belongs to librrd: it calls some of its own names through the linker, and
 * would find ours.) */
#ifndef RECORDER_RRDFILE_H
#define RECORDER_RRDFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "recorder/archives.h"
#include "recorder/migrate.h"
#include "round.h"

/* One file, and what we know of it. rrdfile_init() first. */
struct rrdfile {
	char *path; /* "A/B/C.rrd"; owned */
	unsigned step, pings;
	uint64_t table; /* archives_hash() of the table that it was made or fitted by;
			 * 0: by another program, or that is not known */
	int64_t since; /* a dynamic host: when it told its address, epoch seconds; 0: it
			* has not, or is none */
	bool judged;   /* it was there, sound and ours when we looked; then: */
	int64_t last;  /* its last update */
	uint32_t archives; /* how many it has */
	dev_t dev;	   /* and this was it */
	ino_t ino;
	off_t size;
};

/* PATH is a target's ("A.B.C"). 0, or -1 when it can be no file name. */
int rrdfile_init(struct rrdfile *file, const char *path, unsigned step, unsigned pings);
void rrdfile_free(struct rrdfile *file);
/* What R is in FILE: "row:uptime:loss:median:ping1:...", malloced. */
char *rrdfile_row(const struct rrdfile *file, const struct round *r);

/* Once at the start: remove what a kill left half made. */
void rrdfile_sweep(void);

enum rrdfile_outcome {
	RRDFILE_DONE,
	RRDFILE_BUSY, /* somebody holds the lock, or wrote meanwhile: again in a moment
		       */
	RRDFILE_CHANGE, /* it has other pings, another step, other archives than wanted:
			 * rrdfile_change() first */
	RRDFILE_STUCK,	/* no room, no permission ...: again later; TEXT says what */
};

/* The most rounds of one call. */
#define RRDFILE_BATCH 32

struct rrdfile_report {
	/* -1: this round is written; else by how many seconds it is older than the last
	 * row before it (0: the same row again), and skipped */
	int64_t behind[RRDFILE_BATCH];
	unsigned past_count;
	bool made;	/* a new file was begun */
	bool set_aside; /* another one lay there and was moved away; TEXT says why */
	bool differs;	/* archives differ from the table in size; continued as it is */
	char text[2048];
};

/* Write COUNT rounds (1..RRDFILE_BATCH, all with FILE's pings): all of them are written
 * or past when RRDFILE_DONE, else all are to be offered again. A row more than one step
 * after the last update is preceded by an unknown one, so that what was not measured
 * stays unknown. Whatever is wrong with the file or its directory is mended first. */
enum rrdfile_outcome rrdfile_write(struct rrdfile *file,
    const struct archives *archives, const struct round *const *round, size_t count,
    struct rrdfile_report *report);

/* After RRDFILE_CHANGE: begin to carry its history over into a file that fits. UNDER,
 * if not NULL, is another file whose history is laid under it; then also without
 * RRDFILE_CHANGE. NULL with ERR. */
struct migration *rrdfile_change(const struct rrdfile *file, const char *under,
    const struct archives *archives, struct err *err);

#endif
