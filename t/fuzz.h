/* The fuzz targets: each reads bytes from outside through one room's door. They return
 * 0 and must neither crash nor leak, whatever they are given. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_TARGET(name) int fuzz_##name(const uint8_t *data, size_t size)

FUZZ_TARGET(conf);  /* configuration text */
FUZZ_TARGET(dns);   /* DNS answer */
FUZZ_TARGET(icmp);  /* ICMP reply */
FUZZ_TARGET(msg);   /* message between workers */
FUZZ_TARGET(query); /* HTTP query */
FUZZ_TARGET(raw);   /* record of the raw ring */
FUZZ_TARGET(rrd);   /* RRD file */

#endif
