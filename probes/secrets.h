/* Passwords and shared secrets of targets: from variables, or from files that only the
 * prober needs to be able to read. They go to nobody else, and into no message. */
#ifndef PROBES_SECRETS_H
#define PROBES_SECRETS_H

#include "config/conf.h"

/* The password of USER at T's host, as SmokePing finds it: the variable password of the
 * target where it differs from the probe's; else the line HOST:USER:PASSWORD of the
 * file passwordfile; else the probe's variable. Returns it, to be freed; NULL with ERR.
 * REMARK gets what should be said about the file all the same, or stays; to be freed.
 */
char *secrets_password(const struct conf *conf, const struct conf_target *t,
    const char *user, char **remark, struct err *err);
/* Likewise the secret shared with T's host: variable secret, file secretfile with lines
 * HOST SECRET. */
char *secrets_secret(const struct conf *conf, const struct conf_target *t,
    char **remark, struct err *err);

#endif
