/* The bytes of an ICMP echo, and what errors mean: by tables. */
#include <netinet/icmp6.h>
#include <stdlib.h>
#include <string.h>

#include <linux/icmp.h>
#include <sodium.h>

#include "base/mem.h"
#include "probes/echo.h"
#include "probes/icmp_reason.h"
#include "t/echosum.h"
#include "t/tap.h"

#define LEAST (ECHO_HEADER + ECHO_MARK) /* bytes of an echo that can prove itself */

static const uint8_t key[16] = "0123456789abcdef";

static struct echo_proof
proof_for(const char *to)
{
	struct echo_proof p = { .slot = 0x01020304, .serial = 5, .id = 6, .seq = 7 };

	(void)addr_parse(&p.to, to);
	return p;
}

static void
codec(void)
{
	uint8_t packet[60 + ECHO_SENT + 40] = { 0x4f };
	uint8_t *head = packet + 60;
	struct echo_proof proof = proof_for("192.0.2.1");
	struct echo e;

	echo_write(head, key, &proof, 56);
	is_int(checksum(head, ECHO_SENT), 0, "the checksum is right");
	is_int(checksum(head, ECHO_SENT + 40), 0, "with any number of zeroes behind");
	is_int(echo_read(&e, head, ECHO_SENT + 40, AF_INET, false), 0, "read back");
	is_int(e.kind, ECHO_REQUEST, "a request");
	ok(e.id == 6 && e.seq == 7 && e.slot == 0x01020304 && e.payload == 54,
	    "with id, sequence, slot and length");
	ok(echo_proves(e.tag, key, &proof), "its tag proves it");
	is_int(echo_read(&e, packet, sizeof packet, AF_INET, true), 0,
	    "behind an IP header with options");
	ok(echo_proves(e.tag, key, &proof), "too");
	head[0] = ICMP_ECHOREPLY;
	(void)echo_read(&e, head, ECHO_SENT, AF_INET, false);
	is_int(e.kind, ECHO_REPLY, "a reply");
	head[1] = 1;
	(void)echo_read(&e, head, ECHO_SENT, AF_INET, false);
	is_int(e.kind, ECHO_OTHER, "a reply with a code is none");

	struct echo_proof other = proof;
	other.slot++;
	ok(!echo_proves(e.tag, key, &other), "another slot: not proved");
	other = proof;
	other.serial++;
	ok(!echo_proves(e.tag, key, &other), "another round: not proved");
	other = proof;
	other.seq++;
	ok(!echo_proves(e.tag, key, &other), "another sequence: not proved");
	other = proof_for("192.0.2.2");
	ok(!echo_proves(e.tag, key, &other), "another address: not proved");
	ok(!echo_proves(e.tag, (const uint8_t *)"another secret..", &proof),
	    "another secret: not proved");

	for (size_t len = 0; len < LEAST; len++) {
		uint8_t *exact = mem_alloc(len == 0 ? 1 : len);

		memcpy(exact, head, len);
		int r = echo_read(&e, exact, len, AF_INET, false);
		free(exact);
		if ((r == 0) != (len >= ECHO_HEADER) || (r == 0 && e.marked))
			ok(false, "cut to %zu bytes: %d", len, r);
	}
	ok(true, "cut anywhere: no mark");
	uint8_t nonsense[28] = { 0x44 };
	is_int(echo_read(&e, nonsense, sizeof nonsense, AF_INET, true), -1,
	    "an IP header of 16 bytes is none");
	nonsense[0] = 0x65;
	is_int(echo_read(&e, nonsense, sizeof nonsense, AF_INET, true), -1,
	    "nor is one of version 6");
	nonsense[0] = 0x4f;
	is_int(echo_read(&e, nonsense, sizeof nonsense, AF_INET, true), -1,
	    "nor one that ends behind the packet");

	proof.constant = true;
	bool same = true, tags_differ = false;
	uint8_t first[ECHO_SENT];
	echo_write(first, key, &proof, 14);
	for (unsigned i = 0; i < 70000; i++) {
		proof.seq = (uint16_t)i;
		proof.slot = i * 2654435761U;
		proof.serial = i / 7;
		echo_write(head, key, &proof, 14);
		same = same && memcmp(head, first, 4) == 0 &&
		       checksum(head, ECHO_SENT) == 0;
		tags_differ = tags_differ || memcmp(head + 12, first + 12, 8) != 0;
	}
	ok(same && tags_differ, "the checksum can be the same for all of a flow");
	proof.id++;
	echo_write(head, key, &proof, 14);
	ok(memcmp(head + 2, first + 2, 2) != 0, "another id has another one");
	echo_write(head, key, &proof, 13);
	ok(head[20] == 0 && head[21] == 0 && checksum(head, ECHO_SENT) == 0,
	    "a payload below 14 bytes has no room for that, and is right");

	proof = proof_for("2001:db8::1");
	echo_write(head, key, &proof, 56);
	is_int(head[0], ICMP6_ECHO_REQUEST, "a request of version 6");
	(void)echo_read(&e, head, ECHO_SENT, AF_INET6, false);
	ok(e.kind == ECHO_REQUEST && echo_proves(e.tag, key, &proof), "proves itself");
}

