#!/bin/bash
# How ICMP packets leave, as another host sees them: traffic class, time to live, size,
# fragments, source, interface, mark, flow; link-local addresses, and next hops that do
# not answer.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=1ms"

# The other host: a namespace behind a cable. Its kernel answers echoes.
unshare -n sleep 600 &
FAR=$!
apart() {
	[ "$(readlink /proc/$FAR/ns/net)" != "$(readlink /proc/self/ns/net)" ]
}
wait_until 10 apart || bail "no second namespace"
far() {
	nsenter -t $FAR -n "$@"
}
cable() {
	ip link add near type veth peer name far netns $FAR
	ip address add 172.30.0.1/24 dev near
	ip address add 172.30.0.9/24 dev near
	ip address add fd00:30::1/64 dev near nodad
	ip address add fe80::9/64 dev near nodad
	ip link set near up
	far ip link set lo up
	far ip address add 172.30.0.2/24 dev far
	far ip address add 172.30.0.3/24 dev far
	far ip address add fd00:30::2/64 dev far nodad
	far ip address add fe80::2/64 dev far nodad
	far ip link set far up
}
cable || skip_all "no veth pair"
ip rule add fwmark 7 prohibit && ip -6 rule add fwmark 7 prohibit ||
	skip_all "no rules of routing"
nsenter -t $FAR -n "$BUILD/t/sniffer" far >"$DIR/seen" 2>"$DIR/sniffer.log" &
SNIFFER=$!

