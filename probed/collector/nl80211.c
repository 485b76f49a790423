#include "collector/nl80211.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <linux/nl80211.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

/* Attributes of the message at DATA if it is a whole one with command COMMAND. A kernel
 * that is newer sends some that POLICY does not know: they are passed over. */
static int
read_head(const void *data, size_t len, uint8_t command, struct nlattr **attr, int max,
    const struct nla_policy *policy)
{
	struct nlmsghdr *m = (struct nlmsghdr *)data;

	if (len < sizeof *m || m->nlmsg_len > len || !genlmsg_valid_hdr(m, 0) ||
	    genlmsg_hdr(m)->cmd != command)
		return -1;
	return genlmsg_parse(m, 0, attr, max, policy) < 0 ? -1 : 0;
}

static uint32_t
width_of(uint32_t width)
{
	static const uint32_t mhz[] = {
		[NL80211_CHAN_WIDTH_20_NOHT] = 20,
		[NL80211_CHAN_WIDTH_20] = 20,
		[NL80211_CHAN_WIDTH_40] = 40,
		[NL80211_CHAN_WIDTH_80] = 80,
		[NL80211_CHAN_WIDTH_80P80] = 160,
		[NL80211_CHAN_WIDTH_160] = 160,
		[NL80211_CHAN_WIDTH_5] = 5,
		[NL80211_CHAN_WIDTH_10] = 10,
		[NL80211_CHAN_WIDTH_1] = 1,
		[NL80211_CHAN_WIDTH_2] = 2,
		[NL80211_CHAN_WIDTH_4] = 4,
		[NL80211_CHAN_WIDTH_8] = 8,
		[NL80211_CHAN_WIDTH_16] = 16,
		[13] = 320, /* newer than Debian 12's headers */
	};

	return width < sizeof mhz / sizeof *mhz ? mhz[width] : 0;
}

static uint32_t
number(const struct nlattr *a)
{
	return a != NULL ? nla_get_u32(a) : 0;
}

int
nl80211_read_interface(const void *data, size_t len, struct nl80211_interface *to)
{
	static const struct nla_policy policy[NL80211_ATTR_MAX + 1] = {
		[NL80211_ATTR_IFINDEX] = { .type = NLA_U32 },
		[NL80211_ATTR_IFNAME] = { .type = NLA_STRING },
		[NL80211_ATTR_IFTYPE] = { .type = NLA_U32 },
		[NL80211_ATTR_WIPHY_FREQ] = { .type = NLA_U32 },
		[NL80211_ATTR_CHANNEL_WIDTH] = { .type = NLA_U32 },
	};
	struct nlattr *attr[NL80211_ATTR_MAX + 1];

	memset(to, 0, sizeof *to);
	/* What asks for interfaces is answered by new ones. */
	if (read_head(data, len, NL80211_CMD_NEW_INTERFACE, attr, NL80211_ATTR_MAX,
		policy) != 0 ||
	    attr[NL80211_ATTR_IFINDEX] == NULL || attr[NL80211_ATTR_IFNAME] == NULL)
		return -1;
	nla_strlcpy(to->name, attr[NL80211_ATTR_IFNAME], sizeof to->name);
	if (!wifi_name_fits(to->name))
		return -1;
	to->index = number(attr[NL80211_ATTR_IFINDEX]);
	to->station = number(attr[NL80211_ATTR_IFTYPE]) == NL80211_IFTYPE_STATION;
	to->frequency = number(attr[NL80211_ATTR_WIPHY_FREQ]);
	if (attr[NL80211_ATTR_CHANNEL_WIDTH] != NULL)
		to->width = width_of(number(attr[NL80211_ATTR_CHANNEL_WIDTH]));
	return 0;
}

/* --- stations --------------------------------------------------------------------- */

/* bit/s; the older attribute has 16 bits for units of 100 kbit/s. */
static double
rate_of(struct nlattr *nest)
{
	static const struct nla_policy policy[NL80211_RATE_INFO_MAX + 1] = {
		[NL80211_RATE_INFO_BITRATE] = { .type = NLA_U16 },
		[NL80211_RATE_INFO_BITRATE32] = { .type = NLA_U32 },
	};
	struct nlattr *attr[NL80211_RATE_INFO_MAX + 1];
	uint32_t units = 0;

	if (nest == NULL ||
	    nla_parse_nested(attr, NL80211_RATE_INFO_MAX, nest, policy) < 0)
		return NAN;
	if (attr[NL80211_RATE_INFO_BITRATE32] != NULL)
		units = nla_get_u32(attr[NL80211_RATE_INFO_BITRATE32]);
	else if (attr[NL80211_RATE_INFO_BITRATE] != NULL)
		units = nla_get_u16(attr[NL80211_RATE_INFO_BITRATE]);
	return units > 0 ? units * 100e3 : NAN;
}

