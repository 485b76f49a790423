#!/bin/bash
# Before and after a note, of a history of which all is known: the API's figures and its
# word, the sentence on the target's page, and what is said where too little is known.
. "${SOURCE:?}/t/world.sh"
command -v sqlite3 >"$DIR/which" || skip_all "no sqlite3"
world "$@"
network "* delay=15ms"

config 10 10 <<-END
+ Far
menu = Far
title = Far
++ one
menu = One
title = One
host = 10.53.1.1
++ two
menu = Two
title = Two
host = 10.53.1.2
END
sed -i 's/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 4000/; s/^AVERAGE 0.5 10 1000/AVERAGE 0.5 30 4800/' "$DIR/config"
# Ten hours of noisy 20 ms, with a ping in forty lost; for the last three hours it is 15 ms,
# and none is.
file=$DIR/data/Far/one.rrd end=$(($(date +%s) / 10 * 10))
change=$((end - 1080 * 10))
mkdir -p "${file%/*}"
rrdtool create "$file" --start $((end - 3600 * 10 - 1)) --step 10 DS:uptime:GAUGE:20:0:U \
	DS:loss:GAUGE:20:0:10 DS:median:GAUGE:20:0:U DS:ping{1..10}:GAUGE:20:0:U \
	RRA:AVERAGE:0.5:1:4000 RRA:AVERAGE:0.5:30:4800
awk -v end="$end" 'BEGIN {
	srand(7)
	for (i = 3599; i >= 0; i--) {
		base = i >= 1080 ? 0.020 : 0.015
		lost = i >= 1080 && rand() < 0.25
		base += rand() * 0.001
		line = ""
		for (k = 1; k <= 10; k++)
			line = line (k > 10 - lost ? ":U" : sprintf(":%.6f", base + k * 0.0002 + rand() * 0.00015))
		printf "%d:U:%d:%.6f%s\n", end - i * 10, lost, base + 0.0012, line
	}
}' | xargs -n 300 rrdtool update "$file"
probed_start
wait_until 40 ready || bail "probed does not answer"
begun() {
	[ "$(json incidents?kind=note '.incidents | length')" -gt 0 ]
}
wait_until 20 begun || bail "no events"
note() { # ID TIME TEXT
	sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "INSERT INTO incident VALUES(
		$1, 'note', 'Far.one', 'operator', $2, $2, 'sure', '$3', NULL, '{}', NULL, NULL)"
}
note 900001 "$change" 'new router'
note 900002 $((change - 9000)) 'painted the wall'
sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "INSERT INTO incident VALUES(
	900005, 'note', 'Far.one', 'start', $((change + 60)), $((change + 60)), 'sure',
	'smokebox starts anew', NULL, '{}', NULL, NULL)"
note 900003 "$(date +%s)" 'just now'
sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "INSERT INTO incident VALUES(
	900004, 'loss', 'Far.one', 'look', $change, $end, 'sure', 'x', NULL, '{}', NULL, NULL)"

# effect ID JQ
effect() {
	json "effect?id=$1&target=${3:-Far.one}" "$2"
}
is "$(effect 900001 .word)" better "faster is better"
is "$(effect 900001 '[.time, .span, .exact, .rounds_before, .rounds_after] | map(tostring) | join(" ")')" \
	"$change 6000 true 600 600" "of equal windows, six hundred rounds each"
like "$(effect 900001 .summary)" \
	'^Better: median fell by 4\.[89][0-9]? to 5\.[01][0-9]? ms, p95 by .*, loss by 2\.[0-9]+ to [23]\.[0-9]+ percentage points \(95 %\)\.$' \
	"says the sentence"
is "$(effect 900001 '.changes.median | (.low < -0.005 + 0.0002 and .low > -0.0053 and .high < -0.0048 and .shown)')" \
	true "5 ms, with a narrow interval"
is "$(effect 900001 '.changes.loss_ratio | (.after == 0 and .before > 0.018 and .before < 0.032)')" true "loss is gone"
is "$(effect 900001 '.changes.jitter.shown')" false "jitter is what it was"
is "$(effect 900002 '.word + " " + .summary')" "none No difference shown." \
	"where nothing changed, none is shown"
is "$(effect 900002 '.changes.median | (.low < 0 and .high > 0)')" true "and 0 is in the interval"
is "$(effect 900003 .word)" too_little "it takes some rounds"
is "$(effect 900001 '.word, has("changes")' Far.two | tr '\n' ' ')" "too_little false " \
	"of what was not measured then nothing is said"
for query in 'id=900001' 'target=Far.one' 'id=0&target=Far.one' 'id=x&target=Far.one'; do
	is "$(json "effect?$query" .status)" 400 "$query is refused"
done
is "$(json 'effect?id=900009&target=Far.one' .status)" 404 "a note that there is not"
is "$(json 'effect?id=900004&target=Far.one' .status)" 404 "what is no note"

page /t/Far/one >"$DIR/html"
like "$(tr '\n' ' ' <"$DIR/html")" 'new router.*Better: median fell by .*100 minutes before and 100 minutes after' \
	"the page says so below the note"
unlike "$(sed -n '/smokebox starts anew/,/<\/li>/p' "$DIR/html")" 'class="effect"' \
	"below what this box did itself nothing is compared"
like "$(tr '\n' ' ' <"$DIR/html")" '<dt>loss</dt><dd>2\.[0-9] → 0\.0<span class="unit">%' "with both sides"
is "$(grep -c 'No difference shown' "$DIR/html")" 1 "and of the other one that there is none"
unlike "$(page /incidents)" 'Better: median' "a list of all targets' says nothing of one"
done_testing
