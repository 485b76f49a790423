#!/bin/bash
# What happened by the day and by the hour of the week, in a zone whose clocks are changed:
# the shade of a day against incidents that were written down, unknown told from nothing,
# hours of the wall against a history with one bad hour of it, hostile arguments.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=15ms"
export TZ=Europe/Berlin

config 300 4 <<-END
+ Far
menu = Far
title = Far
++ one
menu = One & "only"
title = One
host = 10.53.1.1
++ two
menu = Two
title = Two
host = no.such.name.sim
END
sed -i 's/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 600/; s/^AVERAGE 0.5 10 1000/AVERAGE 0.5 12 2400/' "$DIR/config"
# 60 days: 20 ms and no loss, but from 21:00 to 22:00 on the wall 50 ms, and a half lost.
end=$(($(date +%s) / 300 * 300)) rows=$((60 * 288)) file=$DIR/data/Far/one.rrd
mkdir -p "${file%/*}"
rrdtool create "$file" --start $((end - rows * 300 - 300)) --step 300 DS:uptime:GAUGE:600:0:U \
	DS:loss:GAUGE:600:0:4 DS:median:GAUGE:600:0:U DS:ping{1..4}:GAUGE:600:0:U \
	RRA:AVERAGE:0.5:1:600 RRA:AVERAGE:0.5:12:2400
perl -MPOSIX -e 'my ($end, $rows) = @ARGV;
	for (my $i = $rows; $i >= 0; $i--) {
		my $t = $end - $i * 300;
		my $bad = (localtime($t - 150))[2] == 21;
		printf "%d:U:%s\n", $t, $bad ? "2:0.05:U:0.05:0.05:U" : "0:0.02:0.02:0.02:0.02:0.02";
	}' "$end" "$rows" | xargs -n 400 rrdtool update "$file"
probed_start
wait_until 40 ready || bail "probed does not answer"
wait_until 20 test -f "$DIR/data/.smokebox/events.db" || bail "no incidents are written"

# at "YYYY-MM-DD HH:MM"
at() {
	date -d "$1" +%s
}
# incident KIND SUBJECT BEGIN END
incident() {
	id=$((${id:-900000} + 1)) # the recorder counts its own
	printf "INSERT INTO incident(id, kind, subject, source, \"begin\", \"end\", confidence, summary, evidence)
		VALUES(%s, '%s', '%s', 'test', %s, %s, 'sure', '%s', '{}');\n" "$id" "$1" "$2" "$3" "$4" "$1"
}
{
	incident gap "" "$(at "2025-01-10 00:00")" "$(at "2025-01-10 00:01")"
	# The day of 25 hours, all of it; two that overlap are one time.
	incident loss Far.one "$(at "2025-10-25 12:00")" "$(at "2025-10-26 12:00")"
	incident alert Far.one "$(at "2025-10-26 06:00")" "$(at "2025-10-27 00:00")"
	incident latency Far.two "$(at "2025-10-29 10:00")" "$(at "2025-10-29 10:04")"
	incident note Far.one "$(at "2025-10-30 10:00")" "$(at "2025-10-30 20:00")"
	incident gap "" "$(at "2025-10-31 00:00")" "$(at "2025-10-31 20:00")"
} >"$DIR/sql"
sqlite3 -cmd '.timeout 20000' "$DIR/data/.smokebox/events.db" <"$DIR/sql"
ok $? "incidents are written"

# --- days -------------------------------------------------------------------------------
# day DATE: class and words of a day, "heat2 ..."
day() {
	grep -F "$1:" "$DIR/page" | sed -n 's/^<td class="\([^"]*\)".* title="[^"]*: \([^"]*\)".*/\1|\2/p'
}
page "/calendar?month=2025-10" >"$DIR/out"
is "$(cat "$DIR/page.status")" 200 "a month"
is "$(grep -c 'class="heat' "$DIR/page" | awk '{ print ($1 >= 31) }')" 1 "has all of its days"
is "$(day "24 October 2025")" "heat0|nothing happened" "a day without"
is "$(day "25 October 2025")" "heat5|down for 12.0 h, 1 incident" "half a day"
is "$(day "26 October 2025")" "heat5|down for 13.0 h, something the matter for 25.0 h, 1 incident" \
	"the day that has 25 hours, of which no hour counts twice"
