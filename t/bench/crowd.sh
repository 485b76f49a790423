#!/bin/bash
# Many readers of one box with TARGETS=100: how soon its first page is there in a browser
# and how much is fetched for it; and whether 200 listeners to events and 50 graphs a
# second, none of which was drawn before, hold up a ping or change what is measured. What
# is sent when is told by the simulated network (stamps of its device); a ping's delay is
# how much later after the one before it was sent than is usual. SECONDS_EACH=60 of both.
# LOOKS=3 by the browser, of which the middle one counts; 0: none. Under
# "setpriv --bounding-set -sys_nice" it is seen what holds without that right.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
world "$@"
network "* delay=5ms uniform=1ms" --spin 60 --arrival --log "$TRUTH"
TARGETS=${TARGETS:-100} SECONDS_EACH=${SECONDS_EACH:-60} LOOKS=${LOOKS:-3}
# Each in a network of its own: of those in one, the prober sends to one at a time, and puts
# the others off by up to two of its turns of 32 ms, which is no lateness of its own.
bench_config 10 10 6000 < <(flat "$TARGETS" |
	sed 's/^host = 10\.\([0-9]*\)\.\([0-9]*\)\.\([0-9]*\)$/host = 10.\3.\2.1/')
# Pings at equal distances, so that one that is late is seen.
sed -i '/^+ FPing$/a hostinterval = 0.8' "$DIR/config"
printf '*** Overrides ***\n+ probe:FPing\nsampler = burst\n' >"$DIR/smokebox"
probed_start
wait_until 60 ready || bail "probed does not answer"
all_measured() {
	[ "$(json targets '[.targets[] | select(.last.median != null)] | length')" = "$TARGETS" ]
}
wait_until 60 all_measured || bail "not all are measured"
# Not the rounds of the start, which begin as soon as they may.
begun=$(date +%s)
all_again() {
	[ "$(json targets "[.targets[] | select(.last.time > $begun)] | length")" = "$TARGETS" ]
}
wait_until 60 all_again || bail "not all go by the step"

# --- one browser ------------------------------------------------------------------------
if [ "$LOOKS" -gt 0 ] && [ -n "$CHROMIUM" ]; then
	cat >"$DIR/look.js" <<-'END'
	(() => {
		const page = performance.getEntriesByType('navigation')[0];
		return [page.domContentLoadedEventEnd, page.loadEventEnd].map(Math.round).join(' ');
	})()
	END
	for i in $(seq "$LOOKS"); do
		perl "$SOURCE/t/browser.pl" "$DIR" --run="$DIR/look.js" "$URL/" |
			head -n 1 | jq -r '.run + " " + (.bytes | map(tostring) | join(" "))'
	done >"$DIR/looks" 2>"$DIR/browser.log"
	# place COLUMN: the middle one
	place() { cut -d' ' -f"$1" "$DIR/looks" | sort -g | sed -n "$(((LOOKS + 1) / 2))p"; }
	title "the first page with $TARGETS targets, in Chromium, nothing cached (load $(cut -d' ' -f1 /proc/loadavg))"
	row "can be used after, ms" "$(place 1)" - "below 1000"
	row "all is there after, ms" "$(place 2)" - ""
	row "transferred until then, kB" "$(over "$(place 4)" 1000 0)" - "below 300"
	row "  until it can be used, kB" "$(over "$(place 3)" 1000 0)" - ""
	row "  and once read to its end, kB" "$(over "$(place 5)" 1000 0)" - ""
else
	echo "# the browser is left out: LOOKS=0, or no chromium (package chromium-headless-shell)"
fi

# --- a crowd ----------------------------------------------------------------------------
# phase NAME: what happened in SECONDS_EACH, into DIR/NAME
phase() {
	local from to
	from=$(date +%s%N)
	sleep "$SECONDS_EACH"
	to=$(date +%s%N)
	sleep 12
	simnet_signal USR1
	"$BUILD/t/match" rounds "$TRUTH" "$DIR/data" "$from" "$to" >"$DIR/$1"
	"$BUILD/t/simnet" --print "$TRUTH" | awk -v a="$from" -v b="$to" \
		'$1 >= a && $1 < b && $5 == 1 { print $3, $8, $1 }' >"$DIR/$1.sent"
}
value() { sed -n "s/^$2 //p" "$DIR/$1"; }
# late NAME SHARE: ms that so many pings were sent later than the usual time after the one
# before of the same target and round; what the walk of a path sends has other numbers
late() {
	sort -k1,1 -k2,2n "$DIR/$1.sent" |
		awk '$1 == host && $2 == number + 1 { print $3 - last }
			{ host = $1; number = $2; last = $3 }' |
		sort -g | awk -v share="$2" '{ gap[NR] = $1 / 1e6 }
			END { usual = gap[int((NR + 1) / 2)]
				for (i = 1; i <= NR; i++)
					if (gap[i] < usual * 2)
						late[++n] = gap[i] > usual ? gap[i] - usual : 0
				print late[int((n - 1) * share) + 1] }'
}
phase idle
mkfifo "$DIR/stay"
perl "$SOURCE/t/listeners.pl" 8080 200 60 <"$DIR/stay" >"$DIR/listeners" 2>&1 &
exec 7>"$DIR/stay"
wait_until 20 grep -q '^open 200' "$DIR/listeners" || bail "$(cat "$DIR/listeners")"
curls=
for i in 0 1 2 3 4; do
	curl -s --no-progress-meter --rate 600/m -m 30 -o "$DIR/graph.$i" -w '%{stderr}%{http_code}\n' \
		"$URL/graph/G0/h[256-355].png?start=now-1h&width=[$((400 + 20 * i))-$((419 + 20 * i))]" \
		2>"$DIR/graphs.$i" &
	curls="$curls $!"
done
begun=$(date +%s)
phase crowd
drawn=$(cat "$DIR"/graphs.* | grep -c '^200')
over=$(($(date +%s) - begun))
# shellcheck disable=SC2086
kill $curls
exec 7>&-

title "200 listeners and graphs that nobody saw before, peer: without them"
row "graphs a second, drawn" "$(over "$drawn" "$over" 1)" - "50 asked"
row "sent too late, ms, half of the pings" "$(late crowd 0.5)" "$(late idle 0.5)" ""
row "sent too late, ms, 99 of 100" "$(late crowd 0.99)" "$(late idle 0.99)" "no more than 2 ms more"
row "RTT error p50, us" "$(value crowd error_p50_us)" "$(value idle error_p50_us)" "equal"
row "RTT error p99, us" "$(value crowd error_p99_us)" "$(value idle error_p99_us)" "equal"
row "pings compared" "$(value crowd pings)" "$(value idle pings)" ""
# shellcheck disable=SC2046
row "memory of all, MB" "$(($(pss $(everyone "$PROBED")) / 1024))" - ""
bench_done
