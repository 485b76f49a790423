#include "ctl/flowtext.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/service.h"
#include "collector/exporter.h"

/* --- lines ------------------------------------------------------------------------ */

void
flowtext_tsv_head(FILE *out)
{
	fputs(
	    "exporter\tproto_version\ttime_start\ttime_end\tsrc\tdst\tproto\tsport\tdport"
	    "\ttcp_flags\ttos\tin_if\tout_if\toctets\tpackets\tsampling\n",
	    out);
}

/* A value behind a tab, or nothing behind it. */
static void
cell(FILE *out, bool there, uint64_t v)
{
	if (there)
		fprintf(out, "\t%" PRIu64, v);
	else
		putc('\t', out);
}

void
flowtext_tsv(FILE *out, const struct flow *f)
{
	char text[ADDR_TEXT];

	fputs(addr_text(&f->exporter->address, text), out);
	fprintf(out, "\t%s", flow_protocol_word(f->protocol));
	cell(out, f->has & FLOW_HAS_START, (uint64_t)f->start_ms);
	cell(out, f->has & FLOW_HAS_END, (uint64_t)f->end_ms);
	fprintf(out, "\t%s", flow_ip_text(&f->src, text));
	fprintf(out, "\t%s", flow_ip_text(&f->dst, text));
	cell(out, f->has & FLOW_HAS_PROTO, f->proto);
	cell(out, f->has & FLOW_HAS_SPORT, f->sport);
	cell(out, f->has & FLOW_HAS_DPORT, f->dport);
	cell(out, f->has & FLOW_HAS_FLAGS, f->flags);
	cell(out, f->has & FLOW_HAS_TOS, f->tos);
	cell(out, f->has & FLOW_HAS_IN, f->in);
	cell(out, f->has & FLOW_HAS_OUT, f->out);
	cell(out, f->has & FLOW_HAS_OCTETS, f->octets);
	cell(out, f->has & FLOW_HAS_PACKETS, f->packets);
	cell(out, f->rate_from != SAMPLING_UNKNOWN, f->rate);
	putc('\n', out);
}

/* The counters of an interface, in their order, as names and places. */
static const struct {
	const char *name;
	size_t offset;
} counter[] = {
#define COUNTER(name)                                                                  \
	{                                                                              \
#name, offsetof(struct flow_counters, name)                            \
	}
	COUNTER(in_octets),
	COUNTER(in_unicast),
	COUNTER(in_multicast),
	COUNTER(in_broadcast),
	COUNTER(in_discards),
	COUNTER(in_errors),
	COUNTER(in_unknown),
	COUNTER(out_octets),
	COUNTER(out_unicast),
	COUNTER(out_multicast),
	COUNTER(out_broadcast),
	COUNTER(out_discards),
	COUNTER(out_errors),
#undef COUNTER
};
#define COUNTERS (sizeof counter / sizeof *counter)

static uint64_t
counter_value(const struct flow_counters *c, size_t i)
{
	uint64_t v;

	memcpy(&v, (const char *)c + counter[i].offset, sizeof v);
	return v;
}

static bool
counter_said(const struct flow_counters *c, size_t i)
{
	return c->of_interface && counter_value(c, i) != UINT64_MAX;
}

void
flowtext_counters_tsv_head(FILE *out)
{
	fputs(
	    "exporter\tagent\ttime\tsource\tinterface\ttype\tspeed\tdirection\tstatus",
	    out);
	for (size_t i = 0; i < COUNTERS; i++)
		fprintf(out, "\t%s", counter[i].name);
	putc('\n', out);
}

void
flowtext_counters_tsv(FILE *out, const struct flow_counters *c)
{
	char text[ADDR_TEXT];

	fputs(addr_text(&c->exporter->address, text), out);
	fprintf(out, "\t%s", flow_ip_text(&c->exporter->agent, text));
	cell(out, true, (uint64_t)c->time_ms);
	fprintf(out, "\t%u:%u", c->source_type, c->source);
	cell(out, c->of_interface, c->interface);
	cell(out, c->of_interface, c->type);
	cell(out, c->of_interface, c->speed);
	cell(out, c->of_interface, c->direction);
	cell(out, c->of_interface, c->status);
	for (size_t i = 0; i < COUNTERS; i++)
		cell(out, counter_said(c, i), counter_value(c, i));
	putc('\n', out);
}

void
flowtext_discard_tsv_head(FILE *out)
{
	fputs("exporter\tagent\ttime\treason\treason_text\tin_if\tout_if\tsrc\tdst"
	      "\tproto\tsport\tdport\toctets\n",
	    out);
}

