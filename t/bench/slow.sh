#!/bin/bash
# COUNT=10000 lines to the pages, all from one address, on which nobody asks anything: half a
# head that goes on by a byte a second, a head whose body never comes, a request behind which
# the line stays open; what is closed is opened again. How long who asks something from the
# same address waits meanwhile, by TRIES=50 of each kind, and what it costs.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
world "$@"
network "* delay=2ms"
COUNT=${COUNT:-10000} TRIES=${TRIES:-50}
ulimit -n $((COUNT + 200)) || bail "not so many files are allowed"
bench_config 2 10 6000 < <(flat 20)
probed_start
wait_until 60 ready || bail "probed does not answer"
all_measured() {
	[ "$(json targets '[.targets[] | select(.last.median != null)] | length')" = 20 ]
}
wait_until 60 all_measured || bail "not all are measured"

# asked NAME: TRIES of each, ms into DIR/NAME.ms; "failed" where one was not answered
asked() {
	local path
	for path in /healthz / /api/v1/targets "/graph/G0/h256.png?start=now-1h"; do
		for _ in $(seq "$TRIES"); do
			curl -s -m 20 -o "$DIR/body" -w '%{http_code} %{time_total}\n' "$URL$path"
		done
	done | awk '{ print $1 == 200 ? $2 * 1000 : "failed" }' >"$DIR/$1.ms"
}
# share NAME SHARE
share() {
	! grep -q failed "$DIR/$1.ms" || { echo "$(grep -c failed "$DIR/$1.ms") failed"; return; }
	sort -g "$DIR/$1.ms" | awk -v s="$2" '{ v[NR] = $1 } END { printf "%.1f\n", v[int((NR - 1) * s) + 1] }'
}
unknown() {
	local target
	for target in G0.h256 G0.h265 G0.h275; do rows $target; done | awk -v from="$1" -v to="$(($(date +%s) - 6))" \
		'$1 > from && $1 < to && (tolower($2) ~ /nan/ || $2 > 0)' | wc -l
}
WEB=$(worker web)
asked idle
before=$(pss "$WEB")
mkfifo "$DIR/stay"
begun=$(date +%s)
perl "$SOURCE/t/loris.pl" 8080 "$COUNT" <"$DIR/stay" >"$DIR/loris" 2>&1 &
exec 7>"$DIR/stay"
wait_until 60 grep -q '^open' "$DIR/loris" || bail "$(cat "$DIR/loris")"
opened=$(($(date +%s) - begun))
asked slow
title "$COUNT slow lines, peer: without them (load $(cut -d' ' -f1 /proc/loadavg))"
row "an answer, ms, half of them" "$(share slow 0.5)" "$(share idle 0.5)" ""
row "an answer, ms, 99 of 100" "$(share slow 0.99)" "$(share idle 0.99)" "below 1000"
row "the slowest, ms" "$(share slow 1)" "$(share idle 1)" "below 1000"
row "memory of web, MB" "$(($(pss "$WEB") / 1024))" "$((before / 1024))" ""
row "they were opened in, s" "$opened" - ""
row "rounds lost or unknown meanwhile" "$(unknown "$begun")" - "0"
exec 7>&-
bench_done
