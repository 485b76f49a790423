/* The home of libsnmp: columns of a device's interface tables (RFC 2863), read row by
 * row in the event loop. No MIB files, no configuration files, no blocking call. */
#ifndef COLLECTOR_SNMPWALK_H
#define COLLECTOR_SNMPWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define SNMPWALK_COLUMNS 20
#define SNMPWALK_ROWS 2048 /* that are read of one device */

struct event_base;
struct snmpwalk;

/* How to ask; strings are borrowed for the call. */
struct snmp_login {
	bool v3;
	const char *community; /* 2c */
	const char *user, *context;
	const char *auth, *auth_password;	/* "sha256"; NULL: none */
	const char *privacy, *privacy_password; /* "aes"; NULL: none */
};

struct snmp_column {
	bool extension; /* ifXTable, else ifTable */
	uint8_t number;
};

struct snmp_cell {
	unsigned column; /* of those asked for */
	uint32_t index;	 /* ifIndex */
	bool text;
	uint64_t number;
	const uint8_t *bytes; /* of text */
	size_t len;
	int64_t time_ms; /* when it came, epoch */
	bool has_uptime;
	uint32_t uptime; /* sysUpTime in the same answer, 1/100 s */
};

struct snmpwalk_ops {
	void (*cell)(void *ctx, const struct snmp_cell *cell);
	/* The walk is over: WHY is NULL, or says in words what was wrong. Another may
	 * be begun from here, but it must not be freed. */
	void (*done)(void *ctx, const char *why);
};

/* Once, before the lock: libsnmp looks around. */
void snmpwalk_init(void);

/* A line to ADDRESS (with its port). NULL with ERR. */
struct snmpwalk *snmpwalk_new(struct event_base *base, const struct addr *address,
    const struct snmp_login *login, const struct snmpwalk_ops *ops, void *ctx,
    struct err *err);
void snmpwalk_free(struct snmpwalk *w);
/* Begin to read COUNT (1..SNMPWALK_COLUMNS) columns; what was begun before is given up
 * silently. */
void snmpwalk_begin(
    struct snmpwalk *w, const struct snmp_column *column, unsigned count);

#endif
