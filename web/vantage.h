/* From where a target is measured: this box, and the slaves that its section names,
 * each with a file of its own (A/B.rrd, A/B~slave.rrd). */
#ifndef WEB_VANTAGE_H
#define WEB_VANTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

#define VANTAGE_NAME 128 /* bytes of a slave's name, as struct msg_draw has them */
#define VANTAGES 64	 /* of one target that are drawn */

struct vantage {
	const char *slave;    /* of *** Slaves ***; "" is this box */
	char display[128];    /* what titles and legends call it */
	const char *location; /* NULL where none is set, and for this box */
	const char *color;    /* rrggbb; NULL for this box */
};

/* This box, unless nomasterpoll leaves T to others, then T's slaves in their order; as
 * many as ROOM. Returns how many; a multihost and a group have none. */
size_t vantage_list(const struct conf *conf, const struct conf_target *t,
    struct vantage *list, size_t room);
/* The one called SLAVE ("" is this box). False when *** Slaves *** has none. */
bool vantage_find(const struct conf *conf, const char *slave, struct vantage *v);
/* Whose history stands for all of T where one has to: this box's, the first slave's
 * under nomasterpoll. Never NULL; as long as CONF. */
const char *vantage_first(const struct conf *conf, const struct conf_target *t);

/* The target and the slave that NAME means: "A/B", "A.B~slave" (SEPARATOR tells). Every
 * byte may come from outside: NULL when there is no such target, when it has no history
 * of its own that a slave could have, or no such slave. SLAVE gets VANTAGE_NAME bytes.
 */
const struct conf_target *vantage_parse(
    const struct conf *conf, const char *name, char separator, char *slave);
/* The name of what SLAVE sees of T in messages and figures. */
uint64_t vantage_id(const struct conf_target *t, const char *slave);
/* When the history of T from SLAVE ends, epoch seconds; 0: there is none. */
int64_t vantage_last(const struct conf_target *t, const char *slave);
/* The file of T from SLAVE: BUF gets STORE_PATH bytes. 0, or -1 when no file can have
 * this name. */
int vantage_file(char *buf, const struct conf_target *t, const char *slave);

#endif
