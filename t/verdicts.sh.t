#!/bin/bash
# Everything that can be wrong with an answer, through the whole program: what each ping
# was taken for (/api/v1/pings), what was counted (/metrics, probectl status), what the
# rows say, and that nothing counts as loss that the network's own log does not have lost.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
world "$@"
no_walks

# NAME HOST RULES OUTCOMES COUNTS: OUTCOMES as one letter a ping (a answered, t timeout,
# l late, or the word of a reason for all four), COUNTS of odd packets a round.
# A first ping that is held for 0.7 s keeps the round open until all else has come.
CASES="
good      1  -                                 aaaa  -
tag       2  instead=tag                       tttt  forged=4
tagtoo    3  before=tag                        aaaa  forged=4
payload   4  before=payload                    aaaa  -
seq       5  before=seq                        aaaa  forged=4
id        6  before=id                         aaaa  -
code      7  before=code                       aaaa  -
source    8  instead=source                    tttt  wrong_source=4
sourcetoo 9  before=source                     aaaa  wrong_source=4
dup       20 dup=1,hold=1/4:700ms              aaaa  duplicates=4,reordered=1
flood     21 dup=1,copies=50,hold=1/4:700ms    aaaa  duplicates=200,reordered=1
cut       22 instead=cut                       aaaa  truncated=4
stump     23 instead=stump                     tttt  -
loop      24 before=request                    aaaa  -
corrupt   25 instead=corrupt                   tttt  -
late      26 late=1:1100ms                     llll  late
lateall   27 late=1:3s                         tttt  -
order     28 hold=1/2:300ms                    aaaa  reordered=2
dead      29 silent=yes                        tttt  -
route     31 ttl=33                            aaaa  -
both      30 drop=1/2,before=tag               tata  forged=2
"
# TYPE.CODE and its reason, from the router. (ICMP of RFC 792 and 1812, RFC 4443.)
ERRORS4="3.0=no_route 3.1=host_unreachable 3.2=port_unreachable 3.3=port_unreachable
3.4=too_big 3.5=icmp_other 3.6=no_route 3.7=host_unreachable 3.8=host_unreachable
3.9=prohibited 3.10=prohibited 3.11=no_route 3.12=host_unreachable 3.13=prohibited
3.14=icmp_other 3.15=icmp_other 11.0=ttl_exceeded 11.1=timeout 12.0=parameter
5.1=timeout 4.0=timeout 3.200=timeout" # the kernel keeps 11.1 and 3.200 to itself
ERRORS6="1.0=no_route 1.1=prohibited 1.3=host_unreachable 1.4=port_unreachable
1.5=prohibited 1.6=prohibited 1.7=no_route 2.0=too_big 3.0=ttl_exceeded 3.1=reassembly
4.0=parameter 4.1=parameter 137.0=timeout 100.0=timeout"

rules_of() {
	echo "* delay=4ms"
	# by IPv6 it is another host, since a host counts its packets
	echo "$CASES" | awk 'NF == 5 && $3 != "-" { gsub(",", " ", $3); print $2, $3
		print $2 + 40, $3 }'
	local host=100 e
	for e in $ERRORS4 $ERRORS6; do
		echo "$host error=${e%=*}" # of the router, with all of the packet
		echo "$((host + 50)) error=${e%=*} self=yes"
		echo "$((host + 100)) error=${e%=*} quote=forged"
		echo "$((host + 150)) error_extra=${e%=*}"
		echo "$((host + 200)) error=${e%=*} quote=short"
		host=$((host + 1))
	done
}
# target GROUP NAME FAMILY HOST
target() {
	echo "$1.$2 $4 $3" >>"$DIR/hosts"
	if [ "$3" = 4 ]; then
		printf '++ %s\nhost = 10.0.%d.%d\n' "$2" $(($4 / 256)) $(($4 % 256))
	else
		printf '++ %s\nprobe = FPing6\nhost = fd00:10::%x\n' "$2" "$4"
	fi
}
targets() {
	printf '+ Odd\nmenu = Odd\ntitle = Odd\n'
	echo "$CASES" | while read -r name host rest; do
		[ -n "$rest" ] || continue
		target Odd "$name" 4 "$host"
		target Odd "${name}6" 6 $((host + 40))
	done
	printf '+ Err\nmenu = Err\ntitle = Err\n'
	local host=100 e
	for e in $ERRORS4; do
		error_targets 4 "$e" $host
		host=$((host + 1))
	done
	for e in $ERRORS6; do
		error_targets 6 "$e" $host
		host=$((host + 1))
	done
}
KINDS="plain self forged extra short"
error_targets() {
	local name=e$1-${2%=*} add=0 kind
	for kind in $KINDS; do
		target Err "${name/./-}$kind" "$1" $(($3 + add))
		add=$((add + 50))
	done
}

