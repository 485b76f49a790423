#!/bin/bash
# Views as files: whatever a page shows is had as PNG, SVG, PDF, CSV and JSON, with names,
# types and bounds; the same figures in all of them; dark pictures are dark; who may not see
# hosts gets none by this way; hostile queries. Pictures stay in BUILD/t/out/viewfiles-seen.
. "${SOURCE:?}/t/world.sh" || exit 1
. "$SOURCE/t/house.sh"
world "$@"
network "$HOUSE_RULES"

# --- the house ------------------------------------------------------------------------
house | config 2 10
now=$(date +%s)
house_past
begin=$(((now - 7200) / 60 * 60))
probed_start
wait_until 40 ready || bail "probed does not answer"
"$BUILD/probectl" --data "$DIR/data" note World.far "new router, 5 GHz" >"$DIR/note" 2>&1 || bail "no note: $(cat "$DIR/note")"
full() {
	[ "$(json 'incidents?kind=loss' '.incidents | length')" -ge 1 ] && known World.far 4
}
wait_until 40 full || bail "nothing is measured"
out=$OUT/viewfiles-seen
rm -rf "$out" && mkdir -p "$out"

# --- each in each format --------------------------------------------------------------
# magic FILE: what it begins with says what it is
magic() {
	case $(head -c 5 "$1" | tr -d '\0') in
	*PNG*) echo png ;;
	"<?xml") echo svg ;;
	%PDF-) echo pdf ;;
	"{"*) echo json ;;
	*) echo csv ;;
	esac
}
# each NAME PATH QUERY: its five files
each() {
	local ext type use
	while IFS='|' read -r ext type use; do
		is "$(get "$2.$ext?$3")" 200 "$1 as $ext" || show "$DIR/body" 3
		is "$(header Content-Type)" "$type" "  of that type"
		like "$(header Content-Disposition)" "^$use; filename=\"[-A-Za-z0-9._~]+\\.$ext\"\$" "  with a name"
		is "$(header X-Content-Type-Options)" nosniff "  which is believed"
		is "$(header Cross-Origin-Resource-Policy)" same-origin "  for nobody elsewhere"
		is "$(magic "$DIR/body")" "$ext" "  and it is one"
		cp "$DIR/body" "$out/$1.$ext"
	done <<-END
		png|image/png|inline
		svg|image/svg+xml|inline
		pdf|application/pdf|inline
		csv|text/csv; charset=utf-8; header=present|attachment
		json|application/json|attachment
	END
	is "$(jq -c '[.tables[] | .count == (.columns[] | length)] | all' "$out/$1.json")" true \
		"its columns are of one length"
	is "$(get "$2.png?$3&theme=dark")" 200 "  it is dark as well"
	cp "$DIR/body" "$out/$1-dark.png"
	! cmp -s "$out/$1.png" "$out/$1-dark.png"
	ok $? "  which is another picture"
	python3 -c 'import sys, xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])' "$out/$1.svg" 2>"$DIR/xml"
	ok $? "  its SVG is well-formed" || show "$DIR/xml"
}
# table NAME: one of DIR/body as JSON, a line a row, with bars between
table() {
	jq -r --arg t "$1" '.tables[$t].columns | [.[]] | transpose[] | map(tostring) | join("|")' "$DIR/body"
}

span="start=$begin&end=$((begin + 3600))"
each traffic /traffic "$span"
get "/traffic.json?$span" >"$DIR/status"
is "$(jq -c '.tables | keys' "$DIR/body")" \
	'["as","course","dscp","flow","host","interfaces","peer","port","protocol","radios"]' "traffic has a course, and who it was"
is "$(jq -c '[.start, .end]' "$DIR/body")" "[$begin,$((begin + 3600))]" "of that time"
is "$(jq '.tables.host.columns.octets | add' "$DIR/body")" \
	"$(json "flows/top?by=host&limit=1000&$span" '.columns.octets | add')" "the same as the interface tells"
is "$(jq -c '.tables.host.columns | [.octets_low[0] <= .octets[0], .octets_high[0] >= .octets[0]]' "$DIR/body")" \
	"[true,true]" "with the interval of its sampling"
is "$(jq -c '.tables.interfaces.columns | [.device[0], .index[0], .name[0], .percentile95_in[0], .speed_in[0]]' "$DIR/body")" \
	'["192.0.2.77",5,"wan",400000,1000000]' "and interfaces are in it"
