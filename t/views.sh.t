#!/bin/bash
# What several boxes and several targets look like: pages and pictures of slaves, of
# targets that only slaves measure, of several hosts together, by their names, by
# SmokePing's, and as tables.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=5ms normal=1ms"

config 1 5 <<'END'
+ Group
menu = A group
title = A group
++ One
menu = One
title = One host
host = 10.53.1.1
slaves = far near.example
++ Two
menu = Two
title = Two
host = 10.53.1.2
++ Only
menu = Only
title = Measured elsewhere
host = 10.53.1.3
nomasterpoll = yes
slaves = far
++ Both
menu = Both
title = Both together
host = /Group/One /Group/Two /Group/One~far
END
sed -i '/^\*\*\* Targets/i *** Slaves ***\nsecrets = '"$DIR"'/secrets\n+ far\ndisplay_name = Far & away\nlocation = <The Moon>\ncolor = c02030\n+ near.example\ndisplay_name = Near\ncolor = 2030c0
s/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 20000/
s/^range = 10h/range = 20m/
/^+ detail/,/^height/ { s/^width.*/width = 800/; s/^height.*/height = 150/ }' "$DIR/config"
echo far:one >"$DIR/secrets"
chmod 600 "$DIR/secrets"

# slave_file NAME MEDIAN ROWS: what a slave has told so far, in ms, up to now
slave_file() {
	local file=$DIR/data/$1.rrd now
	now=$(date +%s)
	mkdir -p "${file%/*}"
	rrdtool create "$file" --start $((now - $3 - 1)) --step 1 DS:uptime:GAUGE:2:0:U \
		DS:loss:GAUGE:2:0:5 DS:median:GAUGE:2:0:U DS:ping{1..5}:GAUGE:2:0:U \
		RRA:AVERAGE:0.5:1:20000 RRA:AVERAGE:0.5:10:1000
	awk -v now="$now" -v n="$3" -v m="$2" 'BEGIN {
		for (i = n - 1; i >= 0; i--) {
			v = m / 1000 * (1 + 0.2 * sin(i / 90))
			lost = i % 300 < 12
			if (i % 700 < 60)
				printf "%d:U:5:U:U:U:U:U:U\n", now - i
			else
				printf "%d:U:%d:%g:%s:%g:%g:%g:%g\n", now - i, lost, v,
					lost ? "U" : v * 0.97, v * 0.98, v, v * 1.02, v * 1.05
		}
	}' | xargs -n 400 rrdtool update "$file"
}
slave_file Group/One~far 40 6000
slave_file Group/Only~far 30 6000
probed_start
wait_until 20 ready || bail "probed does not answer"

measured() {
	[ "$(json targets '.targets[] | select(.path == "Group.One") | .last.median')" != null ] &&
		[ "$(json targets '.targets[] | select(.path == "Group.Two") | .last.median')" != null ]
}
wait_until 20 measured
ok $? "this box measures"

# --- pages ---
is "$(get /t/Group/One)" 200 "a target with slaves"
for path in '/graph/Group/One.png?start=now-10800s' '/graph/Group/One~far.png?start=now-10800s' \
	'/graph/Group/One~near.example.png?start=now-10800s' \
	'/graph/Group/One.png?kind=overview' '/t/Group/One~far?start=now-10800s'; do
	body_has "$path" "has $path"
done
body_lacks '/graph/Group/One~near.example.png?start=now-108000s' \
	"that there is nothing from there is said once"
body_has 'width=800&amp;height=150' "in a size that somebody chose"
body_has "Last 3 Hours from Far &amp; away" "named as configured"
body_has "&lt;The Moon&gt;" "and where it is"
is "$(get /t/Group/One~far)" 200 "what a slave sees"
body_has "as seen from Far &amp; away" "says so"
body_has '/graph/Group/One~far.png?start=now-108000s' "has its graphs"
body_lacks '/graph/Group/One.png' "and no other"
like "$(tr -d '\n' <"$DIR/body" | grep -o 'id="present".\{90\}')" \
	'class="card present look-(waiting|unknown)".*<p class="state">(waiting for the next|no) round' \
	"and how it is there now"
is "$(get "/t/Group/One?start=now-108000s&end=now")" 200 "a range"
body_has 'name="start" value="now-30h"' "is written as people would"
is "$(get /t/Group/Only)" 200 "a target that only a slave measures"
body_has '/graph/Group/Only~far.png?start=now-10800s' "has the slave's graphs"
body_lacks '/graph/Group/Only.png?start' "and none of this box"
is "$(get /t/Group)" 200 "a group"
for path in '/graph/Group/One.png?kind=strip' '/graph/Group/One~far.png?kind=strip' \
	'/graph/Group/Only.png?kind=strip' '/graph/Group/Both.png?kind=strip'; do
	body_has "$path" "has $path"
