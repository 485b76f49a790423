/* DNS records as text: names of types, records as lines of a zone file. */
#ifndef PROBES_DNSTEXT_H
#define PROBES_DNSTEXT_H

#include <stdio.h>

#include "probes/dnswire.h"

/* The number of a record type ("A", "mx", "TYPE65"); -1: it is none. */
int dnstext_type(const char *name);
/* RR as one line of a zone file, without newline, into OUT. 0, or -1 when its data does
 * not fit its type. */
int dnstext_record(const struct dnswire_record *rr, FILE *out);
/* One character of a name or string, escaped where a zone file wants it, at OUT (4
 * bytes at most). Returns the place behind it. */
char *dnstext_character(char *out, unsigned c);
/* "NXDOMAIN", "RCODE 23": into BUF (16 bytes), returns it. */
const char *dnstext_rcode(unsigned rcode, char buf[16]);

#endif
