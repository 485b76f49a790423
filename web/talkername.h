/* Who and what a row of traffic is, in words. */
#ifndef WEB_TALKERNAME_H
#define WEB_TALKERNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "minute.h"

#define TALKERNAME 160 /* room for one */

/* "EF"; NULL when it has no name. */
const char *dscp_name(uint8_t point);
/* KEY of table BY as people call it ("HTTPS", "TCP 5001", "AS 64500") to BUF. What
 * explains it goes to MORE ("TCP 443"), "" when nothing does. Both have TALKERNAME
 * bytes. */
void talker_name(
    enum minute_by by, const struct minute_key *key, char *buf, char *more);

#endif
