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
#include "base/zone.h"
#include "round.h"

/* A datagram: u16 type, then the body. 24 bytes a ping at most, and some room. */
#define MSG_MAX (32 * 1024)
#define MSG_TROUBLE_MAX 512
#define STRANDED_MAX 8192

/* clang-format off */
enum msg_type {
	/* parent -> worker */
	MSG_SOCKET = 1,    /* u8 enum msg_socket, u16 index, u8 rung, str why no higher
	                    * rung; a descriptor (none when rung says that ICMP cannot) */
	MSG_PEER,          /* u8 enum room, u32 number of the line; a descriptor: the new
	                    * line to that room */
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
	MSG_AGAIN,         /* u8 enum msg_socket: another one of this kind please */
	MSG_LINE_DOWN,     /* u8 enum room, u32 number of the line: it is closed */
	MSG_NONSENSE,      /* u8 enum room: what came from it was not to be believed */
	/* prober, fetcher, runner -> recorder -> web */
	MSG_ROUND,         /* struct round; recorder -> web: once it is stored */
	MSG_TARGET,        /* struct msg_target: what a target's probing is like now */
	MSG_COUNTERS,      /* struct msg_counters of one of them */
	/* collector -> recorder -> web */
	MSG_FLOWS,         /* struct msg_flows: its totals */
	MSG_EXPORTER,      /* struct msg_exporter: one of those that send flows */
	MSG_STRANGER,      /* struct msg_stranger: one who sends and may not */
	MSG_TAUGHT,        /* collector <-> recorder: part of struct msg_taught */
	MSG_SUSPICION,     /* struct msg_suspicion: too much at one of the own hosts */
	MSG_MINUTE,        /* struct minute_part, its rows: a table of a minute */
	MSG_VICTIM,        /* struct msg_victim: who is attacked elsewhere; -> recorder */
	MSG_IFCOUNTERS,    /* struct msg_ifcounters: what an interface counted; from here
	                    * on to the recorder alone */
	MSG_IFTOTALS,      /* struct msg_iftotals */
	MSG_POLLER,        /* struct msg_poller: a device that is asked */
	MSG_MARKS,         /* struct msg_marks: marks of queues that passed an interface;
	                    * -> recorder */
	/* recorder -> web */
	MSG_INTERFACE,     /* struct msg_interface: one of them as it is now */
	MSG_LINE,          /* struct msg_line: delay by load of a line that leads out */
	MSG_STORE,         /* struct msg_store: the recorder's own counters */
	MSG_FORGOTTEN,     /* struct msg_forgotten: what came of a MSG_FORGET */
	MSG_TROUBLE,       /* u64 target id (0: none), i64 wall s, str text (less than
	                    * MSG_TROUBLE_MAX): an RRD set aside, a disk that is full ... */
	/* courier <-> runner */
	MSG_ERRAND,        /* struct msg_errand; a descriptor of the program's input, if
	                    * it has one */
	MSG_ERRAND_DONE,   /* struct msg_errand_done: how it ended */
	/* courier <-> web */
	MSG_RECEIVER,      /* struct msg_receiver: how one receiver of news is now */
	MSG_TRY,           /* web -> courier: u32 ticket, u64 receiver: send it a test */
	MSG_TRIED,         /* courier -> web: struct msg_tried */
	/* web <-> painter */
	MSG_DRAW,          /* struct msg_draw */
	MSG_PICTURE,       /* struct msg_picture; a descriptor of the picture when ok */
	/* web -> recorder: an operator's words; str subject: a path, or "" for all */
	MSG_NOTE,          /* str subject, str text */
	MSG_SILENCE,       /* i64 begin, i64 end (epoch seconds), str subject, str reason */
	MSG_SILENCE_END,   /* i64 id, i64 begin, i64 end, str subject: of the silence that
	                    * is to end now */
	MSG_MERGE,         /* str from, str to: that path's history is this target's */
	MSG_BROWSER,       /* struct msg_browser: a reader's minute on the way to here */
	/* web <-> recorder, recorder -> fetcher; and back from there */
	MSG_LOADTEST,      /* struct msg_loadtest: a load test is wanted, or begins */
	MSG_LOADRESULT,    /* struct msg_loadresult: what came of it */
	/* web -> recorder: u64 target, addr: a dynamic host has told its address */
	/* recorder -> prober, fetcher, runner: likewise; AF_UNSPEC: it has none */
	MSG_ADDRESS,
	/* recorder -> parent: --debug: every target has had its round */
	MSG_ALL_DONE,
	MSG_FORGET,        /* struct msg_forget: whose traffic nobody is to see */
	MSG_HOPS,          /* prober -> recorder: struct hops (msghops.h): a way that was
	                    * walked, or watched */
	MSG_TRACE,         /* recorder -> prober: struct msg_trace: walk there now */
	MSG_HERE,          /* prober -> recorder -> web: struct here: what it is in */
	MSG_PATH,          /* recorder -> web: struct msg_path: the way to a target */
	MSG_VERDICT,       /* recorder -> web: struct msg_verdict (msgverdict.h) */
	/* recorder -> courier: MSG_ROUND and MSG_VERDICT, where there are sinks */
	/* courier -> web */
	MSG_SINK,          /* struct msg_sink: how one of the sinks fares */
	/* collector -> recorder */
	MSG_HOST,          /* struct own_host: what one of them exchanges */
	/* courier -> web */
	MSG_BLOCKADE,      /* struct msg_blockade: what is done against an attack */
	/* collector -> recorder -> web */
	MSG_WIFI,          /* struct msg_wifi: what is seen of a radio */
	/* courier <-> runner */
	MSG_IN_FORCE,      /* struct msg_in_force: what is about to be announced or
	                    * withdrawn; back: what is announced, to who just came */
	/* runner -> recorder: str: what has to be withdrawn by hand, less than
	 * STRANDED_MAX */
	MSG_STRANDED,
	/* web <-> painter: a document (web/paper.h) that is to be laid out */
	MSG_PAPER,         /* struct msg_paper; a descriptor of the document */
	MSG_SHEET,         /* struct msg_picture; a descriptor of the bytes when ok */
	/* web <-> parent (msgedit.h) */
	MSG_EDIT,          /* struct msg_edit: the configuration's files */
	MSG_EDITED,        /* struct msg_edited; a descriptor of a text, if it has one */
	/* prober -> recorder -> web: rounds that are under way (msgflight.h) */
	MSG_FLIGHT,
	MSG_TYPES
};

