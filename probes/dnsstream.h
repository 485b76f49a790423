/* DNS over a connection (RFC 7766): messages behind their length. What lies between the
 * connection and the messages, TLS or nothing, is a layer that is handed in. */
#ifndef PROBES_DNSSTREAM_H
#define PROBES_DNSSTREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct probe_run;

/* How a layer's work went on. Errors leave words in WHY. */
enum dnsstream_step {
	DNSSTREAM_DONE,
	DNSSTREAM_READ,	 /* goes on when there is something to read */
	DNSSTREAM_WRITE, /* goes on when there is room to write */
	DNSSTREAM_BAD,	 /* what came is nothing that may be answered */
	DNSSTREAM_CUT,	 /* the connection ended, or broke (errno) */
};

#define DNSSTREAM_WHY 256

struct dnsstream_layer {
	/* A session for RUN over the connected descriptor FD. */
	void *(*begin)(struct probe_run *run, int fd);
	void (*end)(void *session);
	/* NULL: there is no handshake, and no TLS. */
	enum dnsstream_step (*shake)(void *session, char why[DNSSTREAM_WHY]);
	/* DONE: *LEN bytes were read or written, of SIZE. WALL_NS: the kernel's stamp
	 * of what was read, 0: none. */
	enum dnsstream_step (*read)(void *session, void *buf, size_t size, size_t *len,
	    int64_t *wall_ns, char why[DNSSTREAM_WHY]);
	enum dnsstream_step (*write)(void *session, const void *buf, size_t size,
	    size_t *len, char why[DNSSTREAM_WHY]);
};

/* Messages go over the bare connection. */
extern const struct dnsstream_layer dnsbare_layer;

/* struct probe_type's ping and end. */
void dnsstream_ping(
    struct probe_run *run, unsigned seq, const struct dnsstream_layer *layer);
void dnsstream_end(struct probe_run *run);

#endif
