#!/bin/bash
# Workers die and stall: the rest goes on, the worker comes back, and what was in flight
# is unknown, never loss.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks
network "* delay=2ms"

probed 2 4 <<-END
+ A
menu = A
title = A
$(for i in $(seq 2 21); do printf '++ h%d\nhost = 10.0.0.%d\n' "$i" "$i"; done)
END

wait_until 30 known A.h2 4
ok $? "rounds are stored"

# The worker NAME has another pid than BEFORE and is ready.
replaced() {
	local now
	now=$(json status ".workers[] | select(.name == \"$1\" and .state == \"ready\") | .pid")
	[ -n "$now" ] && [ "$now" != "$2" ]
}


deaths=
for worker in prober recorder web painter courier collector; do
	pid=$(worker_pid $worker)
	deaths+="$(date +%s) "
	if ! kill -9 "$pid" 2>/dev/null; then
		ok 1 "$worker: has a pid ($pid)"
		continue
	fi
	wait_until 15 replaced $worker "$pid"
	ok $? "$worker: killed, and started again"
	wait_until 15 newer_row A.h2 "$(date +%s)"
	ok $? "$worker: rounds go on"
	deaths+="$(date +%s) "
	like "$(json status ".workers[] | select(.name == \"$worker\") | .last_end")" \
		"signal 9" "$worker: the status says how it ended"
done

# Nobody answered late, nothing was lost by the network: no row may speak of loss.
lossless() {
	for i in $(seq 2 21); do
		rows "A.h$i" | awk -v h="$i" 'tolower($2) !~ /nan/ && $2 > 0 { print h, $0 }'
	done
}
is "$(lossless)" "" "no row speaks of loss"
truth
is "$(truth_count 2 dropped)" 0 "and the network lost nothing"

# A killed prober loses its round in flight, at most: count what is unknown from a death
# until rounds went on. At other times this machine stood still, if there is any.
unknown=0
for i in $(seq 2 21); do
	n=$(rows "A.h$i" | awk -v deaths="$deaths" 'BEGIN { n = split(deaths, death, " ") }
		tolower($2) ~ /nan/ { next }
		last && $1 > last + 2 {
			for (k = 1; k < n && ($1 < death[k] || last > death[k + 1]); k += 2);
			gap += k < n
		}
		{ last = $1 } END { print gap + 0 }')
	[ "$n" -le "$unknown" ] || unknown=$n
done
# One gap for the prober; the recorder's and the others' death may cost nothing more
# than the message that was being handled.
holds "each death costs a target one round at most ($unknown gaps)" "$unknown <= 2"

# A worker that hangs is noticed by its missing heartbeat, killed and replaced.
pid=$(worker_pid prober)
kill -STOP "$pid"
wait_until 40 replaced prober "$pid"
ok $? "a stopped prober is noticed and replaced"
like "$(cat "$DIR/probed.log")" "prober.*(no sign of life)" "and the log says so"
wait_until 15 newer_row A.h2 "$(date +%s)"
ok $? "and rounds go on"
is "$(lossless)" "" "still no row speaks of loss"
last=$(rows A.h2 | awk 'tolower($2) !~ /nan/ { if (prev && $1 - prev > gap)
	gap = $1 - prev; prev = $1 } END { print gap }')
holds "the time without a prober is unknown (a gap of $last s)" "$last >= 10"
end=$(date +%s)
is "$(json "rounds?target=A.h2&start=$((end - 60))&end=$end" \
	'[.columns.loss[] | select(. != null and . > 0)] | length')" 0 "nor does the API"
holds "the API says null there" "$(json "rounds?target=A.h2&start=$((end - 60))&end=$end" \
	'[.columns.loss[] | select(. == null)] | length') >= 3"

# The parent is told to go: everybody goes.
pids=$(json status '.workers[] | .pid')
probed_stop
for pid in $pids; do
	is_gone "$pid" || echo "# $pid is still there"
done
gone=0
for pid in $pids; do
	is_gone "$pid" || gone=1
done
ok $gone "no worker outlives its parent"
done_testing
