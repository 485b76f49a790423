#!/bin/bash
# Comparing: several targets over one axis and scale, one with the day and the week before
# on the clock on the wall, figures against what was put into the files, estimates marked,
# hostile arguments, and what people see, with scripts and without.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=15ms"
# A zone whose clocks are changed, on the days that are looked at.
export TZ=Europe/Berlin

config 60 4 <<-END
+ Far
menu = Far & <b>away</b>
title = Far
++ one
menu = One & "only"
title = One
host = 10.53.1.1
++ two
menu = Two
title = Two
host = 10.53.1.2
++ none
menu = None
title = None
host = no.such.name.sim
+ Both
menu = Both
title = Both
host = /Far/one /Far/two
END
# Once it has rows of a minute for a day only, once of an hour for a month.
sed -i 's/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 1440/; s/^AVERAGE 0.5 10 1000/AVERAGE 0.5 60 1440/' "$DIR/config"
end=$(($(date +%s) / 60 * 60))
# file NAME BASE-MS DAYS: BASE ms, ten times as much at 6:00 to 7:00 UTC, of four pings
# one lost at each fifth minute; DAYS long
file() {
	local file=$DIR/data/$1.rrd rows=$(($3 * 1440))
	mkdir -p "${file%/*}"
	rrdtool create "$file" --start $((end - rows * 60 - 60)) --step 60 DS:uptime:GAUGE:120:0:U \
		DS:loss:GAUGE:120:0:4 DS:median:GAUGE:120:0:U DS:ping{1..4}:GAUGE:120:0:U \
		RRA:AVERAGE:0.5:1:1440 RRA:AVERAGE:0.5:60:1440
	awk -v end="$end" -v rows="$rows" -v base="$2" 'BEGIN {
		for (i = rows; i >= 0; i--) {
			t = end - i * 60
			v = base / 1000 * (t % 86400 / 3600 >= 6 && t % 86400 / 3600 < 7 ? 10 : 1)
			if (t / 60 % 5 == 0)
				printf "%d:U:1:%.6f:U:%.6f:%.6f:%.6f\n", t, v, v, v, v * 1.1
			else
				printf "%d:U:0:%.6f:%.6f:%.6f:%.6f:%.6f\n", t, v, v, v, v, v * 1.1
		}
	}' | xargs -n 400 rrdtool update "$file"
}
file Far/one 20 9
file Far/two 5 1
probed_start
wait_until 40 ready || bail "probed does not answer"

# --- what is on the page ----------------------------------------------------------------
# row NAME: the cells of its line of figures, without markup
row() {
	tr -d '\n' <"$DIR/page" | sed 's/<tr>/\n<tr>/g' | grep -F ">$1</a>" | grep '^<tr><th scope="row">' |
		sed 's/<\/tr>.*//; s/<\/td>/|/g; s/.*<\/th>//; s/<[^>]*>//g'
}
# graphs: start and end of every picture
graphs() {
	grep -o '<img src="[^"]*' "$DIR/page" | sed 's/.*start=\([0-9]*\)&amp;end=\([0-9]*\)&.*top=\([0-9]*\).*/\1 \2 \3/'
}
quiet=$((end - 6 * 3600))
[ $((quiet % 86400 / 3600)) -ge 4 ] && [ $((quiet % 86400 / 3600)) -lt 8 ] && quiet=$((quiet - 5 * 3600))
page "/compare?t=Far.one&t=Far.two&start=$quiet&end=$((quiet + 3000))" >"$DIR/out"
is "$(cat "$DIR/page.status")" 200 "two targets"
is "$(row 'One &amp; &quot;only&quot;')" "20.0ms|22.0ms|22.0ms|≈ 1.07ms|5.0%|100%|PNG SVG PDF CSV JSON|" "figures of the one are those of its file"
is "$(row Two)" "5.00ms|5.50ms|5.50ms|≈ 0.27ms|5.0%|100%|PNG SVG PDF CSV JSON|" "and of the other"
like "$(cat "$DIR/page")" "href=\"/graph/Far/two.csv.start=$quiet&amp;end=$((quiet + 3000))\" download" "each as a file"
is "$(graphs | cut -d' ' -f1-2 | sort -u)" "$quiet $((quiet + 3000))" "pictures over the same time"
is "$(graphs | cut -d' ' -f3 | sort -u)" 27000 "of one height, for the highest"
page "/compare?t=Far.one&t=Far.two&scale=own&start=$quiet&end=$((quiet + 3000))" >"$DIR/out"
is "$(graphs | cut -d' ' -f3 | sort -n | tr '\n' ' ')" "6600 27000 " "or each of its own"
unlike "$(cat "$DIR/page")" "& \"only|<b>away" "titles are escaped"
page "/compare?t=Far&t=Both&t=Far.one" >"$DIR/out"
is "$(grep -c '^<tr><th scope="row">' "$DIR/page")" 3 "all of a group, each once"
like "$(row None)" "^–.–.–.–.–.–" "of which nothing is known, no figure"
like "$(cat "$DIR/page")" "Nothing is known of this time" "and no picture"

