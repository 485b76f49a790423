#!/bin/bash
# TraceroutePing over real routers: a chain of namespaces, each a Linux that forwards and
# answers for what dies in it. Distances, ways that change, ways that end, and the times
# beside traceroute's.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"

# --- the chain: here, r1, r2, r3, the far host -------------------------------------

mount --make-rprivate /
ip link set lo up
HERE=$$
node() {
	unshare -n sleep 3600 &
	eval "$1=$!"
}
node R1
node R2
node R3
node FAR
in_node() {
	local pid=$1
	shift
	nsenter -t "$pid" -n "$@"
}
apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
for node in $R1 $R2 $R3 $FAR; do
	wait_until 10 apart "$node" || bail "no namespaces"
	in_node "$node" sh -c 'ip link set lo up
		echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
		echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
		echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
		echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
done
# link N NEAR FAR: 10.9.N.1 and fd09:N::1 there, .2 here
link() {
	ip link add "a$1" type veth peer name "b$1" || skip_all "no veth"
	[ "$2" = "$HERE" ] || ip link set "a$1" netns "$2"
	ip link set "b$1" netns "$3"
	local end
	for end in "$2 a$1 1" "$3 b$1 2"; do
		# shellcheck disable=SC2086
		set -- "$1" "$2" "$3" $end
		nsenter -t "$4" -n sh -c "ip addr add 10.9.$1.$6/24 dev $5
			ip -6 addr add fd09:$1::$6/64 dev $5 nodad
			ip link set $5 up"
	done
}
link 1 $HERE "$R1"
link 2 "$R1" "$R2"
link 3 "$R2" "$R3"
link 4 "$R3" "$FAR"
# via NODE GATEWAY-NET GATEWAY-HOST NETS...
via() {
	local node=$1 by=$2 host=$3 net
	shift 3
	for net in "$@"; do
		nsenter -t "$node" -n ip route replace "10.9.$net.0/24" via "10.9.$by.$host"
		nsenter -t "$node" -n ip -6 route replace "fd09:$net::/64" via "fd09:$by::$host"
	done
}
# 77 ends at r3, which has no way to it
via $HERE 1 2 2 3 4 77
via "$R1" 2 2 3 4 77
via "$R2" 2 1 1
via "$R2" 3 2 4 77
via "$R3" 3 1 1 2
via "$FAR" 4 1 1 2 3
printf '127.0.0.1 localhost\n10.9.4.2 far.test\n10.9.2.2 middle.test\n' >"$DIR/hosts"
mount --bind "$DIR/hosts" /etc/hosts

# --- measured --------------------------------------------------------------------

# one NAME HOST DESTHOST [LINE...]
one() {
	printf '++ %s\nprobe = TraceroutePing\ndesthost = %s\n' "$1" "$3"
	local host=$2 name=$1
	shift 3
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'host = %s\n' "$host"
}
config 4 4 <<-END
+ One
menu = One
title = Hops
$(one first 10.9.1.2 10.9.4.2)
$(one second 10.9.2.2 10.9.4.2)
$(one third 10.9.3.2 10.9.4.2)
$(one last 10.9.4.2 10.9.4.2)
$(one first6 fd09:1::2 fd09:4::2)
$(one second6 fd09:2::2 fd09:4::2)
$(one third6 fd09:3::2 fd09:4::2)
$(one last6 fd09:4::2 fd09:4::2)
$(one named middle.test far.test)
$(one beyond 10.9.2.2 10.9.77.1)
$(one near 10.9.3.2 10.9.4.2 "maxttl = 2" "wait = 0.3")
$(one stranger 10.9.1.1 10.9.4.2)
$(one late 10.9.2.2 10.9.4.2 "minttl = 3" "wait = 0.3")
END
sed -i 's/^+ TCPPing$/+ TraceroutePing\n&/' "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"
told() {
	[ "$(json targets '[.targets[] | select(.kind == "measured" and .last.time == null)] | length')" = 0 ]
}
wait_until 25 told
ok $? "every target has its first round"

last() {
	json targets ".targets[] | select(.path == \"One.$1\") | .last.$2"
}
why() {
	json targets ".targets[] | select(.path == \"One.$1\") | .why"
}
# round NAME JQ: of the last round with its pings
round() {
	json "pings?target=One.$1" ".rounds[-1]$2"
}

# Neighbours that have to find each other first are in the times of the first round.
quick() {
	[ "$(json targets '[.targets[] | select(.last.median != null and .last.median > 0.05)] | length')" = 0 ]
}
wait_until 15 quick
ok $? "a way that is known takes no time"
for t in first:1 second:2 third:3 last:4 first6:1 second6:2 third6:3 last6:4 named:2 beyond:2; do
	name=${t%:*}
	is "$(last "$name" loss)" 0 "$name: nothing is lost" || why "$name" | sed 's/^/# /'
	is "$(round "$name" .extras.hops)" "${t#*:}" "$name: ${t#*:} hops away"
	holds "$name: $(last "$name" median) s" "$(last "$name" median) > 0"
done
is "$(round second '.stamp | unique | tostring')" '["kernel"]' "times are the kernel's"
is "$(round second6 '.stamp | unique | tostring')" '["kernel"]' "over IPv6 too"
for t in near stranger late; do
	is "$(last $t loss)" 4 "$t: loss"
	like "$(why $t)" "the way to 10.9.4.2 does not lead over" "$t: and said why"
done

# The peer: traceroute's time to the same hop.
if command -v traceroute >"$DIR/which"; then
	for i in $(seq 9); do
		traceroute -n -q 1 -f 2 -m 2 10.9.4.2
	done | sed -n 's/^ *2  10.9.2.2  \([0-9.]*\) ms$/\1/p' | sort -n >"$DIR/ms"
	is "$(wc -l <"$DIR/ms")" 9 "traceroute sees the same hop there"
	theirs=$(sed -n 5p "$DIR/ms")
	# ours are seconds apart and find cold caches, traceroute's follow each other
	ours=$(json "pings?target=One.second" '[.rounds[].rtt[]] | min * 1e3')
	echo "# traceroute's median of 9: $theirs ms; our best: $ours ms"
	holds "our best agrees with it within a tenth of a millisecond" \
		"$ours - $theirs < 0.1 && $theirs - $ours < 5"
else
	skip "no traceroute to compare with"
fi

# --- another way: r1 leads to r3 directly ------------------------------------------

link 5 "$R1" "$R3"
via "$R1" 5 2 4
moved() {
	[ "$(round third .extras.hops)" = 2 ] && [ "$(last third loss)" = 0 ]
}
wait_until 25 moved
ok $? "a hop that came nearer is found again"
gone() {
	why second | grep -q "does not lead over 10.9.2.2"
}
wait_until 25 gone
ok $? "one that is left out is told"
is "$(json "pings?target=One.third" '[.rounds[] | .outcome[] | select(. != "answered")] | length')" 0 \
	"the change made no loss"
via "$R1" 2 2 4
back() {
	[ "$(round second .extras.hops)" = 2 ] && [ "$(last second loss)" = 0 ] &&
		[ "$(round third .extras.hops)" = 3 ] && [ "$(last third loss)" = 0 ]
}
wait_until 25 back
ok $? "and both again where they were"
probed_stop
is $? 0 "probed ends well"
done_testing
