#!/bin/bash
# The simulated network does what its rules say, and its log is the truth: fping, curl
# and the C library see exactly what it claims to have done.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v fping >"$DIR/which" || skip_all "no fping"
world "$@"
network "* delay=2ms
3 loss=0.3
4 drop=1/2
5 error=host
6 dup=1
7 moved=70
8 tcp=silent
9 body=20000
10 dns=servfail
11 silent=yes
20 instead=corrupt
21 error=3.13 self=yes
22 error_extra=11.1 quote=short
23 hold=1/2:30ms
24 dup=1 copies=3
25 after=source before=tag:0.5
26 instead=stump
27 ttl=33 instead=code"

fping -q -C 40 -p 20 -i 1 10.0.0.2 fd00:10::2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.11 \
	>"$DIR/fping" 2>&1
truth
lost() {
	awk -v t="$1" '$1 == t { for (i = 3; i <= NF; i++) n += $i == "-" }
		END { print n + 0 }' "$DIR/fping"
}
is "$(lost 10.0.0.2)" 0 "nothing is lost without a rule"
is "$(lost fd00:10::2)" 0 "nor by IPv6"
is "$(lost 10.0.0.3)" "$(truth_count 3 dropped)" "random loss is what the log says"
holds "random loss is near its rule" "$(lost 10.0.0.3) > 4 && $(lost 10.0.0.3) < 20"
is "$(lost 10.0.0.4)" 20 "every other packet is lost"
is "$(lost 10.0.0.5)" 40 "an unreachable host does not answer"
is "$(truth_count 5 error)" 40 "but its router does"
is "$(lost 10.0.0.11)" 40 "a silent host is silent"
# fping may have left before the copy of its last answer comes.
twice=$(fping -C 3 -q 10.0.0.6 2>&1 | grep -c duplicate)
holds "every answer comes twice" "$twice >= 2 && $twice <= 3"
awk '$3 == 2 && $9 == "answered" { d = $2 - $1; if (d < 2e6) exit 1 }' "$DIR/truth"
ok $? "no answer is early"
awk '$3 == 2 && $9 == "answered" { print $2 - $1 }' "$DIR/truth" | sort -n >"$DIR/delays"
holds "the usual answer is hardly late" \
	"$(awk '{ v[NR] = $1 } END { print v[int(NR / 2)] }' "$DIR/delays") < 3e6"
fping -q -C 10 -p 20 -i 1 10.0.0.20 10.0.0.22 10.0.0.23 10.0.0.24 10.0.0.25 10.0.0.26 \
	10.0.0.27 >"$DIR/fping" 2>&1
fping -C 1 10.0.0.21 >"$DIR/complaint" 2>&1
truth
# fping's raw socket has what the kernel would not let through.
is "$(lost 10.0.0.20) $(truth_count 20 corrupt)" "0 10" "an answer with a wrong checksum"
like "$("$BUILD/probectl" ping -c 2 -p 100 -t 200 10.0.0.20)" ": - -$" \
	"is none for who looks at it"
like "$(cat "$DIR/complaint")" "Prohibited\) from 10.0.0.21 " \
	"a host may complain itself, by type and code"
is "$(lost 10.0.0.22)" 0 "a complaint may come with an answer"
is "$(truth_count 22 error) $(truth_count 22 answered)" "10 10" "both are in the log"
is "$(awk '$3 == 23 && $9 == "answered" { print ($2 - $1 > 30e6) }' "$DIR/truth" |
	sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" "5 5 " "every other answer is held"
is "$(truth_count 24 duplicate)" 30 "duplicates come in copies"
is "$(truth_count 25 source)" 10 "strangers answer besides"
holds "forgers now and then" \
	"$(truth_count 25 forged) > 0 && $(truth_count 25 forged) < 10"
is "$(truth_count 26 cut) $(truth_count 27 forged)" "10 10" "answers are cut and coded"

is "$(getent ahostsv4 t300.sim | awk 'NR == 1 { print $1 }')" 10.0.1.44 "names lead to hosts"
is "$(getent ahostsv6 t300.sim | awk 'NR == 1 { print $1 }')" fd00:10::12c "by IPv6 too"
is "$(getent ahostsv4 t7.sim | awk 'NR == 1 { print $1 }')" 10.0.0.70 "a name can move"
is "$(getent ahosts nothing.sim)" "" "other names do not exist"

is "$(curl -s -o "$DIR/page" -w '%{http_code} %{size_download}' http://t9.sim/)" \
	"200 20000" "a page of many segments"
is "$(curl -s -g -o "$DIR/page" -w '%{http_code}' "http://[fd00:10::2]/")" 200 \
	"a page by IPv6"
curl -s -m 2 http://t2.sim:81/ >"$DIR/page"
is $? 7 "a closed port refuses"
curl -s -m 1 http://t8.sim/ >"$DIR/page"
is $? 28 "a silent port does not answer"

# What benchmarks compare with the log, ping by ping.
rules "* delay=2ms
20 loss=0.5"
fping -q -C 40 -p 20 -i 1 10.0.0.2 10.0.0.20 >"$DIR/fping" 2>&1 &
id=$(($! & 0xffff))
wait $!
simnet_signal USR1
"$BUILD/t/match" fping "$DIR/simnet.bin" "$DIR/fping" $id >"$DIR/match"
matched() {
	sed -n "s/^$1 //p" "$DIR/match"
}
is "$(matched pings) $(matched unpaired)" "80 0" "every ping is found in the log"
is "$(matched lost) $(matched self_loss)" "$(matched true_lost) 0" \
	"those without an answer are the dropped ones"
holds "$(matched true_lost) of 40 is near the rule" \
	"$(matched true_lost) > 5 && $(matched true_lost) < 35"

rules "2 loss=1"
is "$(fping -C 2 -q 10.0.0.2 2>&1 | grep -o -- '- -')" "- -" "rules change on the fly"
for bad in "error=3.x" "error=3" "instead=lie" "hold=1/2" "quote=none"; do
	rules "2 $bad"
	like "$(cat "$DIR/simnet.log")" "rules:1: '${bad%%.x}.*' is no behaviour" "$bad is named"
done
rules "2 los=1"
like "$(cat "$DIR/simnet.log")" "rules:1: 'los=1' is no behaviour" "a bad rule is named"
is "$(sed -n 's/^kernel_dropped //p' "$DIR/simnet.stats")" 0 "the kernel dropped nothing"
is "$(sed -n 's/^overflow //p' "$DIR/simnet.stats")" 0 "the queue did not overflow"
done_testing
