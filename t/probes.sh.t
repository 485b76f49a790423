#!/bin/bash
# DNS, TCP and HTTP against the simulated network, through the whole program: the time is
# the wire's, and each way of failing has its name.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks # what is dropped is counted
network "* delay=5ms
21 drop=1/2
22 tcp=silent
23 dns=servfail
24 error=host
25 delay=300ms
26 http=500
27 delay=1300ms stamps=yes
28 delay=1300ms
29 drop=1/2 stamps=yes
30 dns=garbage"

# single NAME PROBE HOST [LINE...]
single() {
	local name=$1 probe=$2 host=$3
	shift 3
	printf '++ %s\nprobe = %s\n' "$name" "$probe"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'host = %s\n' "$host"
}

probed 8 3 <<-END
+ One
menu = One
title = One of each
$(single dns DNS 10.0.0.2)
$(single dns6 DNS fd00:10::2)
$(single servfail DNS 10.0.0.23)
$(single strict AnotherDNS 10.0.0.23 "require_noerror = 1" "timeout = 1")
$(single garbage AnotherDNS 10.0.0.30 "timeout = 1")
$(single elsewhere DNS t7.sim "server = t25.sim")
$(single tcp TCPPing 10.0.0.2)
$(single tcp6 TCPPing fd00:10::2)
$(single twice TCPPing 10.0.0.21)
$(single slow TCPPing 10.0.0.27)
$(single doubtful TCPPing 10.0.0.28)
$(single repeated TCPPing 10.0.0.29)
$(single timed TCPPing 10.0.0.28 "syn_retrans = time")
$(single silent TCPPing 10.0.0.22)
$(single closed TCPPing 10.0.0.2 "port = 81")
$(single far TCPPing t25.sim)
$(single router TCPPing 10.0.0.24)
$(single page Curl t2.sim)
$(single failing Curl t26.sim)
$(single nobody Curl nothing.sim)
END

# Every target has a round.
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

for t in dns dns6 servfail tcp tcp6 closed; do
	is "$(last $t loss)" 0 "$t: nothing is lost"
	holds "$t: the wire's 5 ms ($(last $t median))" \
		"$(last $t median) >= 0.005 && $(last $t median) < 0.02"
done
for t in far elsewhere; do
	holds "$t: the wire's 300 ms ($(last $t median))" \
		"$(last $t median) >= 0.3 && $(last $t median) < 0.35"
done
is "$(last strict loss)" 3 "SERVFAIL is loss where NOERROR is required"
like "$(why strict)" "SERVFAIL, not NOERROR" "and said so"
is "$(last garbage loss)" 3 "a name server that answers garbage is loss"
like "$(why garbage)" "no answer to what was asked" "and said so"
is "$(json "pings?target=One.garbage" '.rounds[-1] | .forged >= 3')" true "and counted"
is "$(last silent loss)" 3 "a silent port is loss"
like "$(why silent)" "no answer" "and said so"
is "$(last router loss)" 3 "an unreachable host is loss"
like "$(why router)" "unreachable" "and said so"
like "$(why twice)" "retransmi|handshake|SYN" "a lost SYN is named"
is "$(last slow loss)" 0 "an answer after more than a second is no lost SYN"
holds "slow: the wire's 1.3 s ($(last slow median))" \
	"$(last slow median) >= 1.3 && $(last slow median) < 1.35"
is "$(last doubtful loss)" 3 "without time stamps it counts as one"
like "$(why doubtful)" "nobody can tell" "and is said to be doubtful"
holds "a SYN that was lost is loss ($(last repeated loss))" "$(last repeated loss) >= 1"
unlike "$(why repeated)" "nobody can tell" "without a doubt"
is "$(last timed loss)" 0 "syn_retrans = time: it is a time"
is "$(last page loss)" 0 "a page is fetched"
holds "page: at least two ways of 5 ms ($(last page median))" "$(last page median) >= 0.01"
is "$(last failing loss)" 0 "status 500 is an answer"
like "$(why nobody)" "does not resolve: no such name" "a name that nobody knows"
is "$(last nobody unknown)" true "is unknown, not loss"
probed_stop
is $? 0 "probed ends well"
done_testing
