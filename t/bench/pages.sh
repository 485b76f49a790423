#!/bin/bash
# Pages of many: TARGETS=10000 with twenty pings each 60 s, in RRDs of one archive of
# ROWS=1000 rows: how long the overview and the charts take, for who sees them first and
# for who sees them again, how long others wait meanwhile, and what web needs for it.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
world "$@"
network "* delay=5ms uniform=2ms
256-400 loss=0.2" --grain 500 --log "$TRUTH"
TARGETS=${TARGETS:-10000}
bench_config 60 20 "${ROWS:-1000}" < <(flat "$TARGETS")
probed_start
wait_until 120 ready || bail "probed does not answer"

all_measured() {
	[ "$(curl -s -m 20 "$URL/api/v1/charts?by=median&limit=1" | jq .count)" = "$TARGETS" ]
}
wait_until 240 all_measured || bail "not all are measured"
# Until the files of all are there, too: the first rows of so many take the disk a while.
stored() { [ "$(json status .store.queued)" = 0 ]; }
wait_until 240 stored || bail "not all is stored"

# took PATH...: ms of each
took() {
	local path
	for path in "$@"; do
		curl -s -m 20 -o "$DIR/body" -w '%{time_total} %{http_code}\n' "$URL$path" |
			awk '$2 == 200 { printf "%.1f\n", $1 * 1000 } $2 != 200 { print "failed" }'
	done
}
worst() { sort -g | tail -n1; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
pages=()
for i in $(seq 2 20); do pages+=("/?page=$i"); done

title "$TARGETS targets, archives of ${ROWS:-1000} rows: ms"
row "overview, first look" "$(took / | worst)" - "below 150"
before=$(cpu "$(worker web)")
row "overview, worst of 19 pages not seen" "$(took "${pages[@]}" | worst)" - "below 150"
row "processor for each of them" "$(over $((($(cpu "$(worker web)") - before) / 1000)) 19000 1)" - ""
row "overview again, median of 19" "$(took "${pages[@]}" | median)" - ""
row "a group of 100, first look" "$(took /t/G7 | worst)" - ""
row "charts, first look" "$(took /charts | worst)" - "below 300"
before=$(cpu "$(worker web)")
row "charts again, median of 9" \
	"$(took /charts /charts /charts /charts /charts /charts /charts /charts /charts | median)" - ""
row "processor for each of them" "$(over $((($(cpu "$(worker web)") - before) / 1000)) 9000 1)" - ""
row "one chart" "$(took /charts/loss | worst)" - ""
row "menu" "$(took /targets | worst)" - ""
row "search" "$(took "/search?q=10.0" | worst)" - ""

# Others meanwhile: the shortest answer there is, asked for again and again.
(
	for i in $(seq 40); do took "/?page=$((i % 50 + 1))" /charts /targets "/search?q=h$i"; done
) >"$DIR/busy" &
busy=$!
while kill -0 $busy 2>/dev/null; do took /healthz; done >"$DIR/others"
wait $busy
row "another's shortest answer meanwhile" "$(median <"$DIR/others")" - ""
row "at worst" "$(worst <"$DIR/others")" - "below 150"
row "memory of web, MB" "$(($(pss "$(worker web)") / 1024))" - ""
bench_done
