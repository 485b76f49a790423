/* Bodies of requests that somebody wants to read: bounded each, by sender and all
 * together. */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "web/http.h"

#define ALL_MAX (96UL * 1024 * 1024) /* of all requests at once */

/* Who sends something just now: an address, of IPv6 the network that one host has to
 * itself. What came by probectl's socket is one sender. */
struct peer {
	UT_hash_handle hh;
	uint8_t key[9];
	size_t held; /* bytes */
	unsigned requests;
};

static struct peer *peers;
static size_t all;

static struct peer *
peer_join(const struct request *r)
{
	uint8_t key[9] = { 0 };
	struct addr a;
	struct peer *p;

	if (!server_peer(r, &a))
		memset(&a, 0, sizeof a);
	key[0] = (uint8_t)a.sa.sa_family;
	if (a.sa.sa_family == AF_INET)
		memcpy(key + 1, &a.v4.sin_addr, 4);
	else if (a.sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a.v6.sin6_addr)) {
		key[0] = AF_INET;
		memcpy(key + 1, &a.v6.sin6_addr.s6_addr[12], 4);
	} else if (a.sa.sa_family == AF_INET6)
		memcpy(key + 1, &a.v6.sin6_addr, 8);
	HASH_FIND(hh, peers, key, sizeof key, p);
	if (p == NULL) {
		p = mem_zero(1, sizeof *p);
		memcpy(p->key, key, sizeof key);
		HASH_ADD(hh, peers, key, sizeof p->key, p);
	}
	p->requests++;
	return p;
}

static void
peer_leave(struct peer *p)
{
	if (--p->requests > 0)
		return;
	HASH_DEL(peers, p);
	free(p);
}

void
upload_free(struct request *r)
{
	free(r->upload);
	all -= r->upload_size;
	if (r->peer != NULL) {
		r->peer->held -= r->upload_size;
		peer_leave(r->peer);
	}
	r->peer = NULL;
	r->upload = NULL;
	r->upload_len = r->upload_size = 0;
}

/* May P hold MORE bytes? Nobody holds more than is left free, so that, however much one
 * sender or several have taken, there is something left for whoever comes next. */
static bool
fits(const struct peer *p, size_t more)
{
	return more <= ALL_MAX - all && p->held + more <= ALL_MAX - all - more;
}

void
upload_add(struct request *r, const void *data, size_t len)
{
	size_t need = r->upload_len + len, size = r->upload_size;

	if (r->upload_lost)
		return;
	if (r->peer == NULL)
		r->peer = peer_join(r);
	while (size < need)
		size = size == 0 ? 16 * 1024 : size * 2;
	if (need > r->upload_max || !fits(r->peer, size - r->upload_size)) {
		upload_free(r);
		r->upload_lost = true;
		return;
	}
	if (size > r->upload_size) {
		r->upload = mem_grow(r->upload, size, 1);
		all += size - r->upload_size;
		r->peer->held += size - r->upload_size;
		r->upload_size = size;
	}
	memcpy(r->upload + r->upload_len, data, len);
	r->upload_len = need;
}
