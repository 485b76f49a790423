/* The variable extraargs: what of curl's command line makes sense for a probe that is
 * not curl. What cannot matter is passed over, what would change the meaning and is not
 * done here is refused by name. */
#ifndef PROBES_HTTPARGS_H
#define PROBES_HTTPARGS_H

#include "probes/httpopts.h"

/* Apply EXTRA to O, cut into words at what SPLIT ("/;/"; NULL: a space) matches. 0, or
 * -1 with ERR. */
int httpargs(
    struct probe_opts *o, const char *extra, const char *split, struct err *err);

/* The variables of T's module into O. 0, or -1 with ERR. */
int httpmodule(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err);

/* What httpopts.c lends: FORMAT's URLs, with HOST for %host%; a range of good statuses;
 * take over URL (allocated); add "NAME: VALUE", or VALUE as a
 * whole line; read seconds, with WHAT for the complaint. */
int httpopts_add_urls(
    struct probe_opts *o, const char *format, const char *host, struct err *err);
void httpopts_add_status(struct probe_opts *o, long from, long to);
int httpopts_add_url(struct probe_opts *o, char *url, struct err *err);
void httpopts_header(struct probe_opts *o, const char *name, const char *value);
int httpopts_seconds(long *ms, const char *what, const char *value, struct err *err);

#endif
