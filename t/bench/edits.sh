#!/bin/bash
# EDITS=1000 edits of a configuration in a row, a third of them broken, while TARGETS=200
# others are measured with step STEP=300, spread, at a simulated RTT of 30 ms: is a ping
# of these lost, is every broken edit reported with its line, does memory stay flat?
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
world "$@"
. "$SOURCE/t/edits.sh"

EDITS=${EDITS:-1000} TARGETS=${TARGETS:-200} STEP=${STEP:-300} PINGS=${PINGS:-20}
network "* delay=30ms" --log "$TRUTH"
ln -s "$TRUTH" "$DIR/simnet.bin"
edits_config "$STEP" "$PINGS" "$TARGETS"
probed_start
wait_until 60 ready || bail "probed does not answer"
wait_until 60 known Same.h0 1 || bail "nothing is measured"

# anon PID...: kB of memory of their own, which others that run the same do not change
anon() {
	local pid
	for pid in "$@"; do
		awk '$1 == "Anonymous:" { print $2 }' "/proc/$pid/smaps_rollup"
	done 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'
}
title "memory of the processes, kB, after so many edits"
sample() {
	local pid line=
	for pid in $(everyone "$PROBED"); do
		line="$line $(cat "/proc/$pid/comm")=$(anon "$pid")"
	done
	echo "# $1:$line"
	# shellcheck disable=SC2046
	memory=$(anon $(everyone "$PROBED"))
	row "after $1 edits, all" "$memory" - ""
}
begun=$(date +%s)
edits $((EDITS / 5))
sample $((EDITS / 5))
early=$memory missed=$MISSED
edits $((EDITS - EDITS / 5)) $((EDITS / 5)) sample
missed=$((missed + MISSED))
took=$(($(date +%s) - begun))

# What was in flight at the end stands in the row that follows.
last=$(rows Same.h0 | awk 'tolower($2) !~ /nan/ { t = $1 } END { print t }')
wait_until $((STEP * 2 + 30)) newer_row Same.h0 "$last"
sleep $((STEP > 20 ? 20 : STEP))
edits_compare "$STEP" "$PINGS" "$TARGETS"
title "$EDITS edits in $took s, $TARGETS targets"
row "edits not noticed, or without their line" "$missed" - "0"
row "broken ones told in the log" "$(grep -c 'is not taken over' "$DIR/probed.log")" - \
	"$((EDITS / 5 / 3 + (EDITS - EDITS / 5) / 3))"
row "rounds compared with the truth" "$(compared rounds)" - ""
row "pings lost by us" "$(compared self_loss)" - "0"
row "pings unknown" "$(compared unknown)" - "0"
row "rounds missing or misplaced" "$(($(compared missing) + $(compared misplaced)))" - "0"
row "memory, end / after a fifth" "$memory" "$early" "1.0"
probed_stop
bench_done