enum room { /* who sits at the other end of a link */
	ROOM_PARENT, ROOM_PROBER, ROOM_RECORDER, ROOM_WEB, ROOM_PAINTER,
	ROOM_COURIER, ROOM_COLLECTOR, ROOM_RUNNER, ROOM_FETCHER, ROOMS
};

enum msg_socket {
	SOCKET_ICMP4, SOCKET_ICMP6, /* rung: enum icmp_rung */
	SOCKET_HTTP,                /* listening TCP */
	SOCKET_HTTPS,               /* the same, for TLS */
	SOCKET_PROBECTL,            /* listening Unix socket */
	SOCKET_FLOW,                /* bound UDP: sFlow, NetFlow, IPFIX */
	SOCKET_PACKETS,             /* AF_PACKET with a ring, bound to an interface */
	SOCKET_STAMP,               /* bound UDP: the reflector */
	SOCKET_RRDCACHED,           /* connected Unix socket */
	SOCKET_BROKERS,             /* a file: what the courier remembers of brokers */
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

/* u8 0, 4 or 6, then address bytes, u16 port, and for v6 the u32 scope. */
void msg_put_addr(struct msg_out *out, const struct addr *a);
void msg_get_addr(struct msg_in *in, struct addr *a);

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

struct msg_target {
	uint64_t target;
	uint8_t state;	     /* enum target_state */
	struct addr address; /* AF_UNSPEC when none */
	char text[256];	     /* why; "" when all is well */
};
void msg_put_target(struct msg_out *out, const struct msg_target *t);
int msg_get_target(struct msg_in *in, struct msg_target *t);

/* The body of MSG_ADDRESS. */
void msg_put_address(struct msg_out *out, uint64_t target, const struct addr *a);
int msg_get_address(struct msg_in *in, uint64_t *target, struct addr *a);

/* Why the STAMP reflector did not answer. */
enum msg_refused {
	REFUSED_PREFIX,	  /* who asked is not allowed to */
	REFUSED_PACKET,	  /* no question of this mode */
	REFUSED_KEY,	  /* its HMAC is not by our key */
	REFUSED_RATE,	  /* too many */
	REFUSED_SESSIONS, /* of too many senders at once */
	REFUSED_KINDS
};
const char *msg_refused_word(enum msg_refused why); /* "prefix" */

/* Totals of a measuring worker since its start. */
struct msg_counters {
	uint8_t room; /* enum room: whose they are */
	uint64_t rounds_scheduled, rounds_measured, rounds_unknown, rounds_skipped;
	uint64_t ping[PING_OUTCOMES], stamp[STAMP_KINDS];
	uint64_t duplicates, forged, wrong_source, truncated, overflow; /* packets */
	uint64_t reordered, ttl_changes;				/* answers */
	uint64_t send_errors, dropped_rounds;
	uint64_t late_closed;  /* genuine ICMP answers whose round was over */
	uint64_t stamp_faults; /* answers whose kernel stamps made no sense */
	uint64_t new_ids;      /* targets moved to another ICMP id: all was lost */
	uint64_t reflected;    /* STAMP packets answered, and not: */
	uint64_t refused[REFUSED_KINDS];
	uint64_t loop_ns[3];  /* p50, p99, max of one turn of the loop, last minute */
	uint8_t icmp4, icmp6; /* enum icmp_rung; 0: cannot */
	uint16_t icmp_sockets[2]; /* v4, v6: how many there are ... */
	uint32_t icmp_buffer[2];  /* ... and how many bytes the smallest may hold */
	char icmp4_why[ICMPSOCK_WHY],
	    icmp6_why[ICMPSOCK_WHY]; /* why no higher rung, or why none */
};
void msg_put_counters(struct msg_out *out, const struct msg_counters *c);
int msg_get_counters(struct msg_in *in, struct msg_counters *c);
/* Add the totals of C to SUM; of the loops' times the longer ones count, and what C
 * says of ICMP where C is the prober's. */
void msg_add_counters(struct msg_counters *sum, const struct msg_counters *c);
/* Is ROOM a worker that measures: does it report rounds? */
bool room_measures(enum room room);

/* A program that the courier wants run; the runner looks whether its configuration
 * names it. Arguments lie in TEXT once they are read. */
#define ERRAND_ARGS 32 /* gobgp's own words are ten */
#define ERRAND_TEXT (24 * 1024)
enum errand_purpose {
	ERRAND_NEWS,
	ERRAND_ANNOUNCE, /* against an attack: MSG_IN_FORCE went before */
	ERRAND_WITHDRAW,
	ERRAND_PURPOSES
};
struct msg_errand {
	uint64_t id;	  /* comes back with the end */
	uint8_t purpose;  /* enum errand_purpose */
	uint64_t in_force; /* in_force_id() of what it is about; 0 for news */
	uint32_t limit_s; /* how long it may take */
	char letter[96];  /* the letter's id, for the program's environment */
	const char *argv[ERRAND_ARGS + 1]; /* NULL behind the last; [0] is a path */
	char text[ERRAND_TEXT];
};
void msg_put_errand(struct msg_out *out, const struct msg_errand *e);
int msg_get_errand(struct msg_in *in, struct msg_errand *e);

enum errand_end {
	ERRAND_EXITED,	  /* code: its status */
	ERRAND_SIGNALLED, /* code: by which signal */
	ERRAND_TIMEOUT,	  /* it took too long, or wrote without end */
	ERRAND_FAILED,	  /* it could not be started: code is errno, 0: too many wait */
	ERRAND_NOT_OURS,  /* the configuration names no such program */
	ERRAND_UNWRITTEN, /* it cannot be written down, so it is not announced */
	ERRAND_ENDS
};
struct msg_errand_done {
	uint64_t id;
	uint8_t end; /* enum errand_end */
	uint32_t code;
};
void msg_put_errand_done(struct msg_out *out, const struct msg_errand_done *d);
int msg_get_errand_done(struct msg_in *in, struct msg_errand_done *d);

struct msg_receiver {
	uint64_t id;	   /* conf_target_id() of its name */
	char name[256];	   /* cut off where it is longer */
	char type[16];	   /* "mail", "ntfy" ... */
	uint8_t gone;	   /* it is no receiver any more */
	uint64_t sent, failed; /* letters, since the courier started */
	uint32_t waiting;  /* letters */
	int64_t last_s;	   /* when one was delivered last, epoch seconds; 0: none was */
	char error[256];   /* why the last try failed, without secrets; "" all is well */
};
void msg_put_receiver(struct msg_out *out, const struct msg_receiver *r);
int msg_get_receiver(struct msg_in *in, struct msg_receiver *r);

enum tried {
	TRIED_DELIVERED,
	TRIED_FAILED,
	TRIED_UNKNOWN, /* there is no such receiver */
	TRIED_KINDS
};
struct msg_tried {
	uint32_t ticket;
	uint8_t how; /* enum tried */
	char text[256];
};
void msg_put_tried(struct msg_out *out, const struct msg_tried *t);
int msg_get_tried(struct msg_in *in, struct msg_tried *t);

struct msg_store {
	uint64_t rows_written, rows_unknown, retries, failed, set_aside, carried,
	    queued, raw_bytes;
};
void msg_put_store(struct msg_out *out, const struct msg_store *s);
int msg_get_store(struct msg_in *in, struct msg_store *s);

/* One place that rounds are sent to, since the courier's start. */
struct msg_sink {
	char name[64], url[256];
	uint64_t sent, dropped, waiting; /* lines */
	uint64_t failed;		 /* requests */
	int64_t sent_at, failed_at;	 /* epoch seconds of the last ones; 0: none */
	char error[448];		 /* of the last failure */
};
void msg_put_sink(struct msg_out *out, const struct msg_sink *s);
int msg_get_sink(struct msg_in *in, struct msg_sink *s);

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

/* What happened meanwhile: a band, or (TONE_NOTE) a line at its begin. */
enum draw_tone {
	TONE_NOTE,
	TONE_GAP, /* nothing was measured */
	TONE_WARN,
	TONE_BAD,
	TONES
};
struct draw_mark {
	int64_t begin, end;
	uint8_t tone;
	uint16_t count;	 /* of what happened that it stands for */
	char label[160]; /* what the newest of it was, for the legend; may be "" */
};
#define DRAW_MARKS 32

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
	char slave[128];	/* whose measurements; "" are this box's */
	char zone[ZONE_NAME];	/* of the times below; "" is this machine's */
	uint8_t marks;		/* of these: */
	struct draw_mark mark[DRAW_MARKS];
};
void msg_put_draw(struct msg_out *out, const struct msg_draw *d);
int msg_get_draw(struct msg_in *in, struct msg_draw *d);

struct msg_picture {
	uint32_t id;
	uint32_t generation; /* of the configuration that it was drawn by */
	uint8_t ok;
	uint32_t size;				       /* bytes behind the descriptor */
	uint16_t width, height;			       /* of the picture */
	uint16_t left, upper, plot_width, plot_height; /* of the plot in it */
	double low, high;			       /* y range shown, seconds */
	char text[256];				       /* what went wrong */
};
void msg_put_picture(struct msg_out *out, const struct msg_picture *p);
int msg_get_picture(struct msg_in *in, struct msg_picture *p);

struct msg_paper {
	uint32_t id;	/* comes back with what was made of it */
	uint32_t size;	/* bytes behind the descriptor, of which the last is a NUL */
	uint8_t format; /* enum draw_format: PDF in pages, pictures as one long one */
	uint8_t theme;	/* as of a picture */
};
void msg_put_paper(struct msg_out *out, const struct msg_paper *p);
int msg_get_paper(struct msg_in *in, struct msg_paper *p);

#endif
