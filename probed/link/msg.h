/* The messages between workers: the only description of what travels over their
 * sockets. Fixed-width integers in network order, one message per datagram of a
 * SOCK_SEQPACKET pair, a ceiling per message. A reader checks the length before the
 * first byte; surplus or missing bytes are the sender's fault. */
#ifndef LINK_MSG_H
#define LINK_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/icmpsock.h"
#include "base/wire.h"
#include "round.h"

/* A datagram: u16 type, then the body. 24 bytes a ping at most, and some room. */
#define MSG_MAX (32 * 1024)
#define MSG_TROUBLE_MAX 512

/* clang-format off */
enum msg_type {
	/* parent -> worker */
	MSG_SOCKET = 1,    /* u8 enum msg_socket, u16 index, u8 rung, str why no higher
	                    * rung; a descriptor (none when rung says that ICMP cannot) */
	MSG_PEER,          /* u8 enum room; a descriptor: the new line to that room */
	MSG_CONFIG,        /* u32 generation; a descriptor of checked text */
	MSG_START,         /* everything is handed over: lock in, work */
	MSG_LEVEL,         /* u8 enum log_level */
	MSG_STOP,          /* finish what is open, leave */
	MSG_WORKER,        /* to web: struct msg_worker */
	MSG_PROBLEMS,      /* to web: u32 generation running, i64 when checked, u8 refused,
	                    * u16 count, then count x (u8 severity, str place, str text) */
	/* worker -> parent */
	MSG_READY,         /* str: how it is locked in ("landlock 4, seccomp") */
	MSG_BEAT,          /* u32 generation in force, u64 loop lag ns (max since last) */
	MSG_RELOAD,        /* web -> parent: reload please */
	MSG_NONSENSE,      /* u8 enum room: what came from it was not to be believed */
	/* prober -> recorder -> web */
	MSG_ROUND,         /* struct round; recorder -> web: once it is stored */
	MSG_TARGET,        /* struct msg_target: what a target's probing is like now */
	MSG_COUNTERS,      /* struct msg_counters of the prober */
	/* recorder -> web */
	MSG_STORE,         /* struct msg_store: the recorder's own counters */
	MSG_TROUBLE,       /* u64 target id (0: none), i64 wall s, str text (less than
	                    * MSG_TROUBLE_MAX): an RRD set aside, a disk that is full ... */
	/* web <-> painter */
	MSG_DRAW,          /* struct msg_draw */
	MSG_PICTURE,       /* struct msg_picture; a descriptor of the picture when ok */
	MSG_TYPES
};

enum room { /* who sits at the other end of a link */
	ROOM_PARENT, ROOM_PROBER, ROOM_RECORDER, ROOM_WEB, ROOM_PAINTER,
	ROOM_COURIER, ROOM_COLLECTOR, ROOM_RUNNER, ROOMS
};

enum msg_socket {
	SOCKET_ICMP4, SOCKET_ICMP6, /* rung: enum icmp_rung */
	SOCKET_HTTP,                /* listening TCP */
	SOCKET_PROBECTL,            /* listening Unix socket */
	SOCKET_FLOW,                /* bound UDP: sFlow, NetFlow, IPFIX */
	SOCKET_DATADIR,             /* O_PATH descriptor of DATADIR (also the cwd) */
	SOCKET_KINDS
};
/* clang-format on */

const char *room_name(enum room room); /* "prober" */

/* Writer: msg_begin, typed puts, msg_end (bytes to send, or 0 when it did not fit). */
struct msg_out {
	struct pack pack;
	uint8_t data[MSG_MAX];
};
void msg_begin(struct msg_out *out, enum msg_type type);
void msg_str(struct msg_out *out, const char *s); /* u16 length, bytes; NULL is "" */
size_t msg_end(struct msg_out *out);

/* Reader of one received datagram. */
struct msg_in {
	enum msg_type type;
	struct wire wire; /* over the body */
	int fd; /* that came along, or -1; the handler takes it (sets -1) or it is
		   closed */
};
/* 0, or -1 when DATA is no message (short, unknown type). */
int msg_parse(struct msg_in *in, const void *data, size_t len, int fd);
/* Copy a string of at most SIZE-1 bytes; a longer one, or one with a NUL inside, makes
 * the message bad. */
