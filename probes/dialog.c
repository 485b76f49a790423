/* The kind of measurement that speaks protocols: options, the life of a dialog, and
 * what protocols are helped with. The two ways of speaking are in dialog_stream.c and
 * dialog_datagram.c. */
#include "probes/dialog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/net.h"
#include "probes/ports.h"

#define DIALOG_MOST (256 * 1024)
/* Timers of the host and of ours do not ring in the same millisecond. */
#define DIALOG_EARLY_NS (20 * CLOCK_NS_PER_MS)

static const struct dialog_kind *const kinds[] = {
	&dialog_ssh,
	&dialog_another_ssh,
	&dialog_echo,
	&dialog_chargen,
	&dialog_discard,
	&dialog_whois,
	&dialog_plugin,
	&dialog_icp,
	&dialog_smtp,
	&dialog_mail,
	&dialog_radius,
	&dialog_tacacs,
};

/* Never used: while it is open the kernel goes on stamping what arrives. */
static int stamped = -1;

/* --- options --------------------------------------------------------------------- */

static void
dialog_free_opts(struct probe_opts *o)
{
	if (o == NULL)
		return;
	if (o->own != NULL && o->kind->free_own != NULL)
		o->kind->free_own(o->own);
	else
		free(o->own);
	free(o->remark);
	free(o);
}

static const struct dialog_kind *
dialog_kind(const char *module)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i]->module, module) == 0)
			return kinds[i];
	return NULL;
}

static struct probe_opts *
dialog_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	const struct dialog_kind *kind = dialog_kind(t->probe->module);
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->kind = kind;
	o->steps = kind->steps;
	o->most = DIALOG_MOST;
	if (net_var_family(conf, t, "ipversion", &o->family, err) == 0 &&
	    handshake_read(&o->handshake, conf, t, kind->port, &o->family, err) == 0 &&
	    (kind->options == NULL || kind->options(o, conf, t, err) == 0))
		return o;
	dialog_free_opts(o);
	return NULL;
}

static void
dialog_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

/* --- the life of a dialog -------------------------------------------------------- */

static void
dialog_drop_spare(struct socket_place *place)
{
	dialog_drop((struct dialog *)place, false);
}

struct dialog *
dialog_new(struct probe_run *run, unsigned seq)
{
	struct dialog *d = mem_zero(1, sizeof *d);

	d->begun_ns = clock_mono_ns();
	if (!sockets_take(
		&d->place, d->begun_ns + run->timeout_ns, dialog_drop_spare)) {
		free(d);
		errno = EMFILE;
		return NULL;
	}
	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct dialog_state));
		LIST_INIT((struct dialog_state *)run->state);
	}
	d->run = run;
	d->opts = run->opts;
	d->seq = seq;
	d->fd = -1;
	d->step = d->opts->steps;
	event_assign(&d->ev, run->host->base, -1, 0, NULL, NULL);
	LIST_INSERT_HEAD((struct dialog_state *)run->state, d, link);
	return d;
}

void
dialog_drop(struct dialog *d, bool in_peace)
{
	event_del(&d->ev);
	sockets_give(&d->place);
	if (d->fd >= 0 && d->opts->udp)
		close(d->fd);
	else if (d->fd >= 0 && in_peace)
		sockets_part(d->run->host->base, d->fd);
	else if (d->fd >= 0)
		sockets_reset(d->fd);
	LIST_REMOVE(d, link);
	free(d->buf);
	free(d->out);
	free(d);
}

void
dialog_stop(struct dialog *d)
{
	if (d->stopped)
		return;
	d->stopped = true;
	d->rtt_ns =
	    net_rtt(d->tx_wall, d->rx_wall, d->sent_wall, d->sent_mono, &d->stamp);
}

void
dialog_answered(struct dialog *d)
{
	if (d->answered)
		return;
	d->answered = true;
	dialog_stop(d);
	probe_detail(d->run, d->opts->remark);
	probe_reply(d->run, d->seq, d->rtt_ns, d->stamp);
}

void
dialog_lost(struct dialog *d, enum ping_outcome why)
{
	struct probe_run *run = d->run;
	unsigned seq = d->seq;
	bool answered = d->answered;

	if (!answered)
		probe_detail(run, d->why[0] != '\0' ? d->why : NULL);
	dialog_drop(d, false);
	if (!answered)
		probe_lost(run, seq, why, true);
}

void
dialog_not_sent(struct probe_run *run, unsigned seq, int error)
{
	probe_detail(run, strerror(error));
	probe_lost(run, seq, PING_NOT_SENT, true);
}

void
dialog_overdue(struct dialog *d)
{
	double s = (double)d->run->timeout_ns / CLOCK_NS_PER_S;
	int64_t due = d->begun_ns + d->run->timeout_ns;

	if (d->answered || clock_mono_ns() < due - DIALOG_EARLY_NS)
		return;
	if (d->why[0] == '\0' && d->connected && d->step->awaits != NULL)
		snprintf(d->why, sizeof d->why, "connected, but no %s within %g s",
		    d->step->awaits, s);
	if (d->why[0] != '\0')
		probe_detail(d->run, d->why);
}

static void
dialog_end(struct probe_run *run)
{
	struct dialog_state *state = run->state;
	struct dialog *d;

	while (state != NULL && (d = LIST_FIRST(state)) != NULL) {
		dialog_overdue(d);
		dialog_drop(d, false);
	}
	free(state);
	run->state = NULL;
}

/* --- for protocols --------------------------------------------------------------- */

void
dialog_prefer_v4(struct probe_opts *o, const struct conf_target *t)
{
	struct addr literal;

	if (o->family == AF_UNSPEC && addr_parse(&literal, t->host) != 0)
		o->family = AF_INET;
}

void
dialog_took(struct dialog *d, size_t n)
{
	d->in += n;
	d->in_len -= n;
}

const char *
dialog_line(struct dialog *d)
{
	static char line[DIALOG_ROOM + 1];
	size_t most = d->in_len < DIALOG_ROOM ? d->in_len : DIALOG_ROOM;
	const uint8_t *end = most == 0 ? NULL : memchr(d->in, '\n', most);

	if (end == NULL)
		return NULL;
	size_t len = (size_t)(end - d->in);
	for (size_t i = 0; i < len; i++)
		line[i] = d->in[i] == '\0' ? '?' : (char)d->in[i];
	dialog_took(d, len + 1);
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return line;
}

enum dialog_turn
dialog_blame(struct dialog *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->why, sizeof d->why, fmt, ap);
	va_end(ap);
	return DIALOG_BAD;
}

void
dialog_text(struct pack *out, const char *text)
{
	pack_bytes(out, text, strlen(text));
}

/* --- the type -------------------------------------------------------------------- */

static void
dialog_ping(struct probe_run *run, unsigned seq)
{
	if (run->opts->udp)
		dialog_datagram_ping(run, seq);
	else
		dialog_stream_ping(run, seq);
}

static int
dialog_open(struct probe_host *host, struct err *err)
{
	(void)host, (void)err;
	ports_open();
	stamped = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (stamped >= 0)
		net_stamps(stamped, AF_INET);
	return 0;
}

static void
dialog_close(struct probe_host *host)
{
	(void)host;
	sockets_close();
	if (stamped >= 0)
		close(stamped);
	stamped = -1;
}

const struct probe_type probe_dialog = {
	.name = "dialog",
	.needs = PROBE_ADDRESS,
	.options = dialog_options,
	.free_opts = dialog_free_opts,
	.wants = dialog_wants,
	.open = dialog_open,
	.ping = dialog_ping,
	.end = dialog_end,
	.close = dialog_close,
};
