#include "web/graph.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rrd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "config/train.h"
#include "link/msgdraw.h"
#include "web/draw.h"
#include "web/librrd.h"

#define NOTHING_TOP 1.5 /* height of the navigator where nothing is known, seconds */

#define POINTS_LEAST 5 /* librrd cannot fold less */
/* Rows that librrd makes around a history that is less than a pixel. */
#define ROWS_MOST 20000

const char *
draw_setting(
    const struct draw *d, const char *part, const char *key, const char *fallback)
{
	return conf_value(
	    conf_child(conf_top(d->conf, "Presentation"), part), key, fallback);
}

bool
draw_is_yes(
    const struct draw *d, const char *part, const char *key, const char *fallback)
{
	return strcmp(draw_setting(d, part, key, fallback), "yes") == 0;
}

/* As SmokePing's modules call their pings. */
static const struct {
	const char *module, *desc;
} plain_desc[] = {
	{ "DNS", "DNS requests" },
	{ "TCPPing", "TCP Pings" },
	{ "Curl", "URLs using curl(1)" },
	{ "AnotherCurl", "URLs using curl(1)" },
	{ "SSH", "SSH requests" },
	{ "AnotherSSH", "SSH connections" },
	{ "AnotherDNS", "DNS requests" },
	{ "LDAP", "LDAP queries" },
	{ "Radius", "RADIUS queries" },
	{ "STAMP", "STAMP packets" },
	{ "EchoPing", "TCP or UDP Echo pings using echoping(1)" },
	{ "EchoPingHttp", "HTTP pings using echoping(1)" },
	{ "EchoPingHttps", "HTTPS pings using echoping(1)" },
	{ "EchoPingSmtp", "SMTP pings using echoping(1)" },
	{ "EchoPingChargen", "TCP Chargen pings using echoping(1)" },
	{ "EchoPingDiscard", "TCP or UDP Discard pings using echoping(1)" },
	{ "EchoPingIcp", "ICP pings using echoping(1)" },
	{ "EchoPingPlugin", "Pings using an echoping(1) plugin" },
	{ "EchoPingDNS", "DNS pings using the echoping_dns plugin" },
	{ "EchoPingLDAP", "LDAP pings using the echoping_ldap plugin" },
	{ "EchoPingWhois", "whois pings using the echoping_whois plugin" },
	{ "TraceroutePing", "Traceroute (UDP + TTL)  Pings" },
	{ "IRTT", "IRTT round-trips" },
	{ "TacacsPlus", "TacacsPlus Authentication Attempts" },
	{ "SendEmail", "Measure time to send a complete email" },
	{ "SipSak", "SIP OPTIONS messages" },
	{ "WebProxyFilter", "HTTP GETs" },
	{ "NFSping", "NFSping" },
};

/* The same, of those that tell how large: BYTES where nothing else is set. */
static const struct {
	const char *module, *desc;
	unsigned bytes;
} sized_desc[] = {
	{ "RemoteFPing", "Remote", 56 },
	{ "DismanPing", "DISMAN", 56 },
	{ "IOSPing", "Cisco IOS -", 56 },
	{ "TelnetIOSPing", "InfoAve Cisco IOS -", 56 },
	{ "TelnetJunOSPing", "InfoAve Juniper JunOS -", 100 },
	{ "OpenSSHEOSPing", "Arista EOS -", 100 },
};

/* How much is transferred is known of what is sent from here. */
static void
ftp_desc(const struct conf *conf, const struct conf_target *t, char *buf, size_t size)
{
	const char *mode = conf_target_value(conf, t, "mode", NULL);
	const char *file = conf_target_value(conf, t, "srcfile", NULL);
	struct stat st;

	if (mode != NULL && strcmp(mode, "put") == 0 && file != NULL &&
	    stat(file, &st) == 0 && S_ISREG(st.st_mode))
		snprintf(buf, size, "FTP File transfers (%.0f KB)",
		    (double)st.st_size / 1024);
	else
		snprintf(buf, size, "FTP File transfers");
}

