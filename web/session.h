/* Who has logged in. A password is set when DATADIR/.smokebox/state/password is there
 * (probectl password writes it): one line, as crypt(5) has it. Sessions are in memory:
 * a new password, or another web worker, ends them all. */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include <stdbool.h>

struct request;

#define SESSION_COOKIE "smokebox"

/* Is a password set? */
bool session_wanted(void);
/* Has the reader of R logged in? */
bool session_is_open(const struct request *r);

enum session_try {
	SESSION_OPENED, /* the answer to R will carry the cookie */
	SESSION_WRONG,
	SESSION_LOCKED, /* too many were wrong: not even looked at */
};
/* Log the reader of R in by PASSWORD. SECONDS: how long it is locked. */
enum session_try session_open(
    struct request *r, const char *password, unsigned *seconds);
#define SESSION_TOKEN 65 /* bytes of one as text, with its end */
/* What a form of the reader of R has to bring, so that no page elsewhere can post it.
 * False when R's reader has not logged in. */
bool session_token(const struct request *r, char token[SESSION_TOKEN]);
/* Is that in R's argument "token"? */
bool session_token_fits(const struct request *r);
/* Is GOT (NULL: nothing), which R brought elsewhere, that? */
bool session_token_is(const struct request *r, const char *got);
/* Log out. */
void session_close(struct request *r);

#endif
