#!/bin/bash
# Time goes wrong: the wall clock is set on, back, or by a little, the machine sleeps, the
# prober, the recorder and the network stand still and go on. What is in flight is unknown,
# nothing is lost that the network did not lose, no time is wrong, every row is in its place.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
world "$@"
no_walks

STEP=3 PINGS=6
# The clocks of all workers are ahead by these two, in ns (clock_hook() in base/clock.c).
clocks() {
	perl -e 'open my $f, "+<", $ARGV[0] or die; syswrite $f, pack("qq", $ARGV[1], $ARGV[2])' \
		"$DIR/clock" "$1" "$2"
}
perl -e 'print pack("qq", 0, 0)' >"$DIR/clock"
export SMOKEBOX_TEST=clock=$DIR/clock

network "1-19 delay=20ms
11-14 delay=450ms
21-22 delay=20ms drop=1/5"
config $STEP $PINGS <<-END
+ A
menu = A
title = A
$(for i in 1 2 3 4 5 6 11 12 13 14 21 22; do
	printf '++ h%d\nhost = 10.0.0.%d\n' $i $i
done)
++ six
probe = FPing6
host = fd00:10::7
++ dns
probe = DNS
host = 10.0.0.8
++ tcp
probe = TCPPing
host = 10.0.0.9
END
probed_start
wait_until 20 ready || bail "probed does not answer"
TARGETS=$(json targets '.targets[].path')

# Single pings of all since FROM (of the clocks as they are): "TARGET ROW STATE SUSPECT
# BEGIN END OUTCOME RTT STAMP" lines in DIR/pings; rounds in DIR/rounds.
FROM=$(date +%s)
look() {
	local t
	for t in $TARGETS; do
		api "pings?target=$t&start=$FROM&limit=10000" |
			jq -r '.target as $t | .rounds[] | . as $r |
			([.outcome, .rtt, .stamp] | transpose[]) |
			[$t, $r.row, $r.state, $r.suspect, $r.begin, $r.end, .[0], .[1], .[2]] | @tsv'
	done >"$DIR/pings"
	cut -f1-6 "$DIR/pings" | uniq >"$DIR/rounds"
}
# Every target has N measured rounds that began behind FROM. (Asked of one first: to ask
# is work, too.)
have() {
	[ "$(json "pings?target=A.tcp&start=$FROM&limit=10000" "[.rounds[] |
		select(.state == \"measured\" and .begin > $FROM)] | length")" -ge "$1" ] || {
		sleep 0.5
		return 1
	}
	look
	[ "$(awk -v from="$FROM" '$3 == "measured" && $5 > from { n[$1]++ }
		END { for (t in n) print n[t] }' "$DIR/rounds" | sort -n | awk -v n="$1" \
		'{ all++; good += $1 >= n } END { print all " " good }')" = "15 15" ]
}
lossy="^A.h2[12]$"
# sane WHAT: nothing seen is loss, or a wrong time, or out of place.
sane() {
	awk -v l="$lossy" '$1 !~ l && $7 !~ /^(answered|stalled)$/' "$DIR/pings" >"$DIR/bad"
	is "$(cat "$DIR/bad")" "" "$1: no loss"
	awk '$7 == "answered" { t = $1 ~ /h1[1-4]/ ? 0.45 : 0.02
		if ($8 < t - 0.001 || $8 > t + 0.25) print }' "$DIR/pings" >"$DIR/bad"
	is "$(cat "$DIR/bad")" "" "$1: no wrong time"
	awk -v step=$STEP '$2 % step != 0 || seen[$1 " " $2]++' "$DIR/rounds" >"$DIR/bad"
	is "$(cat "$DIR/bad")" "" "$1: each row once, on the grid"
}
# follow WHAT: rows follow each other without a gap
follow() {
	awk -v step=$STEP -v from=$FROM '$5 < from { next }
		($1 in last) && $2 != last[$1] + step { print $0, last[$1] }
		{ last[$1] = $2 }' "$DIR/rounds" >"$DIR/bad"
	is "$(cat "$DIR/bad")" "" "$1: rows follow each other"
}
# stored WHAT: what RRD files have for the rounds that were seen, and began behind FROM,
# is what single pings say
stored() {
	local t first last
	for t in $TARGETS; do
		first=$(awk -v t="$t" -v from=$FROM '$1 == t && $5 >= from { print $2; exit }' \
			"$DIR/rounds")
		last=$(awk -v t="$t" '$1 == t { r = $2 } END { print r }' "$DIR/rounds")
		rows "$t" 1 $((first - STEP)) $((last - STEP)) |
			awk -v t="$t" -v f="$first" -v l="$last" '$1 >= f && $1 < l {
				print t, $1, tolower($2) ~ /nan/ ? "unknown" : sprintf("%.3f", $2) }'
	done >"$DIR/in-files"
	awk -v pings=$PINGS -v from=$FROM '$5 < from { next }
		{ key = $1 " " $2; if (!(key in state)) order[++k] = key
		last[$1] = $2; state[key] = $3
		lost[key] += $7 !~ /^(answered|stalled)$/; unknown[key] += $7 == "stalled" }
		END { for (i = 1; i <= k; i++) { key = order[i]; split(key, part, " ")
			if (part[2] == last[part[1]]) continue
			if (state[key] == "unknown") print key, "unknown"
			else printf "%s %.3f\n", key, lost[key] * pings / (pings - unknown[key])
		} }' "$DIR/pings" >"$DIR/in-ring"
	# Rows for which there was no round at all are unknown.
	awk 'NR == FNR { ring[$1 " " $2]; next } ($1 " " $2) in ring || $3 != "unknown"' \
		"$DIR/in-ring" "$DIR/in-files" >"$DIR/in-both"
	is "$(diff "$DIR/in-ring" "$DIR/in-both")" "" "$1: rows are what the single pings say"
}
unknown() {
	awk '$7 == "stalled"' "$DIR/pings" | wc -l
}
# lost_rightly WHAT: of the lossy hosts, what the network dropped and nothing else is
# lost, in rounds that began behind FROM.
lost_rightly() {
	local host lost unknown dropped begin end
	truth
	for host in 21 22; do
		read -r lost unknown begin end < <(awk -v t=A.h$host -v from=$FROM \
			-v ahead=$AHEAD '$1 == t && $5 >= from {
			lost += $7 == "timeout"; unknown += $7 == "stalled"
			if (!begin) begin = $5
			end = $6 }
			END { printf "%d %d %.0f %.0f\n", lost, unknown, (begin - ahead) * 1e9,
			(end - ahead) * 1e9 }' "$DIR/pings")
		dropped=$(truth_count $host dropped 1 "$begin" "$end")
		holds "$1: what was dropped is lost ($lost of $dropped)" \
			"$lost <= $dropped && $dropped <= $lost + $unknown"
	done
}
AHEAD=0 # seconds that the wall clock is ahead