void msg_get_str(struct msg_in *in, char *buf, size_t size);
/* 0 when everything was read and nothing is left or missing, else -1. */
int msg_done(struct msg_in *in);

void msg_put_round(struct msg_out *out, const struct round *r);
int msg_get_round(struct msg_in *in, struct round *r); /* checks every field's range */

enum target_state {
	TARGET_WAITING, /* not measured yet */
	TARGET_OK,	/* being measured */
	TARGET_NO_NAME, /* its name never resolved */
	TARGET_STALE,	/* the name does not resolve now; an older address is used */
	TARGET_CANNOT,	/* see text */
	TARGET_STATES
};
const char *target_state_word(enum target_state state); /* "no_name" */

struct msg_target {
	uint64_t target;
	uint8_t state;	     /* enum target_state */
	struct addr address; /* AF_UNSPEC when none */
	char text[256];	     /* why; "" when all is well */
};
void msg_put_target(struct msg_out *out, const struct msg_target *t);
int msg_get_target(struct msg_in *in, struct msg_target *t);

/* Totals since the prober's start. */
struct msg_counters {
	uint64_t rounds_scheduled, rounds_measured, rounds_unknown, rounds_skipped;
	uint64_t ping[PING_OUTCOMES], stamp[STAMP_KINDS];
	uint64_t duplicates, forged, wrong_source, truncated, overflow; /* packets */
	uint64_t send_errors, dropped_rounds;
	uint64_t loop_ns[3];  /* p50, p99, max of one turn of the loop, last minute */
	uint8_t icmp4, icmp6; /* enum icmp_rung; 0: cannot */
	char icmp4_why[ICMPSOCK_WHY], icmp6_why[ICMPSOCK_WHY]; /* why no higher rung, or why none */
};
void msg_put_counters(struct msg_out *out, const struct msg_counters *c);
int msg_get_counters(struct msg_in *in, struct msg_counters *c);

struct msg_store {
	uint64_t rows_written, rows_unknown, retries, failed, set_aside, queued,
	    raw_bytes;
};
void msg_put_store(struct msg_out *out, const struct msg_store *s);
int msg_get_store(struct msg_in *in, struct msg_store *s);

enum worker_state {
	WORKER_STARTING,
	WORKER_READY,
	WORKER_DOWN,
	WORKER_STATES
};
struct msg_worker {
	uint8_t room, state;
	uint32_t pid, uid, restarts, generation;
	int64_t since;	    /* epoch seconds of its last start */
	char lock[160];	    /* from MSG_READY */
	char last_end[160]; /* why it ended last ("" never): "killed by signal 9" */
};
void msg_put_worker(struct msg_out *out, const struct msg_worker *w);
int msg_get_worker(struct msg_in *in, struct msg_worker *w);

enum draw_kind {
	DRAW_DETAIL,
	DRAW_OVERVIEW,
	DRAW_NAVIGATOR,
	DRAW_STRIP, /* smoke and median alone, no axes, no text: a row of a list */
	DRAW_KINDS
};
enum draw_format {
	DRAW_PNG,
	DRAW_SVG,
	DRAW_PDF,
	DRAW_FORMATS
};
enum draw_theme {
	DRAW_LIGHT,
	DRAW_DARK,
	DRAW_THEMES
};

/* Draw one target's graph. Times are epoch seconds. */
struct msg_draw {
	uint32_t id; /* comes back with the picture */
	uint64_t target;
	uint8_t kind, format, theme;
	uint8_t zoom; /* 1, 2: pixel ratio */
	int64_t start, end;
	uint16_t width, height; /* of the plot, not of the picture */
	double top;		/* y maximum in seconds; 0: by the data of this range */
	char label[128];	/* of the range ("Last 3 Hours"), may be "" */
};
void msg_put_draw(struct msg_out *out, const struct msg_draw *d);
int msg_get_draw(struct msg_in *in, struct msg_draw *d);

struct msg_picture {
	uint32_t id;
	uint8_t ok;
	uint32_t size;				       /* bytes behind the descriptor */
	uint16_t width, height;			       /* of the picture */
	uint16_t left, upper, plot_width, plot_height; /* of the plot in it */
	double low, high;			       /* y range shown, seconds */
	char text[256];				       /* what went wrong */
};
void msg_put_picture(struct msg_out *out, const struct msg_picture *p);
int msg_get_picture(struct msg_in *in, struct msg_picture *p);

#endif