get "/traffic.csv?$span&table=host" >"$DIR/status"
is "$(head -n 1 "$DIR/body" | tr -d '\r')" \
	"name,detail,octets,octets_in,octets_out,in,out,share,octets_low,octets_high,missing" "CSV has a line of titles"
is "$(tail -n +2 "$DIR/body" | wc -l)" "$(json "flows/top?by=host&limit=1000&$span" .count)" "and one for each host"
is "$(head -n 1 "$out/traffic.csv" | tr -d '\r')" "time,seconds,in,out" "the first table is the course"
holds "whose mean is that of the whole" "$(tail -n +2 "$out/traffic.csv" | tr -d '\r' |
	awk -F, '$2 > 0 { s += $3 * $2; t += $2 } END { printf "%.0f", s / t }') > 0"
body=$(page "/traffic?$span")
for ext in png svg pdf csv json; do
	like "$body" "href=\"/traffic\\.$ext\\?start=$begin&amp;end=[0-9]+(&amp;table=[a-z]*)?\" download" "the page has it as $ext"
done

# The foot of a document says when it was written, to the minute.
unchanged() {
	get "/traffic.pdf?$span" >"$DIR/status"
	[ "$(get "/traffic.pdf?$span" -H "If-None-Match: $(header ETag)")" = 304 ]
}
unchanged || unchanged
ok $? "what did not change is not sent again"

# --- days and hours -------------------------------------------------------------------
each calendar /calendar "what=loss&target=Home.gateway"
get "/calendar.csv?what=loss&target=Home.gateway" >"$DIR/status"
is "$(head -n 1 "$DIR/body" | tr -d '\r')" "date,begin,end,down,any,incidents,loss_ratio" "days, from the first month on"
today=$(grep "^\"$(date +%F)\"" "$DIR/body" | tr -d '\r')
like "$today" ',0\.[0-9]+$' "today has its loss"
like "$(tail -n +2 "$DIR/body" | head -n 1 | tr -d '\r')" ',,,,$' "what was before all history is not known"
is "$(tail -n 1 "$DIR/body" | cut -c 2-11)" "$(date +%F)" "and what is to come is left out"
get "/calendar.json?what=loss&target=Home.gateway" >"$DIR/status"
is "$(jq '.tables.hours.count' "$DIR/body")" 168 "and the hours of a week"
hour=$(date +%-H) day=$(date +%u)
is "$(jq --argjson d "$day" --argjson h "$hour" \
	'[.tables.hours.columns | [.weekday, .hour, .value] | transpose[] | select(.[0] == $d and .[1] == $h)[2] > 0] | .[0]' \
	"$DIR/body")" true "with the loss of this one"
is "$(jq -r '.tables.hours.columns.unit[0]' "$DIR/body")" "%" "in percent"
like "$(page "/calendar?what=loss&target=Home.gateway")" \
	'href="/calendar\.csv\?what=loss&amp;target=Home.gateway&amp;table=hours" download>CSV: hours<' "the page leads there"

# --- a graph up to now tells no time to come ------------------------------------------
if command -v pdftotext >"$DIR/which"; then
	for back in 30h 30d; do
		get "/graph/World/far.pdf?start=now-$back" >"$DIR/status"
		pdftotext -layout "$DIR/body" "$DIR/text"
		told=$(date -d "$(sed -n 's/.*end: *//p' "$DIR/text")" +%s) seen=$(date +%s)
		holds "$back end when they were drawn ($((told - seen)) s)" "$told <= $seen && $told > $seen - 60"
	done
else
	skip "no pdftotext"
fi

# --- the others -----------------------------------------------------------------------
# The history that was written: until the box began, in both files.
span="start=$((now - 1700))&end=$((now - 100))"
each compare /compare "t=Home.gateway&t=World.far&$span"
get "/compare.json?t=Home.gateway&t=World.far&$span" >"$DIR/status"
is "$(jq -c '.tables.figures.columns | [.target, .shift, .exact]' "$DIR/body")" \
	'[["Home.gateway","World.far"],[0,0],[1,1]]' "both are compared"
