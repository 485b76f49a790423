/* Conversations of a few lines with a service: one engine, and a table of steps per
 * protocol. The engine connects, says what a step says, reads until the step has what
 * it waits for, keeps the time, and bounds it all: bytes, memory and time. A protocol
 * only knows what is said and what an answer should look like. */
#ifndef PROBES_DIALOG_H
#define PROBES_DIALOG_H

#include <event2/event_struct.h>

#include "base/wire.h"
#include "probes/handshake.h"
#include "probes/sockets.h"

#define DIALOG_ROOM 4096 /* bytes heard and not taken yet; the longest line */
#define DIALOG_DATAGRAM 65507

struct dialog;

enum dialog_turn {
	DIALOG_MORE,  /* that is not all yet; of a datagram: that is not for us */
	DIALOG_NEXT,  /* the step is done */
	DIALOG_AGAIN, /* it was taken, and the step begins anew */
	DIALOG_BAD,   /* not what it should be: dialog_blame() said why */
};

enum dialog_flags {
	DIALOG_STARTS = 1 << 0,	 /* the time begins here, not with the connection */
	DIALOG_STOPS = 1 << 1,	 /* the time ends when this step is done */
	DIALOG_AT_ONCE = 1 << 2, /* answers come while we still speak */
	/* The ping is answered before this step, which changes nothing any more. */
	DIALOG_COURTESY = 1 << 3,
};

/* The last row of a table of steps has neither say nor take. */
struct dialog_step {
	const char *awaits; /* "greeting": for reasons */
	/* Write what is to be said next into OUT; D->said bytes were said before in
	 * this step. True: there will be more when this is sent. */
	bool (*say)(struct dialog *d, struct pack *out);
	/* Look at what was heard, D->in, and consume it. When D->ended there will be no
	 * more, and DIALOG_MORE means that it was cut off. */
	enum dialog_turn (*take)(struct dialog *d);
	unsigned flags;
};

/* A protocol, by the SmokePing module that it is measured for. */
struct dialog_kind {
	const char *module;
	unsigned port;
	const struct dialog_step *steps;
	/* Read what is special into O, and change of it what was set before from this
	 * row. 0, or -1 with ERR. May be NULL. */
	int (*options)(struct probe_opts *o, const struct conf *conf,
	    const struct conf_target *t, struct err *err);
	void (*free_own)(void *own); /* NULL: free() */
};

extern const struct dialog_kind dialog_ssh, dialog_another_ssh, dialog_echo,
    dialog_chargen, dialog_discard, dialog_whois, dialog_plugin, dialog_icp,
    dialog_smtp, dialog_mail, dialog_radius, dialog_tacacs;

struct probe_opts {
	const struct dialog_kind *kind;
	struct handshake_opts handshake;
	int family;
	const struct dialog_step *steps;
	bool udp;     /* one datagram each way, and one step */
	size_t most;  /* bytes that the other end may say in all */
	char *remark; /* said of the target while all is well; NULL: nothing */
	void *own;    /* the protocol's */
};

struct dialog {
	struct socket_place place; /* first */
	struct probe_run *run;
	const struct probe_opts *opts;
	/* For the protocol: */
	const uint8_t *in; /* IN_LEN bytes heard and not taken yet */
	size_t in_len;
	bool ended, reset; /* the other end hung up; and not in peace */
	size_t said;	   /* bytes of this step */
	size_t count;	   /* its own, 0 at first, as is NOTE */
	_Alignas(8) uint8_t note[48];
	/* For the engine: */
	struct event ev;
	LIST_ENTRY(dialog) link;
	unsigned seq;
	int fd;
	const struct dialog_step *step;
	bool connected, saying, more_to_say, started, stopped, answered;
	int64_t begun_ns;		       /* monotonic */
	int64_t sent_mono, sent_wall, tx_wall; /* of the timed part's beginning */
	int64_t rx_wall;		       /* of what was heard last; 0: unknown */
	int64_t connected_ns, first_ns;	       /* monotonic; first byte */
	int64_t rtt_ns;
	enum ping_stamp stamp;
	size_t heard; /* bytes in all */
	uint8_t *buf; /* DIALOG_ROOM bytes for IN, when needed */
	uint8_t *out; /* OUT_LEN bytes to be sent, OUT_AT of them are */
	size_t out_len, out_at;
	char why[200]; /* "": nothing to say */
};

LIST_HEAD(dialog_state, dialog);

/* --- for protocols --------------------------------------------------------------- */

/* The next whole line, without its end, NULs as '?': valid until the next call. NULL
 * when there is none yet. */
const char *dialog_line(struct dialog *d);
/* N bytes of IN were taken. */
void dialog_took(struct dialog *d, size_t n);
/* Say what is wrong with the answer; returns DIALOG_BAD. */
enum dialog_turn dialog_blame(struct dialog *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Write TEXT into OUT. */
void dialog_text(struct pack *out, const char *text);

/* SmokePing knows IPv4 only for this module, and its history goes on: where T's host is
 * a name and nothing else is said, its IPv4 address is meant. */
void dialog_prefer_v4(struct probe_opts *o, const struct conf_target *t);

/* --- for the engine's two halves ------------------------------------------------- */

/* A dialog for RUN's ping SEQ with a place but without a socket; NULL: there is none
 * left. */
struct dialog *dialog_new(struct probe_run *run, unsigned seq);
/* D ends: its connection in peace or by a reset. */
void dialog_drop(struct dialog *d, bool in_peace);
/* D's ping is lost, unless it was answered already. D is gone then. */
void dialog_lost(struct dialog *d, enum ping_outcome why);
/* What is timed ends now. */
void dialog_stop(struct dialog *d);
/* Tell the host that D's ping is answered. */
void dialog_answered(struct dialog *d);
/* If D's time is up, tell the host what it was that did not come. */
void dialog_overdue(struct dialog *d);
/* Ping SEQ of RUN could not be sent because of ERROR (errno). */
void dialog_not_sent(struct probe_run *run, unsigned seq, int error);

void dialog_stream_ping(struct probe_run *run, unsigned seq);
void dialog_datagram_ping(struct probe_run *run, unsigned seq);

#endif