network "$(rules_of)"
targets | config 6 4
sed -i 's/^binary = .usr.bin.fping/&\nhostinterval = 0.2\ntimeout = 1/' "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"
paths=$(json 'targets?limit=10000' '.targets[] | select(.kind == "measured") | .path')
rounds_of() {
	json "pings?target=$1&limit=10000" '.rounds | length'
}
four_rounds() {
	[ "$(rounds_of Err.e6-100-0short)" -ge 4 ] && [ "$(rounds_of Odd.good)" -ge 4 ]
}
wait_until 60 four_rounds
ok $? "rounds come"
# The way to one of them changes.
rules "$(rules_of | sed 's/ttl=33/ttl=60/')"
n=$(rounds_of Odd.route6)
wait_until 30 eval '[ "$(rounds_of Odd.route6)" -ge $((n + 2)) ] && [ "$(rounds_of Odd.route)" -ge $((n + 2)) ]'
ok $? "and go on"
status_seen=$("$BUILD/probectl" --url "$URL" status 2>&1)
like "$status_seen" "truncated [1-9]+.*forged [1-9]+.*wrong source [1-9]+.*duplicates [1-9]+" \
	"probectl shows what was odd"
like "$(json targets '.targets[] | select(.path == "Odd.source") | .why')" \
	"answers come from 10.0.0.9, not from 10.0.0.8: 100 % loss" \
	"a target that answers from another address: the reason names it"
like "$(json targets '.targets[] | select(.path == "Odd.source6") | .why')" \
	"answers come from fd00:10::31, not from fd00:10::30" "by IPv6, too"
is "$(json targets '.targets[] | select(.path == "Odd.sourcetoo") | .why')" null \
	"an answer of its own is no reason for anything"

# Nothing more is sent; what was counted comes to rest.
sed -i 's/^title = \(Odd\|Err\)/&\nnomasterpoll = yes/' "$DIR/config"
kill -HUP "$PROBED"
counted() {
	curl -s -m 10 "$URL/metrics" | grep -E '^smokebox_(rounds|pings|packets)'
}
at_rest() {
	local before
	before=$(counted)
	sleep 6
	[ "$before" = "$(counted)" ]
}
wait_until 40 at_rest
ok $? "and end when nobody asks for more"
counted >"$DIR/counted"
truth

# --- each ping -----------------------------------------------------------------------

for path in $paths; do
	api "pings?target=$path&limit=10000" >"$DIR/pings.json"
	# TARGET ROW FIRST STATE SUSPECT OUTCOMES DUP LATE FORGED SOURCE TRUNCATED BEGIN END
	# REORDERED TTL-CHANGES TTL
	jq -r '.target as $t | .rounds | to_entries[] | [$t, .value.row, .key, .value.state,
		.value.suspect, (.value.outcome | join(",")), .value.duplicates, .value.late,
		.value.forged, .value.wrong_source, .value.truncated, .value.begin,
		.value.end, .value.reordered, .value.ttl_changes, .value.ttl // 0] | @tsv' "$DIR/pings.json"
done >"$DIR/rounds"

