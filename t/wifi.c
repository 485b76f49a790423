/* What the kernel says of radios: messages made with libnl, read, and counted by the
 * minute. With an argument it writes such a message to that file: a seed for the
 * fuzzer.
 */
#include "t/tap.h"

#include <linux/nl80211.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "collector/nl80211.h"
#include "collector/wificount.h"
#include "infer/radio.h"

#define FAMILY 28

/* --- messages --------------------------------------------------------------------- */

static struct nl_msg *
begin(uint8_t command)
{
	struct nl_msg *m = nlmsg_alloc();

	genlmsg_put(m, 1, 2, FAMILY, 0, NLM_F_MULTI, command, 1);
	return m;
}

static struct nl_msg *
make_interface(const char *name, uint32_t type)
{
	struct nl_msg *m = begin(NL80211_CMD_NEW_INTERFACE);

	nla_put_u32(m, NL80211_ATTR_IFINDEX, 3);
	nla_put_string(m, NL80211_ATTR_IFNAME, name);
	nla_put_u32(m, NL80211_ATTR_WIPHY, 0);
	nla_put_u32(m, NL80211_ATTR_IFTYPE, type);
	nla_put(m, NL80211_ATTR_SSID, 4, "home");
	nla_put_u32(m, NL80211_ATTR_WIPHY_FREQ, 5180);
	nla_put_u32(m, NL80211_ATTR_CHANNEL_WIDTH, NL80211_CHAN_WIDTH_80);
	return m;
}

struct make {
	int signal, average;
	unsigned frames, retries, failed, connected;
	uint16_t rate;
	uint32_t rate32;
	bool tdls, no_retries;
	uint8_t bssid;
};

static void
put_rate(struct nl_msg *m, int type, const struct make *k)
{
	struct nlattr *rate = nla_nest_start(m, type);

	if (k->rate32 != 0)
		nla_put_u32(m, NL80211_RATE_INFO_BITRATE32, k->rate32);
	if (k->rate != 0)
		nla_put_u16(m, NL80211_RATE_INFO_BITRATE, k->rate);
	nla_put_flag(m, NL80211_RATE_INFO_SHORT_GI);
	nla_nest_end(m, rate);
}

static struct nl_msg *
make_station(const struct make *k)
{
	struct nl_msg *m = begin(NL80211_CMD_NEW_STATION);
	struct nl80211_sta_flag_update flags = { .mask = 1U
							 << NL80211_STA_FLAG_TDLS_PEER,
		.set = k->tdls ? 1U << NL80211_STA_FLAG_TDLS_PEER : 0 };
	uint8_t mac[6] = { 2, 0, 0, 0, 0, k->bssid };

	nla_put_u32(m, NL80211_ATTR_IFINDEX, 3);
	nla_put(m, NL80211_ATTR_MAC, sizeof mac, mac);
	struct nlattr *info = nla_nest_start(m, NL80211_ATTR_STA_INFO);
	nla_put_u32(m, NL80211_STA_INFO_CONNECTED_TIME, k->connected);
	nla_put_u8(m, NL80211_STA_INFO_SIGNAL, (uint8_t)k->signal);
	if (k->average != 0)
		nla_put_u8(m, NL80211_STA_INFO_SIGNAL_AVG, (uint8_t)k->average);
	put_rate(m, NL80211_STA_INFO_TX_BITRATE, k);
	nla_put_u32(m, NL80211_STA_INFO_TX_PACKETS, k->frames);
	if (!k->no_retries)
		nla_put_u32(m, NL80211_STA_INFO_TX_RETRIES, k->retries);
	nla_put_u32(m, NL80211_STA_INFO_TX_FAILED, k->failed);
	nla_put(m, NL80211_STA_INFO_STA_FLAGS, sizeof flags, &flags);
	nla_put_u64(m, NL80211_STA_INFO_MAX + 3, 7); /* of a newer kernel */
	nla_nest_end(m, info);
	return m;
}

static int
read_station(struct nl_msg *m, struct nl80211_station *s)
{
	int r = nl80211_read_station(nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, s);

	nlmsg_free(m);
	return r;
}

static int
read_interface(struct nl_msg *m, struct nl80211_interface *i)
{
	int r = nl80211_read_interface(nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, i);

	nlmsg_free(m);
	return r;
}

