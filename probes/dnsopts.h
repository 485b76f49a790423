/* What the DNS probes can be told, whatever carries their questions, and what they
 * learn of a server from round to round. */
#ifndef PROBES_DNSOPTS_H
#define PROBES_DNSOPTS_H

#include "prober/probe.h"
#include "probes/dnswire.h"
#include "probes/handshake.h"

struct trust;

enum dns_over {
	DNS_UDP,
	DNS_TCP,   /* RFC 7766 */
	DNS_TLS,   /* RFC 7858 */
	DNS_HTTPS, /* RFC 8484 */
};

enum dns_mode {
	DNS_CACHED,   /* the same name, which a resolver soon knows */
	DNS_UNCACHED, /* a random name below a zone, which it has to ask for */
	DNS_SERVERID, /* who are you? RFC 4892, RFC 5001 */
};

struct probe_opts {
	struct dnswire_question question; /* UNCACHED: of the zone itself */
	char *server;			  /* NULL: the target's host */
	char *expect; /* in an answer record's text; NULL: anything */
	int family;
	struct handshake_opts dial; /* port and way out, for UDP too */
	unsigned edns, answers;
	long rate; /* queries/s to one server; 0: no limit, -1: as pace.h says */
	enum dns_over over;
	enum dns_mode mode;
	bool authoritative, noerror, nxdomain;
	bool valid;    /* an RCODE other than NOERROR and NXDOMAIN is no answer */
	bool mix_case; /* 0x20 */
	bool cookies;
	bool reuse; /* connections; the figure is then the query's alone */

	/* TLS and HTTPS; read and freed by those kinds. */
	char *url;	     /* HTTPS */
	char *tls_name;	     /* whom the certificate has to name */
	struct trust *trust; /* other authorities than the system's, or NULL */
	bool insecure;	     /* any certificate will do */

	/* Learned. */
	char *instance; /* of an anycast service: who answered last */
	uint8_t cookie[DNSWIRE_COOKIE_MAX];
	unsigned cookie_len;	 /* of the client's part, and the server's once known */
	struct addr cookie_from; /* whose part that is */
	unsigned cookieless;	 /* answers since without one */
};

/* Read what T says, for a kind of measurement that can do what OVER has bits for (1 <<
 * DNS_UDP ...). NULL with ERR. */
struct probe_opts *dnsopts_read(const struct conf *conf, const struct conf_target *t,
    unsigned over, struct err *err);
void dnsopts_free(struct probe_opts *o);
/* struct probe_type's wants. */
void dnsopts_wants(const struct probe_opts *o, const char **host, int *family);

#endif
