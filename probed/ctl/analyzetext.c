#include "ctl/analyzetext.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/json.h"
#include "infer/attacktext.h"
#include "infer/backscattertext.h"

/* --- incidents -------------------------------------------------------------------- */

/* "2023-11-14 22:13:20 to 22:15:00", or, not OVER, "since 2023-11-14 22:13:20". */
static void
print_span(int64_t begin_s, int64_t end_s, bool over)
{
	time_t begin = (time_t)begin_s, end = (time_t)end_s;
	char from[64] = "?", to[64] = "?";
	struct tm tm;

	if (localtime_r(&begin, &tm) != NULL)
		strftime(from, sizeof from, "%Y-%m-%d %H:%M:%S", &tm);
	if (localtime_r(&end, &tm) != NULL)
		strftime(to, sizeof to, "%Y-%m-%d %H:%M:%S", &tm);
	if (over)
		printf("%s to %s", from, to);
	else
		printf("since %s", from);
}

void
analyzetext_victim(enum analyze_format format, const struct victim *m,
    const struct backscatter *b, bool over)
{
	char who[ADDR_TEXT], text[BACKSCATTER_SUMMARY];
	struct json j;

	if (format == ANALYZE_JSON) {
		jw_init(&j, stdout);
		backscatter_json(&j, m, b, over);
		putchar('\n');
		return;
	}
	flow_ip_text(&m->address, who);
	backscatter_summary(text, sizeof text, who, b);
	print_span(m->first_ms / 1000, m->last_ms / 1000, over);
	printf(" (%s): %s\n", backscatter_confidence(b), text);
}

void
analyzetext_attack(enum analyze_format format, const struct attack *a, bool over)
{
	char text[ATTACK_SUMMARY];
	struct json j;

	if (format == ANALYZE_JSON) {
		jw_init(&j, stdout);
		attack_json(&j, a, over);
		putchar('\n');
		return;
	}
	attack_summary(a, text);
	print_span(a->begin_s, a->below_s, over);
	printf(" (%s): %s\n", attack_confidence(a), text);
}

/* --- rows ------------------------------------------------------------------------- */

static void
put_key(struct json *j, enum minute_by by, const struct minute_key *key)
{
	char text[ADDR_TEXT];

	if (key->a.len != 0) {
		jw_key(j, by == MINUTE_FLOW ? "src" : "address");
		jw_str(j, flow_ip_text(&key->a, text));
	}
	if (by == MINUTE_FLOW) {
		jw_key(j, "dst");
		jw_str(j, flow_ip_text(&key->b, text));
		jw_key(j, "sport");
		jw_int(j, key->sport);
	}
	if (by == MINUTE_FLOW || by == MINUTE_PORT || by == MINUTE_PROTOCOL) {
		jw_key(j, "proto");
		jw_int(j, key->proto);
	}
	if (by == MINUTE_FLOW || by == MINUTE_PORT) {
		jw_key(j, by == MINUTE_FLOW ? "dport" : "port");
		jw_int(j, key->dport);
	}
	if (by == MINUTE_AS || by == MINUTE_INTERFACE) {
		jw_key(j, by == MINUTE_AS ? "as" : "interface");
		jw_int(j, key->number);
	}
	if (by == MINUTE_DSCP) {
		jw_key(j, "dscp");
		jw_int(j, key->tos);
	}
}

static void
put_sum(struct json *j, const struct minute_sum *sum)
{
	static const char *const octets[] = { "in_octets", "out_octets",
		"other_octets" };

	for (unsigned way = 0; way < MINUTE_WAYS; way++) {
		jw_key(j, octets[way]);
		jw_int(j, (int64_t)sum->octets[way]);
	}
	jw_key(j, "packets");
	jw_int(j, (int64_t)minute_packets(sum));
	/* Two standard errors each side, of what sampling leaves open. */
	jw_key(j, "octets_error95");
	jw_num(j, 1.96 * sqrt(sum->octets_var));
	jw_key(j, "unknown_octets");
	jw_int(j, (int64_t)sum->unknown_octets);
}

static void
print_key(enum minute_by by, const struct minute_key *key)
{
	char a[ADDR_TEXT], b[ADDR_TEXT];

	switch (by) {
	case MINUTE_FLOW:
		printf(" %s port %u to %s port %u, protocol %u",
		    flow_ip_text(&key->a, a), key->sport, flow_ip_text(&key->b, b),
		    key->dport, key->proto);
		break;
	case MINUTE_PORT:
		printf(" %u, protocol %u", key->dport, key->proto);
		break;
	case MINUTE_PROTOCOL:
		printf(" %u", key->proto);
		break;
	case MINUTE_AS:
		printf(" %u", key->number);
		break;
	case MINUTE_INTERFACE:
		printf(" %s %u", flow_ip_text(&key->a, a), key->number);
		break;
	case MINUTE_DSCP:
		printf(" %u", key->tos);
		break;
	default:
		if (key->a.len != 0)
			printf(" %s", flow_ip_text(&key->a, a));
	}
}

void
analyzetext_top(enum analyze_format format, enum minute_by by, unsigned rank,
    const struct minute_key *key, const struct minute_sum *sum, uint64_t error)
{
	struct json j;

	if (format == ANALYZE_TEXT) {
		fputs(minute_by_word(by), stdout);
		print_key(by, key);
		printf(": %llu bytes in, %llu out, %llu else, %llu packets\n",
		    (unsigned long long)sum->octets[MINUTE_IN],
		    (unsigned long long)sum->octets[MINUTE_OUT],
		    (unsigned long long)sum->octets[MINUTE_OTHER],
		    (unsigned long long)minute_packets(sum));
		return;
	}
	jw_init(&j, stdout);
	jw_object(&j);
	jw_key(&j, "kind");
	jw_str(&j, "top");
	jw_key(&j, "by");
	jw_str(&j, minute_by_word(by));
	if (by != MINUTE_TOTAL) {
		jw_key(&j, "rank");
		jw_int(&j, rank);
	}
	put_key(&j, by, key);
	put_sum(&j, sum);
	jw_key(&j, "octets_too_many");
	jw_int(&j, (int64_t)error);
	jw_object_end(&j);
	putchar('\n');
}