static void
test_interface(void)
{
	struct nl80211_interface i;
	struct nl_msg *m;

	is_int(read_interface(make_interface("wlan0", NL80211_IFTYPE_STATION), &i), 0,
	    "an interface");
	is_str(i.name, "wlan0", "its name");
	ok(i.index == 3 && i.station, "its number, a station");
	ok(i.frequency == 5180 && i.width == 80, "its channel");
	read_interface(make_interface("wlan0", NL80211_IFTYPE_AP), &i);
	ok(!i.station, "an access point's own is no station");
	ok(read_interface(make_interface("../x", NL80211_IFTYPE_STATION), &i) < 0,
	    "a name that leads elsewhere");
	ok(read_interface(make_interface("averyveryverylongname", 2), &i) < 0 ||
		strlen(i.name) < WIFI_NAME,
	    "a name that is too long");
	m = begin(NL80211_CMD_NEW_INTERFACE);
	ok(read_interface(m, &i) < 0, "nothing in it");
	m = make_interface("wlan0", 2);
	genlmsg_hdr(nlmsg_hdr(m))->cmd = NL80211_CMD_NEW_STATION;
	ok(read_interface(m, &i) < 0, "another answer");
	m = make_interface("wlan0", 2);
	unsigned whole = nlmsg_hdr(m)->nlmsg_len, fine = 0;
	for (unsigned len = 0; len < whole; len++)
		fine += nl80211_read_interface(nlmsg_hdr(m), len, &i) == 0;
	is_int(fine, 0, "one that is cut off, anywhere");
	nlmsg_free(m);
}

static void
test_station(void)
{
	struct make k = { .signal = -70,
		.average = -72,
		.frames = 1000,
		.retries = 200,
		.failed = 3,
		.connected = 60,
		.rate = 4333,
		.bssid = 1 };
	struct nl80211_station s;

	is_int(read_station(make_station(&k), &s), 0, "a station");
	ok(s.index == 3 && s.bssid[5] == 1 && !s.other, "its interface, its address");
	is_close(s.level[WIFI_SIGNAL], -72, 0, "the mean signal");
	is_close(s.level[WIFI_SEND_RATE], 433.3e6, 1, "its rate");
	ok(isnan(s.level[WIFI_RECEIVE_RATE]), "the other one is not told");
	ok(s.count[NL80211_FRAMES] == 1000 && s.count[NL80211_RETRIES] == 200 &&
		s.count[NL80211_FAILED] == 3 && s.connected_s == 60,
	    "its counters");
	k.average = 0;
	k.rate32 = 120099;
	k.no_retries = true;
	read_station(make_station(&k), &s);
	is_close(
	    s.level[WIFI_SIGNAL], -70, 0, "the last signal where there is no mean");
	is_close(s.level[WIFI_SEND_RATE], 12.0099e9, 1, "a rate beyond 16 bits");
	is_int(s.count[NL80211_RETRIES], -1, "a driver that does not count retries");
	k.signal = 0;
	read_station(make_station(&k), &s);
	ok(isnan(s.level[WIFI_SIGNAL]), "a driver that knows no signal");
	k.tdls = true;
	read_station(make_station(&k), &s);
	ok(s.other, "a neighbour, not the access point");
	struct nl_msg *m = begin(NL80211_CMD_NEW_STATION);
	nla_put_u32(m, NL80211_ATTR_IFINDEX, 3);
	ok(read_station(m, &s) < 0, "nothing of it");
}

/* --- counting --------------------------------------------------------------------- */

#define MINUTE 60000
#define START (29000000LL * MINUTE) /* a minute begins */

static struct wifi last, minute;
static unsigned minutes, spans;

static void
on_span(void *ctx, const struct wifi *w)
{
	(void)ctx;
	if (w->span.minute) {
		minute = *w;
		minutes++;
	} else {
		last = *w;
		spans++;
	}
}

static struct nl80211_interface radio = {
	.index = 3, .name = "wlan0", .station = true, .frequency = 2437, .width = 20
};

/* K as it stands at MS; NULL: not linked. */
static void
at(struct wificount *t, int64_t ms, const struct make *k)
{
	struct nl80211_station s;

	if (k != NULL)
		read_station(make_station(k), &s);
	wificount_take(t, &radio, k != NULL ? &s : NULL, START + ms);
	wificount_sweep(t);
}

static void
pass(struct make *k, unsigned frames)
{
	k->frames += frames;
	k->retries += frames / 4;
	k->failed += frames / 100;
	k->connected += 10;
}