void
flowtext_discard_tsv(FILE *out, const struct flow_discard *d)
{
	const char *word = flow_discard_word(d->reason);
	const struct flow *f = &d->flow;
	char text[ADDR_TEXT];

	fputs(addr_text(&d->exporter->address, text), out);
	fprintf(out, "\t%s", flow_ip_text(&d->exporter->agent, text));
	cell(out, true, (uint64_t)d->time_ms);
	cell(out, true, d->reason);
	fprintf(out, "\t%s", word != NULL ? word : "");
	cell(out, true, d->in);
	cell(out, true, d->out);
	fprintf(out, "\t%s", flow_ip_text(&f->src, text));
	fprintf(out, "\t%s", flow_ip_text(&f->dst, text));
	cell(out, f->has & FLOW_HAS_PROTO, f->proto);
	cell(out, f->has & FLOW_HAS_SPORT, f->sport);
	cell(out, f->has & FLOW_HAS_DPORT, f->dport);
	cell(out, f->has & FLOW_HAS_OCTETS, f->octets);
	putc('\n', out);
}

/* --- objects ---------------------------------------------------------------------- */

static void
put_num(struct json *j, const char *key, bool there, uint64_t v)
{
	if (!there)
		return;
	jw_key(j, key);
	jw_int(j, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

static void
put_ip(struct json *j, const char *key, const struct flow_ip *ip)
{
	char text[ADDR_TEXT];

	if (ip->len == 0)
		return;
	jw_key(j, key);
	jw_str(j, flow_ip_text(ip, text));
}

static void
put_mac(struct json *j, const char *key, bool there, const uint8_t mac[6])
{
	char text[18];

	if (!there)
		return;
	snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
	    mac[2], mac[3], mac[4], mac[5]);
	jw_key(j, key);
	jw_str(j, text);
}

static void
put_exporter(struct json *j, const struct exporter *x)
{
	char text[ADDR_TEXT];

	jw_key(j, "exporter");
	jw_str(j, addr_text(&x->address, text));
	put_ip(j, "agent", &x->agent);
	put_num(j, "domain", true, x->domain);
}

/* Of what a tunnel carries. */
static void
put_inner(struct json *j, const struct flow_quote *q)
{
	bool ports = service_has_ports(q->proto);

	put_ip(j, "inner_src", &q->src);
	put_ip(j, "inner_dst", &q->dst);
	put_num(j, "inner_proto", true, q->proto);
	put_num(j, "inner_sport", ports, q->sport);
	put_num(j, "inner_dport", ports, q->dport);
}

static void
put_flow(struct json *j, const struct flow *f)
{
	uint32_t has = f->has;

	put_num(j, "time_start", has & FLOW_HAS_START, (uint64_t)f->start_ms);
	put_num(j, "time_end", has & FLOW_HAS_END, (uint64_t)f->end_ms);
	put_ip(j, "src", &f->src);
	put_ip(j, "dst", &f->dst);
	put_num(j, "proto", has & FLOW_HAS_PROTO, f->proto);
	put_num(j, "sport", has & FLOW_HAS_SPORT, f->sport);
	put_num(j, "dport", has & FLOW_HAS_DPORT, f->dport);
	put_num(j, "tcp_flags", has & FLOW_HAS_FLAGS, f->flags);
	put_num(j, "tos", has & FLOW_HAS_TOS, f->tos);
	put_num(j, "in_if", has & FLOW_HAS_IN, f->in);
	put_num(j, "out_if", has & FLOW_HAS_OUT, f->out);
	put_num(j, "octets", has & FLOW_HAS_OCTETS, f->octets);
	put_num(j, "packets", has & FLOW_HAS_PACKETS, f->packets);
	put_num(j, "flows", f->merged != 0, f->merged + 1ULL);
	put_num(j, "reverse_octets", has & FLOW_HAS_REVERSE, f->reverse_octets);
	put_num(j, "reverse_packets", has & FLOW_HAS_REVERSE, f->reverse_packets);
	put_num(j, "dropped_octets", has & FLOW_HAS_DROPPED, f->dropped_octets);
	put_num(j, "dropped_packets", has & FLOW_HAS_DROPPED, f->dropped_packets);
	put_ip(j, "next_hop", &f->next_hop);
	put_num(j, "src_as", has & FLOW_HAS_SRC_AS, f->src_as);
	put_num(j, "dst_as", has & FLOW_HAS_DST_AS, f->dst_as);
	put_num(j, "src_prefix_len", has & FLOW_HAS_SRC_LEN, f->src_len);
	put_num(j, "dst_prefix_len", has & FLOW_HAS_DST_LEN, f->dst_len);
	put_mac(j, "src_mac", has & FLOW_HAS_MACS, f->src_mac);
	put_mac(j, "dst_mac", has & FLOW_HAS_MACS, f->dst_mac);
	put_num(j, "vlan", has & FLOW_HAS_VLAN, f->vlan);
	put_num(j, "out_vlan", has & FLOW_HAS_OUT_VLAN, f->out_vlan);
	put_num(j, "direction", has & FLOW_HAS_EGRESS, f->egress);
	put_num(j, "ttl", has & FLOW_HAS_TTL, f->ttl);
	put_num(j, "icmp_type", has & FLOW_HAS_ICMP, f->icmp_type);
	put_num(j, "icmp_code", has & FLOW_HAS_ICMP, f->icmp_code);
	put_num(j, "fragment_offset", has & FLOW_HAS_FRAGMENT, f->fragment);
	put_num(j, "flow_label", has & FLOW_HAS_LABEL, f->label);
	put_num(j, "forwarding_status", has & FLOW_HAS_STATUS, f->status);
	put_num(j, "flow_end_reason", has & FLOW_HAS_END_REASON, f->end_reason);
	put_num(j, "firewall_event", has & FLOW_HAS_EVENT, f->event);
	put_ip(j, "post_src", &f->post_src);
	put_ip(j, "post_dst", &f->post_dst);
	put_num(j, "post_sport", has & FLOW_HAS_POST_PORTS, f->post_sport);
	put_num(j, "post_dport", has & FLOW_HAS_POST_PORTS, f->post_dport);
	if (has & FLOW_HAS_INNER)
		put_inner(j, &f->inner);
}

static void
begin(struct json *j, FILE *out, const char *type, const struct exporter *x)
{
	jw_init(j, out);
	jw_object(j);
	jw_key(j, "type");
	jw_str(j, type);
	put_exporter(j, x);
}

static void
end(struct json *j, FILE *out)
{
	jw_object_end(j);
	putc('\n', out);
}

void
flowtext_json(FILE *out, const struct flow *f)
{
	struct json j;

	begin(&j, out, "flow", f->exporter);
	jw_key(&j, "proto_version");
	jw_str(&j, flow_protocol_word(f->protocol));
	put_flow(&j, f);
	put_num(&j, "sampling", f->rate_from != SAMPLING_UNKNOWN, f->rate);
	jw_key(&j, "sampling_from");
	jw_str(&j, flow_sampling_word(f->rate_from));
	end(&j, out);
}

void
flowtext_counters_json(FILE *out, const struct flow_counters *c)
{
	struct json j;

	begin(&j, out, "counters", c->exporter);
	put_num(&j, "time", true, (uint64_t)c->time_ms);
	put_num(&j, "source_type", true, c->source_type);
	put_num(&j, "source", true, c->source);
	put_num(&j, "interface", c->of_interface, c->interface);
	put_num(&j, "if_type", c->of_interface, c->type);
	put_num(&j, "speed", c->of_interface, c->speed);
	put_num(&j, "direction", c->of_interface, c->direction);
	put_num(&j, "status", c->of_interface, c->status);
	for (size_t i = 0; i < COUNTERS; i++)
		put_num(&j, counter[i].name, counter_said(c, i), counter_value(c, i));
	end(&j, out);
}

void
flowtext_discard_json(FILE *out, const struct flow_discard *d)
{
	struct json j;

	begin(&j, out, "discard", d->exporter);
	put_num(&j, "time", true, (uint64_t)d->time_ms);
	put_num(&j, "reason", true, d->reason);
	if (flow_discard_word(d->reason) != NULL) {
		jw_key(&j, "reason_text");
		jw_str(&j, flow_discard_word(d->reason));
	}
	put_num(&j, "drops", true, d->drops);
	put_num(&j, "in_if", true, d->in);
	put_num(&j, "out_if", true, d->out);
	put_flow(&j, &d->flow);
	end(&j, out);
}

void
flowtext_option_json(FILE *out, const struct flow_option *o)
{
	struct json j;
	char *name;

	begin(&j, out, "option", o->exporter);
	put_num(&j, "sampler", o->has_sampler, o->sampler);
	put_num(&j, "sampling", o->rate != 0, o->rate);
	put_num(&j, "interface", o->name_len != 0, o->interface);
	if (o->name_len != 0) {
		name = mem_strn((const char *)o->name, o->name_len);
		jw_key(&j, "interface_name");
		jw_str(&j, name);
		free(name);
	}
	end(&j, out);
}