void
draw_probe_desc(
    const struct conf *conf, const struct conf_target *t, char *buf, size_t size)
{
	const char *module = t->probe != NULL ? t->probe->module : "";

	if (strcmp(module, "FPing") == 0 || strcmp(module, "FPing6") == 0 ||
	    strcmp(module, "FPingContinuous") == 0) {
		const char *bytes = conf_target_value(conf, t, "packetsize", NULL);
		struct conf_train train;
		char own[12] = "56";

		if (conf_train(conf, t, &train))
			snprintf(own, sizeof own, "%u", train.bytes);
		snprintf(buf, size, "%sICMP Echo Pings (%s Bytes)",
		    module[5] == '6' ? "IPv6-" : "", bytes != NULL ? bytes : own);
		return;
	}
	for (size_t i = 0; i < sizeof plain_desc / sizeof plain_desc[0]; i++)
		if (strcmp(module, plain_desc[i].module) == 0) {
			snprintf(buf, size, "%s", plain_desc[i].desc);
			return;
		}
	for (size_t i = 0; i < sizeof sized_desc / sizeof sized_desc[0]; i++)
		if (strcmp(module, sized_desc[i].module) == 0) {
			const char *bytes =
			    conf_target_value(conf, t, "packetsize", NULL);
			char own[12];

			snprintf(own, sizeof own, "%u", sized_desc[i].bytes);
			snprintf(buf, size, "%s ICMP Echo Pings (%s Bytes)",
			    sized_desc[i].desc, bytes != NULL ? bytes : own);
			return;
		}
	if (strcmp(module, "FTPtransfer") == 0) {
		ftp_desc(conf, t, buf, size);
		return;
	}
	if (strcmp(module, "Qstat") == 0) {
		const char *game = conf_target_value(conf, t, "game", NULL);
		snprintf(
		    buf, size, "Game server %s pings", game != NULL ? game : "q3s");
		return;
	}
	snprintf(buf, size, "%s pings", module);
}

bool
draw_too_short(const struct draw *d, const struct series_file *sf)
{
	int64_t pixel = (d->ask->end - d->ask->start) / d->ask->width;
	unsigned step = sf->step;

	for (unsigned k = 0; k < sf->archives; k++)
		if (sf->archive[k].step < step)
			step = sf->archive[k].step;
	return sf->last_update - series_begin(sf) < pixel &&
	       POINTS_LEAST * pixel / (step > 0 ? step : 1) > ROWS_MOST;
}

/* The part of the span drawn in which FILE can have rows, as librrd is to be asked. */
static void
draw_span(
    const struct draw *d, const struct series_file *sf, int64_t *begin, int64_t *end)
{
	const struct msg_draw *ask = d->ask;
	int64_t least =
	    POINTS_LEAST * ((ask->end - ask->start) / ask->width + d->target->step);

	*begin = series_begin(sf);
	*end = sf->last_update + least;
	if (*begin > ask->end - least)
		*begin = ask->end - least;
	if (*begin < ask->start)
		*begin = ask->start;
	if (*end < ask->start + least)
		*end = ask->start + least;
	if (*end > ask->end)
		*end = ask->end;
}

void
draw_def(struct draw *d, const char *name, const char *file, const char *ds,
    const struct series_file *sf)
{
	const struct msg_draw *ask = d->ask;
	int64_t begin, end;
	char from[40] = "", to[40] = "";

	draw_span(d, sf, &begin, &end);
	if (begin > ask->start)
		snprintf(from, sizeof from, ":start=%lld", (long long)begin);
	if (end < ask->end)
		snprintf(to, sizeof to, ":end=%lld", (long long)end);
	args_add(&d->args, "DEF:%s=%s:%s:AVERAGE%s%s", name, file, ds, from, to);
}

void
draw_notes(struct draw *d)
{
	for (unsigned i = 0; i < d->ask->marks; i++)
		if (d->ask->mark[i].tone == TONE_NOTE)
			args_add(&d->args, "VRULE:%lld#%08x::dashes=3,3",
			    (long long)d->ask->mark[i].begin, d->theme.mark[TONE_NOTE]);
}

int64_t
draw_end(const struct draw *d, int64_t now)
{
	const struct msg_draw *ask = d->ask;
	int64_t step = d->target->step > 0 ? d->target->step : d->conf->step;
	int64_t pixel = (ask->end - ask->start) / ask->width;

	pixel = (pixel + step) / step * step;
	return ask->end > now && ask->end - now <= pixel ? now : ask->end;
}

