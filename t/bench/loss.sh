#!/bin/bash
# Is loss what the network lost? 100 000 pings and more at 1 % and at 10 % of injected
# loss, ours and fping's at the same time to the same targets, against what the simulated
# network really dropped of each. SECONDS_EACH=60 of measuring for each.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
need fping fping
world "$@"

TARGETS=200 LENGTH=${SECONDS_EACH:-60}
network "* delay=5ms uniform=2ms" --grain 200 --log "$TRUTH"
bench_config 10 100 60 < <(flat $TARGETS)
probed_start
wait_until 60 ready || bail "probed does not answer"
sleep 10

# phase PERCENT
phase() {
	local from id
	rules "* delay=5ms uniform=2ms loss=0.$1"
	from=$(date +%s%N)
	fping -q -C $((LENGTH * 10)) -p 100 -i 0.5 -t 1000 \
		$(seq -f '10.0.1.%g' 0 $((TARGETS - 1))) >"$DIR/fping.$1.out" 2>&1 &
	id=$!
	wait $id
	sleep 12
	simnet_signal USR1
	"$BUILD/t/match" rounds "$TRUTH" "$DIR/data" "$from" \
		"$(date +%s%N)" $((id & 0xffff)) >"$DIR/ours.$1"
	"$BUILD/t/match" fping "$TRUTH" "$DIR/fping.$1.out" $((id & 0xffff)) \
		>"$DIR/fping.$1"
}
value() {
	sed -n "s/^$2 //p" "$DIR/$1"
}
# report PERCENT WHOSE: a line of the table
report() {
	awk -v t="$3, ${1#0} % injected" -v n="$(value "$2.$1" pings)" \
		-v lost="$(value "$2.$1" lost)" -v true="$(value "$2.$1" true_lost)" \
		-v self="$(value "$2.$1" self_loss)" -v hid="$(value "$2.$1" invented)" 'BEGIN {
		w = 3.2905 * sqrt(true * (1 - true / n))
		printf "%-24s %9d %9d %9d  %6d %6d  +-%.0f: %s\n", t, n, true, lost, self, hid,
			w, (lost - true <= w && true - lost <= w) ? "inside" : "OUTSIDE"
	}'
}
phase 01
phase 10
printf '\nloss against what was really dropped\n%-24s %9s %9s %9s  %6s %6s  %s\n' \
	"" pings dropped "said lost" false hidden "99.9 % interval"
for percent in 01 10; do
	report $percent ours "smokebox"
	report $percent fping "fping"
	[ "$(value ours.$percent pings)" -gt 0 ] || bail "nothing could be compared"
done
echo "# of our own fault, so neither: $(value ours.01 unknown) and $(value ours.10 unknown)"
probed_stop
bench_done
