/* Interfaces as the recorder tells of them, devices that are asked for their counters,
 * and what the operator says of both. */
#ifndef WEB_INTERFACES_H
#define WEB_INTERFACES_H

#include "base/json.h"
#include "link/msgif.h"
#include "link/msgline.h"
#include "web/bill.h"

struct interface {
	struct msg_interface is; /* with the operator's words in it */
	bool titled;		 /* the alias is the operator's title */
	struct msg_line *line;	 /* delay by its load; NULL: it does not lead out */
	int64_t told_ns;	 /* monotonic */
	/* A minute that is just over, by flows: exporters tell more of it still.
	 * known_ms 0: none. */
	struct if_span growing;
	struct bill_cache bill;
};

/* Take MSG_INTERFACE, MSG_LINE, MSG_IFTOTALS, MSG_POLLER. 0, or -1. */
int interfaces_message(struct msg_in *in);
void interfaces_forget(void);

/* In the order of device and index; valid until the next message. */
struct interface *const *interfaces_list(size_t *count);
const struct msg_poller *interfaces_pollers(size_t *count);
const struct msg_iftotals *interfaces_totals(void);

/* What it carries now, of interfaces_list(): by its counters, while no more than three
 * of its samples are missing, and 90 s anyhow; else by flows, in a minute that grows.
 * NULL: not known. */
const struct if_span *interface_now(const struct interface *i);
/* What to call it: the operator's title, its name, else "interface 3"; BUF has
 * INTERFACE_TEXT bytes. */
const char *interface_name(const struct interface *i, char *buf);

/* "interfaces": { ... }, "pollers": [ ... ] into the object of the status. */
void interfaces_put(struct json *j);

#endif