void
draw_date(const struct draw *d, const char *part, char *buf, size_t size)
{
	const char *format = draw_setting(d, part, "strftime", "%a %b %e %H:%M:%S %Y");
	time_t end = (time_t)draw_end(d, clock_wall_s());
	struct tm tm;
	size_t len = 0;

	if (localtime_r(&end, &tm) == NULL ||
	    (len = strftime(buf, size, format, &tm)) == 0)
		buf[0] = '\0';
	/* A picture goes on to others: in a zone of somebody's own it says which. */
	if (len > 0 && d->ask->zone[0] != '\0' &&
	    strftime(buf + len, size - len, " %Z", &tm) == 0)
		buf[len] = '\0';
}

/* Sums over the rows of one pass. */
struct sums {
	double rows, n, sum, squares;
	bool gaps, known;
};

static void
sum_row(void *ctx, int64_t time, const double *value)
{
	struct sums *s = ctx;
	double median = value[STORE_DS_MEDIAN];

	(void)time;
	s->rows++;
	s->gaps |= isnan(value[STORE_DS_LOSS]);
	s->known |= !isnan(value[STORE_DS_LOSS]);
	if (isnan(median))
		return;
	s->n++;
	s->sum += median;
	s->squares += median * median;
}

const char *
draw_known_text(enum draw_known known)
{
	static const char *const text[] = {
		[DRAW_NOTHING] = "nothing was measured in this time",
		[DRAW_SHORT] = "too few rounds for this range",
		[DRAW_SILENT] = "no answer in this time",
		[DRAW_FEW] = "too few answers for this range",
		[DRAW_ANSWERED] = "",
	};

	return text[known];
}

/* The most that is known in ROWS rows of COLUMNS values. */
static enum draw_known
most_known(const rrd_value_t *value, size_t rows, size_t columns)
{
	enum draw_known known = DRAW_SHORT;

	if (columns <= STORE_DS_MEDIAN)
		return known;
	for (size_t i = 0; i < rows; i++, value += columns) {
		if (!isnan(value[STORE_DS_MEDIAN]))
			return DRAW_ANSWERED;
		if (!isnan(value[STORE_DS_LOSS]))
			known = DRAW_SILENT;
	}
	return known;
}

enum draw_known
draw_look(const struct draw *d, const char *file, const struct series_file *sf)
{
	const struct msg_draw *ask = d->ask;
	unsigned long step = (unsigned long)((ask->end - ask->start) / ask->width);
	unsigned long columns = 0;
	int64_t begin, stop;
	char **names = NULL;
	rrd_value_t *value = NULL;
	unsigned tries = 0;
	int status;

	draw_span(d, sf, &begin, &stop);
	time_t from = (time_t)begin, to = (time_t)stop;
	if (step == 0)
		step = 1;
	rrd_clear_error();
	do
		status = rrd_fetch_r(
		    file, "AVERAGE", &from, &to, &step, &columns, &names, &value);
	while (status != 0 && series_locked(&tries));
	if (status != 0)
		return DRAW_SHORT;
	enum draw_known known = most_known(value, (size_t)(to - from) / step, columns);
	for (unsigned long i = 0; i < columns; i++)
		free(names[i]);
	free(names);
	free(value);
	return known;
}

int
draw_facts(
    const struct draw *d, const char *file, struct draw_facts *f, struct err *err)
{
	struct sums s = { 0 };

	*f = (struct draw_facts){ 0 };
	if (series_look(file, &f->file, err) < 0)
		return -1;
	if (series_scan(file, &f->file, series_choose(&f->file, d->ask->start, 1),
		d->ask->start, d->ask->end, sum_row, &s, err) < 0)
		return -1;
	if (s.n > 0) {
		double square = (s.squares - s.sum * s.sum / s.n) / s.n;
		f->deviation = square > 0 ? sqrt(square) : 0;
	}
	f->gaps = s.gaps;
	f->known = s.n > 0 ? DRAW_ANSWERED : s.known ? DRAW_SILENT : DRAW_NOTHING;
	if (draw_too_short(d, &f->file)) {
		f->known = s.known ? DRAW_SHORT : DRAW_NOTHING;
		return 0;
	}
	/* With gaps, the rows drawn may tell less than those looked at. */
	if (s.known && s.n < s.rows && d->ask->kind != DRAW_STRIP)
		f->known = draw_look(d, file, &f->file);
	if (f->known == DRAW_SILENT && s.n > 0)
		f->known = DRAW_FEW;
	return 0;
}

/* --- options ---------------------------------------------------------------------- */

