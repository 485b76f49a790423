#include "web/suspects.h"

#include <string.h>

#include "link/msgsuspicion.h"

static struct suspicions suspicions;

int
suspects_message(struct msg_in *in)
{
	struct msg_suspicion s;

	if (msg_get_suspicion(in, &s) != 0)
		return -1;
	suspicions_add(&suspicions, &s);
	return 0;
}

void
suspects_forget(void)
{
	memset(&suspicions, 0, sizeof suspicions);
}

void
suspects_forget_hosts(const struct prefix *p)
{
	suspicions_forget(&suspicions, p);
}

static void
put_number(struct json *j, const char *key, double v)
{
	jw_key(j, key);
	jw_num(j, v);
}

/* KEY, low_KEY, high_KEY. */
static void
put_figure(
    struct json *j, const char *key, const struct suspicion_figure *f, double factor)
{
	char name[40];

	put_number(j, key, f->value * factor);
	snprintf(name, sizeof name, "low_%s", key);
	put_number(j, name, f->low * factor);
	snprintf(name, sizeof name, "high_%s", key);
	put_number(j, name, f->high * factor);
}

static void
put_why(struct json *j, unsigned why)
{
	jw_key(j, "why");
	jw_array(j);
	if (why & SUSPICION_PACKETS)
		jw_str(j, "packets");
	if (why & SUSPICION_OCTETS)
		jw_str(j, "bits");
	if (why & SUSPICION_FLOWS)
		jw_str(j, "flows");
	jw_array_end(j);
}

static void
put_suspicion(struct json *j, const struct msg_suspicion *s, bool hosts)
{
	char text[ADDR_TEXT];

	jw_object(j);
	jw_key(j, "subject");
	jw_str(j, s->host.len == 0 ? "network" : "host");
	jw_key(j, "host");
	jw_str(j, hosts && s->host.len != 0 ? flow_ip_text(&s->host, text) : NULL);
	jw_key(j, "direction");
	jw_str(j, s->out ? "out" : "in");
	put_why(j, s->why);
	put_number(j, "time", (double)s->time_ms / 1000);
	put_number(j, "window", (double)s->window_ms / 1000);
	put_figure(j, "pps", &s->packets, 1);
	put_figure(j, "bps", &s->octets, 8);
	put_number(j, "flows", s->flows);
	put_figure(j, "addresses", &s->ends, 1);
	jw_key(j, "samples");
	jw_int(j, (int64_t)s->samples);
	put_number(j, "tcp", s->tcp);
	put_number(j, "syn", s->syn);
	put_number(j, "udp", s->udp);
	put_number(j, "icmp", s->icmp);
	put_number(j, "fragments", s->fragments);
	jw_object_end(j);
}

void
suspects_put(struct json *j, bool hosts)
{
	jw_key(j, "suspicions");
	jw_array(j);
	for (unsigned i = 0; i < suspicions.count; i++)
		put_suspicion(j, &suspicions.one[i], hosts);
	jw_array_end(j);
}
