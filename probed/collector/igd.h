/* What an Internet gateway (UPnP IGD) says of itself: its answer to a search, its
 * description, its answers to questions. Every byte is from outside: bounded, and no
 * XML with declarations of its own. */
#ifndef COLLECTOR_IGD_H
#define COLLECTOR_IGD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define IGD_TEXT 96
#define IGD_PATH 256
#define IGD_BYTES_MAX 65536 /* of an answer */

/* http://HOST:PORT/PATH; HOST is an IPv4 address as text, "" for none. */
struct igd_url {
	char host[16];
	uint16_t port;
	char path[IGD_PATH];
};
/* TEXT, absolute or, where BASE is not NULL, relative to it; only of BASE's host. 0, or
 * -1 when it is none. */
int igd_url_parse(struct igd_url *url, const char *text, const struct igd_url *base);

/* Where an answer to a search says that the description is. 0, or -1. */
int igd_location(const void *data, size_t len, struct igd_url *url);

struct igd_service {
	char type[IGD_TEXT]; /* "urn:schemas-upnp-org:service:WANIPConnection:1"; "":
				none */
	struct igd_url control;
};

struct igd {
	char name[IGD_TEXT];		       /* friendlyName */
	struct igd_service common, connection; /* WANCommonInterfaceConfig;
						* WANIPConnection or WANPPPConnection */
};
/* The description of LEN bytes that was at FROM. 0, or -1 with ERR: it is no XML, or
 * has no WAN to ask. */
int igd_describe(struct igd *igd, const void *data, size_t len,
    const struct igd_url *from, struct err *err);

/* The text of the first element called NAME in an answer, without blanks around it,
 * into BUF. 0, or -1 when there is none, or more of it than room, or the answer is no
 * XML. */
int igd_value(const void *data, size_t len, const char *name, char *buf, size_t size);
/* The same as a whole number. */
int igd_number(const void *data, size_t len, const char *name, uint64_t *out);

/* How long, ms, until a router is asked again whose line carries SPEED bit/s in and out
 * (0: not known): its counters have 32 bits, and must not run over twice meanwhile. */
#define IGD_PAUSE_MS 20000
#define IGD_PAUSE_LEAST_MS 1000
unsigned igd_pause_ms(const uint64_t speed[2]);

#endif
