/* The simulated network: thousands of hosts behind one TUN device, each with a known
 * behaviour. Host N (0..2^24-1) is 10.x.y.z with N = xyz and fd00:10::N; names tN.sim
 * lead to it. What it does with every packet stands in a log of its own stamps: the
 * truth that measured values are compared with. */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_HOSTS (1U << 24)
#define SIM_NET4 "10.0.0.0/8"
#define SIM_NET6 "fd00:10::/64"
#define SIM_LOCAL4 "192.0.2.1" /* this machine, on the device */
#define SIM_LOCAL6 "fd00:1::1"
#define SIM_PACKET 65536

/* clang-format off */
enum sim_error {
	SIM_ERROR_NONE, SIM_ERROR_NET, SIM_ERROR_HOST, SIM_ERROR_PORT,
	SIM_ERROR_PROHIBITED, SIM_ERROR_TTL, SIM_ERROR_BIG, SIM_ERROR_PARAMETER,
	SIM_ERROR_REASSEMBLY, SIM_ERROR_REDIRECT, SIM_ERROR_QUENCH,
	SIM_ERRORS
};
/* An error by its numbers instead: type << 8 | code behind this bit. */
#define SIM_ERROR_RAW 0x10000
/* How much of a packet an ICMP error quotes, and how truly. */
enum sim_quote {
	SIM_QUOTE_FULL,   /* all, up to 528 bytes */
	SIM_QUOTE_SHORT,  /* 8 bytes above IP, as RFC 792 has it */
	SIM_QUOTE_FORGED, /* all, with another payload */
	SIM_QUOTES
};
/* What is wrong with an answer. */
enum sim_trick {
	SIM_TRICK_NONE,
	SIM_TRICK_PAYLOAD, /* every byte of the payload is another */
	SIM_TRICK_TAG,     /* bytes 4..11 are, where our tag is */
	SIM_TRICK_SEQ,     /* echo sequence number 5000 ahead */
	SIM_TRICK_ID,      /* another echo id */
	SIM_TRICK_TARGET,  /* an answer to the last echo that another host got */
	SIM_TRICK_SOURCE,  /* comes from the next host */
	SIM_TRICK_CUT,     /* half of the payload */
	SIM_TRICK_STUMP,   /* 6 bytes of the payload */
	SIM_TRICK_REQUEST, /* it is the echo request, sent back */
	SIM_TRICK_CODE,    /* an echo reply of code 1 */
	SIM_TRICK_CORRUPT, /* a wrong checksum */
	SIM_TRICKS
};
enum sim_dns {
	SIM_DNS_ANSWER, SIM_DNS_GARBAGE, SIM_DNS_WRONG_ID, SIM_DNS_WRONG_NAME,
	SIM_DNS_FORMERR, SIM_DNS_SERVFAIL, SIM_DNS_NXDOMAIN, SIM_DNS_REFUSED,
	SIM_DNS_TRUNCATED, SIM_DNS_SHORT, SIM_DNS_SILENT, SIM_DNS_KINDS
};
enum sim_tcp { SIM_TCP_OPEN, SIM_TCP_RESET, SIM_TCP_SILENT, SIM_TCP_KINDS };
/* clang-format on */

/* What one host does. Probabilities are 0..1 and decided anew for every packet, from
 * the seed, the host and the number of the packet: the same in every run. */
struct behaviour {
	int64_t delay_ns;
	int64_t slope_ns; /* more delay for every host above slope_from */
	int64_t slope_from;
	int64_t uniform_ns; /* and from 0 to this much more */
	int64_t normal_ns;  /* and |normal(0, this)| more */
	int64_t late_ns;
	double loss, dup, late;
	double forge, forge_extra;   /* payload changed; instead or besides */
	double source, source_extra; /* comes from the next host; instead or besides */
	double truncate;	     /* payload cut in half */
	double error_p, error_extra_p;
	double instead_p, before_p, after_p; /* of these tricks */
	int64_t hold_ns; /* of every HOLD_OF packets the first HOLD come this later */
	uint32_t hold, hold_of;
	uint32_t copies;	/* that a duplicate is sent in */
	uint32_t mtu;		/* in "too big"; 0: 576 or 1280 */
	uint32_t ttl;		/* of what leaves */
	uint32_t drop, drop_of; /* of every DROP_OF packets the first DROP are lost */
	uint32_t error, error_extra; /* enum sim_error, or SIM_ERROR_RAW */
	uint32_t moved;		     /* tN.sim leads to this host; UINT32_MAX: itself */
	uint32_t http, body; /* status (0: never answers) and bytes of the page */
	uint16_t port[4];    /* open TCP ports */
	uint8_t instead, before, after; /* enum sim_trick: with an answer, or besides */
	uint8_t dns, tcp;
	uint8_t quote; /* enum sim_quote */
	bool self;     /* the host complains itself, not its router */
	bool silent;   /* no answer to echo and UDP */
	bool stamps;   /* TCP with time stamps (RFC 7323) */
	uint32_t hops, via;	    /* behind so many routers: the hosts from VIA on */
	uint32_t paths;		    /* as a router: it is so many, by flow */
	uint32_t limit, limit_rate; /* answers at once, and a second; 0: any number */
	uint32_t mpls;		    /* label of what dies here; 0: none */
	double pass_loss;	    /* of what passes here */
};

/* Read FILE (NULL: defaults for all); the rules of before stay when it is bad.
 * 0, or -1 after having said what is wrong on standard error. */
