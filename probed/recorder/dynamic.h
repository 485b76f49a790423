/* Where dynamic hosts are: SmokePing's files DYNDIR/A/B.adr, a line with an address
 * that is as old as the file. Written when a host tells another one, read again when
 * somebody else (SmokePing's CGI) wrote it, told to those who measure. */
#ifndef RECORDER_DYNAMIC_H
#define RECORDER_DYNAMIC_H

#include "link/link.h"

struct conf;
struct history;
struct dynamic;

/* Before the lock: let a dyndir outside of the working directory be written to. */
void dynamic_allow(const struct conf *conf);
/* HISTORY is told how old addresses are. */
struct dynamic *dynamic_new(struct history *history);
void dynamic_free(struct dynamic *d);
/* After history_configure(). */
void dynamic_configure(struct dynamic *d, const struct conf *conf);
/* Look whether a file has changed; every few seconds. */
void dynamic_look(struct dynamic *d);
/* The line to a worker that measures is another one; NULL: it is down. */
void dynamic_line(struct dynamic *d, enum room room, struct link *link);
/* MSG_ADDRESS of web's. 0, or -1 when it is not to be believed. */
int dynamic_message(struct dynamic *d, struct msg_in *in);

#endif
