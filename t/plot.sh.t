#!/bin/bash
# The graph that scripts draw, in headless Chromium: what it shows of a history of which all
# is known, that it moves as hands move it, that its view is in the address, its figures
# against the API's and against what was put into the file; and the page without scripts.
. "${SOURCE:?}/t/world.sh"
[ -n "$CHROMIUM" ] || skip_all "no chromium"
[ -f "$BUILD/web/vendor/uPlot.iife.min.js" ] || [ -f "$SOURCE/web/vendor/uPlot.iife.min.js" ] ||
	skip_all "built with --disable-interactive"
world "$@"
network "* delay=15ms"

config 30 20 <<-END
+ Far
menu = Far
title = Far
++ one
menu = One
title = One <of> many
host = 10.53.1.1
END
sed -i 's/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 2000/; s/^AVERAGE 0.5 10 1000/AVERAGE 0.5 20 4800/' "$DIR/config"
# Twenty hours: 20 ms and some, at the end an hour of 200 ms with some loss, ten minutes
# without any answer, and half an hour of which nothing is known.
file=$DIR/data/Far/one.rrd end=$(($(date +%s) / 30 * 30))
mkdir -p "${file%/*}"
rrdtool create "$file" --start $((end - 2400 * 30 - 1)) --step 30 DS:uptime:GAUGE:60:0:U \
	DS:loss:GAUGE:60:0:20 DS:median:GAUGE:60:0:U DS:ping{1..20}:GAUGE:60:0:U \
	RRA:AVERAGE:0.5:1:2000 RRA:AVERAGE:0.5:20:4800
awk -v end="$end" 'BEGIN {
	for (i = 2399; i >= 0; i--) {
		base = i >= 60 && i < 180 ? 0.2 : 0.02
		lost = i >= 20 && i < 40 ? 20 : base > 0.1 ? i % 4 : 0
		line = ""
		for (k = 1; k <= 20; k++) {
			v = base * (0.9 + k * 0.01)
			j = k - int(lost / 2)
			v = j >= 1 && j <= 20 - lost ? sprintf("%.6f", base * (0.9 + j * 0.01)) : "U"
			line = line ":" v
			if (j == int((20 - lost) / 2) + 1)
				median = v
		}
		if (i >= 200 && i < 260)
			gsub(/[^:]+/, "U", line)
		known = i < 200 || i >= 260
		printf "%d:U:%s:%s%s\n", end - i * 30, known ? lost : "U",
			known && lost < 20 ? median : "U", line
	}
}' | xargs -n 300 rrdtool update "$file"
probed_start
wait_until 40 ready || bail "probed does not answer"
curl -s -m 10 -X POST "$URL/api/v1/notes?target=Far.one&text=new+router" >"$DIR/note"

# --- figures --------------------------------------------------------------------------
# of START-END: those of the API, in ms
of() {
	json "figures?target=Far.one&start=$1&end=$2" \
		'[.exact, .rows, .known, (.median, .p95, .p99, .jitter | if . then . * 1e6 | round / 1e3 else . end), .jitter_exact,
			(.loss_ratio | if . then . * 1e4 | round / 1e4 else . end)] | map(tostring) | join(" ")'
}
quiet=$((end - 1200 * 30))
is "$(of $quiet $((quiet + 3600)))" "true 120 120 20.2 21.81 22 1.4 false 0" \
	"of an hour that is like the next: median, p95, p99, jitter, no loss"
is "$(of $((end - 60 * 30)) $((end - 20 * 30)) | cut -d' ' -f 1-3,9)" "true 40 40 0.5" \
	"half of it without an answer"
is "$(of $((end - 260 * 30)) $((end - 200 * 30)))" "true 60 0 null null null null false null" \
	"of which nothing is known"
is "$(of $((end - 59000)) $end | cut -d' ' -f 1)" true "rounds as far back as they are kept"
is "$(json "figures?target=Far.one&start=$((end - 80000))&end=$end" .exact)" false \
	"behind that, estimates"
# shown RANGE: the figures of the page, as who has no scripts reads them
shown() {
	page "/t/Far/one?$1" | sed -n 's,^<div[^>]*><dt>\([^<]*\)</dt><dd>\(.*\)</dd></div>$,\1 \2,p' |
		sed 's/<[^>]*>//g' | paste -sd'|'
}
is "$(shown "start=$quiet&end=$((quiet + 3600))")" \
	"median 20.2ms|p95 21.8ms|p99 22.0ms|jitter ≈ 1.40ms|loss 0%|measured 100%" \
	"the page itself says the same"