is "$(day "27 October 2025")" "heat0|nothing happened" "what ended at midnight is over"
is "$(day "29 October 2025")" "heat1|something the matter for 4 min, 1 incident" "a short one"
is "$(day "30 October 2025")" "heat0|nothing happened" "a note is none"
is "$(day "31 October 2025")" "heat-none|not known" "a day that was hardly measured is not known"
begin=$(at "2025-10-26 00:00")
like "$(cat "$DIR/page")" "/incidents\?start=$begin&amp;end=$((begin + 25 * 3600 - 1))\"" "a day leads to its incidents"
page "/calendar?month=2025-10&target=Far.two" >"$DIR/out"
is "$(day "29 October 2025")" "heat-none|not known" "of what was never measured, nothing is known"
page "/calendar?year=2025" >"$DIR/out"
is "$(grep -c '<table class="month">' "$DIR/page")" 12 "a year of months"
is "$(grep -o '<a [^>]* title="[A-Z][a-z]*, [0-9]* [A-Z]' "$DIR/page" | wc -l)" 365 "and of days"
# months: their names as they stand on the page
months() {
	sed -n 's/^<caption>.*>\([A-Z][a-z]* 20[0-9][0-9]\)<.*/\1/p' "$DIR/page"
}
is "$(months | sed -n '1p;12p' | paste -sd,)" "January 2025,December 2025" "as a calendar has them"
is "$(day "9 January 2025" | head -1)" "heat-none|not known" "before anything was written down, nothing is known"
is "$(day "26 October 2025")" "heat5|down for 13.0 h, something the matter for 25.0 h, 1 incident" "the same there"
page "/calendar?target=Far.one" >"$DIR/out"
is "$(months | sed -n '1p;12p' | paste -sd,)" \
	"$(date +'%B %Y'),$(date -d "$(date +%Y-%m-15) 11 months ago" +'%B %Y')" "the last months, newest first"
today=$(date +"%-d %B %Y")
like "$(day "$today")" "^heat[0-5] today\|" "today is known, and marked"
like "$(cat "$DIR/page")" '<td class="to-come">|'"$(date -d 'next month' +%-d)" "what is to come is no quiet day"
like "$(cat "$DIR/page")" "One &amp; &quot;only&quot;" "names are escaped"

# --- hours ------------------------------------------------------------------------------
# hour H: the seven cells of an hour
hour() {
	grep -F "<th scope=\"row\">$1:00</th>" "$DIR/page" | grep -o '<td class="[^"]*">[^<]*' |
		sed 's/<td class="//; s/">/ /' | sort | uniq -c | sed 's/^ *//'
}
page "/calendar?target=Far.one&what=loss&days=28" >"$DIR/out"
is "$(hour 21)" "7 heat5 50" "the bad hour of every day, whatever the clocks did"
is "$(hour 20)$(hour 22)" "7 heat0 07 heat0 0" "and none beside it"
like "$(cat "$DIR/page")" "Worst: [A-Z][a-z]*day 21:00 \(50 %\)" "is said"
page "/calendar?target=Far.one&what=delay&days=91" >"$DIR/out"
is "$(hour 21)" "7 heat4 50" "its delay, in milliseconds"
page "/calendar?what=delay&days=28" >"$DIR/out"
is "$(hour 21)" "7 heat4 +135" "for all: above what is usual (21.25 ms)"
page "/calendar?target=Far.two&what=loss" >"$DIR/out"
is "$(hour 21)" "7 heat-none " "what was never measured is not known"
page "/calendar?what=incidents&days=28" >"$DIR/out"
is "$(cat "$DIR/page.status")" 200 "minutes with incidents"

# --- bad input --------------------------------------------------------------------------
for query in target=Far.gone target=../x what=never days=0 days=99999 month=2025-13 month=x year=0x7e9 year=-1; do
	page "/calendar?$query" >"$DIR/out"
	like "$(cat "$DIR/page.status")" "^40[04]$" "$query is refused"
done
like "$(page "/incidents?subject=Far.one")" 'href="/calendar\?target=Far.one"' "the list leads to it"

page "/incidents?subject=Far.two&start=$(at "2025-10-29 00:00")&end=$(at "2025-10-30 00:00")" >"$DIR/out"
like "$(cat "$DIR/page")" '2025-10-29 10:00 – 10:04 ' "the end of a day's incident needs no date"
page "/incidents?subject=Far.one&start=$(at "2025-10-25 00:00")&end=$(at "2025-10-27 00:00")" >"$DIR/out"
like "$(cat "$DIR/page")" '2025-10-25 12:00 – 2025-10-26 12:00 ' "that of a longer one does"

# --- for people -------------------------------------------------------------------------
if [ -n "$CHROMIUM" ]; then
	mkdir -p "$OUT/calendar"
	perl "$SOURCE/t/browser.pl" "$OUT/calendar" "$URL/calendar?year=2025" "$URL/calendar?month=2025-10" \
		>"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	for what in '.errors == []' '.failed == []' '.foreign == []' '.wide <= 0'; do
		is "$(jq -c "select(($what) | not) | {url, width, theme, errors, failed, wide}" "$DIR/seen")" "" "everywhere $what"
	done
else
	skip "no chromium"
fi
done_testing
