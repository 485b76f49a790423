#!/bin/bash
# How wrong a round trip time is: ours, fping's and blackbox_exporter's against the
# simulated network's own stamps, of the same targets, at the same rate, in the same
# minute, at the same priority; idle, and with one busy loop per core. A packet has come
# when it reached the device (simnet --arrival), and left when it was written: with
# READ=1 it has come when it was read, and the simulated network's own wake-up is in
# everybody's error. PINGS=120 for each target and phase.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
need fping fping
world "$@"

TARGETS=50 PINGS=${PINGS:-120}
network "* delay=500us uniform=300us" --spin 60 $([ "${READ:-0}" = 1 ] || echo --arrival) \
	--log "$TRUTH"
bench_config 10 20 60 < <(flat $TARGETS)
probed_start
wait_until 60 ready || bail "probed does not answer"
sleep 15
nice=$(cut -d ' ' -f 19 "/proc/$(worker prober)/stat")

# The exporter pings hosts of its own, one after the other, as it is asked to.
blackbox() {
	command -v prometheus-blackbox-exporter >"$DIR/which" || return
	cat >"$DIR/blackbox.yml" <<-END
	modules:
	  icmp: { prober: icmp, timeout: 2s, icmp: { preferred_ip_protocol: ip4 } }
	END
	nice -n "$nice" prometheus-blackbox-exporter --config.file="$DIR/blackbox.yml" \
		--web.listen-address=127.0.0.1:9115 2>"$DIR/blackbox.log" &
	BLACKBOX=$!
	wait_until 10 curl -sf http://127.0.0.1:9115/-/healthy
}
blackbox_ask() {
	curl -s -m 120 --rate 3000/m \
		"http://127.0.0.1:9115/probe?module=icmp&target=10.9.$1.[1-250]" |
		awk -v net="10.9.$1" '/^probe_icmp_duration_seconds{phase="rtt"}/ {
			printf "%s.%d : %.6f\n", net, ++n, $2 * 1000 }'
}
blackbox || BLACKBOX=

# phase NUMBER: both at once, then what each was wrong by, into DIR/NAME.NUMBER
phase() {
	local from to id
	from=$(date +%s%N)
	nice -n "$nice" fping -q -C "$PINGS" -p 500 -i 10 -t 1000 \
		$(seq -f '10.0.1.%g' 0 $((TARGETS - 1))) >"$DIR/fping.$1.out" 2>&1 &
	id=$!
	[ -z "$BLACKBOX" ] || { blackbox_ask "$1" >"$DIR/blackbox.$1.out" & ask=$!; }
	wait $id
	[ -z "$BLACKBOX" ] || wait "$ask"
	to=$(date +%s%N)
	sleep 12
	simnet_signal USR1
	"$BUILD/t/match" rounds "$TRUTH" "$DIR/data" "$from" "$to" \
		$((id & 0xffff)) >"$DIR/ours.$1"
	"$BUILD/t/match" fping "$TRUTH" "$DIR/fping.$1.out" $((id & 0xffff)) \
		>"$DIR/fping.$1"
	[ -z "$BLACKBOX" ] || "$BUILD/t/match" fping "$TRUTH" \
		"$DIR/blackbox.$1.out" >"$DIR/blackbox.$1"
}
value() {
	sed -n "s/^$2 //p" "$DIR/$1"
}
report() {
	local q
	title "RTT error against the simulated network's stamps, $2"
	for q in p50 p99; do
		row "$q, us; fping" "$(value "ours.$1" error_${q}_us)" \
			"$(value "fping.$1" error_${q}_us)" "ratio below 0.5"
		[ -z "$BLACKBOX" ] || row "$q, us; blackbox_exporter" \
			"$(value "ours.$1" error_${q}_us)" \
			"$(value "blackbox.$1" error_${q}_us)" ""
	done
	echo "# stamped late: $(sed -n 's/^untapped //p' "$DIR/simnet.stats")"
	echo "# pings compared: $(value "ours.$1" pings), $(value "fping.$1" pings)"
	[ "$(value "ours.$1" pings)" -gt 0 ] && [ "$(value "fping.$1" pings)" -gt 0 ] ||
		bail "nothing could be compared"
}

[ -n "$BLACKBOX" ] || echo "# blackbox_exporter is left out: package prometheus-blackbox-exporter"
phase 1
loops=
for _ in $(seq "$(nproc)"); do
	while :; do :; done &
	loops="$loops $!"
done
phase 2
# shellcheck disable=SC2086
kill $loops
report 1 "idle"
report 2 "one busy loop per core"
[ -z "$BLACKBOX" ] || stop_process "$BLACKBOX"
probed_stop
bench_done
