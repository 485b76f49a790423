/* Passwords for ssh, which reads them from a terminal or from a program that it calls:
 * this one. The password comes by the environment, which only the same user sees. */
#ifndef RUNNER_ASKPASS_H
#define RUNNER_ASKPASS_H

#include "base/log.h"
#include "runner/argv.h"

/* Add to ENV what makes ssh ask us for PASSWORD. 0, or -1 with ERR. */
int askpass_env(struct argv *env, const char *password, struct err *err);

/* Was this program called by ssh, with a question as its only argument? Then answer,
 * and leave: only questions for a password get one, for others ssh is to give up. */
void askpass_main(int argc, char **argv);

#endif