int rules_load(const char *file);
/* What HOST does. Valid until the next rules_load(). */
const struct behaviour *rules_find(uint32_t host);

/* Random numbers of one packet. */
struct dice {
	uint64_t state;
};
void dice_throw(struct dice *d, uint64_t seed, uint32_t host, uint64_t number);
uint64_t dice_bits(struct dice *d);
double dice_unit(struct dice *d); /* 0 <= x < 1 */
double dice_normal(struct dice *d);
bool dice_chance(struct dice *d, double p);

/* clang-format off */
enum sim_what {
	SIM_ANSWERED, SIM_DROPPED, SIM_SILENT, SIM_DUPLICATE, SIM_LATE, SIM_FORGED,
	SIM_SOURCE, SIM_CUT, SIM_ERROR, SIM_RESET, SIM_LOOPED, SIM_CORRUPT,
	SIM_OVERFLOW, SIM_WRITE_FAILED,
	SIM_WHATS
};
/* clang-format on */
const char *sim_what_text(enum sim_what what);

/* One line of the log: one packet out, or one packet in that got none. */
struct record {
	int64_t in_ns, out_ns; /* wall clock at read and at write; out 0: never */
	uint32_t host;
	uint16_t id, seq; /* echo id and sequence; or source port and DNS id; or
			     source port and TCP flags */
	uint16_t port;	  /* that was asked; 0 for echo */
	uint8_t family;	  /* 4 or 6 */
	uint8_t proto;	  /* 1, 6, 17, also for v6 */
	uint8_t what;	  /* enum sim_what */
	uint8_t spare[3];
};

int record_open(const char *file, const char *stats);
void record_add(const struct record *r);
/* A packet leaves NS after its time: the world itself is late. */
void record_behind(int64_t ns);
/* Put everything on disk; the file of counters is replaced last, so whoever waits for
 * it to change sees all records. */
void record_flush(const char *device);
int record_print(const char *file);
/* Totals that are no records. */
struct record_totals {
	uint64_t received, ignored, overflow, write_failed, what[SIM_WHATS];
	uint64_t flushes;
	uint64_t behind; /* packets that left a millisecond or more after their time */
	int64_t most_behind_ns;
	uint64_t untapped; /* packets stamped when they were read, against --arrival */
};
extern struct record_totals record_totals;

/* Stamp packets with their arrival at DEVICE from now on. */
void arrival_open(const char *device);
/* When PACKET, read at READ_NS, arrived (wall ns); READ_NS without arrival_open(). */
int64_t arrival_of(const uint8_t *packet, size_t len, int64_t read_ns);

/* A packet on its way out. */
struct pending {
	int64_t due_ns; /* monotonic */
	uint64_t order;
	struct record record;
	size_t len;
	uint8_t data[];
};
/* False when LIMIT packets wait already. */
bool queue_add(struct pending *p, size_t limit);
struct pending *queue_first(void); /* NULL when empty */
struct pending *queue_take(void);

/* A packet that came in. */
struct request {
	const uint8_t *ip; /* whole packet */
	size_t ip_len;
	const uint8_t *data; /* above the IP header */
	size_t len;
	uint8_t family, proto;
	uint8_t ttl;
	uint8_t src[16], dst[16];
	uint32_t host;
	int64_t in_ns;
	const struct behaviour *does;
	struct record record;
};

/* An answer being made: fill() wrote LEN bytes of what stands above IP. */
struct answer {
	uint8_t family, proto; /* proto as on the wire */
	uint8_t ttl;
	bool corrupt; /* with a wrong checksum */
	uint8_t src[16], dst[16];
	size_t len;
	uint8_t data[SIM_PACKET];
};

/* What the dice are thrown with. */
extern uint64_t packet_seed;

/* Read the IP header. 0, or -1 when the packet is not for any of our hosts. */
int packet_read(struct request *r, const uint8_t *data, size_t len);
/* Answer R: everything that leaves goes to SEND with its delay and what it is. */
typedef void (*packet_send_fn)(
    const struct request *r, struct answer *a, int64_t delay_ns, enum sim_what what);
void packet_answer(struct request *r, packet_send_fn send);
/* Put IP header and checksums around A into OUT (SIM_PACKET bytes): its length. */
size_t packet_finish(const struct answer *a, uint8_t *out);
void packet_host_address(uint8_t family, uint32_t host, uint8_t *addr);

/* What becomes of a packet on its way to its host. */
enum router_does {
	ROUTER_PASSES,
	ROUTER_EXPIRED, /* it dies there */
	ROUTER_REFUSES, /* as the rule's error says */
	ROUTER_LOSES
};
/* At which hop R ends, from 1, and why; 0: nowhere. */
unsigned router_ends(const struct request *r, struct dice *d, enum router_does *does);
/* Which host is R's hop HOP. */
uint32_t router_at(const struct request *r, unsigned hop);
/* May HOST say something, by its limit? */
bool router_may_answer(uint32_t host, int64_t now);

/* The DNS answer to QUERY as HOST gives it: bytes written to OUT, 0 for silence. */
size_t dns_answer(const struct request *r, const uint8_t *query, size_t len,
    uint8_t *out, size_t size);
/* TCP: make the segments that answer R. Returns their number, 0 when there is nothing
 * to say. Segment K is made by tcp_segment(). */
unsigned tcp_read(const struct request *r);
void tcp_segment(const struct request *r, unsigned k, struct answer *a);
bool tcp_is_reset(const struct request *r);

#endif
