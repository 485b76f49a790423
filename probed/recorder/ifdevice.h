/* Devices in the recorder's book of interfaces: how many interfaces, and how many with
 * files, each may have. One that nothing but an exporter of flows told of, which is not
 * on the list of allowed senders, is a guest: anybody could be one, so each gets a small
 * share, and all of them together leave room for who is named. */
#ifndef RECORDER_IFDEVICE_H
#define RECORDER_IFDEVICE_H

#include <uthash.h>

#include "interface.h"

#define IFBOOK_INTERFACES 8192 /* that are known at a time */
#define IFBOOK_FILED 512       /* that have files (3 MB each at most) */
#define IFDEVICES_MAX 4096     /* guests have half of them at most */
/* Of one device; of one guest; of all guests. */
#define IFDEVICE_INTERFACES 2048
#define IFDEVICE_FILED 256
#define IFDEVICE_GUEST_INTERFACES 512
#define IFDEVICE_GUEST_FILED 64
#define IFDEVICE_GUESTS_INTERFACES (IFBOOK_INTERFACES / 2)
#define IFDEVICE_GUESTS_FILED (IFBOOK_FILED / 2)
/* One without interfaces that is not heard of for so long is forgotten. */
#define IFDEVICE_KEEP_S 3600

struct ifdevice {
	UT_hash_handle hh;
	struct flow_ip ip;
	bool named;  /* allowed, or asked by us */
	bool frames; /* sFlow tells of its interfaces, which counts whole frames */
	unsigned interfaces, filed;
	int64_t flows_s; /* begin of the last minute in which its flows were listed */
	int64_t heard_s; /* when it was last heard of, on a clock that nobody sets */
};

struct ifdevices {
	struct ifdevice *all;
	unsigned interfaces, filed;	      /* of all */
	unsigned guests;		      /* devices */
	unsigned guest_interfaces, guest_filed; /* of all guests */
};

/* Find or make it; NULL when there is no room. NAMED: the operator vouches for it, from
 * now on. RUN_S: seconds, monotonic. */
struct ifdevice *ifdevice_get(
    struct ifdevices *all, const struct flow_ip *ip, bool named, int64_t run_s);
/* May D have another interface, another file? */
bool ifdevice_may_add(const struct ifdevices *all, const struct ifdevice *d);
bool ifdevice_may_file(const struct ifdevices *all, const struct ifdevice *d);
/* D has BY more of them, or fewer. */
void ifdevice_add(struct ifdevices *all, struct ifdevice *d, int by);
void ifdevice_file(struct ifdevices *all, struct ifdevice *d, int by);
void ifdevices_sweep(struct ifdevices *all, int64_t run_s);
void ifdevices_free(struct ifdevices *all);

#endif