static void
test_minutes(void)
{
	struct wificount *t = wificount_new(on_span, NULL);
	struct make k = { .signal = -60,
		.frames = 4294967000U, /* it runs over soon */
		.connected = 900,
		.rate = 650,
		.bssid = 1 };

	at(t, -10000, &k);
	is_int(spans, 1, "the first sample is told");
	ok(last.linked && last.span.known_ms == 0 &&
		isnan(last.span.count[WIFI_FRAMES]) && last.span.count[WIFI_JOINS] == 0,
	    "nothing passed yet that is known");
	for (int i = 0; i < 7; i++) {
		pass(&k, 100);
		at(t, i * 10000, &k);
	}
	is_int(minutes, 2, "the minute is told when the next begins");
	ok(minute.span.begin_ms == START && minute.span.known_ms == MINUTE,
	    "all of it is known");
	is_close(minute.span.count[WIFI_FRAMES], 600, 1e-6, "a counter that ran over");
	is_close(minute.span.count[WIFI_RETRIES], 150, 1e-6, "retries");
	is_close(minute.span.count[WIFI_FAILED], 6, 1e-6, "failed ones");
	is_close(minute.span.level[WIFI_SIGNAL], -60, 1e-9, "the mean signal");
	is_close(minute.span.level[WIFI_FREQUENCY], 2437, 1e-9, "the channel");
	is_close(wifi_retry_share(&minute.span), 0.2, 1e-9,
	    "one of five transmissions was a repetition");
	is_close(last.span.count[WIFI_FRAMES], 100, 1e-9, "what passed just now");

	/* Another access point counts from nothing. */
	k = (struct make){ .signal = -50, .frames = 20, .connected = 2, .bssid = 2 };
	at(t, 70000, &k);
	ok(last.span.count[WIFI_JOINS] == 1 && last.span.known_ms == 0,
	    "another access point: joined, and not counted");
	for (int i = 8; i < 13; i++) {
		pass(&k, 100);
		at(t, i * 10000, &k);
	}
	ok(minute.span.count[WIFI_JOINS] == 1 && minute.span.known_ms == 50000,
	    "ten seconds of that minute are not known");
	is_close(minute.span.count[WIFI_FRAMES], 500, 1e-6, "the others are");

	/* The same one anew. */
	k.connected = 1;
	k.frames = 10;
	at(t, 130000, &k);
	is_int((long long)last.span.count[WIFI_JOINS], 1, "the same one joined anew");
	/* Not linked, and linked again. */
	at(t, 140000, NULL);
	ok(!last.linked && isnan(last.span.level[WIFI_SIGNAL]), "linked with none");
	pass(&k, 10);
	at(t, 150000, &k);
	ok(last.linked && last.span.count[WIFI_JOINS] == 1, "and with one again");
	/* A counter that falls back without a word. */
	pass(&k, 10);
	at(t, 160000, &k);
	k.frames = 0;
	k.connected += 10;
	at(t, 170000, &k);
	ok(last.span.known_ms == 0, "a counter that fell back is no difference");
	/* Suspended. */
	pass(&k, 50);
	at(t, 370000, &k);
	ok(last.span.known_ms == 0, "nor is what passed in a gap");
	/* A clock that was set back. */
	pass(&k, 50);
	at(t, 100000, &k);
	ok(last.span.known_ms == 0, "nor is what passed while a clock was set back");
	pass(&k, 50);
	at(t, 110000, &k);
	is_close(last.span.count[WIFI_FRAMES], 50, 1e-9, "then it goes on");

	/* Gone, and back under another number. */
	unsigned before = minutes;
	wificount_sweep(t);
	is_int(minutes, before + 1, "gone: its open minute is told");
	is_int(wificount_radios(t), 0, "and it is forgotten");
	radio.index = 4;
	at(t, 120000, &k);
	pass(&k, 20);
	radio.index = 5;
	at(t, 130000, &k);
	ok(last.span.known_ms == 0, "another number is another radio");
	wificount_free(t);
}

/* --- words ------------------------------------------------------------------------ */