is "$(shown "start=$((end - 260 * 30))&end=$((end - 200 * 30))")" "" "nothing where nothing is known"
like "$(shown "start=$((end - 80000))&end=$end")" \
	'^median ≈ [0-9.]+ms\|p95 ≈ [0-9.]+ms\|p99 ≈ [0-9.]+ms\|jitter ≈ [0-9.]+ms\|loss [0-9.]+%\|measured [0-9.]+%$' \
	"and what is an estimate"
is "$(page /t/Far/one | grep -c '<dt>p99</dt>')" 4 "each range of the target's page has them"
is "$(page /t/Far/one | grep -c 'one.json?start=now-[0-9]*s&amp;end=now" download')" 5 "and is a file of figures as well"

# --- the graph ------------------------------------------------------------------------
mkdir -p "$OUT/plot"
perl "$SOURCE/t/browser.pl" "$OUT/plot" "--run=$SOURCE/t/plot.js" "$URL/t/Far/one" \
	"$URL/t/Far/one?start=$((end - 3600))&end=$((end - 1800))" >"$DIR/seen" 2>"$DIR/browser.err"
ok $? "Chromium looked"
show "$DIR/browser.err"
is "$(wc -l <"$DIR/seen")" 6 "at both pages"
# every TEXT JQ-EXPRESSION [URL-REGEX]
every() {
	local found
	found=$(jq -c "select(.url | test(\"${3:-.}\")) | select(($2) | not) |
		{url, width, theme, errors, failed, foreign, wide, run}" "$DIR/seen")
	is "$found" "" "$1"
}
near='def near($a; $b): [$a, $b] | (.[0] | length) == (.[1] | length) and
	([.[0], .[1]] | transpose | map((.[0] - .[1]) | fabs < 0.02) | all); .run |'
every "nothing complains, fails, or comes from elsewhere" \
	'.errors == [] and .failed == [] and .foreign == []'
every "no page is wider than its window" '.wide <= 0'
every "its pictures are gone" '.run.pictures == 0'
every "smoke, the median without loss and with some" \
	'.run | .smoke >= 5 and .fine > 20 and .lossy >= 1' 'one$'
every "figures stand beside it" '.run.first | .median == "20.2ms" and (.p95 | test("^21[3-6]ms$")) and
	(.jitter | test("^≈ ")) and (.loss | test("^9[.][678]%$"))' 'one$'
every "dragging zooms" "$near near(.dragged; [0.25, 0.5])" 'one$'
every "an arrow moves" "$near near(.left; [-0.25, 0.75])" 'one$'
every "a plus zooms" "$near near(.in; [0, 0.5])" 'one$'
every "so does the wheel, out" "$near near(.wheeled; [-0.179, 0.679])" 'one$'
every "so do two fingers" "$near near(.pinched; [0.25, 0.75])" 'one$'
every "back is where it was before" "$near near(.returned; [0.25, 0.75])" 'one$'
every "what is seen is in the address" '.run.last.address | map(test("^[0-9]+$")) | all'
every "a table says the same" '.run | .lines >= 20 and (.line | test("[0-9] ms.* %$"))' 'one$'
every "a range of the configuration, and back to now" \
	'.run | .preset == ["now-108000s", "now"] and .back == ["now-10800s", "now"]'
every "a view of the address is the one that is drawn" \
	'.run | (.address | map(tonumber) | .[1] - .[0]) == 1800 and (.first.title | test("^30 minutes"))' start=

# --- without --------------------------------------------------------------------------
page /t/Far/one >"$DIR/html"
is "$(grep -c '<img class="graph"' "$DIR/html")" 4 "without scripts there are its four ranges"
unlike "$(grep 'data-plot' "$DIR/html")" '<of>' "nothing of a title gets out of the attribute"
like "$(page /config)" 'Copyright \(c\) [0-9]* Leon Sorokin' "the licence is told"
policy=$(curl -sI "$URL/t/Far/one" | sed -n 's/^Content-Security-Policy: *//Ip')
unlike "$policy" 'unsafe|script-src' "scripts come from here, and none stands in the page"
done_testing
