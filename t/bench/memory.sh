#!/bin/bash
# Memory for each target and each outstanding ping, and the time to start with 10 000
# targets, ours and smokeping's. An outstanding ping's share is the difference in the
# prober's proportional memory between twenty and three pings of each of PINGED=5000
# targets, all of them sent in a burst and none answered, by the number of pings that
# are then in flight more: whatever is kept for a ping, from before until after it.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
world "$@"

network "* delay=1ms
65536-131071 silent=yes" --grain 500
TARGETS=10000

# start TARGETS: probed until ready; MS, MEMORY of all in kB
start() {
	local begun
	rm -rf "$DIR/data"
	bench_config 300 20 60 < <(flat "$1")
	begun=$(date +%s%N)
	probed_start
	wait_until 120 ready || bail "probed does not answer"
	ms=$((($(date +%s%N) - begun) / 1000000))
	sleep 3
	# shellcheck disable=SC2046
	memory=$(pss $(everyone "$PROBED"))
	probed_stop
}
start 20
home=$memory
start 100
few=$memory
start $TARGETS
many=$memory ours=$ms
theirs=- their_memory=-
if command -v smokeping >"$DIR/which"; then
	mkdir -p "$DIR/peer" "$DIR/img"
	# peer TARGETS: until smokeping says that it runs; its files are made before that
	peer() {
		local begun
		bench_config 300 20 60 "$DIR/peer" < <(flat "$1")
		sed -e '/^+ DNS$/,/^urlformat/d' "$DIR/config" >"$DIR/smokeping.config"
		begun=$(date +%s%N)
		smokeping --config="$DIR/smokeping.config" --nodaemon \
			--logfile="$DIR/smokeping.log" >"$DIR/smokeping.out" 2>&1 &
		PEER=$!
		wait_until 120 grep -q "successfully launched" "$DIR/smokeping.log" ||
			show "$DIR/smokeping.out"
		theirs=$((($(date +%s%N) - begun) / 1000000))
		# shellcheck disable=SC2046
		their_memory=$(pss $(everyone "$PEER"))
		stop_process "$PEER"
		rm -f "$DIR/smokeping.out" "$DIR/smokeping.log"
	}
	peer 100
	their_few=$their_memory
	peer $TARGETS
	their_memory=$(over $((their_memory - their_few)) $((TARGETS - 100)) 2)
fi
title "$TARGETS targets"
row "ready after, ms" "$ours" "$theirs" ""
row "memory for each more, kB" "$(over $((many - few)) $((TARGETS - 100)) 2)" "$their_memory" ""
row "memory with 20 targets, MB" "$((home / 1024))" - "below 60"
row "memory with 100 targets, MB" "$((few / 1024))" \
	"$([ "$theirs" = - ] && echo - || echo $((their_few / 1024)))" "a third, with their FastCGI"

# burst PINGS: KB of the prober while all are in flight, FLIGHT of them
burst() {
	rm -rf "$DIR/data"
	bench_config 60 "$1" 60 < <(flat "${PINGED:-5000}" 65536)
	sed -i '/^+ FPing$/a hostinterval = 0.5\ntimeout = 29' "$DIR/config"
	simnet_signal USR1
	local before
	probed_start
	wait_until 60 ready || bail "probed does not answer"
	# Until a whole burst of each, over two steps, has begun: sampled every second.
	KB=0 FLIGHT=0
	before=$(sed -n 's/^silent //p' "$DIR/simnet.stats")
	for _ in $(seq 118); do
		sleep 1
		local now kb past k
		simnet_signal USR1
		kb=$(pss "$(worker prober)")
		now=$(sed -n 's/^silent //p' "$DIR/simnet.stats")
		[ "$kb" -gt "$KB" ] && KB=$kb
		sent[$SECONDS]=$((now - before))
		# Sent in the last 29 s or a little less, by the samples that there are.
		past=${sent[SECONDS]}
		for ((k = SECONDS - 28; k > 0; k++)); do
			[ -z "${sent[k]:-}" ] || { past=$((sent[SECONDS] - sent[k])); break; }
		done
		[ "$past" -le $(($1 * ${PINGED:-5000})) ] || past=$(($1 * ${PINGED:-5000}))
		[ "$past" -gt "$FLIGHT" ] && FLIGHT=$past
	done
	probed_stop
}
declare -a sent=()
burst 3
few=$KB few_flight=$FLIGHT
sent=()
burst 20
title "pings in flight, ${PINGED:-5000} targets that do not answer"
row "at most, with 3 and with 20 pings" "$few_flight/$FLIGHT" - ""
row "bytes for each more" "$(over $(((KB - few) * 1024)) $((FLIGHT - few_flight)) 1)" - "below 150"
bench_done