/* --- what errors mean ------------------------------------------------------------- */

static void
reasons(void)
{
	static const struct {
		int family;
		uint8_t type, code;
		bool local;
		enum ping_outcome outcome;
	} map[] = {
		{ AF_INET, 3, 0, false, PING_NO_ROUTE },
		{ AF_INET, 3, 1, false, PING_HOST_UNREACHABLE },
		{ AF_INET, 3, 1, true, PING_NO_NEIGHBOUR },
		{ AF_INET, 3, 2, false, PING_PORT_UNREACHABLE },
		{ AF_INET, 3, 3, false, PING_PORT_UNREACHABLE },
		{ AF_INET, 3, 4, false, PING_TOO_BIG },
		{ AF_INET, 3, 5, false, PING_ICMP_OTHER },
		{ AF_INET, 3, 6, false, PING_NO_ROUTE },
		{ AF_INET, 3, 7, false, PING_HOST_UNREACHABLE },
		{ AF_INET, 3, 9, false, PING_PROHIBITED },
		{ AF_INET, 3, 10, false, PING_PROHIBITED },
		{ AF_INET, 3, 11, false, PING_NO_ROUTE },
		{ AF_INET, 3, 13, false, PING_PROHIBITED },
		{ AF_INET, 4, 0, false, PING_ANSWERED },
		{ AF_INET, 5, 1, false, PING_ANSWERED },
		{ AF_INET, 11, 0, false, PING_TTL_EXCEEDED },
		{ AF_INET, 11, 1, false, PING_REASSEMBLY },
		{ AF_INET, 12, 0, false, PING_PARAMETER },
		{ AF_INET6, 1, 0, false, PING_NO_ROUTE },
		{ AF_INET6, 1, 1, false, PING_PROHIBITED },
		{ AF_INET6, 1, 3, false, PING_HOST_UNREACHABLE },
		{ AF_INET6, 1, 3, true, PING_NO_NEIGHBOUR },
		{ AF_INET6, 1, 4, false, PING_PORT_UNREACHABLE },
		{ AF_INET6, 1, 5, false, PING_PROHIBITED },
		{ AF_INET6, 1, 6, false, PING_PROHIBITED },
		{ AF_INET6, 1, 7, false, PING_NO_ROUTE },
		{ AF_INET6, 2, 0, false, PING_TOO_BIG },
		{ AF_INET6, 3, 0, false, PING_TTL_EXCEEDED },
		{ AF_INET6, 3, 1, false, PING_REASSEMBLY },
		{ AF_INET6, 4, 1, false, PING_PARAMETER },
		{ AF_INET6, 137, 0, false, PING_ANSWERED },
	};

	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		ok(icmp_reason(map[i].family, map[i].type, map[i].code, map[i].local) ==
			map[i].outcome,
		    "v%d %u/%u%s: %s", map[i].family == AF_INET ? 4 : 6, map[i].type,
		    map[i].code, map[i].local ? " of our own" : "",
		    ping_outcome_word(map[i].outcome));
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	codec();
	reasons();
	return tap_done();
}
