/* What programs have announced against attacks, or may have, and nobody has withdrawn
 * yet: the runner's own book, .smokebox/state/in-force, which neither who talks to the
 * network nor who serves pages can write. What is not in it is not announced; what is
 * in it may be withdrawn by the program that announced it, though the configuration,
 * changed while nothing ran, names it no longer. */
#ifndef RUNNER_INFORCE_H
#define RUNNER_INFORCE_H

#include "config/conf.h"
#include "link/msginforce.h"

/* Read the book. The log tells of what cannot be believed; the file is set aside then.
 */
void inforce_load(void);
/* Forget all of it; what is on disk stays. */
void inforce_free(void);

/* M is about to be announced, or withdrawn: it is in the book from now on, if an action
 * of CONF that is no dry run says so. -1: it is not, or something else is in its place,
 * or there are IN_FORCE_MAX. On disk it is only after inforce_write(). */
int inforce_put(const struct conf *conf, const struct msg_in_force *m);
/* 0, or -1 with ERR: the disk has an older book. */
int inforce_write(struct err *err);

/* The one with this id, or NULL; it is the book's. */
const struct msg_in_force *inforce_find(uint64_t id);
/* May its program be called with ARGV and LEN bytes of INPUT to announce it, which
 * takes an action of CONF, or to withdraw it, which does not? Only in the words of the
 * book. */
bool inforce_allows(const struct msg_in_force *m, const struct conf *conf,
    const char *const *argv, const char *input, size_t len, bool withdraw);
/* Its withdrawal begins: until it is done nobody can tell whether it is announced. */
void inforce_leaves(uint64_t id);
/* The program ended well: this one arrived, or is withdrawn and in the book no more. */
void inforce_done(uint64_t id, bool withdraw);
/* The program that has to withdraw it cannot be run, since errno is ERROR: what is to
 * be done by hand, in words to be freed; NULL: that was said already. */
char *inforce_stranded(uint64_t id, int error);

/* Call EACH with every one, newest last. */
void inforce_each(void (*each)(void *ctx, const struct msg_in_force *m), void *ctx);

#endif