done
body_has 'from Far &amp; away' "a line for what the slave sees"
body_has 'no round from there yet' "and for one that was never heard"
like "$(state Group.Only)" "^(waiting|unknown)\$" "what only a slave measures goes by the slave"
is "$(get /t/Group/Both)" 200 "several hosts"
body_has '/graph/Group/Both.png?start=now-10800s' "have a graph"
file=$(grep -o 'href="/compare\.csv[^"]*' "$DIR/body" | sed 's/^href="//; s/&amp;/\&/g')
is "$(get "$file"; grep -c '^"Group\.' "$DIR/body")" 2003 "and the figures of the three as a table"
body_has '"Group.One~far"' "that of the slave as well"
for path in "/t/Group/One~far?start=now-1h&end=now" \
	"/smokeping.cgi?displaymode=n;start=now-1h;end=now;target=Group.One~far"; do
	is "$(get "$path")" 200 "a range as a slave sees it, $path"
	body_has '/graph/Group/One~far.png?start=' "has its graph"
	body_has '/graph/Group/One~far.csv?start=' "and its table"
	body_has 'action="/t/Group/One~far"' "and is chosen without a script"
done
for path in "/t/Group/One~" "/t/Group/One~gone" "/t/Group/Both~far" "/t/Group~far" "/t/~far" \
	"/t/Group/One~far~far" "/smokeping.cgi?target=Group.One~gone" "/graph/Group/One~gone.png" \
	"/graph/Group/Both~far.png" "/graph/Group/One~far" "/graph/Group/Both.csv" \
	"/graph/Group/One~%2e%2e%2ffar.png" "/img/Group/One~gone_last_10800.png"; do
	is "$(get "$path")" 404 "nothing is at $path"
done

# --- pictures ---
# drawn WHAT PATH: a PNG; its size is in SIZE
drawn() {
	is "$(get "$2")" 200 "$1"
	is "$(header Content-Type)" image/png "  is drawn"
	SIZE=$(md5sum <"$DIR/body")
}
range="start=$(($(date +%s) - 4000))&end=$(($(date +%s) - 1000))"
drawn "this box's graph" "/graph/Group/One.png?$range"
own=$SIZE
drawn "the slave's" "/graph/Group/One~far.png?$range"
far=$SIZE
unlike "$far" "$own" "is another"
drawn "both in one" "/graph/Group/One.png?kind=overview&$range"
unlike "$SIZE" "$own|$far" "is a third"
drawn "only a slave's" "/graph/Group/Only.png?$range"
only=$SIZE
drawn "the same by the slave's name" "/graph/Group/Only~far.png?$range"
is "$SIZE" "$only" "is the same"
drawn "several hosts" "/graph/Group/Both.png?$range"
drawn "several in the dark" "/graph/Group/Both.png?theme=dark&$range"
drawn "the slave's by SmokePing's name" "/img/Group/One~far_last_10800.png"
drawn "the overview by SmokePing's name" "/img/Group/One_mini.png"
like "$(header Smokebox-Plot)" "width=600, height=50" "  in the configured size"
start=$(header Smokebox-Plot | sed 's/.*start=\([0-9]*\).*/\1/')
end=$(header Smokebox-Plot | sed 's/.*end=\([0-9]*\).*/\1/')
is $((end - start)) 1200 "  and range"
drawn "while a script zooms" \
	"/smokeping.cgi?displaymode=a;start=now-1h;end=now;target=Group.One~far"
drawn "several hosts, while a script zooms" \
	"/smokeping.cgi?displaymode=a;start=now-1h;end=now;target=Group.Both"

# --- tables ---
is "$(get "/graph/Group/One~far.csv?$range")" 200 "a table"
like "$(header Content-Type)" '^text/csv' "  is one"
like "$(header Content-Disposition)" '^attachment; filename="Group.One~far_[0-9_-]*_to_[0-9_-]*.csv"$' "  with a name"
is "$(head -n1 "$DIR/body" | tr -d '\r')" \
	time,median,loss,loss_ratio,ping1,ping2,ping3,ping4,ping5 "  and columns"
rows=$(wc -l <"$DIR/body")
holds "  of up to 2000 rows ($rows)" "$rows > 1000 && $rows <= 2001"
is "$(awk -F, 'NF != 9' "$DIR/body" | wc -l)" 0 "  all of one width"
holds "  with the slave's medians" \
	"$(awk -F, 'NR > 1 && $2 != "" && ($2 < 0.031 || $2 > 0.049)' "$DIR/body" | wc -l) == 0"
holds "  and total losses without any" \
	"$(awk -F, '$4 == 1 && $2 == ""' "$DIR/body" | wc -l) > 5"
is "$(get "/graph/Group/One~far.csv?points=0")" 400 "no table without rows"
is "$(get "/graph/Group/One~near.example.csv")" 200 "a table of what has no round"
is "$(wc -l <"$DIR/body")" 1 "has its head"

# --- for people ---
if [ -n "$CHROMIUM" ]; then
	mkdir -p "$OUT/views"
	perl "$SOURCE/t/browser.pl" "$OUT/views" "$URL/t/Group" "$URL/t/Group/One" \
		"$URL/t/Group/One~far?start=now-1h&end=now" \
		>"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	for what in '.errors == []' '.failed == []' '.foreign == []' '.wide <= 0' \
		'(.images | length) + .plots > 0' '[.images[] | .complete and .width > 0] | all'; do
		is "$(jq -c "select(($what) | not) | {url, width, theme, images, errors,
			failed, wide}" "$DIR/seen")" "" "everywhere $what"
	done
else
	skip "no chromium"
fi
done_testing
