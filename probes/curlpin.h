/* Connections of libcurl that go where a target was resolved to. */
#ifndef PROBES_CURLPIN_H
#define PROBES_CURLPIN_H

#include <curl/curl.h>

#include "base/addr.h"

/* Every connection of EASY goes to ADDR, whatever its URL says. Returns what has to be
 * kept as long as EASY, and freed by curl_slist_free_all(). */
struct curl_slist *curlpin(CURL *easy, const struct addr *addr);

#endif
