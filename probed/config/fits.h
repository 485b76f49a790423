/* Checks of values that need more than an expression: what the tables of schema.c and
 * modules.c name as .fits. Each says whether VALUE, the text of a variable, may stand.
 */
#ifndef CONFIG_FITS_H
#define CONFIG_FITS_H

#include <stdbool.h>

/* Numbers; where nothing else is said, the leading one, as Perl takes it. */
bool fits_positive(const char *value); /* whole, 1 to 4294967295 */
bool fits_pixels(const char *value);   /* whole, from 10 */
bool fits_three_pings(const char *value);
bool fits_ratio(const char *value); /* above 0, up to 1 */
bool fits_above_one(const char *value);
bool fits_body_size(const char *value);	    /* bytes, 1 to 2^30 */
bool fits_port(const char *value);	    /* 0 to 65535 */
bool fits_poll_pause(const char *value);    /* seconds, 5 to 300 */
bool fits_sampling_rate(const char *value); /* up to RATELIST_RATE_MAX */
bool fits_hops(const char *value);	    /* 1 to 255 */
bool fits_echo_size(const char *value);	    /* bytes, 12 to 64000 */
bool fits_voice_gap(const char *value);	    /* milliseconds, 20 to 50 */
/* 1 to 4294967295; a mark is often written in hexadecimal. */
bool fits_firewall_mark(const char *value);

/* Names and numbers of dscp.h. */
bool fits_service_byte(const char *value);
bool fits_code_point(const char *value);

/* A speed, or one each way, as if_speed_parse() takes it. */
bool fits_line_speed(const char *value);

bool fits_address(const char *value);
/* Addresses to listen on, blanks or commas between them; also none. */
bool fits_addresses(const char *value);
bool fits_some_addresses(const char *value); /* but not none */

/* Prefixes, one or more. */
bool fits_prefixes(const char *value);
bool fits_prefixes_or_none(const char *value);
/* Likewise, up to PREFIXES_OWN: as many as are looked at for each flow. */
bool fits_own_prefixes(const char *value);
/* Prefixes, and the word "private" for those of neighbours. */
bool fits_senders(const char *value);
/* Exporters in the order in which they are believed, or the word "all". */
bool fits_exporters(const char *value);

#endif