# A machine that is too busy makes pings unknown, which says nothing about verdicts.
echo "# $(cut -f6 "$DIR/rounds" | tr , '\n' | grep -cx stalled) pings unknown by our own fault"
# seen TARGET: each kind of round it had, once.
seen() {
	awk -v t="$1" '$1 == t && !/stalled/ { print $4, $5, $6 }' "$DIR/rounds" | sort -u |
		tr '\n' ';'
}
# counts TARGET NAME: of every round but the first, which is a short one
counts() {
	awk -v t="$1" -v name="$2" 'BEGIN { split("duplicates late forged wrong_source truncated", n)
		for (i in n) col[n[i]] = i + 6
		col["reordered"] = 14 }
		$1 == t && $3 > 0 && !/stalled/ { print $col[name] }' "$DIR/rounds" | sort -u | tr '\n' ';'
}
four() {
	echo "measured false $1,$1,$1,$1;"
}
while read -r name host rule outcomes odd; do
	[ -n "$odd" ] || continue
	for n in "$name" "${name}6"; do
		case $outcomes in
		aaaa) is "$(seen Odd.$n)" "$(four answered)" "$n ($rule): answered" ;;
		tttt) is "$(seen Odd.$n)" "$(four timeout)" "$n ($rule): lost" ;;
		llll) like "$(seen Odd.$n)" \
			"^(measured false late,late,late,(late|timeout);)+$" "$n ($rule): late" ;;
		tata) like "$(seen Odd.$n)" \
			"^(measured false (timeout,answered,?){2};|measured false (answered,timeout,?){2};)+$" \
			"$n ($rule): every other one is lost" ;;
		esac
		for what in duplicates forged wrong_source truncated reordered; do
			want=$(sed -n "s/.*\<$what=\([0-9]*\).*/\1/p" <<<"$odd")
			want=${want:-0}
			# A round ends with its last answer: what follows that one may be
			# behind the end.
			counts Odd.$n $what | awk -v RS=';' -v want="$want" '
				$1 > want || $1 < want * 3 / 4 { bad = 1 }
				$1 == want { good = 1 }
				END { exit bad || !good }'
			ok $? "$n: $want $what a round" || echo "# $(counts Odd.$n $what)"
		done
	done
done <<<"$CASES"

for n in route route6; do
	is "$(awk -v t=Odd.$n '$1 == t && !/stalled/ { print $16 }' "$DIR/rounds" | uniq | tr '\n' ' ')" \
		"33 60 " "$n: its answers' TTL"
	is "$(awk -v t=Odd.$n '$1 == t { n += $15 } END { print n + 0 }' "$DIR/rounds")" 1 \
		"changes once"
done

family=4
for e in $ERRORS4 - $ERRORS6; do
	[ $e != - ] || family=6
	[ $e != - ] || continue
	code=${e%=*} word=${e#*=}
	n=Err.e$family-${code/./-}
	is "$(seen ${n}plain)" "$(four $word)" "ICMPv$family $code of the router: $word"
	is "$(seen ${n}self)" "$(four $word)" "of the host itself"
	is "$(seen ${n}forged)" "$(four timeout)" "one that quotes no packet of ours is no reason"
	is "$(seen ${n}extra)" "$(four answered)" "an answer behind it wins"
	is "$(seen ${n}short)" "$(four $word)" "8 bytes quoted will do"
done

# --- the network's own log, and the files ---------------------------------------------

# Whatever counts as lost was never answered, or too late; and the other way round.
# In the log of a host every packet has its lines, of which an answer that comes in
# time is one.
awk 'FILENAME ~ /hosts$/ { path[$2 " " $3] = $1; next }
	FILENAME ~ /rounds$/ {
		if (!($1 in begin)) begin[$1] = $12 * 1e9
		end[$1] = $13 * 1e9
		n = split($6, o, ",")
		for (i = 1; i <= n; i++) {
			sent[$1]++
			good[$1] += o[i] == "answered"
			unknown[$1] += o[i] == "stalled" }
		next }
	FNR > 1 && $5 == 1 && ($3 " " $4) in path {
		p = path[$3 " " $4]
		if ($1 < begin[p] || $1 > end[p]) next
		key = p " " $1 " " $8
		if (!(key in seen)) { seen[key] = 1; really_sent[p]++ }
		if ($9 == "answered" || ($9 == "cut" && p ~ /cut/)) really_good[p]++ }
	END { for (p in begin) print p, sent[p] + 0, really_sent[p] + 0, good[p] + 0,
		really_good[p] + 0, unknown[p] + 0 }' "$DIR/hosts" "$DIR/rounds" "$DIR/truth" >"$DIR/losses"
is "$(wc -l <"$DIR/losses")" "$(wc -l <"$DIR/hosts")" "every target has its rounds"
is "$(awk '$3 > $2 || $3 < $2 - $6' "$DIR/losses")" "" "each ping is a packet of the network's log"
is "$(awk '$4 < $5 - $6' "$DIR/losses")" "" "no loss that the network did not make"
is "$(awk '$4 > $5' "$DIR/losses")" "" "and none of its losses is hidden"

# The rows on disk: one each round, with that loss.
for path in $paths; do
	rows "$path" | awk -v t="$path" 'tolower($2) !~ /nan/ { printf "%s %d %.3f\n", t, $1, $2 }'
done | sort >"$DIR/in-files"
awk '$4 == "measured" { n = split($6, o, ","); lost = unknown = 0
	for (i = 1; i <= n; i++) {
		unknown += o[i] == "stalled"
		lost += o[i] != "answered" && o[i] != "stalled" }
	printf "%s %d %.3f\n", $1, $2, lost * n / (n - unknown) }' "$DIR/rounds" |
	sort >"$DIR/in-ring"