/* dBm, in a byte with a sign; the mean says more than the last frame. 0 is what drivers
 * say that do not know. */
static double
signal_of(struct nlattr *const *info)
{
	const struct nlattr *a = info[NL80211_STA_INFO_SIGNAL_AVG];
	int8_t dbm;

	if (a == NULL || nla_get_u8(a) == 0)
		a = info[NL80211_STA_INFO_SIGNAL];
	if (a == NULL)
		return NAN;
	dbm = (int8_t)nla_get_u8(a);
	return dbm != 0 ? dbm : NAN;
}

static int64_t
counter(const struct nlattr *a)
{
	return a != NULL ? (int64_t)nla_get_u32(a) : -1;
}

static void
read_info(struct nlattr *const *info, struct nl80211_station *to)
{
	static const int from[NL80211_COUNTERS] = {
		[NL80211_FRAMES] = NL80211_STA_INFO_TX_PACKETS,
		[NL80211_RETRIES] = NL80211_STA_INFO_TX_RETRIES,
		[NL80211_FAILED] = NL80211_STA_INFO_TX_FAILED,
	};
	const struct nlattr *flags = info[NL80211_STA_INFO_STA_FLAGS];

	to->level[WIFI_SIGNAL] = signal_of(info);
	to->level[WIFI_FREQUENCY] = NAN;
	to->level[WIFI_SEND_RATE] = rate_of(info[NL80211_STA_INFO_TX_BITRATE]);
	to->level[WIFI_RECEIVE_RATE] = rate_of(info[NL80211_STA_INFO_RX_BITRATE]);
	for (unsigned i = 0; i < NL80211_COUNTERS; i++)
		to->count[i] = counter(info[from[i]]);
	to->connected_s = counter(info[NL80211_STA_INFO_CONNECTED_TIME]);
	if (flags != NULL) {
		struct nl80211_sta_flag_update f;

		memcpy(&f, nla_data(flags), sizeof f);
		to->other = (f.mask & f.set & 1U << NL80211_STA_FLAG_TDLS_PEER) != 0;
	}
}

int
nl80211_read_station(const void *data, size_t len, struct nl80211_station *to)
{
	static const struct nla_policy policy[NL80211_ATTR_MAX + 1] = {
		[NL80211_ATTR_IFINDEX] = { .type = NLA_U32 },
		[NL80211_ATTR_MAC] = { .type = NLA_UNSPEC, .minlen = 6 },
		[NL80211_ATTR_STA_INFO] = { .type = NLA_NESTED },
	};
	static const struct nla_policy info_policy[NL80211_STA_INFO_MAX + 1] = {
		[NL80211_STA_INFO_SIGNAL] = { .type = NLA_U8 },
		[NL80211_STA_INFO_SIGNAL_AVG] = { .type = NLA_U8 },
		[NL80211_STA_INFO_TX_BITRATE] = { .type = NLA_NESTED },
		[NL80211_STA_INFO_RX_BITRATE] = { .type = NLA_NESTED },
		[NL80211_STA_INFO_TX_PACKETS] = { .type = NLA_U32 },
		[NL80211_STA_INFO_TX_RETRIES] = { .type = NLA_U32 },
		[NL80211_STA_INFO_TX_FAILED] = { .type = NLA_U32 },
		[NL80211_STA_INFO_CONNECTED_TIME] = { .type = NLA_U32 },
		[NL80211_STA_INFO_STA_FLAGS] = { .type = NLA_UNSPEC,
		    .minlen = sizeof(struct nl80211_sta_flag_update) },
	};
	struct nlattr *attr[NL80211_ATTR_MAX + 1], *info[NL80211_STA_INFO_MAX + 1];

	memset(to, 0, sizeof *to);
	if (read_head(data, len, NL80211_CMD_NEW_STATION, attr, NL80211_ATTR_MAX,
		policy) != 0 ||
	    attr[NL80211_ATTR_IFINDEX] == NULL || attr[NL80211_ATTR_MAC] == NULL ||
	    attr[NL80211_ATTR_STA_INFO] == NULL ||
	    nla_parse_nested(info, NL80211_STA_INFO_MAX, attr[NL80211_ATTR_STA_INFO],
		info_policy) < 0)
		return -1;
	to->index = number(attr[NL80211_ATTR_IFINDEX]);
	memcpy(to->bssid, nla_data(attr[NL80211_ATTR_MAC]), sizeof to->bssid);
	read_info(info, to);
	return 0;
}
