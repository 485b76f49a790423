/* What of an own host's traffic could be an attack: packets by what an attack would be
 * made of, and which of them look like one. What people and their machines do looks
 * otherwise: a download or a speed test is TCP that is answered, or UDP that is, with
 * few others; a scan comes from few. Floods come from many or are answered by nothing.
 *
 * Nothing here knows of time or of thresholds (attack.h does). */
#ifndef INFER_VECTOR_H
#define INFER_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"

/* What packets are, by the fields of their headers. Every packet is in one. */
enum vector_class {
	CLASS_SYN,	  /* TCP, SYN without ACK */
	CLASS_TCP,	  /* other TCP */
	CLASS_AMPLIFIER,  /* UDP, the port outside is one whose servers amplify */
	CLASS_QUIC,	  /* UDP, the port outside is 443 */
	CLASS_UDP,	  /* other UDP */
	CLASS_ICMP,	  /* all but echo replies */
	CLASS_ECHO_REPLY, /* answers to pings */
	CLASS_FRAGMENT,	  /* behind the first, or UDP without ports */
	CLASS_OTHER,	  /* GRE, ESP, ... */
	VECTOR_CLASSES
};

/* PORT is the one outside. FLAGS are TCP's, of all packets of the flow; 0 where they are
 * not known. HAS_PORTS: they were told. */
enum vector_class vector_class(uint8_t proto, uint16_t flags, uint16_t port,
    bool has_ports, bool fragment, bool echo_reply);

/* One class one way, per second; variances are of sampling. */
struct vector_sum {
	double packets, octets, packets_var, octets_var;
	uint32_t samples; /* packets that were looked at */
	double ends;	  /* addresses outside, about */
	uint16_t port;	  /* of amplifiers the one outside, else the own */
	bool port_rules;  /* at least about three quarters have that port */
};

/* A host, or (host.len 0) the own network as a whole, in the last seconds. */
struct own_host {
	struct flow_ip host, exporter;
	int64_t time_ms; /* when the window ended, epoch */
	uint32_t window_ms;
	struct {
		double flows; /* records per second */
		struct vector_sum class[VECTOR_CLASSES];
	} way[2]; /* 0: what it gets, 1: what it sends */
};

/* Each of its ends is one of 95 %. */
#define VECTOR_LEVEL 0.9

/* What looks like an attack on it (OUT: by it). */
struct vector {
	double packets, octets;		  /* per second, as estimated */
	double low_packets, high_packets; /* VECTOR_LEVEL, of sampling */
	double low_octets, high_octets;
	double flows;		 /* records per second, 0 where most is none of it */
	double ends;		 /* of its greatest class */
	uint64_t samples;	 /* of it, in the window */
	enum vector_class class; /* the greatest; VECTOR_CLASSES: nothing looks so */
	uint16_t port;		 /* as of its sum, 0: there is none that rules */
	/* Part of a threshold that one of less certain kind counts for: 1 or 1/3. */
	double weight;
};
struct vector vector_look(const struct own_host *h, bool out);

#define VECTOR_NAME 64
/* "SYN flood", "NTP amplification"; into BUF (VECTOR_NAME bytes), which is returned. */
const char *vector_name(const struct vector *v, char *buf);
/* The same as one word: "syn_flood". */
const char *vector_word(const struct vector *v);
/* The number of its protocol; 0 where that is not one. V is of IPv6 when SIX. */
uint8_t vector_proto(const struct vector *v, bool six);

#endif
