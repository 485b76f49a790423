#include "recorder/ifdevice.h"

#include <stdlib.h>

#include "base/mem.h"

struct ifdevice *
ifdevice_get(
    struct ifdevices *all, const struct flow_ip *ip, bool named, int64_t run_s)
{
	struct ifdevice *d;

	HASH_FIND(hh, all->all, ip, sizeof *ip, d);
	if (d == NULL) {
		if (HASH_COUNT(all->all) >= IFDEVICES_MAX ||
		    (!named && all->guests >= IFDEVICES_MAX / 2))
			return NULL;
		d = mem_zero(1, sizeof *d);
		d->ip = *ip;
		HASH_ADD(hh, all->all, ip, sizeof d->ip, d);
		all->guests++;
	}
	if (named && !d->named) {
		d->named = true;
		all->guests--;
		all->guest_interfaces -= d->interfaces;
		all->guest_filed -= d->filed;
	}
	d->heard_s = run_s;
	return d;
}

bool
ifdevice_may_add(const struct ifdevices *all, const struct ifdevice *d)
{
	if (all->interfaces >= IFBOOK_INTERFACES)
		return false;
	return d->named ? d->interfaces < IFDEVICE_INTERFACES
			: d->interfaces < IFDEVICE_GUEST_INTERFACES &&
			      all->guest_interfaces < IFDEVICE_GUESTS_INTERFACES;
}

bool
ifdevice_may_file(const struct ifdevices *all, const struct ifdevice *d)
{
	if (all->filed >= IFBOOK_FILED)
		return false;
	return d->named ? d->filed < IFDEVICE_FILED
			: d->filed < IFDEVICE_GUEST_FILED &&
			      all->guest_filed < IFDEVICE_GUESTS_FILED;
}

void
ifdevice_add(struct ifdevices *all, struct ifdevice *d, int by)
{
	d->interfaces += (unsigned)by;
	all->interfaces += (unsigned)by;
	if (!d->named)
		all->guest_interfaces += (unsigned)by;
}

void
ifdevice_file(struct ifdevices *all, struct ifdevice *d, int by)
{
	d->filed += (unsigned)by;
	all->filed += (unsigned)by;
	if (!d->named)
		all->guest_filed += (unsigned)by;
}

static void
forget(struct ifdevices *all, struct ifdevice *d)
{
	if (!d->named)
		all->guests--;
	HASH_DEL(all->all, d);
	free(d);
}

void
ifdevices_sweep(struct ifdevices *all, int64_t run_s)
{
	struct ifdevice *d, *next;

	HASH_ITER(hh, all->all, d, next)
		if (d->interfaces == 0 && run_s - d->heard_s > IFDEVICE_KEEP_S)
			forget(all, d);
}

void
ifdevices_free(struct ifdevices *all)
{
	struct ifdevice *d, *next;

	HASH_ITER(hh, all->all, d, next)
		forget(all, d);
}