wait_until 30 have 1
FROM=$(($(date +%s) - 1)) # behind the short rounds of the beginning
wait_until 30 have 2
ok $? "rounds come"
sane "all is well" && follow "all is well" && stored "all is well"
is "$(unknown)" 0 "nothing is unknown"
lost_rightly "all is well"

# --- the wall clock ----------------------------------------------------------------------

skipped() {
	json status .rounds.skipped
}
minute=60000000000
before=$(skipped)
clocks $((5 * minute)) 0
AHEAD=300
FROM=$(($(date +%s) + AHEAD))
wait_until 30 have 3
ok $? "set on by five minutes: rounds go on"
sane "set on" && follow "set on" && stored "set on"
holds "some were in flight ($(unknown) pings)" "$(unknown) > 0 && $(unknown) <= 40"
lost_rightly "set on"
is "$(skipped)" "$before" "no round of those five minutes was missed"
is "$(rows A.h1 1 $((FROM - 270)) $((FROM - 60)) | awk '$2 == 0' | wc -l)" 0 \
	"nor has a row"

FROM=$(($(date +%s) + AHEAD))
wait_until 30 have 1
clocks $((3 * minute)) 0
AHEAD=180
FROM=$(($(date +%s) + AHEAD))
wait_until 30 have 3
ok $? "set back by two minutes: rounds go on"
# The last round shown is one of these, though history does not take them.
shown() {
	[ "$(json targets ".targets[] | select(.path == \"A.h1\") | .last.time")" -le $((FROM + 30)) ]
}
wait_until 20 shown
ok $? "what is shown as now is of the clock as it is"
sane "set back" && follow "set back"
holds "few were in flight ($(unknown) pings)" "$(unknown) <= 40"
lost_rightly "set back"
is "$(rows A.h1 1 $((FROM + 60)) $((FROM + 110)) | awk '$2 > 0' | wc -l)" 0 \
	"what was stored already stays"
clocks $((5 * minute)) 0
AHEAD=300
FROM=$(($(date +%s) + AHEAD))
wait_until 30 have 3
ok $? "and on again: history goes on"
sane "on again" && follow "on again" && stored "on again"
lost_rightly "on again"

# Too little to be taken for a step, too much for a time.
FROM=$(($(date +%s) + AHEAD))
rounds=0
for ms in 15 -15 30; do
	clocks $((5 * minute + ms * 1000000)) 0
	rounds=$((rounds + 1))
	wait_until 30 have $rounds
done
ok $? "set by 15 and 45 ms: rounds go on"
sane "set by 15 and 45 ms" && follow "set by 15 and 45 ms" && stored "set by 15 and 45 ms"
lost_rightly "set by 15 and 45 ms"

# --- sleep --------------------------------------------------------------------------------

clocks $((10 * minute)) $((5 * minute))
AHEAD=600
FROM=$(($(date +%s) + AHEAD))
wait_until 30 have 2
ok $? "a sleep of five minutes: rounds go on"
sane "slept" && stored "slept"
holds "what was in flight is unknown ($(unknown) pings)" "$(unknown) > 0"
lost_rightly "slept"

# --- standing still -----------------------------------------------------------------------

# still PID SECONDS
still() {
	kill -STOP "$1"
	sleep "$2"
	kill -CONT "$1"
}
FROM=$(($(date +%s) + AHEAD))
prober=$(worker_pid prober)
wait_until 30 have 1
still "$prober" 2.5
wait_until 30 have 3
ok $? "the prober stands still: rounds go on"
is "$(worker_pid prober)" "$prober" "it is the same one"
sane "the prober stood still" && follow "the prober stood still" && stored "the prober stood still"
holds "what it did not see or send is unknown ($(unknown) pings)" \
	"$(unknown) > 15 && $(unknown) < 15 * 3 * $PINGS"
lost_rightly "the prober stood still"

FROM=$(($(date +%s) + AHEAD))
recorder=$(worker_pid recorder)
kill -STOP "$recorder"
sleep $((3 * STEP))
kill -CONT "$recorder"
wait_until 30 have 5
ok $? "the recorder stands still: rounds wait for it"
is "$(worker_pid recorder)" "$recorder" "it is the same one"
sane "the recorder stood still" && follow "the recorder stood still"
stored "the recorder stood still"
is "$(unknown)" 0 "nothing is unknown"
lost_rightly "the recorder stood still"

# The network itself: what comes behind its timeout is late, and has its true time.
FROM=$(($(date +%s) + AHEAD))
wait_until 30 have 1
stopped=$(date +%s.%N)
still "$SIMNET" 1.6
went_on=$(date +%s.%N)
wait_until 30 have 4
ok $? "the network stands still: rounds go on"
follow "the network stood still" && stored "the network stood still"
awk -v l="$lossy" '$1 !~ l && $7 != "answered" && $7 != "late"' "$DIR/pings" >"$DIR/bad"
like "$(cut -f7 "$DIR/bad" | sort -u | tr '\n' ' ')" "^((syn_lost|timeout) )*$" \
	"what came behind its round is lost"
# Lost, or slow, is only what was sent meanwhile.
awk -v a="$stopped" -v b="$went_on" '$1 ~ /h[1-6]$|six/ && ($7 != "answered" || $8 > 0.27) &&
	($6 < a + 600 || $5 > b + 600) { print a, b, $0 }' "$DIR/pings" >"$DIR/bad"
is "$(cat "$DIR/bad")" "" "and nothing else"
holds "late ones have their time" "$(awk '$7 == "late" { n++; bad += $8 < 1 || $8 > 2.6 }
	END { print (n > 0 && !bad) }' "$DIR/pings")"
probed_stop
is $? 0 "probed ends well"
done_testing
