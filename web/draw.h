/* What the files that put a graph together have in common. For them only. */
#ifndef WEB_DRAW_H
#define WEB_DRAW_H

#include "store.h"
#include "web/args.h"
#include "web/graph.h"
#include "web/series.h"
#include "web/theme.h"
#include "web/vantage.h"

/* One graph on its way to librrd. */
struct draw {
	const struct conf *conf;
	const struct conf_target *target;
	const struct msg_draw *ask;
	struct theme theme;
	struct args args;
	struct vantage vantage; /* whose measurements */
	char file[STORE_PATH];
	unsigned pings;
	double top;  /* y maximum, seconds; 0 leaves it to librrd */
	double low;  /* y minimum */
	bool narrow; /* the text needs shorter lines */
	bool logarithmic;
};

/* A key of Presentation/PART. */
const char *draw_setting(
    const struct draw *d, const char *part, const char *key, const char *fallback);
bool draw_is_yes(
    const struct draw *d, const char *part, const char *key, const char *fallback);
/* What the probe of T calls its pings: "ICMP Echo Pings (56 Bytes)". */
void draw_probe_desc(
    const struct conf *conf, const struct conf_target *t, char *buf, size_t size);
/* DEF NAME of data source DS of FILE, no further than there can be rows. */
void draw_def(struct draw *d, const char *name, const char *file, const char *ds,
    const struct series_file *sf);
/* Is all that SF can have less than a pixel, among more rows than are to be made of
 * nothing? Then there is no graph. */
bool draw_too_short(const struct draw *d, const struct series_file *sf);
/* "Last 3 Hours from box to Title", as SmokePing has it, without the box where there
 * are several lines; nothing without a label, and where htmltitle wants it in HTML. */
void draw_title(struct draw *d);
/* Options and elements of a picture that says by TEXT why there is no graph yet. */
void draw_empty(struct draw *d, const char *text);
#define DRAW_NO_ROUND                                                                  \
	"Nothing measured yet. The first round is drawn here as soon as it is complete."
/* The scale of a detail graph, D->top high, as options; sets logarithmic and low. */
void draw_scale(struct draw *d);
/* Notes, as dashed lines in front. */
void draw_notes(struct draw *d);
/* Until when what is drawn reaches, NOW being the time of drawing: a picture up to now
 * ends with its last pixel, some of which is still to come. */
int64_t draw_end(const struct draw *d, int64_t now);
/* The date for the footer: strftime of Presentation/PART, else as ctime has it. */
void draw_date(const struct draw *d, const char *part, char *buf, size_t size);

/* What is known in the span drawn, and so what the text can speak of. */
enum draw_known {
	DRAW_NOTHING, /* no round */
	DRAW_SHORT,   /* rounds, but none of the coarser rows that are drawn */
	DRAW_SILENT,  /* loss, but no answer */
	DRAW_FEW,     /* answers, but no median in the rows that are drawn */
	DRAW_ANSWERED
};
/* The same in words. */
const char *draw_known_text(enum draw_known known);
/* What is known in the rows of FILE that librrd draws: it chooses them by the width of
 * a pixel, and a coarse row that is not yet complete is unknown though rounds in it are
 * not. DRAW_SHORT, DRAW_SILENT or DRAW_ANSWERED. */
enum draw_known draw_look(
    const struct draw *d, const char *file, const struct series_file *sf);

/* Population standard deviation of the medians in the span drawn, and what else one
 * pass over it tells. */
struct draw_facts {
	double deviation; /* 0 when there is none */
	bool gaps;	  /* some loss is unknown */
	struct series_file file;
	enum draw_known known;
};
int draw_facts(
    const struct draw *d, const char *file, struct draw_facts *f, struct err *err);

/* detail.c: the elements of a detail graph or a strip, behind the options. */
void detail_args(struct draw *d, const struct draw_facts *f);
void detail_strip_args(struct draw *d, const struct draw_facts *f);
/* overview.c: all of an overview graph, or of a graph of several hosts. */
int overview_args(struct draw *d, struct err *err);
/* top.c: the y maximum of FILE for this request, by SmokePing's rules; the navigator's
 * is EMPTY where nothing is known, in seconds. */
double top_of(
    const struct draw *d, const char *file, const struct series_file *sf, double empty);
/* The highest median of FILE that a graph of WIDTH points over START..END shows, which
 * librrd would find by drawing it; NAN when there is none. */
double top_highest(const char *file, const struct series_file *sf, int64_t start,
    int64_t end, unsigned width);

#endif