# --- before -----------------------------------------------------------------------------
# before WITH END: how long before END the other one ends, in hours
before() {
	page "/compare?t=Far.one&with=$1&start=$(($2 - 7200))&end=$2" >"$DIR/out"
	grep '^<tr><th scope="row">' "$DIR/page" | grep -o 'end=[0-9]*' |
		awk -F= -v end="$2" '$2 != end { print (end - $2) / 3600 }'
}
noon() {
	date -d "$1 12:00" +%s
}
page "/compare?t=Far.one&with=yesterday&start=$((end - 7200))&end=$((end - 3600))" >"$DIR/out"
is "$(grep -c '^<tr><th scope="row">' "$DIR/page")" 2 "one and the day before"
like "$(row 'One &amp; &quot;only&quot;, the day before')" "^≈ " "of which only hourly means are left: about"
unlike "$(row 'One &amp; &quot;only&quot;')" "^≈ " "but not of today"
is "$(before yesterday "$(noon 2026-07-10)")" 24 "the day before is the same hour"
is "$(before yesterday "$(noon 2026-10-25)")" 25 "also on the day that has 25 of them"
is "$(before last-week "$(noon 2026-03-31)")" 167 "and in the week that lacks one"

# --- bad input --------------------------------------------------------------------------
for query in 't=Far.gone' 't=Far.one~gone' 't=../one' 't=%ff' 't=Far.one&with=never' 't=Far.one&scale=log' \
	't=Far.one&start=x' 't=Far.one&start=now&end=now-1h' 't=Far~x'; do
	page "/compare?$query" >"$DIR/out"
	like "$(cat "$DIR/page.status")" "^40[04]$" "$query is refused"
done
page "/compare?$(printf 't=Far&t=Both&%.0s' $(seq 30))" >"$DIR/out"
is "$(cat "$DIR/page.status")" 200 "the same again and again is the same"
is "$(curl -s -o "$DIR/out" -w '%{http_code}' "$URL/graph/Far/one.png?top=-1")" 400 "no picture is less than nothing high"
is "$(curl -s -o "$DIR/out" -w '%{http_code}' "$URL/graph/Far/one.png?top=x")" 400 "or as high as a letter"
is "$(json "rounds?target=Far.one&start=$quiet&end=$((quiet + 600))&ranks=no" '.columns | (.median | length), (.ping | length)' | tr '\n' ' ')" \
	"10 0 " "rounds without their pings"
is "$(api 'rounds?target=Far.one&ranks=2' | jq .status)" 400 "or with them, and nothing else"

page "/compare?t=Far.one&with=yesterday" >"$DIR/out"
is "$(graphs | wc -l)" 2 "pictures need no script"

# --- ways here --------------------------------------------------------------------------
like "$(page /t/Far/one)" 'href="/compare\?t=Far.one&amp;with=yesterday"' "a target's page leads there"
like "$(page /)" 'href="/compare\?t=Far"' "a group on the first page too"
like "$(page /compare)" 'type="checkbox" name="t" value="Far.two"' "without any, they are chosen"

# --- for people -------------------------------------------------------------------------
if [ -n "$CHROMIUM" ]; then
	cat >"$DIR/run" <<-'END'
	(async () => {
		const card = document.getElementById('overlay');
		if (!card)
			return { skip: true };
		for (let i = 0; i < 600 && !(card.querySelector('canvas') && card.querySelectorAll('.legend li').length); i++)
			await new Promise(done => setTimeout(done, 50));
		await new Promise(done => setTimeout(done, 300));
		const canvas = card.querySelector('canvas');
		const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
		const style = getComputedStyle(document.documentElement);
		const seen = {};
		for (const k of ['--k1', '--k2']) {
			const c = style.getPropertyValue(k).trim();
			let n = 0;
			for (let i = 0; i < d.length; i += 4)
				if ('#' + [d[i], d[i + 1], d[i + 2]].map(v => v.toString(16).padStart(2, '0')).join('') === c)
					n++;
			seen[k] = n;
		}
		return { seen, legend: card.querySelectorAll('.legend li').length, words: card.querySelector('.plot-read').textContent };
	})()
	END
	mkdir -p "$OUT/compare"
	perl "$SOURCE/t/browser.pl" "$OUT/compare" "--run=$DIR/run" "$URL/compare?t=Far.one&t=Far.two&start=now-20h&end=now" \
		"$URL/compare?t=Far.one&with=yesterday" "$URL/compare" >"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	for what in '.errors == []' '.failed == []' '.foreign == []' '.wide <= 0' \
		'[.images[] | .complete and .width > 0 and (.alt | length > 0)] | all'; do
		is "$(jq -c "select(($what) | not) | {url, width, theme, images, errors, failed, wide}" "$DIR/seen")" "" "everywhere $what"
	done
	if [ -f "$BUILD/web/vendor/uPlot.iife.min.js" ] || [ -f "$SOURCE/web/vendor/uPlot.iife.min.js" ]; then
		is "$(jq -c 'select(.url | test("two")) | select((.run.legend == 2 and .run.seen["--k1"] > 100 and .run.seen["--k2"] > 100) | not) | .run' \
			"$DIR/seen")" "" "scripts draw a line of its own colour for each"
	else
		skip "built with --disable-interactive"
	fi
	perl "$SOURCE/t/browser.pl" "$OUT/compare" --no-script "$URL/compare?t=Far.one&with=yesterday" >"$DIR/seen" 2>"$DIR/browser.err"
	is "$(jq -c '.failed' "$DIR/seen" | sort -u)" "[]" "without scripts all that it asks for comes"
else
	skip "no chromium"
fi
done_testing