# single NAME HOST [LINE...]: a target, and its section of Overrides
OVERRIDES=
single() {
	local name=$1 host=$2
	shift 2
	printf '++ %s\nhost = %s\n' "$name" "$host"
	[ $# = 0 ] || OVERRIDES="$OVERRIDES
+ W.$name
$(printf '%s\n' "$@")"
}
targets() {
	echo "+ W"
	single plain 172.30.0.2
	single ef 172.30.0.2 "dscp = EF" "ttl = 7" "packetsize = 100"
	single big 172.30.0.2 "packetsize = 3000"
	single nodf 172.30.0.2 "packetsize = 3000" "df = yes"
	single small 172.30.0.2 "packetsize = 200" "df = yes" "tos = 0x20"
	single source 172.30.0.2 "sourceaddress = 172.30.0.9" "packetsize = 201"
	single here 172.30.0.2 "interface = near" "packetsize = 202"
	single gone 172.30.0.2 "interface = gone0"
	single marked 172.30.0.2 "fwmark = 7"
	single varying 172.30.0.2 "flow = varying" "packetsize = 203"
	single fping 172.30.0.2 "stamp = fping"
	single plain6 fd00:30::2
	single ef6 fd00:30::2 "dscp = af41" "ttl = 9" "packetsize = 100"
	single nodf6 fd00:30::2 "packetsize = 3000" "df = yes"
	single link fe80::2%near
	single nolink fe80::2%gone0
	single nobody 172.30.0.77
	single nobody6 fd00:30::77
	single mute 172.30.0.3
	echo "$OVERRIDES" >"$DIR/overrides"
}
targets >"$DIR/targets"
config 4 4 <"$DIR/targets"
{
	printf '*** Path ***\nwalk = no\n' # packets are counted here
	echo "*** Overrides ***"
	cat "$DIR/overrides"
} >"$DIR/smokebox"
probed_start
wait_until 20 ready || bail "probed does not answer"

has_rounds() {
	[ "$(json "pings?target=W.plain&limit=100" '.rounds | length')" -ge "$1" ]
}
wait_until 40 has_rounds 4
ok $? "rounds come"

# outcomes NAME: of all rounds but the first, each kind once; a busy machine may be stalled
outcomes() {
	json "pings?target=W.$1&limit=100" \
		'[.rounds[1:][].outcome[]] - ["stalled"] | unique | join(",")'
}
why() {
	json targets ".targets[] | select(.path == \"W.$1\") | .why"
}
seen() {
	awk -v b="$1" '$2 == "'"${2:-172.30.0.1}"'" && $13 == b' "$DIR/seen"
}
column() {
	awk -v c="$1" '{ print $c }' | sort -u | tr '\n' ' '
}

for t in plain ef big small source here varying fping plain6 ef6 link mute; do
	is "$(outcomes $t)" answered "$t: answered"
done
is "$(seen 128 | column 5)" "184 " "ef: its traffic class"
is "$(seen 128 | column 7)" "7 " "and its time to live"
extra() {
	json "pings?target=W.$1&limit=100" ".rounds[-1].extras.$2"
}
is "$(extra ef traffic_class)" 184 "its answers come with it"
is "$(extra plain traffic_class)" null "which is asked of who has one only"
is "$(seen 84 | column 7)" "64 " "plain: the kernel's"
is "$(seen 84 | column 5)" "0 " "and no class"
is "$(seen 228 | column 9) $(seen 228 | column 5)" "1  32 " "small: not to be fragmented"
like "$(seen 1500 | column 11)" "1" "big: in fragments"
is "$(outcomes nodf)" too_big "nodf: too big for the link"
is "$(seen 229 172.30.0.9 | column 2)" "172.30.0.9 " "source: its address"
is "$(seen 229 | wc -l)" 0 "and no other"
is "$(seen 230 | column 2)" "172.30.0.1 " "here: by its interface"
is "$(outcomes gone)" not_sent "gone: no such interface is not loss"
like "$(why gone)" "interface" "and said so"
like "$(outcomes marked)" "^(prohibited|not_sent|no_route|host_unreachable)$" \
	"marked: a rule for its mark holds"
is "$(seen 84 | awk 'NF > 14 { print $17, $15 }' | sort -u | wc -l)" \
	"$(seen 84 | awk 'NF > 14 { print $15 }' | sort -u | wc -l)" \
	"plain: one checksum for each id"
holds "varying: many" "$(seen 231 | awk '{ print $17 }' | sort -u | wc -l) >= 8"
ef6=$(awk '$2 == "fd00:30::1" && $13 == 108' "$DIR/seen")
is "$(echo "$ef6" | column 5)$(echo "$ef6" | column 7)" "136 9 " "ef6: class and hop limit"
is "$(echo "$ef6" | awk '{ print $17, $15 }' | sort -u | wc -l)" 1 "and one checksum"
is "$(outcomes nodf6)" too_big "nodf6: too big for the link"
is "$(outcomes nolink)" no_name "nolink: its interface is not here: unknown"
like "$(why nolink)" "its interface is not here" "and said so"
is "$(json "pings?target=W.plain&limit=100" '[.rounds[1:][].stamp[]] | unique | join(",")')" \
	kernel "plain: by the kernel's stamps"
is "$(json "pings?target=W.fping&limit=100" '[.rounds[1:][].stamp[]] | unique | join(",")')" \
	kernel_rx "fping: from our own sending"
like "$(outcomes nobody)" "no_neighbour" "nobody: our kernel says so"
like "$(outcomes nobody6)" "no_neighbour" "by neighbour discovery as well"

# --- the status, and a reload ---------------------------------------------------------
is "$(json status '[.icmp.v4_sockets, .icmp.v6_sockets] | join(" ")')" "6 4" \
	"plain, df and a mark: two sockets each"
like "$("$BUILD/probectl" --url "$URL" status)" \
	'^icmp v4 +(datagram|raw) sockets, 6 with [0-9]+ KiB each' "which probectl shows"
like "$(page /config)" 'sockets</span>: 6, each of which holds' "and the page"
like "$(curl -s "$URL/metrics")" '^smokebox_icmp_sockets\{family="v4"\} 6' "and metrics"
pid=$(worker_pid prober)
sed -i 's/^+ W.plain6/&/; $a + W.plain6\nfwmark = 9' "$DIR/smokebox"
kill -HUP "$PROBED"
eight() {
	[ "$(json status '.icmp.v6_sockets')" = 6 ]
}
wait_until 20 eight
ok $? "a reload brings the sockets that are missing"
is "$(worker_pid prober)" "$pid" "to the same prober"
rounds=$(json "pings?target=W.plain6&limit=1000" '.rounds | length')
more() {
	[ "$(json "pings?target=W.plain6&limit=1000" '.rounds | length')" -ge $((rounds + 3)) ]
}
wait_until 40 more
is "$(json "pings?target=W.plain6&limit=1000" '.rounds[-1].outcome | unique | join(",")')" \
	answered "which are read"

# --- what goes away -------------------------------------------------------------------
far ip address del 172.30.0.3/24 dev far
ip neigh flush dev near
ip link set near down
ip link set near name other
ip link add near type dummy
ip link del near
ip link set other name near
ip link set near up
ip address add fe80::9/64 dev near nodad
ip address add fd00:30::1/64 dev near nodad
lost_mute() {
	json "pings?target=W.mute&limit=1000" '.rounds[-1].outcome | unique | join(",")' |
		grep -qE '^(no_neighbour|never_left)(,(no_neighbour|never_left))*$'
}
wait_until 30 lost_mute
ok $? "mute: what never left, or found no neighbour, is named so" ||
	json "pings?target=W.mute&limit=1000" '.rounds[-3:][].outcome | join(",")' | sed 's/^/# /'
linked() {
	[ "$(json "pings?target=W.link&limit=1000" '.rounds[-1].outcome | unique | join(",")')" = answered ]
}
wait_until 30 linked
ok $? "link: is measured again once its interface is back"
probed_stop
is $? 0 "probed ends well"

# --- without rights -------------------------------------------------------------------
if [ "$(cat /proc/sys/net/ipv4/ping_group_range)" != "0	2147483647" ]; then
	skip "no ping sockets without rights here"
	kill "$SNIFFER" "$FAR"
	done_testing
fi
chown -R 65534:65534 "$DIR/data"
setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all \
	"$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080 \
	>"$DIR/probed.out" 2>>"$DIR/probed.log" &
PROBED=$!
wait_until 20 ready || bail "probed does not answer without rights"
needs() {
	why marked | grep -q "CAP_NET_ADMIN"
}
wait_until 30 needs
ok $? "without the right to mark: $(why marked)"
like "$(json status '.config.warnings[].text')" "fwmark 7: .*CAP_NET_ADMIN" "a warning says so"
is "$(json status '.icmp.v4')" datagram "the others are measured without any right"
probed_stop
is $? 0 "probed ends well"
kill "$SNIFFER" "$FAR"
done_testing
