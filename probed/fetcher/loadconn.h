/* The connections of a load test: bulk transfers that fill the line, and fresh ones that
 * are timed meanwhile. */
#ifndef FETCHER_LOADCONN_H
#define FETCHER_LOADCONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "infer/load.h"
#include "link/msgload.h"

struct event_base;

#define LOAD_FRESH_PATIENCE_S 10

struct loadconn_ops {
	/* A fresh connection was answered, or (NULL) was not. */
	void (*fresh)(const struct load_fresh *f);
	/* A bulk transfer ended: WHY "" where all of it came or went, else what is wrong. */
	void (*ended)(enum load_way way, const char *why);
};

/* OPS is borrowed. */
void loadconn_open(struct event_base *base, const struct loadconn_ops *ops);
void loadconn_close(void);

/* Ask URL, whose host is at ADDR, for its first byte over a connection of its own. */
int loadconn_fresh(const char *url, const char *host, const struct addr *addr);
/* Fetch URL, or send as many as BYTES bytes to it. No more than the LIMIT of
 * loadconn_begin() comes in over all of them. */
int loadconn_bulk(
    enum load_way way, const char *url, const char *host, const struct addr *addr, uint64_t bytes);
/* Begin to count anew: so many bytes may come in. */
void loadconn_begin(uint64_t limit);
/* What came in, or was acknowledged by the far end, since. */
uint64_t loadconn_bytes(void);
unsigned loadconn_fresh_open(void); /* fresh ones under way */
/* End all that are under way; nothing is told of them. */
void loadconn_stop(void);

#endif
