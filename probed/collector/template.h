/* Templates of NetFlow v9 and IPFIX, compiled once: what a record is read by. */
#ifndef COLLECTOR_TEMPLATE_H
#define COLLECTOR_TEMPLATE_H

#include "collector/exporter.h"
#include "collector/field.h"

#define TEMPLATE_FIELDS_MAX 512
#define TEMPLATES_BYTES_MAX (16u << 20) /* of all that are named */
#define TEMPLATE_VARIABLE 65535		/* a length that stands in the record */
#define TEMPLATE_VARIANTS_MAX 4		/* of one id of an exporter */
#define TEMPLATE_PORTS_MAX 8		/* that a variant is known to come from */

/* Read LEN bytes at OFFSET of the record into SLOT. Of records with fields of variable
 * length every field has a step, in order, and OFFSET is not used. */
struct template_step {
	uint16_t offset, len;
	uint8_t slot; /* FIELD_SKIP: nothing */
	uint8_t kind; /* enum field_kind */
};

/* Who has a variant. */
struct template_port {
	uint16_t port;
	bool follows; /* it did not define it: another one of its process did */
};

/* Two processes of one host may send by the same domain, and have different templates
 * by the same id: each of them is a variant, and data is read by the one that came from
 * its port. From a port that has sent none (one process may have several sockets, or
 * has begun anew) it is read by the variant that was defined last, but not by that of
 * another process. What one port of a process defines anew holds for all of its ports
 * (ports.h). */
struct template
{
	UT_hash_handle hh; /* of the variant that was defined last */
	TAILQ_ENTRY(template) use;
	struct exporter *exporter;
	struct template *older; /* another variant */
	uint32_t id;
	struct template_port
	    port[TEMPLATE_PORTS_MAX]; /* who defined it last is first */
	unsigned ports;
	bool options;	 /* its records speak of the exporter, not of flows */
	bool variable;	 /* some field has no fixed length */
	bool six_first;	 /* the IPv6 source stands before an IPv4 one */
	uint16_t len;	 /* of a record; with variable fields the least */
	size_t bytes;	 /* of memory */
	int64_t used_ms; /* or defined */
	field_mask seen;
	/* As it came, to know it again: and to be kept. */
	uint8_t *raw;
	uint16_t raw_len;
	unsigned steps;
	struct template_step step[];
};

/* One field as it came. */
struct template_field {
	uint32_t pen; /* 0: none */
	uint16_t id, len;
	bool scope;
};

/* Define template ID of X, for who sends from PORT, by FIELDS, COUNT of them; RAW is
 * what they were read from. 0, or -1 with WHY (static) when it cannot be: the one
 * before stays. */
int template_define(struct exporters *e, struct exporter *x, uint32_t id, unsigned port,
    bool options, const struct template_field *field, unsigned count,
    const uint8_t *raw, size_t raw_len, int64_t now_ms, const char **why);
/* That by which data from PORT is read; NULL: there is none. */
struct template *template_find(struct exporters *e, struct exporter *x, uint32_t id,
    unsigned port, int64_t now_ms);
/* The one that PORT or its process has defined, however old; or NULL. */
struct template *template_of(const struct exporter *x, uint32_t id, unsigned port);
/* T was used at USED_MS, before all that E has: it goes if it is too old. */
void template_backdate(
    struct exporters *e, struct template *t, int64_t used_ms, int64_t now_ms);
void template_drop(struct exporters *e, struct template *t);
/* May X change its templates (another definition, a withdrawal, one that makes another
 * go)? So many times in a minute, so that nobody can keep us compiling. */
bool template_may_change(struct exporter *x, int64_t now_ms);
/* PORT does not use T any more: it goes, unless others do. */
void template_withdraw(struct exporters *e, struct template *t, unsigned port);
/* All of X: those of one kind that PORT has defined, or whatever they are. */
void template_withdraw_kind(
    struct exporters *e, struct exporter *x, unsigned port, bool options);
void template_drop_all(struct exporters *e, struct exporter *x);
/* Those that have had neither data nor a refresh for too long. */
void template_sweep(struct exporters *e, int64_t now_ms);

#endif
