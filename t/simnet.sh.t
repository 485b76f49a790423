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
11 silent=yes"

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
is "$(fping -C 2 -q 10.0.0.6 2>&1 | grep -c duplicate)" 2 "every answer comes twice"
awk '$3 == 2 && $9 == "answered" { d = $2 - $1; if (d < 2e6) exit 1 }' "$DIR/truth"
ok $? "no answer is early"
awk '$3 == 2 && $9 == "answered" { print $2 - $1 }' "$DIR/truth" | sort -n >"$DIR/delays"
holds "the usual answer is hardly late" \
	"$(awk '{ v[NR] = $1 } END { print v[int(NR / 2)] }' "$DIR/delays") < 3e6"

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

rules "2 loss=1"
is "$(fping -C 2 -q 10.0.0.2 2>&1 | grep -o -- '- -')" "- -" "rules change on the fly"
rules "2 los=1"
like "$(cat "$DIR/simnet.log")" "rules:1: 'los=1' is no behaviour" "a bad rule is named"
is "$(sed -n 's/^kernel_dropped //p' "$DIR/simnet.stats")" 0 "the kernel dropped nothing"
is "$(sed -n 's/^overflow //p' "$DIR/simnet.stats")" 0 "the queue did not overflow"
done_testing
