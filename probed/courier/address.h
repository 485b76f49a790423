/* How a receiver is reached, as the configuration says. */
#ifndef COURIER_ADDRESS_H
#define COURIER_ADDRESS_H

#include <stdbool.h>

#include "config/conf.h"

struct service;

enum way {
	WAY_SERVICE, /* HTTP */
	WAY_SMTP,
	WAY_SENDMAIL, /* by the runner */
	WAY_COMMAND,  /* by the runner */
	WAY_SNPP,     /* a pager */
	WAY_NONE,     /* see CANNOT */
};

enum address_tls {
	TLS_TRY, /* where the server offers it; nobody's certificate is looked at */
	TLS_REQUIRED,
	TLS_NONE,
};

/* All strings are owned; NULL where nothing is set. */
struct address {
	enum way way;
	const char *type; /* "mail", "ntfy" ...: a word of ours */
	char *cannot;	  /* why it cannot be reached */
	const struct service *service;
	char *url; /* WAY_SERVICE, WAY_SNPP; WAY_SMTP: servers, in blanks */
	char *token, *user, *password, *secret, *urls;
	char *to, *from, *chat, *tag, *ca;
	char *program; /* to execute */
	enum address_tls tls;
	unsigned rate, rate_s; /* letters in so many seconds; 0: no bound */
	unsigned retry_s;      /* the longest pause between two tries */
	unsigned min_priority; /* 0: any */
	char *kinds;	       /* " alert attack ": those; NULL: all */
	char *url_base;	       /* General's cgiurl, "" when there is none */
};

/* That of the receiver NAME, as it stands in the outbox: a section of *** Actions ***,
 * a mail address or |PROGRAM. */
struct address *address_of(const struct conf *conf, const char *name);
void address_free(struct address *a);
/* Is there nothing that differs between A and B? */
bool address_same(const struct address *a, const struct address *b);
/* The address alone of "NAME <ADDRESS>"; to be freed. */
char *address_bare(const char *text);
/* Put ••• in the place of every secret of A in TEXT, of SIZE bytes. */
void address_hide(const struct address *a, char *text, size_t size);

#endif