static void
test_words(void)
{
	char text[WIFI_TEXT];

	ok(wifi_channel(2412) == 1 && wifi_channel(2472) == 13 &&
		wifi_channel(2484) == 14 && wifi_channel(5180) == 36 &&
		wifi_channel(5885) == 177 && wifi_channel(5955) == 1 &&
		wifi_channel(7115) == 233 && wifi_channel(58320) == 1 &&
		wifi_channel(0) == 0 && wifi_channel(NAN) == 0,
	    "channels by their frequency");
	is_str(wifi_band(5955), "6 GHz", "a band");
	struct wifi w = { .linked = true,
		.span = { .known_ms = 10000,
		    .count = { 100, 25, 1, 0 },
		    .level = { -50, 2437, NAN, NAN } } };
	is_str(wifi_text(&w, text),
	    "2.4 GHz channel 6, -50 dBm, 20 % repeated, 1.0 % failed",
	    "a radio in words");
	struct wifi none = { .name = "wlan0" };
	is_str(
	    wifi_text(&none, text), "not connected to any access point", "one without");
	ok(wifi_name_fits("wlp2s0") && !wifi_name_fits("") && !wifi_name_fits("..") &&
		!wifi_name_fits("a/b") && !wifi_name_fits("a b"),
	    "names of files");
}

/* --- judging ---------------------------------------------------------------------- */

/* What a radio says that was like this for two minutes. */
static struct infer_finding
says(double signal, double retries, double failed, double frames)
{
	static struct infer_finding f;
	struct wifi w = { .name = "wlan0",
		.linked = true,
		.span = { .known_ms = 10000,
		    .count = { frames, frames * retries / (1 - retries),
			frames * failed, 0 },
		    .level = { signal, 5180, 433e6, NAN } } };
	struct radio r = { 0 };

	for (unsigned i = 0; i < RADIO_SPANS; i++)
		radio_take(&r, &w);
	radio_tell(&r, &f);
	return f;
}

static void
test_judging(void)
{
	struct infer_finding f = says(-52, 0.03, 0, 200);
	struct wifi out = { .name = "wlan0" };
	struct radio r = { 0 };

	ok(f.confidence == CONFIDENCE_NONE && f.cause[0] == '\0',
	    "a radio that is fine");
	is_str(f.sentence,
	    "wlan0 hears its access point at -52 dBm and repeats 3 % of what it sends",
	    "it says how it does");
	f = says(-78, 0.31, 0, 200);
	ok(f.confidence != CONFIDENCE_NONE && f.segment == SEGMENT_WIFI &&
		strcmp(f.cause, "signal") == 0,
	    "one that is too far away");
	is_str(f.sentence,
	    "wlan0 hears its access point at -78 dBm and repeats 31 % of what it sends",
	    "so it says");
	ok(f.numbers == 4 && f.number[0].value == -78 && f.number[0].threshold == -75 &&
		f.number[1].low < 0.31 && f.number[1].high > 0.31,
	    "with bounds and intervals");
	is_str(says(-50, 0.31, 0, 200).cause, "retries", "one that is disturbed");
	is_str(says(-50, 0.1, 0.03, 200).cause, "failed", "one whose frames are lost");
	is_str(says(-50, 0.22, 0, 30).cause, "", "a little more, of few frames");
	is_str(
	    says(-50, 0.9, 0.5, 2).cause, "", "of hardly any frames nothing is known");
	is_str(says(NAN, NAN, NAN, 100).sentence,
	    "wlan0 is connected, and tells nothing more",
	    "a driver that tells nothing");
	radio_take(&r, &out);
	radio_tell(&r, &f);
	is_str(f.cause, "", "unlinked for a moment: it may move");
	radio_take(&r, &out);
	radio_tell(&r, &f);
	is_str(f.cause, "unlinked", "unlinked");
	is_str(f.sentence, "wlan0 is connected to no access point", "so it says");
	radio_gone(&r);
	radio_tell(&r, &f);
	is_str(f.sentence, "its interface wlan0 is gone", "pulled out");
}

static int
write_seed(const char *path)
{
	struct make k = { .signal = -70, .frames = 1000, .rate = 4333, .bssid = 1 };
	struct nl_msg *m = strstr(path, "interface") != NULL
			       ? make_interface("wlan0", NL80211_IFTYPE_STATION)
			       : make_station(&k);
	FILE *out = fopen(path, "wbe");

	if (out == NULL || fwrite(nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, 1, out) != 1)
		return 1;
	nlmsg_free(m);
	return fclose(out) != 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return write_seed(argv[1]);
	test_interface();
	test_station();
	test_words();
	test_minutes();
	test_judging();
	return tap_done();
}
