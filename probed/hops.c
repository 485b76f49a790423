#include "hops.h"

#include <string.h>

#include "round.h"

static const char *const methods[HOPS_METHODS] = { "icmp", "udp", "tcp" };

const char *
hops_method_word(enum hops_method method)
{
	return methods[method];
}

enum hops_method
hops_method_of(const char *word)
{
	unsigned i = 0;

	while (i < HOPS_METHODS && strcmp(word, methods[i]) != 0)
		i++;
	return (enum hops_method)i;
}

const char *
hops_reason_word(enum hops_reason reason)
{
	static const char *const word[HOPS_REASONS] = { "new", "changed", "bad",
		"daily", "asked", "watch" };

	return word[reason];
}

bool
hop_has_address(const struct hop *h, const struct addr *a)
{
	for (unsigned i = 0; i < h->addresses; i++)
		if (addr_same_host(&h->address[i], a))
			return true;
	return false;
}

bool
hop_add_address(struct hop *h, const struct addr *a)
{
	if (hop_has_address(h, a))
		return false;
	if (h->addresses < HOP_ADDRESSES) {
		h->address[h->addresses] = *a;
		addr_set_port(&h->address[h->addresses++], 0);
	}
	return true;
}

/* Is A one that only its own network knows, or this host, or that a provider's
 * translation hides (RFC 6598)? */
static bool
is_hidden(const struct addr *a)
{
	unsigned len;
	const uint8_t *b = addr_bytes(a, &len);

	return addr_is_private(a) ||
	       (len == 4 && (b[0] == 127 || (b[0] == 100 && (b[1] & 0xc0) == 64)));
}

/* Are the routers hidden? A host with a private address (SOURCE) reaches a public one
 * over routers: one that translates addresses, and a provider's. Where the target is
 * the second hop or the first and takes longer than the hop before by HOPS_BLIND_NS,
 * somebody near answers, or forwards anew, in their place: the network of a container
 * that runs in a virtual machine, a VPN's or a proxy's software. */
#define HOPS_BLIND_NS 2000000
static bool
hops_blind(const struct hops *p, const struct addr *source)
{
	const struct hop *last = p->count == 0 ? NULL : &p->hop[p->count - 1];

	if (last == NULL || !(last->flags & HOP_TARGET) || last->ttl > 2 ||
	    last->median_ns < 0 || is_hidden(&p->address) ||
	    source->sa.sa_family != p->address.sa.sa_family || !is_hidden(source))
		return false;
	int64_t before =
	    p->count > 1 && p->hop[0].median_ns > 0 ? p->hop[0].median_ns : 0;
	return last->median_ns - before > HOPS_BLIND_NS;
}

double
hops_chance(unsigned least, unsigned n, double p)
{
	double below = 0, term = 1;

	if (p >= 1 || least == 0)
		return 1;
	for (unsigned k = 0; k < n; k++)
		term *= 1 - p; /* none is lost */
	for (unsigned k = 0; k < least; k++) {
		below += term;
		term *= (double)(n - k) / (k + 1) * p / (1 - p);
	}
	return below < 1 ? 1 - below : 0;
}

/* Does H lose more than the one behind it that loses least, of which LOST of SENT are
 * known? That one's loss is not known better than (LOST + 1) / (SENT + 2), Laplace's
 * rule of succession. */
static bool
loses_alone(const struct hop *h, unsigned lost, unsigned sent)
{
	double p = (double)(lost + 1) / (sent + 2);

	return hops_chance((unsigned)h->sent - h->answered, h->sent, p) < HOPS_CHANCE;
}

void
hops_judge(struct hops *p, const struct addr *source)
{
	unsigned lost = 0, sent = 0; /* of whoever behind loses least */

	for (unsigned i = p->count; i-- > 0;) {
		struct hop *h = &p->hop[i];
		unsigned missed = (unsigned)h->sent - h->answered;

		h->flags &= (uint8_t) ~(HOP_SILENT | HOP_LIMITED);
		if (h->sent > 0 && h->answered == 0 && sent > 0)
			h->flags |= HOP_SILENT;
		else if (h->answered > 0 && sent > 0 && loses_alone(h, lost, sent))
			h->flags |= HOP_LIMITED;
		if (h->answered > 0 && (sent == 0 || missed * sent < lost * h->sent)) {
			lost = missed;
			sent = h->sent;
		}
	}
	p->flags &= (uint8_t)~HOPS_BLIND;
	if (hops_blind(p, source))
		p->flags |= HOPS_BLIND;
}
