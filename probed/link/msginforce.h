/* What a program has announced against an attack, or may have: the courier says it to
 * the runner before anything is called, and the runner, which writes it down, to each
 * courier that comes. */
#ifndef LINK_MSGINFORCE_H
#define LINK_MSGINFORCE_H

#include "base/addr.h"
#include "link/msg.h"

#define IN_FORCE_MAX 256 /* at a time */

struct msg_in_force {
	bool last;	   /* to the courier: these were all; nothing else counts */
	bool out;	   /* of what goes out */
	bool arrived;	   /* the program ended well */
	uint64_t settings; /* a hash of what the action's section said */
	int64_t incident, begin; /* BEGIN: epoch seconds of the announcement */
	double pps;
	char action[64]; /* its name in *** Actions *** */
	char type[16];
	char host[ADDR_TEXT];
	char program[1024], arguments[2048]; /* as they were */
	char announce[1024], withdraw[1024]; /* what is said */
};
void msg_put_in_force(struct msg_out *out, const struct msg_in_force *m);
/* 0, or -1 when it is not to be believed. */
int msg_get_in_force(struct msg_in *in, struct msg_in_force *m);
/* Is M whole: a host, and the name and program of an action? */
bool in_force_fits(const struct msg_in_force *m);
/* What tells M from others: there is one for each action, host and direction. */
uint64_t in_force_id(const char *action, const char *host, bool out);

#endif
