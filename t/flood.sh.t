#!/bin/bash
# A host floods the prober with copies of its answers until the receive buffer overflows,
# while the prober is put aside for moments too short to be a stall: what may have been
# among the packets that had no room is unknown, never loss.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
world "$@"
network "1-20 delay=20ms
21 delay=20ms dup=1 copies=15000"
probed 3 6 <<-END
+ A
menu = A
title = A
$(for i in $(seq 1 21); do printf '++ h%d\nhost = 10.0.0.%d\n' "$i" "$i"; done)
END
paths=$(json targets '.targets[].path')
look() {
	local t
	for t in $paths; do
		api "pings?target=$t&limit=10000" | jq -r '.target as $t | .rounds[] | . as $r |
			([.outcome, .rtt] | transpose[]) |
			[$t, $r.row, $r.suspect, .[0], .[1]] | @tsv'
	done >"$DIR/pings"
}
overflow() {
	json status .overload.receive_overflow
}
rounds() {
	[ "$(json "pings?target=A.h21" '.rounds | length')" -ge "$1" ] || {
		sleep 0.5
		return 1
	}
}
wait_until 20 rounds 1
ok $? "rounds come"
prober=$(worker_pid prober)
for i in $(seq 30); do
	kill -STOP "$prober"
	sleep 0.1
	kill -CONT "$prober"
	sleep 0.2
done
rules "* delay=20ms"
n=$(json "pings?target=A.h21" '.rounds | length')
wait_until 30 rounds $((n + 2))
ok $? "they go on"
overflowed() {
	[ "$(overflow)" -gt 0 ]
}
wait_until 10 overflowed
ok $? "the receive buffer overflowed ($(overflow) packets)" ||
	bail "nothing to be tested"
look
is "$(awk '$4 != "answered" && $4 != "stalled"' "$DIR/pings")" "" "no loss"
is "$(awk '$4 == "answered" && ($5 < 0.019 || $5 > 0.27)' "$DIR/pings")" "" "no wrong time"
holds "rounds meanwhile are suspect" "$(awk '$3 == "true"' "$DIR/pings" | wc -l) > 0"
is "$(awk '$4 != "answered" && $3 != "true"' "$DIR/pings" | wc -l)" 0 \
	"what is unknown is so in a suspect round"
is "$(for t in $paths; do known_rows "$t"; done | awk '$2 > 0')" "" "nor do rows speak of loss"
holds "duplicates are counted" "$(json status .overload.duplicates) > 1000"
is "$(worker_pid prober)" "$prober" "it is still the same prober"
probed_stop
is $? 0 "probed ends well"
done_testing
