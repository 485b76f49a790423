/* EchoPing, EchoPingChargen and EchoPingDiscard: the small services of RFC 862, 864 and
 * 863, as the program echoping measures them: from the connection to the last byte. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/echoping.h"
#include "probes/net.h"

#define SERVICE_SIZE 256 /* echoping's */

struct service {
	size_t size;
	int fill; /* -1: something else in every ping */
};

static int
service_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *fill = net_var(conf, t, "fill");
	struct service *e = mem_zero(1, sizeof *e);
	long size;

	o->own = e;
	if (echoping_check(conf, t, err) != 0 ||
	    net_var_number(
		conf, t, "size", 1, DIALOG_DATAGRAM, SERVICE_SIZE, &size, err) != 0)
		return -1;
	e->size = (size_t)size;
	e->fill = fill == NULL ? -1 : (uint8_t)fill[0];
	o->most = e->size + DIALOG_ROOM;
	return 0;
}

static int
echo_options(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *udp = net_var(conf, t, "udp");

	o->udp = udp != NULL && strcmp(udp, "no") != 0 && strcmp(udp, "0") != 0;
	return service_options(o, conf, t, err);
}

/* Byte AT of what D says: letters that begin elsewhere in every ping. */
static uint8_t
service_byte(const struct dialog *d, size_t at)
{
	const struct service *e = d->opts->own;

	return e->fill >= 0 ? (uint8_t)e->fill
			    : (uint8_t)('a' + (at + at / 26 + d->seq) % 26);
}

static bool
service_say(struct dialog *d, struct pack *out)
{
	const struct service *e = d->opts->own;
	size_t at = d->said;

	while (at < e->size && out->at < out->end)
		pack_u8(out, service_byte(d, at++));
	return at < e->size;
}

static enum dialog_turn
echo_take(struct dialog *d)
{
	const struct service *e = d->opts->own;
	size_t at = d->opts->udp ? 0 : d->count;

	if (d->opts->udp && d->in_len != e->size)
		return DIALOG_MORE;
	for (; d->in_len > 0 && at < e->size; at++) {
		if (d->in[0] != service_byte(d, at) && d->opts->udp)
			return DIALOG_MORE;
		if (d->in[0] != service_byte(d, at))
			return dialog_blame(
			    d, "byte %zu of the echo is not what was said", at);
		dialog_took(d, 1);
	}
	d->count = at;
	return at == e->size ? DIALOG_NEXT : DIALOG_MORE;
}

static enum dialog_turn
chargen_take(struct dialog *d)
{
	const struct service *e = d->opts->own;

	d->count += d->in_len;
	dialog_took(d, d->in_len);
	return d->count >= e->size ? DIALOG_NEXT : DIALOG_MORE;
}

static const struct dialog_step echo_steps[] = {
	{ "whole echo", service_say, echo_take, DIALOG_STOPS | DIALOG_AT_ONCE },
	{ NULL, NULL, NULL, 0 },
};
static const struct dialog_step chargen_steps[] = {
	{ "last character", NULL, chargen_take, DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};
static const struct dialog_step discard_steps[] = {
	{ NULL, service_say, NULL, DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};

const struct dialog_kind dialog_echo = {
	.module = "EchoPing",
	.port = 7,
	.steps = echo_steps,
	.options = echo_options,
};

const struct dialog_kind dialog_chargen = {
	.module = "EchoPingChargen",
	.port = 19,
	.steps = chargen_steps,
	.options = service_options,
};

/* SmokePing's variable udp has no effect for this one. */
const struct dialog_kind dialog_discard = {
	.module = "EchoPingDiscard",
	.port = 9,
	.steps = discard_steps,
	.options = service_options,
};
