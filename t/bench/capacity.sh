#!/bin/bash
# How many: TARGETS=100000, twenty pings each 60 s (33 333 pings/s), recorded into RRDs
# of one archive of 60 rows, for MINUTES=5 (2 at least: only whole rounds are compared)
# after a first round of all; then, with
# SEARCH=1, the largest number that makes no loss of its own, by steps of a half, 130 s
# each. Loss of our own is what we call lost, unknown or dropped and the network answered.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
world "$@"

# run TARGETS SECONDS: measure so many for so long; sets what is printed below.
run() {
	local warm=130
	rm -rf "$DIR/data"
	bench_config 60 20 60 < <(flat "$1")
	begun=$(date +%s%N)
	probed_start
	wait_until 120 ready || bail "probed does not answer"
	started=$((($(date +%s%N) - begun) / 1000000))
	sleep $warm
	local from pid
	from=$(date +%s%N)
	pid=$(worker prober)
	json status . >"$DIR/before"
	cpu_of=$(cpu "$pid") cpu_rec=$(cpu "$(worker recorder)")
	# shellcheck disable=SC2046
	cpu_all=$(cpu $(everyone "$PROBED"))
	sleep "$2"
	cpu_of=$(($(cpu "$pid") - cpu_of)) cpu_rec=$(($(cpu "$(worker recorder)") - cpu_rec))
	# shellcheck disable=SC2046
	cpu_all=$(($(cpu $(everyone "$PROBED")) - cpu_all))
	# shellcheck disable=SC2046
	memory=$(pss $(everyone "$PROBED")) memory_prober=$(pss "$pid")
	json status . >"$DIR/after"
	simnet_signal USR1
	to=$(date +%s%N)
	probed_stop
	"$BUILD/t/match" rounds "$TRUTH" "$DIR/data" "$from" "$to" >"$DIR/matched"
	[ "$(value pings)" -gt 0 ] || bail "nothing could be compared"
	seconds=$2
}
value() {
	sed -n "s/^$1 //p" "$DIR/matched"
}
# grown JQ-PATH: by how much a counter of the status grew
grown() {
	echo $(($(jq -r "$1" "$DIR/after") - $(jq -r "$1" "$DIR/before")))
}
simnet_says() {
	sed -n "s/^$1 //p" "$DIR/simnet.stats"
}
own_fault() {
	echo $(($(value self_loss) + $(grown .pings.stalled) + $(grown .pings.not_sent) +
		$(grown .rounds.skipped) + $(grown .rounds.dropped) + $(grown .store.failed)))
}

# The world for one run: the log begins anew with it.
again() {
	[ -z "${SIMNET:-}" ] || { stop_process "$SIMNET"; rm -f "$DIR/simnet.ready" "$DIR/simnet.stats"; }
	if [ -z "${SIMNET:-}" ]; then
		network "* delay=5ms uniform=2ms" --grain 500 --log "$TRUTH"
	else
		"$BUILD/t/simnet" --rules "$DIR/rules" --log "$TRUTH" --grain 500 --fifo \
			--stats "$DIR/simnet.stats" --ready "$DIR/simnet.ready" 2>"$DIR/simnet.log" &
		SIMNET=$!
		wait_until 10 test -e "$DIR/simnet.ready" || bail "simnet does not start"
	fi
}

again
run "${TARGETS:-100000}" $((${MINUTES:-5} * 60))
title "${TARGETS:-100000} targets, 20 pings each 60 s, stored, ${MINUTES:-5} minutes"
pings=$(grown '[.pings[]] | add')
row "pings a second" "$((pings / seconds))" - "$((${TARGETS:-100000} / 3))"
row "made by ourselves: loss, stalled, skipped" "$(own_fault)" - "0"
row "lost / really dropped" "$(value lost)/$(value true_lost)" - "equal"
row "prober, cores" "$(over $cpu_of $((seconds * 1000000000)) 3)" - "below 1"
row "recorder, cores" "$(over $cpu_rec $((seconds * 1000000000)) 3)" - ""
row "all, us of processor a ping" "$(over $((cpu_all / 1000)) "$pings" 2)" - "12 at 20 000/s"
row "rounds waiting for the disk at the end" "$(jq .store.queued "$DIR/after")" - \
	"no more than before: $(jq .store.queued "$DIR/before")"
row "ready after, ms" "$started" - ""
row "memory of all / prober, MB" "$((memory / 1024))/$((memory_prober / 1024))" - ""
echo "# the world's own: dropped $(simnet_says kernel_dropped), overflow $(simnet_says overflow)," \
	"late by 1 ms and more $(simnet_says behind), most $(simnet_says most_behind_us) us"
echo "# receive buffer overflows $(grown .overload.receive_overflow)," \
	"turns of the loop p99 $(jq .overload.loop_p99 "$DIR/after") s, most $(jq .overload.loop_max "$DIR/after") s"

if [ "${SEARCH:-1}" = 1 ]; then
	best=0 targets=100000 step=100000
	for _ in 1 2 3 4; do
		again
		run $targets 130
		faults=$(own_fault)
		echo "# $targets targets, $((targets / 3)) pings/s: $faults of our own fault," \
			"prober $(over $cpu_of $((seconds * 1000000000)) 2) cores"
		if [ "$faults" = 0 ]; then
			best=$targets
			targets=$((targets + step))
		else
			step=$((step / 2))
			targets=$((best + step))
		fi
	done
	row "targets without loss of our own" "$best" - "100000"
fi
bench_done