is "$(diff "$DIR/in-ring" "$DIR/in-files")" "" "rows are what the single pings say"

# --- counters --------------------------------------------------------------------------

# counter NAME LABEL
counter() {
	awk -v n="$1{$2}" '$1 == n { print $2 }' "$DIR/counted"
}
for state in measured unknown; do
	is "$(counter smokebox_rounds_total "outcome=\"$state\"")" \
		"$(cut -f4 "$DIR/rounds" | grep -cx $state)" "rounds: $state"
done
for word in answered timeout late no_route host_unreachable port_unreachable prohibited \
	ttl_exceeded too_big icmp_other reassembly parameter stalled; do
	is "$(counter smokebox_pings_total "verdict=\"$word\"")" \
		"$(cut -f6 "$DIR/rounds" | tr , '\n' | grep -cx $word)" "pings: $word"
done
# total WHAT HOSTS: of the truth
total() {
	awk -v w="$1" -v hosts=" $2 " '$9 == w && $5 == 1 && index(hosts, " " $3 " ") { n++ }
		END { print n + 0 }' "$DIR/truth"
}
# An answer that comes when its target is gone cannot prove itself any more.
gone=$(awk 'FILENAME ~ /hosts$/ { path[$2 " " $3] = $1; next }
	FILENAME ~ /rounds$/ { end[$1] = $13 * 1e9; next }
	FNR > 1 && $5 == 1 && ($3 " " $4) in path && $1 > end[path[$3 " " $4]] { n++ }
	END { print n + 0 }' "$DIR/hosts" "$DIR/rounds" "$DIR/truth")
n=$(counter smokebox_packets_odd_total 'kind="forged"')
want=$(($(total forged "2 3 4 5 30 42 43 44 45 70") + $(total cut "23 63")))
holds "forged: all that the network forged, and what is too short to tell ($n)" \
	"$n >= $want && $n <= $want + $(total late "27 67") + $gone"
n=$(counter smokebox_packets_odd_total 'kind="wrong_source"') want=$(total source "8 9 48 49")
holds "wrong_source: all that came from elsewhere ($n)" "$n <= $want && $n >= $want - $gone"
# The last ping of a short round may have its copies behind the end.
in_rounds() {
	awk -v col="$1" '{ n += $col } END { print n + 0 }' "$DIR/rounds"
}
for kind in duplicate:7:duplicate truncated:11:cut; do
	IFS=: read -r name col what <<<"$kind"
	n=$(counter smokebox_packets_odd_total "kind=\"$name\"")
	holds "$name: $n" "$n >= $(in_rounds "$col") && $n <= $(total "$what" "20 60 21 61 22 62")"
done
is "$(counter smokebox_packets_odd_total 'kind="overflow"')" 0 "no buffer overflowed"
done_testing
