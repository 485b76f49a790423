#!/bin/bash
# What a round costs: processor per target and round of twenty pings, stored, of all of
# our processes together (a step of 60 s), and of Debian's smokeping with fping, which
# measures the same targets at the same time with its own step of 300 s and its own gap of
# 10 ms: in 300 s it has exactly one round, wherever in it they begin. TARGETS=1000. Then
# what a ping costs at 20 000 a second, beside what the kernel alone takes for it.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
need smokeping smokeping
need fping fping
world "$@"

TARGETS=${TARGETS:-1000}
network "* delay=5ms uniform=2ms" --grain 1000
mkdir -p "$DIR/data" "$DIR/peer" "$DIR/img"

# Its first round begins some ten seconds from now.
offset=$(((($(date +%s) + 15) % 300 + 2) / 3 % 100))
bench_config 300 20 60 "$DIR/peer" < <(flat "$TARGETS")
sed -e "/^+ FPing$/a offset = $offset%" -e '/^+ DNS$/,/^urlformat/d' "$DIR/config" \
	>"$DIR/smokeping.config"
smokeping --config="$DIR/smokeping.config" --nodaemon --logfile="$DIR/smokeping.log" \
	>"$DIR/smokeping.out" 2>&1 &
PEER=$!
bench_config 60 20 60 < <(flat "$TARGETS")
probed_start
wait_until 60 ready || bail "probed does not answer"

# Everybody's first round makes files, and is not counted.
sleep "${WARM:-125}"
is_gone "$PEER" && show "$DIR/smokeping.out" && bail "smokeping ended"
declare -A before
for who in prober recorder web; do
	before[$who]=$(cpu "$(worker $who)")
done
# shellcheck disable=SC2046
ours=$(cpu $(everyone "$PROBED")) theirs=$(cpu $(everyone "$PEER"))
rounds=$(json status .store.rows_written)
fpings=$(find "$DIR/peer" -name '*.rrd' -newer "$DIR/config" | wc -l)
sleep 300
# shellcheck disable=SC2046
ours=$(($(cpu $(everyone "$PROBED")) - ours)) theirs=$(($(cpu $(everyone "$PEER")) - theirs))
rounds=$(($(json status .store.rows_written) - rounds))

title "processor, $TARGETS targets, 20 pings a round, stored"
row "us per target and round" "$(over $((ours / 1000)) "$rounds" 1)" \
	"$(over $((theirs / 1000)) $TARGETS 1)" "ratio 0.25 or less"
for who in prober recorder web; do
	pid=$(worker $who)
	echo "# $who: $(over $((($(cpu "$pid") - ${before[$who]}) / 1000)) "$rounds" 1) us a round"
done
echo "# rounds of ours $rounds; files of theirs $fpings of $TARGETS"
probed_stop
stop_process "$PEER"

# Alone, and ten thousand targets of a ping each half second: 20 000 pings a second.
rm -rf "$DIR/data" "$DIR/peer"
bench_config 10 20 60 < <(flat 10000)
probed_start
wait_until 60 ready || bail "probed does not answer"
# All files are made, and everybody has had a round.
made() {
	[ "$(find "$DIR/data" -name '*.rrd' | wc -l)" -ge 10000 ]
}
wait_until 300 made || bail "the files are not made"
sleep "${WARM:-30}"
# What the network got: our own count is told in turns.
got() {
	simnet_signal USR1
	sed -n 's/^received //p' "$DIR/simnet.stats"
}
for who in prober recorder web; do
	before[$who]=$(cpu "$(worker $who)")
done
# shellcheck disable=SC2046
ours=$(cpu $(everyone "$PROBED"))
pings=$(got) began=$(date +%s%N)
sleep 30
# shellcheck disable=SC2046
ours=$(($(cpu $(everyone "$PROBED")) - ours))
pings=$(($(got) - pings)) seconds=$(over $(($(date +%s%N) - began)) 1000000000 1)
[ $pings -gt 0 ] || bail "nothing was measured"
rate=$(over $pings "$seconds" 0)
parts=
for who in prober recorder web; do
	pid=$(worker $who)
	parts="$parts $who $(over $((($(cpu "$pid") - ${before[$who]}) / 1000)) $pings)"
done
probed_stop
# Of which the kernel alone takes so much, in a loop that does nothing else.
floor=$("$BUILD/t/floor" "$rate" 10 10000 | sed -n 's/^us_per_ping //p')
title "processor at $rate pings a second, stored, all of our processes"
row "us per ping; the peer is a bare loop" "$(over $((ours / 1000)) $pings)" "${floor:--}" \
	"12 or less"
echo "# of which$parts"
bench_done
