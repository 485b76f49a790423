/* Programs for the runner, which alone executes: the courier says which, with what
 * arguments and input, and hears how it ended. */
#ifndef COURIER_ERRAND_H
#define COURIER_ERRAND_H

#include <stddef.h>

#include "courier/transfer.h"
#include "link/link.h"

struct event_base;
struct errand;
struct msg_in_force;

/* To be called once, before everything else here. */
void errand_open(struct event_base *base);
/* The line to the runner, NULL while there is none. */
void errand_runner(struct link *link);
bool errand_possible(void); /* is there a line to the runner? */
/* The runner's answer. 0, or -1 when it is not to be believed. */
int errand_message(struct msg_in *in);

/* Run ARGV (NULL behind the last), with INPUT (NULL: none) of LEN bytes on its standard
 * input and ID in its environment. DONE is called once, from the loop; with FATE_REFUSED
 * when ARGV is more than a message holds, FATE_LATER when there is no memory for INPUT. */
struct errand *errand_start(char *const *argv, const char *id, const void *input,
    size_t len, outcome_fn done, void *ctx);
/* Likewise what announces or withdraws M, which the runner writes down before. */
struct errand *errand_in_force(const struct msg_in_force *m, bool withdraw,
    char *const *argv, const char *id, const void *input, size_t len, outcome_fn done,
    void *ctx);
/* Give it up; DONE is not called. A program that runs already goes on. */
void errand_cancel(struct errand *e);

#endif
