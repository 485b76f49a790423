#include "interface.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define MINUTE_MS 60000

const char *
if_count_word(enum if_count count)
{
	static const char *const words[IF_COUNTS] = {
		[IF_OCTETS] = "octets",
		[IF_PACKETS] = "packets",
		[IF_DISCARDS] = "discards",
		[IF_ERRORS] = "errors",
	};

	return words[count];
}

const char *
if_source_word(enum if_source source)
{
	static const char *const words[IF_SOURCES] = {
		[IF_FLOW] = "flow",
		[IF_UPNP] = "upnp",
		[IF_SFLOW] = "sflow",
		[IF_SNMP] = "snmp",
	};

	return words[source];
}

void
if_text(char to[INTERFACE_TEXT], const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	for (; n < len && n < INTERFACE_TEXT - 1 && bytes[n] != '\0'; n++)
		to[n] = bytes[n] < ' ' || bytes[n] == 0x7f ? ' ' : (char)bytes[n];
	while (n > 0 && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
}

struct if_key
if_key(const struct flow_ip *device, uint32_t index)
{
	struct if_key key;

	memset(&key, 0, sizeof key);
	key.device.len = device->len;
	memcpy(key.device.bytes, device->bytes,
	    device->len <= sizeof device->bytes ? device->len : 0);
	key.index = index;
	return key;
}

double
if_rate(const struct if_span *span, enum if_count count, enum if_way way)
{
	return span->known_ms == 0 ? NAN
				   : span->count[count][way] * 1000 / span->known_ms;
}

void
if_put_key(struct pack *p, const struct if_key *key)
{
	pack_u8(p, key->device.len);
	pack_bytes(p, key->device.bytes, sizeof key->device.bytes);
	pack_u32(p, key->index);
}

void
if_get_key(struct wire *w, struct if_key *key)
{
	struct flow_ip ip = { .len = wire_u8(w) };
	const uint8_t *bytes = wire_bytes(w, sizeof ip.bytes);
	uint32_t index = wire_u32(w);

	if (bytes == NULL || (ip.len != 4 && ip.len != 16)) {
		w->bad = true;
		return;
	}
	memcpy(ip.bytes, bytes, sizeof ip.bytes);
	*key = if_key(&ip, index);
	if (memcmp(key->device.bytes, bytes, sizeof ip.bytes) != 0)
		w->bad = true;
}

void
if_put_span(struct pack *p, const struct if_span *span)
{
	pack_u8(p, span->minute);
	pack_i64(p, span->begin_ms);
	pack_u32(p, span->known_ms);
	for (unsigned i = 0; i < IF_COUNTS; i++)
		for (unsigned way = 0; way < IF_WAYS; way++)
			pack_f64(p, span->count[i][way]);
}

void
if_get_span(struct wire *w, struct if_span *span)
{
	uint8_t minute = wire_u8(w);

	span->minute = minute == 1;
	span->begin_ms = wire_i64(w);
	span->known_ms = wire_u32(w);
	for (unsigned i = 0; i < IF_COUNTS; i++)
		for (unsigned way = 0; way < IF_WAYS; way++) {
			double v = wire_f64(w);

			span->count[i][way] = v;
			if (!isnan(v) && !(v >= 0 && v < 1e20))
				w->bad = true;
		}
	if (minute > 1 || span->begin_ms < 0 ||
	    (span->minute &&
		(span->begin_ms % MINUTE_MS != 0 || span->known_ms > MINUTE_MS)))
		w->bad = true;
}

double
if_percentile_95(const double *sorted, size_t n)
{
	/* ceil(0.95 n) in whole numbers: 0.95 n in floating point is a little more than
	 * 19 for 20. */
	return n == 0 ? NAN : sorted[(95 * n + 99) / 100 - 1];
}

/* One number with k, M or G behind it; behind it is what END points to. */
static bool
bits_parse(const char *text, uint64_t *bits, const char **end)
{
	char *stop;

	if (*text < '0' || *text > '9')
		return false;
	double v = strtod(text, &stop);
	switch (*stop) {
	case 'k':
		v *= 1e3;
		break;
	case 'M':
		v *= 1e6;
		break;
	case 'G':
		v *= 1e9;
		break;
	default:
		stop--;
	}
	*end = stop + 1;
	*bits = v >= 1 && v <= 1e13 ? (uint64_t)v : 0;
	return *bits > 0;
}

int
if_speed_parse(const char *text, uint64_t speed[IF_WAYS])
{
	uint64_t in, out;
	const char *end;

	if (!bits_parse(text, &in, &end))
		return -1;
	out = in;
	if (*end == '/' && !bits_parse(end + 1, &out, &end))
		return -1;
	if (*end != '\0')
		return -1;
	speed[IF_IN] = in;
	speed[IF_OUT] = out;
	return 0;
}

void
if_path(const struct if_key *key, bool flows, char buf[INTERFACE_PATH])
{
	char text[ADDR_TEXT];

	flow_ip_text(&key->device, text);
	snprintf(buf, INTERFACE_PATH, STORE_TRAFFIC "/%s/%u%s.rrd", text,
	    (unsigned)key->index, flows ? ".flows" : "");
}