static void option(struct args *a, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
option(struct args *a, const char *name, const char *fmt, ...)
{
	char value[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof value, fmt, ap);
	va_end(ap);
	args_add(a, "%s", name);
	args_add(a, "%s", value);
}

/* What every graph is told first. */
static void
common_options(struct draw *d)
{
	static const char *const formats[DRAW_FORMATS] = { "PNG", "SVG", "PDF" };
	const struct msg_draw *ask = d->ask;
	struct args *a = &d->args;

	args_add(a, "graph");
	args_add(a, "-");
	option(a, "--imgformat", "%s", formats[ask->format]);
	option(a, "--start", "%lld", (long long)ask->start);
	option(a, "--end", "%lld", (long long)ask->end);
	option(a, "--width", "%u", ask->width);
	option(a, "--height", "%u", ask->height);
	if (ask->zoom > 1)
		option(a, "--zoom", "%u", ask->zoom);
	theme_args(&d->theme, d->conf, a);
}

void
draw_title(struct draw *d)
{
	const char *html =
	    conf_value(conf_top(d->conf, "Presentation"), "htmltitle", "no");
	char *title;

	if (d->ask->label[0] == '\0' || strcmp(html, "yes") == 0)
		return;
	if (d->ask->kind == DRAW_OVERVIEW)
		title = mem_str(d->target->title);
	else if (d->target->kind == CONF_MULTIHOST)
		title = mem_printf("%s: %s", d->ask->label, d->target->title);
	else
		title = mem_printf("%s from %s to %s", d->ask->label,
		    d->vantage.display, d->target->title);
	option(&d->args, "--title", "%s", args_title(title));
	free(title);
}

void
draw_scale(struct draw *d)
{
	d->logarithmic =
	    d->ask->kind != DRAW_STRIP && draw_is_yes(d, "detail", "logarithmic", "no");
	d->low = !d->logarithmic ? 0 : d->top > 0.01 ? 0.001 : 0.0001;
	args_add(&d->args, "--rigid");
	option(&d->args, "--upper-limit", "%.10g", d->top);
	if (d->logarithmic)
		args_add(&d->args, "--logarithmic");
	option(&d->args, "--lower-limit", "%g", d->low);
}

/* --- one graph -------------------------------------------------------------------- */

/* Take sizes, scale and bytes out of what librrd answered. */
static void
take_result(struct graph *g, const rrd_info_t *i)
{
	struct msg_picture *p = &g->head;

	for (; i != NULL; i = i->next) {
		if (strcmp(i->key, "image") == 0) {
			g->size = i->value.u_blo.size;
			g->data = mem_alloc(g->size + 1);
			memcpy(g->data, i->value.u_blo.ptr, g->size);
		} else if (strcmp(i->key, "image_width") == 0)
			p->width = (uint16_t)i->value.u_cnt;
		else if (strcmp(i->key, "image_height") == 0)
			p->height = (uint16_t)i->value.u_cnt;
		else if (strcmp(i->key, "graph_left") == 0)
			p->left = (uint16_t)i->value.u_cnt;
		else if (strcmp(i->key, "graph_top") == 0)
			p->upper = (uint16_t)i->value.u_cnt;
		else if (strcmp(i->key, "graph_width") == 0)
			p->plot_width = (uint16_t)i->value.u_cnt;
		else if (strcmp(i->key, "graph_height") == 0)
			p->plot_height = (uint16_t)i->value.u_cnt;
		else if (strcmp(i->key, "value_min") == 0)
			p->low = i->value.u_val;
		else if (strcmp(i->key, "value_max") == 0)
			p->high = i->value.u_val;
	}
}

/* Hand the arguments to librrd. */
static int
paint(struct draw *d, struct graph *g, struct err *err)
{
	rrd_info_t *info = librrd_graph(&d->args);

	if (info == NULL)
		return err_set(err, "%s: %s", d->target->path, rrd_get_error());
	take_result(g, info);
	rrd_info_free(info);
	if (g->data == NULL || g->size == 0)
		return err_set(err, "%s: librrd drew nothing", d->target->path);
	g->head.ok = 1;
	g->head.id = d->ask->id;
	g->head.size = (uint32_t)g->size;
	return 0;
}

void
draw_empty(struct draw *d, const char *text)
{
	struct args *a = &d->args;

	option(a, "--color", "CANVAS#%06x", d->theme.nodata);
	if (d->ask->kind == DRAW_STRIP) {
		args_add(a, "--only-graph");
	} else {
		draw_title(d);
		option(a, "--y-grid", "none");
	}
	option(a, "--upper-limit", "1");
	option(a, "--lower-limit", "0");
	args_add(a, "--rigid");
	args_add(a, "HRULE:0#%06x", d->theme.zero);
	if (d->ask->kind != DRAW_STRIP)
		args_add(a, "COMMENT:%s\\l", args_text(text));
}

/* Options and elements of a single target's graph. */
static int
target_args(struct draw *d, struct err *err)
{
	struct draw_facts facts;

	if (draw_facts(d, d->file, &facts, err) < 0)
		return -1;
	if (draw_too_short(d, &facts.file)) {
		draw_empty(d, draw_known_text(facts.known));
		return 0;
	}
	d->pings = facts.file.pings; /* the history's own, whatever is configured now */
	if (d->top <= 0)
		d->top = top_of(d, d->file, &facts.file, NOTHING_TOP);
	draw_scale(d);
	if (d->ask->kind == DRAW_STRIP) {
		args_add(&d->args, "--only-graph");
		detail_strip_args(d, &facts);
		return 0;
	}
	draw_title(d);
	option(&d->args, "--vertical-label", "Seconds");
	detail_args(d, &facts);
	return 0;
}

/* Put everything together for a target that has a file, or several. */
static int
choose_args(struct draw *d, struct err *err)
{
	bool several = d->target->kind == CONF_MULTIHOST ||
		       (d->ask->kind == DRAW_OVERVIEW && d->ask->slave[0] == '\0');

	if (!several && access(d->file, F_OK) < 0 && errno == ENOENT) {
		draw_empty(d, DRAW_NO_ROUND);
		return 0;
	}
	if (!several && d->ask->kind != DRAW_OVERVIEW)
		return target_args(d, err);
	return overview_args(d, err);
}

/* Refuse what cannot be drawn, and fill in what is known beforehand. */
static int
begin(struct draw *d, struct err *err)
{
	const struct msg_draw *ask = d->ask;

	d->target = conf_target_by_id(d->conf, ask->target);
	if (d->target == NULL || d->target->kind == CONF_GROUP)
		return err_set(err, "no such target, expected one that is measured");
	if (ask->end <= ask->start || ask->start < 0 || ask->width < 10 ||
	    ask->height < 10 || ask->width > 4000 || ask->height > 2000 ||
	    ask->kind >= DRAW_KINDS || ask->format >= DRAW_FORMATS ||
	    ask->theme >= DRAW_LOOKS || ask->zoom > 3)
		return err_set(err,
		    "%s: size or span out of range, expected 10x10 to 4000x2000",
		    d->target->path);
	if (!vantage_find(d->conf, ask->slave, &d->vantage))
		return err_set(err,
		    "%s: no slave is called %s, expected one of *** Slaves ***",
		    d->target->path, ask->slave);
	if (vantage_file(d->file, d->target, ask->slave) < 0)
		return err_set(err, "%s: no file can have this path", d->target->path);
	d->top = ask->top;
	d->narrow = ask->width < 500;
	theme_choose(&d->theme, ask->theme, d->conf);
	common_options(d);
	return 0;
}

int
graph_draw(struct graph *g, const struct conf *conf, const struct msg_draw *ask,
    struct err *err)
{
	struct draw d = { .conf = conf, .ask = ask };

	*g = (struct graph){ 0 };
	zone_use(ask->zone);
	int status = begin(&d, err);
	if (status == 0)
		status = choose_args(&d, err);
	if (status == 0)
		status = paint(&d, g, err);
	zone_use("");
	args_free(&d.args);
	return status;
}

void
graph_free(struct graph *g)
{
	free(g->data);
	*g = (struct graph){ 0 };
}

void
graph_warm_up(void)
{
	struct args a = { 0 };

	args_add(&a, "warm");
	args_add(&a, "-");
	option(&a, "--start", "1000000000");
	option(&a, "--end", "1000003600");
	option(&a, "--width", "120");
	option(&a, "--height", "30");
	option(&a, "--title", "warm");
	option(&a, "--upper-limit", "1");
	args_add(&a, "HRULE:0#000000:0123456789");
	rrd_info_free(librrd_graph(&a));
	args_free(&a);
}
