#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "collector/exporter.h"
#include "collector/packet.h"
#include "collector/template.h"

/* What must hold of every flow, whatever it was made of. */
static void
check_flow(void *ctx, const struct flow *f)
{
	(void)ctx;
	if (f->exporter == NULL || f->rate == 0 || f->end_ms < f->start_ms ||
	    (f->src.len != 0 && f->src.len != 4 && f->src.len != 16))
		abort();
}

/* And of what exporters taught: a template is somebody's, and nothing is more than
 * there is room for. */
static void
check_tables(const struct exporters *e)
{
	const struct template *t;

	TAILQ_FOREACH(t, &e->by_use, use)
		if (t->ports == 0 || t->ports > TEMPLATE_PORTS_MAX)
			abort();
	for (const struct exporter *x = e->all; x != NULL; x = x->hh.next)
		if (x->ports.count > PORTS_MAX || x->samplers > EXPORTER_SAMPLERS_MAX ||
		    (x->samples != NULL && x->samples->count > SAMPLES_SOURCES))
			abort();
}

/* Several datagrams, one behind the other: u8 who sends it (the last are guests, one
 * is told apart by its port) and how much later, u16
 * length, bytes. What one teaches stays for the next. */
static int
run(const uint8_t *data, size_t size)
{
	static const struct flow_sink sink = { .flow = check_flow };
	struct exporters *e = exporters_new();
	struct wire w;
	int64_t now = 1700000000000;

	wire_init(&w, data, size);
	while (wire_left(&w) >= 3) {
		unsigned how = wire_u8(&w), len = wire_u16(&w);
		struct datagram d = { .arrived_ms = now };

		if (len > wire_left(&w))
			len = (unsigned)wire_left(&w);
		d.from.v4.sin_family = AF_INET;
		d.from.v4.sin_addr.s_addr = htonl(0xc0000200 | (how & 7));
		d.guest = (how & 7) >= 5;
		d.by_port = (how & 7) == 4;
		addr_set_port(&d.from, len & 3);
		/* Of its own, so that a read behind its end is seen. */
		uint8_t *copy = malloc(len + 1);
		if (copy == NULL)
			abort();
		memcpy(copy, wire_bytes(&w, len), len);
		d.data = copy;
		d.len = len;
		flow_decode(e, &d, &sink);
		free(copy);
		now += how >> 3 == 31 ? 24 * 3600 * 1000LL : (how >> 3) * 1000;
		exporters_sweep(e, now);
		if (e->template_bytes > TEMPLATES_BYTES_MAX ||
		    e->guest_template_bytes > e->template_bytes ||
		    e->guests > e->count || e->count > EXPORTERS_MAX)
			abort();
		check_tables(e);
	}
	exporters_free(e);
	return 0;
}

int
fuzz_netflow(const uint8_t *data, size_t size)
{
	return run(data, size);
}

int
fuzz_sflow(const uint8_t *data, size_t size)
{
	return run(data, size);
}

/* The first byte chooses the link. */
int
fuzz_packet(const uint8_t *data, size_t size)
{
	struct packet p;
	struct flow f = { 0 };

	if (size < 1)
		return 0;
	if (packet_read(&p, (enum packet_link)(data[0] % 6), data + 1, size - 1) == 0)
		packet_to_flow(&p, &f);
	if (p.payload != NULL &&
	    (p.payload < data || p.payload + p.payload_len > data + size))
		abort();
	return 0;
}
