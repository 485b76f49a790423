#!/bin/bash
# History through Debian's rrdcached: it keeps rows until somebody looks, loses none when
# it is killed, and nothing is written past it.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v rrdcached >"$DIR/which" || skip_all "no package rrdcached"
world "$@"
network "* delay=2ms"

cached_start() {
	mkdir -p "$DIR/journal"
	rrdcached -g -p "$DIR/rrdcached.pid" -l "unix:$DIR/rrdcached.sock" \
		-b "$DIR/data" -B -w 3000 -f 6000 -j "$DIR/journal" >>"$DIR/rrdcached.log" 2>&1 &
	CACHED=$!
	wait_until 10 test -S "$DIR/rrdcached.sock" || bail "rrdcached does not start"
}
config 1 4 <<-END
+ A
menu = A
title = A
++ one
host = 10.0.0.2
++ many
host = 10.0.0.3
END
printf '*** Sinks ***\nrrdcached = unix:%s/rrdcached.sock\n' "$DIR" >"$DIR/smokebox"
cached_start
SMOKEBOX_TEST=seccomp=kill probed_start
wait_until 20 ready || bail "probed does not answer"

written() {
	[ "$(json status .store.rows_written)" -ge "$1" ]
}
wait_until 20 written 8
ok $? "rounds are stored"
# What stands in the file itself: its last known row
on_disk() {
	known_rows A.one | awk 'END { print $1 + 0 }'
}
# told: the last row that web has heard of
told() {
	json targets '.targets[] | select(.path == "A.one") | .last.time'
}
# measured TARGET: the rows that were measured, whatever became of them
measured() {
	api "pings?target=$1&start=$(($(date +%s) - 900))&limit=1000" |
		jq -r '.rounds[] | select(.state == "measured") | .row' | sort
}
disk=$(on_disk)
last=$(told)
holds "they are in rrdcached, not in the file" "$last - $disk >= 1"
now=$(date +%s)
curl -s -m 10 -o "$DIR/png" -w '%{http_code}\n' \
	"$URL/graph/A/one.png?start=$((now - 60))&end=$now" >"$DIR/code"
is "$(cat "$DIR/code")" 200 "a graph is drawn"
disk=$(on_disk)
holds "for which the file was written" "$disk >= $last"
wait_until 10 written 16
last=$(measured A.one | tail -n 1)
api "rounds?target=A.one&start=$((now - 60))&end=$((last + 1))" >"$DIR/rounds"
is "$(jq --argjson t "$last" '(($t - .start) - 1) as $k | .columns.median[$k] != null' \
	"$DIR/rounds")" true "the interface has the last round, too" ||
	head -c 600 "$DIR/rounds"

# Killed: what it had is in its journal, but for the last of it, which stood in a buffer
# only; what comes meanwhile waits.
kill -9 "$CACHED"
wait "$CACHED" 2>"$DIR/killed"
rm -f "$DIR/rrdcached.sock"
waits() {
	[ "$(json status .store.queued)" -ge 3 ]
}
wait_until 15 waits
ok $? "rounds wait while it is away"
like "$(json status '[.troubles[].text] | tostring')" "rrdcached" "which is said"
cached_start
none_waits() {
	[ "$(json status .store.queued)" = 0 ]
}
wait_until 20 none_waits
ok $? "and go on when it is back"
is "$(json status .store.failed)" 0 "none was refused"
is "$(json status '[.workers[] | .restarts] | add')" 0 "no worker died of it"
measured A.one >"$DIR/measured.A.one"
measured A.many >"$DIR/measured.A.many"
probed_stop
ok $? "it ends in time"
kill "$CACHED"
wait_until 10 is_gone "$CACHED"
rrdcached -g -p "$DIR/rrdcached.pid" -l "unix:$DIR/rrdcached.sock" -b "$DIR/data" \
	-j "$DIR/journal" -F >>"$DIR/rrdcached.log" 2>&1 &
CACHED=$!
flushed() {
	rrdtool flushcached --daemon "unix:$DIR/rrdcached.sock" "$DIR/data/A/one.rrd" \
		"$DIR/data/A/many.rrd"
}
wait_until 10 flushed
for target in A.one A.many; do
	known_rows $target | awk '{ print $1 }' | sort >"$DIR/stored.$target"
	holds "$target: rounds were measured" \
		"$(wc -l <"$DIR/measured.$target") >= 8"
	is "$(comm -23 "$DIR/measured.$target" "$DIR/stored.$target" | xargs)" "" \
		"$target: not one row is missing"
done
kill "$CACHED"
done_testing
