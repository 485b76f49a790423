#!/bin/bash
# probectl path: who is on the way, over routers of the simulated network, with and without
# rights, beside what traceroute sees.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
# Hosts and, in front of them, routers: 100 six, 120 a filter, 130 one that
# loses, 140 nobody at the end.
network "* delay=20ms self=yes
100 hops=6 via=1001 tcp=reset
1001 delay=1ms
1002 delay=4ms
1003 delay=8ms mpls=16042
1004 delay=12ms paths=2 ttl=250
1005 delay=14ms
1006 delay=16ms
120 hops=2 via=1201
1201 delay=1ms
1202 delay=2ms error=prohibited
130 hops=4 via=1301
1301-1304 delay=1ms
1302 pass_loss=0.7
140 hops=3 via=1001 silent=yes"

run() {
	"$BUILD/probectl" path "$@" >"$DIR/out" 2>"$DIR/err"
}
j() {
	jq -r "$1" "$DIR/out"
}
# address FAMILY HOST
address() {
	[ "$1" = 4 ] && echo "10.0.$(($2 / 256)).$(($2 % 256))" || printf 'fd00:10::%x\n' "$2"
}

# --- the way -----------------------------------------------------------------------

# way FAMILY WHAT OPTION...: to host 100
way() {
	local f=$1 what=$2 hop
	shift 2
	run -c 2 -i 50 -t 5000 --json "$@" "$(address "$f" 100)"
	is $? 0 "$what: the host is reached" || show "$DIR/err"
	is "$(j '[.hops[].ttl] | join(" ")')" "1 2 3 4 5 6 7" "$what: seven hops"
	for hop in 1 2 3 5 6; do
		is "$(j ".hops[$((hop - 1))].addresses | join(\" \")")" "$(address "$f" $((1000 + hop)))" \
			"$what: hop $hop is who it is"
	done
	is "$(j '.hops[6] | [.target, .addresses[0]] | join(" ")')" "true $(address "$f" 100)" \
		"$what: the last is the host"
	holds "$what: hops are as far as they are" \
		"$(j '[.hops[] | select(.answered > 0) | .min] | (.[0] >= 0.001 and .[1] >= 0.004 and
			.[2] >= 0.008 and .[3] >= 0.012 and .[4] >= 0.014 and .[5] >= 0.016 and .[6] >= 0.02) | if . then 1 else 0 end')"
}
way 4 "ICMP"
is "$(j '.hops[3].addresses | length')" 1 "a flow takes one of two ways"
is "$(j '.hops[2].mpls | join(" ")')" 16042 "MPLS labels are seen"
is "$(j '.hops[3].reply_ttl')" 250 "and the TTL of answers"
like "$(j .summary)" "^10.0.0.100 is 7 hops away and answers in .* ms; nothing is lost.$" \
	"the sentence"
way 6 "ICMPv6"
is "$(j '.hops[2].mpls | join(" ")')" 16042 "MPLS labels are seen over IPv6"
is "$(j '.hops[3].reply_ttl')" 250 "and the hop limit of answers"
way 4 "UDP" -m udp
way 6 "UDP over IPv6" -m udp
way 4 "TCP" -m tcp -p 81

# Two ways, of which flows of UDP take either.
for _ in $(seq 12); do
	run -c 1 -t 5000 -M 4 -m udp --json 10.0.0.100
	j '.hops[3].addresses[0]'
done | sort -u >"$DIR/ways"
is "$(tr '\n' ' ' <"$DIR/ways")" "10.0.3.236 10.0.4.236 " "flows take either of two ways"

# --- what is wrong ------------------------------------------------------------------

rules "$(sed 's,^1002.*,1002 silent=yes,' "$DIR/rules")"
run -c 2 -i 50 --json 10.0.0.100
is "$(j '.hops[1] | [.silent, .answered, (.addresses | length)] | join(" ")')" "true 0 0" \
	"a silent hop"
like "$(j .summary)" "1 hop answers seldom or never, but those behind it do: no fault" \
	"is no fault"
rules "$(sed 's,^1002.*,1002 delay=4ms,' "$DIR/rules")"
run -c 2 -i 50 10.0.0.120
is $? 1 "a filter: not reached"
like "$(cat "$DIR/out")" "hop 3 \(10.0.4.178\) says administratively prohibited" "and who says so"
run -c 30 -i 50 --json 10.0.0.130
is $? 0 "a lossy way: reached"
like "$(j .summary)" " % is lost, which begins at hop 3 \(10.0.5.23\)" "loss begins behind who loses"
is "$(j '.hops[:2] | map(.sent - .answered) | add')" 0 "and not before"
rules "$(sed 's,^130 .*,130 hops=4 via=1301,; s,^1302.*,1302 limit=4/0,' "$DIR/rules")"
run -c 12 -i 50 10.0.0.130
like "$(cat "$DIR/out")" " 2  +66.7 .* 10.0.5.22  \(limits its answers\)" "a router that answers seldom"
like "$(cat "$DIR/out")" "nothing is lost. 1 hop answers seldom or never.*no fault" "is no fault"
run -c 1 10.0.0.140
is $? 1 "nobody at the end: not reached"
like "$(cat "$DIR/out")" "nobody behind hop 3 \(10.0.3.235\) answers" "and from where on"
run -c 1 198.51.100.1
is $? 1 "without a route: not reached"
like "$(cat "$DIR/out")" "^No probe to 198.51.100.1 can be sent: Network is unreachable" "and why"
run a..b
is $? 2 "a name that is none"
run -c 0 10.0.0.1
is $? 3 "bad usage"
like "$(cat "$DIR/err")" "count 0, expected 1 to 100" "is told"
run -m sctp 10.0.0.1
like "$(cat "$DIR/err")" "method sctp, expected icmp, udp or tcp" "so is a method that is none"

# --- rights -------------------------------------------------------------------------

if [ "$(id -u)" = 0 ] && [ -z "$(awk '$1 == 0 && $3 == 1' /proc/self/uid_map)" ] &&
	setpriv --reuid 65534 --regid 65534 --clear-groups true 2>"$DIR/setpriv"; then
	run() {
		setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
			--bounding-set=-all "$BUILD/probectl" path "$@" >"$DIR/out" 2>"$DIR/err"
	}
	way 4 "nobody's ICMP"
	echo "1 0" >/proc/sys/net/ipv4/ping_group_range
	way 4 "nobody's UDP" -m udp
	run -c 1 10.0.0.100
	is $? 4 "without rights there is no ICMP"
	like "$(cat "$DIR/err")" "ping_group_range.*-m udp needs no rights" "and what to do is told"
	run() {
		"$BUILD/probectl" path "$@" >"$DIR/out" 2>"$DIR/err"
	}
	way 4 "raw ICMP"
	way 6 "raw ICMPv6"
	echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
else
	skip "needs a second uid"
fi

# --- the peer -----------------------------------------------------------------------

if command -v traceroute >"$DIR/which"; then
	traceroute -n -q 1 -w 5 -I 10.0.0.100 | awk 'NR > 1 { print $1, $2 == "*" ? "" : $2 }' \
		>"$DIR/theirs"
	run -c 1 -t 5000 --json 10.0.0.100
	j '.hops[] | "\(.ttl) \(.addresses | join(" "))"' >"$DIR/ours"
	# of two routers that share a hop either is right
	sed -i 's/^4 .*/4 either/' "$DIR/theirs" "$DIR/ours"
	is "$(cat "$DIR/ours")" "$(cat "$DIR/theirs")" "traceroute sees the same hops"
else
	skip "no traceroute to compare with"
fi
done_testing
