#!/bin/bash
# A round travels: simulated network, prober, recorder, RRD, web. What is on disk and in
# the API is compared with the network's own log.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks

network "* delay=3ms
100-139 slope=20us uniform=500us
140-159 loss=0.2 delay=8ms normal=1ms
20 dup=1
21 error=host
22 error=net
23 error=prohibited
24 loss=1
25 error_extra=net
26 forge=1
27 source=1
28 late=0.5:3s
29 forge_extra=1
30 tcp=open
31 delay=40ms
32 dns=servfail
33 http=500"

targets() {
	for host in $(seq 100 139); do
		printf '++ h%d\nhost = 10.0.0.%d\n' "$host" "$host"
	done
	for host in $(seq 140 159); do
		printf '++ l%d\nhost = t%d.sim\n' "$host" "$host"
	done
}

# single NAME HOST [LINE...]: SmokePing wants the probe ahead of the host
single() {
	local name=$1 host=$2
	shift 2
	printf '++ %s\n' "$name"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'host = %s\n' "$host"
}

probed 4 4 <<-END
+ Many
menu = Many
title = Forty quiet hosts and twenty lossy ones
$(targets)
+ One
menu = One
title = One of each
$(single dup 10.0.0.20)
$(single host 10.0.0.21)
$(single net 10.0.0.22)
$(single prohibited 10.0.0.23)
$(single dead 10.0.0.24)
$(single complaint 10.0.0.25)
$(single forged 10.0.0.26)
$(single source 10.0.0.27)
$(single late 10.0.0.28)
$(single attacked 10.0.0.29)
$(single six t40.sim "probe = FPing6")
$(single noname nothere.sim)
$(single tcp t31.sim "probe = TCPPing" "port = 80")
$(single refused t31.sim "probe = TCPPing" "port = 81")
$(single dns 10.0.0.31 "probe = DNS" "lookup = t1.sim")
$(single servfail 10.0.0.32 "probe = AnotherDNS" "lookup = t1.sim" "require_noerror = 1")
$(single http t31.sim "probe = Curl")
END

wait_until 20 known Many.h100 1
ok $? "the first round is stored soon"
wait_until 60 known Many.h139 5
ok $? "rounds go on"
wait_until 20 known One.http 4
ok $? "by every probe"

truth
{
	for host in $(seq 100 139); do echo "Many.h$host $host"; done
	for host in $(seq 140 159); do echo "Many.l$host $host"; done
} | perl "$SOURCE/t/compare.pl" "$DIR/data" "$DIR/truth" 4 4 "$DIR/rounds" >"$DIR/compared"
value() {
	sed -n "s/^$1 //p" "$DIR/compared"
}
show "$DIR/compared"
holds "many rounds of many phases" "$(value rounds) >= 60 * 4"
is "$(value misplaced)" 0 "each round stands in its own row"
is "$(value missing)" 0 "none is missing"
is "$(value self_loss)" 0 "no loss that the network did not make"
is "$(value hidden_loss)" 0 "no loss of the network's is hidden"
holds "some was lost" "$(value lost) > 10"
# A shared machine of two cores: the exact figure is the benchmark's business.
holds "medians are the network's: p50 $(value error_p50_us) us" "$(value error_p50_us) < 1000"

loss_of() {
	known_rows "$1" | awk '{ print $2 + 0 }' | sort -u | tr '\n' ' '
}
is "$(loss_of One.dup)" "0 " "duplicates are no loss"
for target in host net prohibited dead forged source servfail; do
	is "$(loss_of One.$target)" "4 " "$target: everything is lost"
done
# A refusal is an answer: the host is there, as tcpping has it.
for target in complaint attacked six tcp refused dns http; do
	is "$(loss_of One.$target)" "0 " "$target: nothing is lost"
done
holds "late answers are lost" "$(known_rows "One.late" |
	awk '{ n += $2 } END { print n + 0 }') > 0"
is "$(known_rows "One.noname" | wc -l)" 0 "a name that does not resolve is unknown, not loss"

median_near() {
	known_rows "$1" | awk -v low="$2" -v high="$3" \
		'{ n++; good += $3 >= low && $3 <= high } END { exit !(n && good * 2 > n) }'
	ok $? "$1: the median is the network's"
}
median_near One.six 0.003 0.008
median_near One.tcp 0.040 0.060
median_near One.dns 0.040 0.060
median_near One.http 0.080 0.160
median_near One.dup 0.003 0.008

# The API says the same as the file, of rows that nothing is written to any more.
for target in Many.h100 Many.l140 One.dead One.noname; do
	end=$(rows $target | awk 'END { print $1 - 20 }')
	begin=$((end - 20))
	rows $target 1 $begin $end |
		awk '{ print (tolower($2) ~ /nan/) ? "null" : sprintf("%.3f", $2) }' >"$DIR/file.loss"
	json "rounds?target=$target&start=$begin&end=$end" \
		'.columns.loss[] | if . == null then "null" else . end' |
		awk '{ print $1 == "null" ? $1 : sprintf("%.3f", $1) }' >"$DIR/api.loss"
	is "$(head -n5 "$DIR/api.loss" | tr '\n' ' ')" \
		"$(head -n5 "$DIR/file.loss" | tr '\n' ' ')" "$target: the API shows the file's loss"
done
is "$(json targets '.targets[] | select(.path == "Many.h100") | .address')" 10.0.0.100 \
	"the API knows the address"
is "$(json targets '[.targets[] | select(.path | startswith("Many.h")) | .state] | unique[]')" \
	"fine" "quiet hosts are fine"
is "$(state One.dead)" down "a dead host is down"
is "$(state One.noname)" cannot "a host without a name cannot be measured"
like "$(json targets '.targets[] | select(.path == "One.noname")')" "nothere.sim" \
	"and it says which name"
like "$(curl -s "$URL/metrics")" "^smokeping_requests_total|^smokebox_rounds_total" \
	"there are metrics"
page /t/One/host >"$DIR/ignore"
like "$(cat "$DIR/page")" "unreachable" "the page names the reason of a loss"
page /t/One/net >"$DIR/ignore"
like "$(cat "$DIR/page")" "no route" "and another"
probed_stop
ok $? "probed ends well"
done_testing
