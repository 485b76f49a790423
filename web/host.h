/* Which names this server answers to: what keeps a web page elsewhere from reading a
 * home's measurements through a name that it points here (DNS rebinding). */
#ifndef WEB_HOST_H
#define WEB_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* The name in a Host header ("name:80", "[::1]:8080") in lower case without port and
 * final dot, into NAME. False when it is none. */
bool host_name(const char *header, char *name, size_t size);

/* May a request with Host HEADER be answered? OWN is this machine's host name, EXTRA
 * the configured names separated by blanks or commas ("*.example.org" is a suffix; NULL
 * when none). IP literals, localhost, OWN with any suffix, *.local, *.lan,
 * *.home.arpa and *.internal always may. */
bool host_allowed(const char *header, const char *own, const char *extra);

#endif
