/* The answer of a web cache: Internet Cache Protocol, RFC 2186. */
#ifndef PROBES_ICP_H
#define PROBES_ICP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is the datagram DATA an answer, whatever it says, to query NUMBER for URL? */
bool icp_answers(const uint8_t *data, size_t len, uint32_t number, const char *url);

#endif
