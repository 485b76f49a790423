#!/bin/bash
# The status page: plain words for what is fine, lossy, partly down, down and not known;
# the last outage and the shares of the last days against what was written down; nothing
# of hosts on it; renewed without scripts.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=12ms
3 loss=1
4 loss=1
5 loss=0.5"

config 2 10 <<-END
+ Fine
menu = Internet
title = Internet
++ one
menu = One
title = One
host = 10.0.0.2
+ Down
menu = Printer & "fax"
title = Down
++ one
menu = Ink
title = One
host = 10.0.0.3
+ Partly
menu = Office
title = Office
++ one
menu = Here
title = One
host = 10.0.0.2
++ two
menu = There
title = Two
host = 10.0.0.4
+ Lossy
menu = Wifi
title = Wifi
++ one
menu = One
title = One
host = 10.0.0.5
+ Never
menu = Typo
title = Typo
++ one
menu = One
title = One
host = no.such.name.sim
END
sed -i 's/^AVERAGE 0.5 10 1000/AVERAGE 0.5 1800 1000/' "$DIR/config"
# Of the fine one ten days are known, but for the eighth of them.
now=$(($(date +%s) / 3600 * 3600)) file=$DIR/data/Fine/one.rrd
mkdir -p "${file%/*}"
rrdtool create "$file" --start $((now - 10 * 86400 - 3600)) --step 2 DS:uptime:GAUGE:4:0:U \
	DS:loss:GAUGE:7200:0:10 DS:median:GAUGE:7200:0:U DS:ping{1..10}:GAUGE:7200:0:U \
	RRA:AVERAGE:0.5:1:1000 RRA:AVERAGE:0.5:1800:1000
for i in $(seq 240 -1 0); do
	v=0:0.01:0.01:0.01:0.01:0.01:0.01:0.01:0.01:0.01:0.01:0.01
	[ "$i" -gt 48 ] && [ "$i" -le 72 ] && v=U:U:U:U:U:U:U:U:U:U:U:U
	echo "$((now - i * 3600)):U:$v"
done | xargs rrdtool update "$file"
probed_start
wait_until 40 ready || bail "probed does not answer"

# part NAME: what its section says, without markup
part() {
	tr -d '\n' <"$DIR/page" | sed 's/<section/\n&/g; s/<\/section>/\n/g' | grep -F "<h2>$1</h2>" |
		sed 's/<[^>]*>/ /g; s/  */ /g'
}
said() {
	page /status >"$DIR/out"
	part "$1" | grep -q "$2"
}
wait_until 40 said Internet "✓ fine"
ok $? "what answers is fine"
like "$(part Internet)" "It answers." "in words as well"
wait_until 40 said 'Printer &amp; &quot;fax&quot;' "✕ down"
ok $? "what does not is down"
like "$(part 'Printer &amp; &quot;fax&quot;')" "Ink does not answer" "by its name"
wait_until 40 said Office "! partly down"
ok $? "half of it is partly down"
like "$(part Office)" "There does not answer" "and which half"
wait_until 40 said Wifi "~ shaky"
ok $? "what loses some is shaky"
wait_until 40 said Typo "? not known"
ok $? "what cannot be measured is not known, and not down"
is "$(grep -cE '10\.0\.0\.|no\.such\.name' "$DIR/page")" 0 "no host is named"
like "$(cat "$DIR/page")" '<h1>[A-Z]' "a sentence stands above"
unlike "$(cat "$DIR/page")" 'http-equiv="refresh"' "without scripts it stays as it is"
like "$(curl -s -m 10 -b smokebox-look=::renew "$URL/status")" \
	'<noscript><meta http-equiv="refresh" content="30">' "or is renewed, for who wants that"
like "$(page /)" 'href="/status"' "every page leads there"

# --- the last days ----------------------------------------------------------------------
wait_until 40 eval "[ \"\$(json incidents '[.incidents[] | select(.kind == \"loss\" and .end == null)] | length')\" -ge 2 ]"
ok $? "outages are written down"
page /status >"$DIR/out"
like "$(part Office)" "Outage since [0-9:]+, for [0-9]+ (second|minute)" "an outage that goes on"
like "$(part Internet)" "No outage since" "none where there was none"
# (The recorder counts its own ids.) What began ten days ago; 12 hours of being down.
sqlite3 -cmd '.timeout 20000' "$DIR/data/.smokebox/events.db" "INSERT INTO incident(id, kind, subject, source, \"begin\", \"end\", confidence, summary, evidence)
	VALUES(900001, 'gap', '', 'test', $((now - 10 * 86400)), $((now - 10 * 86400 + 1)), 'sure', 'began', '{}'),
	(900002, 'loss', 'Fine.one', 'test', $((now - 5 * 86400)), $((now - 5 * 86400 + 43200)), 'sure', 'down', '{}');"
day=$(date -d "@$((now - 5 * 86400))" "+%Y-%m-%d %H:%M")
wait_until 40 said Internet "Last outage: $day, for 12 hours"
ok $? "the last outage, and how long it was"
shares=$(part Internet | grep -o 'answered .*')
holds "of ten days a day is not known ($shares)" \
	"$(echo "$shares" | sed 's/.*not known \([0-9.]*\) %.*/\1 > 8 \&\& \1 < 12/')"
holds "and half a day down" "$(echo "$shares" | sed 's/.*down \([0-9.]*\) %.*/\1 > 4 \&\& \1 < 6/')"
holds "the rest answered" "$(echo "$shares" | sed 's/answered \([0-9.]*\) %.*/\1 > 82 \&\& \1 < 88/')"
is "$(tr -d '\n' <"$DIR/page" | sed 's/<section/\n&/g' | grep -F '<h2>Internet' | grep -o 'class="heat-none" title="[^"]*"' | wc -l)" 19 \
	"days before anything was written down are not known"
like "$(tr -d '\n' <"$DIR/page" | sed 's/<section/\n&/g' | grep -F '<h2>Internet')" 'class="heat[45]" title="[^"]*: down for' "the day of the outage is dark"
like "$(part Typo)" "There is no history yet" "of what never was measured, nothing is said"

# --- for people -------------------------------------------------------------------------
if [ -n "$CHROMIUM" ]; then
	mkdir -p "$OUT/status"
	perl "$SOURCE/t/browser.pl" "$OUT/status" "$URL/status" >"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	for what in '.errors == []' '.failed == []' '.foreign == []' '.wide <= 0'; do
		is "$(jq -c "select(($what) | not) | {url, width, theme, errors, failed, wide}" "$DIR/seen")" "" "everywhere $what"
	done
else
	skip "no chromium"
fi
done_testing