for i in 0 1; do
	is "$(jq -c ".tables.figures.columns | [.median, .p95, .p99, .loss_ratio][] | .[$i] * 1e6 | round" "$DIR/body" | paste -sd' ')" \
		"$(json "figures?target=$(jq -r ".tables.figures.columns.target[$i]" "$DIR/body")&$span" \
			'[.median, .p95, .p99, .loss_ratio][] | . * 1e6 | round' | paste -sd' ')" "with the figures of its own"
done
is "$(get "/compare.csv?t=World.far&with=yesterday&table=rounds&$span")" 200 "with the day before"
is "$(tail -n +2 "$DIR/body" | cut -d, -f 1,2 | sort -u | tr '\n' ' ')" '"World.far",0 "World.far",86400 ' "both of it, row by row"
holds "at the times at which they are shown" "$(tail -n +2 "$DIR/body" | cut -d, -f 3 | sort -n | head -n 1) > $((now - 1800))"

each path /path ""
get "/path.json?target=World.far" >"$DIR/status"
is "$(table hops | cut -d'|' -f 1-3,7,9 | paste -sd' ')" \
	"World.far|1|10.0.0.2|0|0.001 World.far|2|100.64.0.1|0|0.008 World.far|3||null|null World.far|4|203.0.113.9|0|0.011 World.far|5|10.0.0.6|0|0.18" \
	"the hops of one, the silent one too"
is "$(table changes | cut -d'|' -f 2,3 | paste -sd' ')" "World.far|change World.far|bad" "how its way changed, and broke"
get "/path.json?target=World.far&start=now-900s" >"$DIR/status"
is "$(table changes | cut -d'|' -f 2,3 | paste -sd' ')" "World.far|bad" "of a span"
is "$(jq -c '.tables.anchors.count' "$DIR/body")" "$(json path '.anchors | length')" "and the way out"

each status /status ""
get /status.json >"$DIR/status"
is "$(jq -c '.tables.parts.columns.name' "$DIR/body")" '["Home & around","World"]' "the parts of the status page"
is "$(jq '.tables.days.count' "$DIR/body")" 60 "have thirty days each"
body_lacks '10.0.0.' "and no address"

each charts /charts ""
get "/charts.json" >"$DIR/status"
is "$(jq -c '.tables.loss.columns.target' "$DIR/body" | cut -c 1-30 | tr -d ']')" \
	"$(json 'charts?by=loss&limit=1000' '[.targets[].path] | tostring' | cut -c 1-30 | tr -d ']')" "charts in order"

each overview /overview ""
get /overview.json >"$DIR/status"
is "$(jq -c '.tables.targets.columns.target | sort' "$DIR/body")" \
	"$(json targets '[.targets[] | select(.hidden | not).path] | sort | tostring')" "the front page has all targets"
get "/overview.csv?below=World" >"$DIR/status"
is "$(tail -n +2 "$DIR/body" | cut -d, -f 1 | cut -d. -f 1 | sort -u)" '"World' "or those of a group"
body=$(page /)
for ext in png svg pdf; do
	like "$body" "href=\"/overview\\.$ext\" download" "the front page leads to $ext"
done

each incidents /incidents "kind=loss"
get "/incidents.json?kind=loss&limit=1000" >"$DIR/status"
is "$(jq -c '.tables.incidents.columns.id | sort' "$DIR/body")" \
	"$(json 'incidents?kind=loss&limit=1000' '[.incidents[].id] | sort | tostring')" "all of them are in it"
body=$(page "/incidents?kind=loss&start=$((now - 3600))")
like "$body" "href=\"/incidents\\.pdf\?kind=loss&amp;start=$((now - 3600))\" download" "the list leads to paper"
like "$body" "incidents\\?format=csv&amp;limit=1000&amp;kind=loss&amp;start=$((now - 3600))\"" "and to CSV of the same time"

each report /report "target=Home.gateway&$span"
get "/report.json?target=Home.gateway&$span" >"$DIR/status"
is "$(jq -c '.tables | keys' "$DIR/body")" '["days","incidents","targets"]' "a report has targets, incidents and days"
holds "and the loss with its interval" "$(jq '.tables.targets.columns |
	if .loss_low[0] <= .loss_ratio[0] and .loss_ratio[0] <= .loss_high[0] then 1 else 0 end' "$DIR/body")"
body_lacks "10.0.0." "and no address of the house"
body=$(page "/report?target=Home.gateway&$span")
for ext in png svg pdf csv json; do
	like "$body" "href=\"/report\\.$ext\?target=Home.gateway&amp;start=" "its page leads to $ext"
