/* The services that are told by HTTP, one row each. */
#ifndef COURIER_SERVICE_H
#define COURIER_SERVICE_H

#include <stddef.h>
#include <stdio.h>

#include <curl/curl.h>

#include "courier/address.h"
#include "courier/letter.h"

#define SERVICE_TITLE 200 /* bytes of a title at most */

struct service {
	const char *type;
	const char *url;  /* where none is configured */
	const char *path; /* behind the URL; "%s" is the token */
	const char *auth; /* header line, "%s" is the token; NULL: none */
	const char *rate; /* how many letters it bears, where nothing is set */
	size_t max; /* bytes of text in a message, with a title where it has none */
	const char *content;
	/* Write the body of the request that tells P to A. */
	void (*body)(const struct address *a, const struct parcel *p, FILE *out);
};

/* NULL when there is none. */
const struct service *service_find(const char *type);

/* The request for P: where it goes, to be freed, and its header lines, to be freed by
 * curl_slist_free_all(). BODY is what is posted. */
char *service_url(const struct address *a);
struct curl_slist *service_headers(
    const struct address *a, const struct parcel *p, const char *body, size_t len);

/* webhook.c */
void webhook_body(const struct address *a, const struct parcel *p, FILE *out);
/* HMAC-SHA256 of BODY under SECRET in hexadecimal. */
#define WEBHOOK_HMAC 65
void webhook_hmac(
    const char *secret, const void *body, size_t len, char hex[WEBHOOK_HMAC]);

#endif
