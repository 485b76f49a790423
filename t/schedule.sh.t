#!/bin/bash
# Schedules through the whole program: rounds that take longer than their step, packets
# that keep their distance, bursts, blazemode and random moments, as the network sees them.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
world "$@"
no_walks
network "* delay=5ms"
config 4 5 <<-END
+ Long
menu = Long
title = Rounds that take longer than their step
++ one
host = 10.0.0.1
++ two
host = 10.0.0.2
+ Lane
menu = Lane
title = Packets that keep their distance
$(for i in $(seq 20 29); do printf '++ h%d\nprobe = FPing6\nhost = fd00:10::%x\n' "$i" "$i"; done)
+ Blaze
menu = Blaze
title = The first of six is forgotten
++ one
probe = Blaze
host = 10.0.0.40
+ Random
menu = Random
title = Random moments
++ one
probe = Random
host = 10.0.0.50
END
sed -i '/^+ FPing$/,/^+ FPing6/{
s/^+ FPing$/+ FPing\n++ Plain\nhostinterval = 1.2\ntimeout = 1\n++ Blaze\nhostinterval = 0.2\nblazemode = true\n++ Random\nsampler = poisson/
}
s/^protocol = 6/&\nhostinterval = 0.3\nmininterval = 0.05\ntimeout = 0.5/
s/^probe = FPing$/probe = Plain/' "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer: $(cat "$DIR/probed.log")"
rounds() {
	[ "$(json "pings?target=$1" '[.rounds[] | select(.state == "measured")] | length')" -ge "$2" ] || {
		sleep 0.5
		return 1
	}
}
wait_until 60 rounds Long.one 4
ok $? "long rounds are held"
truth

# --- longer than the step ------------------------------------------------------------------

api "pings?target=Long.one" | jq -r '.rounds[1:][] | [.row, .state, (.cause // "-"), (.outcome | unique[])] | @tsv' \
	>"$DIR/long"
is "$(awk 'NR > 1 && $1 != last + 4 { print } { last = $1 }' "$DIR/long")" "" \
	"every row has its round"
is "$(awk '$2 == "measured" && $4 != "answered"' "$DIR/long")" "" "half of them measure all"
is "$(awk '$2 != "measured" { print $2, $3, $4 }' "$DIR/long" | sort -u)" \
	"unknown not_sent not_sent" "the others are unknown, and why"
is "$(awk 'NR > 1 && $2 == last { print } { last = $2 }' "$DIR/long")" "" "in turn"
is "$(known_rows Long.one | awk '$2 != 0')" "" "nothing of it is loss"
holds "rounds left out are counted ($(json status .rounds.skipped))" \
	"$(json status .rounds.skipped) >= 3"
like "$(cat "$DIR/probed.log")" "Long.one: 5 pings 1.2 s apart and a timeout of 1 s take 5.82 s, longer than the step of 4 s: one round of 2 is held; expected a step of 6 s, at most 3 pings, or at most 0.745 s between them" \
	"the log says what would do"
like "$(cat "$DIR/probed.log")" "1 more targets have rounds that are longer" "once"
why_long() {
	like_quietly "$(json targets '.targets[] | select(.path == "Long.two") | .why')" \
		"unknown: could not be sent from here: 5 pings 1.2 s apart"
}
like_quietly() {
	printf '%s\n' "$1" | grep -qE -- "$2"
}
wait_until 20 why_long
ok $? "and so does the target"

# --- as the network sees it -----------------------------------------------------------------

# gaps FIRST LAST: ms between packets that hosts FIRST to LAST got
gaps() {
	awk -v a="$1" -v b="$2" 'NR > 1 && $3 >= a && $3 <= b && $5 == 1 { print $1 }' "$DIR/truth" |
		sort -n | awk 'NR > 1 { printf "%.1f\n", ($1 - last) / 1e6 } { last = $1 }'
}
# One that is put aside on its way to the log is nearer to the next.
gaps 20 29 | sort -n >"$DIR/gaps"
holds "ten targets of one probe send 50 ms apart ($(head -n1 "$DIR/gaps") at least, $(wc -l <"$DIR/gaps") gaps)" \
	"$(awk '$1 < 45' "$DIR/gaps" | wc -l) <= $(wc -l <"$DIR/gaps") / 50"
for i in 20 29; do
	is "$(json "pings?target=Lane.h$i" '[.rounds[].outcome[]] | unique[]')" answered \
		"and all of them are answered"
done
is "$(json "pings?target=Blaze.one" '[.rounds[].outcome | length] | unique[]')" 5 \
	"blazemode keeps five pings"
n=$(json "pings?target=Blaze.one" '.rounds | length')
truth
holds "of six that are sent" "$(truth_count 40 answered) >= 6 * $n"
gaps 40 40 | awk '$1 < 1000' | sort -n >"$DIR/gaps"
holds "0.2 s apart" "$(awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }' "$DIR/gaps") > 180"
gaps 50 50 >"$DIR/gaps"
holds "random gaps differ" "$(awk '{ n++; s += $1; q += $1 * $1 } END {
	m = s / n; print sqrt(q / n - m * m) / m }' "$DIR/gaps") > 0.3"
probed_stop
is $? 0 "probed ends well"
done_testing