done

# --- before and after a note ----------------------------------------------------------
note=$(json 'incidents?kind=note&subject=World.far' '.incidents[0].id')
each effect /effect "id=$note&target=World.far"
is "$(tr -d '\r' <"$out/effect.csv" | cut -d, -f 1 | paste -sd' ')" 'measure "median" "p95" "jitter" "loss_ratio"' "of a note"
get "/effect.json?id=$note&target=World.far" >"$DIR/status"
told() {
	json "effect?id=$note&target=World.far" '.changes | .median.before, .loss_ratio.before' | paste -sd' '
}
is "$(jq -c '.tables.changes.columns.before[0, 3]' "$DIR/body" | awk '{ printf "%.6f ", $1 }')" \
	"$(told | awk '{ printf "%.6f %.6f ", $1, $2 }')" "the same as the interface tells"

# --- the ways there, also on a telephone ----------------------------------------------
if [ -n "$CHROMIUM" ]; then
	echo "Promise.resolve([...document.querySelectorAll('.links.wide')].map(e => e.offsetHeight > 10))" >"$DIR/links.js"
	perl "$SOURCE/t/browser.pl" "$out" "--run=$DIR/links.js" "$URL/calendar" "$URL/compare?t=Home.gateway" "$URL/path" \
		"$URL/status" "$URL/traffic?start=$begin" "$URL/charts" "$URL/" >"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	for what in '.errors == []' '.failed == []' '.wide <= 0' '.run | length > 0 and all'; do
		is "$(jq -c "select(($what) | not) | {url, width, theme, errors, failed, wide, run}" "$DIR/seen")" "" "everywhere $what"
	done
else
	skip "no chromium"
fi

# --- bad input ------------------------------------------------------------------------
while read -r status path; do
	is "$(get "$path")" "$status" "$status for $path"
done <<'END'
404 /traffic.
404 /traffic.xml
404 /traffic.png/
404 /traffic.png.svg
404 /traffic.PNG
400 /traffic.%00
404 /traffic.%2e%2e%2fcsv
400 /traffic.csv?table=nothing
400 /calendar.csv?what=weather
404 /calendar.csv?target=No.Such
400 /calendar.png?month=2026-13
400 /calendar.pdf?days=0
400 /calendar.svg?table=weeks
400 /compare.csv
404 /compare.png?t=No.Such
400 /compare.json?t=Home.gateway&with=tomorrow
400 /incidents.csv?kind=weather
400 /incidents.pdf?after=x
400 /report.csv?start=now&end=now-1h
404 /report.json?target=No.Such
404 /report.png?incident=987654
404 /report.xml
404 /path.json?target=No.Such
400 /path.csv?start=now&end=now-1d
400 /status.csv?table=hosts
400 /charts.csv?table=jitter
404 /overview.csv?below=No.Such
400 /effect.csv?target=World.far
404 /effect.json?id=987654&target=World.far
404 /effect.png?id=1&target=No.Such
400 /traffic.json?table=host%00x
400 /traffic.png?theme=blue
400 /traffic.csv?start=zzz
400 /traffic.csv?start=now&end=now-1h
END

# --- who may not see hosts ------------------------------------------------------------
echo 'correct horse battery' | "$BUILD/probectl" --data "$DIR/data" password >"$DIR/set" || bail "no password is set"
shut() {
	[ "$(get "/traffic.csv?table=host")" = 403 ]
}
wait_until 10 shut
ok $? "with a password, hosts are for those who know it"
get "/traffic.json?$span" >"$DIR/status"
is "$(jq -c '.tables | keys' "$DIR/body")" '["course","dscp","interfaces","protocol","radios"]' "others get sums"
body_lacks 192.168. "and no address of a host"
get "/traffic.svg?$span" >"$DIR/status"
is "$(get "/traffic.pdf?$span")" 200 "on paper, too"
if command -v pdftotext >"$DIR/which"; then
	pdftotext -layout "$DIR/body" "$DIR/text"
	unlike "$(cat "$DIR/text")" '192\.168\.' "where no address is either"
	like "$(cat "$DIR/text")" 'a device' "but devices are"
fi
unlike "$(page "/traffic?$span")" 'table=host' "nor does the page lead there"
done_testing
