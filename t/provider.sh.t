#!/bin/bash
# A report for the provider: of an incident, of a span, as a page and as PDF; what it tells
# of the house, and to whom.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
calm="* delay=5ms
100 hops=3 via=1001
1001-1003 delay=2ms"
network "$calm"
config 1 5 <<'END'
+ Net
menu = Net
title = The net
++ Far
menu = Far
title = Far <b>end</b> & more "Größe"
host = 10.0.0.100
++ Near
menu = Near
title = Near
host = 10.0.0.7
+ Many
menu = Many
title = Many
END
for i in 1 2 3 4 5 6 7 8 9; do
	printf '++ t%d\nmenu = t%d\ntitle = t%d\nhost = 10.0.1.%d\n' $i $i $i $i
done >>"$DIR/config"
# A month is in rows of an hour, of which there is none yet.
sed -i 's/^AVERAGE 0.5 10 1000/&\nAVERAGE 0.5 3600 1000/' "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"

incident() {
	json "incidents?kind=loss&subject=Net.Far" ".incidents[0]$1"
}
rounds() {
	[ "$(json 'rounds?target=Net.Far&start=now-60s' '[.columns.median[] | select(.)] | length')" -ge 5 ]
}
wait_until 20 rounds || bail "nothing is measured"
started=$(date +%s)
rules "$calm
100 loss=1"
opened() {
	[ "$(incident .kind)" = loss ]
}
wait_until 30 opened || bail "no incident opens"
id=$(incident .id)
is "$(get "/report?incident=$id")" 200 "a report of an incident that goes on"
body_has "goes on" "says so"
rules "$calm"
closed() {
	[ "$(incident .end)" != null ]
}
wait_until 30 closed || bail "the incident does not close"

# --- of an incident ---
get /incidents >"$DIR/status"
body_has "/report?incident=$id" "the incident has a way to its report"
is "$(get "/report?incident=$id")" 200 "the report of it"
is "$(header Content-Type)" "text/html; charset=utf-8" "  is a page"
begin=$(date -d "@$(incident .begin)" '+%Y-%m-%d %H:%M:%S')
end=$(date -d "@$(incident .end)" '+%H:%M:%S')
body_has "<h1>Report on incident $id: Far end &amp; more &quot;Größe&quot;</h1>" "  says of what"
body_has "$begin" "  with its begin to the second"
body_has "$end" "  and its end"
body_has "($(incident .confidence))" "  and how sure it is"
body_has "95 % interval" "  loss has its interval"
body_has "Far end &amp; more &quot;Größe&quot;, meanwhile" "  names are text"
meanwhile=$(grep -F 'meanwhile</td>' "$DIR/body" | head -n1 | sed 's/<[^>]*>/|/g; s/||*/|/g')
like "$meanwhile" '\|([5-9][0-9]|100|>99\.9)(\.[0-9])? %\|[0-9.>]+–' "  loss meanwhile: $meanwhile"
before=$(grep -F 'before</td>' "$DIR/body" | head -n1 | sed 's/<[^>]*>/|/g; s/||*/|/g')
unlike "$before" '\|[0-9.]+ %\|100 %\|' "  and less before: $before"
body_has "/graph/Net/Far.png?start=" "  graphs"
body_has "The way to Far end &amp; more" "  the way"
body_lacks "&lt;b&gt;" "  no title with its marks"
body_has "How this was measured" "  and the method"
body_lacks "10.0.0.100" "  but no address of the house"
body_has "a private address" "  which is said"
is "$(get "/report?incident=$id&hosts=yes")" 200 "who may know asks for addresses"
body_has "10.0.0.100" "and has them"

# --- what the verdict explains ---
sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "INSERT INTO incident(id, kind, subject, source, \"begin\", \"end\", confidence, summary, evidence, suppressed_by) VALUES
(9001, 'verdict', 'access', 'verdict', unixepoch() - 500, unixepoch() - 300, 'sure', 'The access line is dead', '{}', NULL),
(9002, 'loss', 'Net.Near', '', unixepoch() - 490, unixepoch() - 310, 'sure', 'Near is silent', '{}', 9001);"
is "$(get "/report?target=Net.Near&start=now-1h")" 200 "a report of a target behind a dead line"
body_has "Whose fault it was" "  tells whose fault it was"
like "$(cat "$DIR/body")" '"\(max-width: 640px\)" srcset="/graph/Net/Near\.png[^"]*width=300' \
	"  with graphs as narrow as a telephone"
body_has "The access line is dead (sure)" "  by the verdict"
body_has "Near is silent (sure), explained by incident 9001" "  and what that explains"
is "$(get "/report?target=Net.Near")" 200 "one of whatever is known"
body_has ", when measuring began, to" "  begins when measuring did"
like "$(tr -d '\n' <"$DIR/body")" '>Near[^<]*</td><td[^>]*>([3-9][0-9]|100|>99\.[0-9]) %<' \
	"  and was measured in its time"
sleep 15
probed_stop
probed_start
wait_until 20 ready || bail "probed does not come back"
get "/report?target=Net.Near" >"$DIR/status"
told=$(sed -n 's/.*, when measuring began, to [^,]*, \([0-9 mins]*\)\..*/\1/p' "$DIR/body" | head -n 1)
told=$(sed 's/ min/ * 60 +/; s/ s//' <<<"${told:-0}")
holds "  before this start, too" "$told >= $(date +%s) - $started - 2"
is "$(get "/report?target=Net.Near&start=now-30d")" 200 "a month of it"
first() {
	date -d "@$(sqlite3 -readonly -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" \
		'SELECT min("begin") FROM incident')" '+%Y-%m-%d %H:%M'
}
body_has "They are known since $(first), when smokebox began to record them." \
	"  says from when on incidents are known"
days=$(grep -oE '<td[^>]*>(before )?(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [-0-9]*' "$DIR/body" | sed 's/.*>//')
like "$days" '^before [MTWFS].. ' "  days before the first are one line"
holds "  and no wall of them" "$(printf '%s\n' "$days" | wc -l) <= 3"
sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "DELETE FROM incident WHERE id > 9000"
is "$(get "/report?target=Many.t1&start=now-30d")" 200 "a month of a target where nothing happened"
body_has "None since $(first), when" \
	"  does not say that nothing did before"

# --- as PDF ---
pdf() {
	is "$(get "$1")" 200 "$2"
	is "$(header Content-Type)" application/pdf "  is a PDF"
	pdftotext -layout "$DIR/body" "$DIR/text" 2>"$DIR/pdf.err"
	ok $? "  which can be read" || show "$DIR/pdf.err"
}
text_has() {
	tr -s ' \n' ' ' <"$DIR/text" | grep -qF -- "$1"
	ok $? "$2" || show "$DIR/text" 80
}
if command -v pdftotext >"$DIR/which"; then
	pdf "/report.pdf?incident=$id" "the same on paper"
	like "$(header Content-Disposition)" 'inline; filename="report_[0-9_-]*_to_[0-9_-]*.pdf"' "  has a name"
	like "$(header ETag)" '"[0-9a-f]{16}"' "  and a tag"
	text_has "Report on incident $id" "  its title"
	text_has 'Größe' "  letters of any language"
	is "$(awk 'BEGIN { RS = "\f" } /(^|\n) *Graphs *\n/ && !/, [-0-9]+ [0-9:]+ to [-0-9]+ [0-9:]+/' "$DIR/text")" "" \
		"  no page ends with the head of what is on the next one"
	text_has "$begin" "  the begin"
	text_has "How this was measured" "  the method"
	pages=$(pdfinfo "$DIR/body" 2>"$DIR/pdf.err" | sed -n 's/^Pages: *//p')
	holds "  pages ($pages)" "0$pages >= 2 && 0$pages < 20"
	text_has "page $pages of $pages" "  are numbered"
	like "$(pdfinfo "$DIR/body" | sed -n 's/^Page size: *//p')" '595.* x 841.*A4' "  of A4"
	pdfimages -list "$DIR/body" >"$DIR/images" 2>"$DIR/pdf.err"
	holds "  with graphs" "$(grep -c image "$DIR/images") >= 2"
	unlike "$(cat "$DIR/text")" '10\.0\.0\.100' "  without addresses of the house"
	cp "$DIR/body" "$DIR/incident.pdf"

	pdf "/report.pdf?target=Net.Near&start=now-30d" "a month of a target"
	text_has "Report on Near" "  its title"
	text_has "Day by day: Near" "  each day"
	text_has "not known" "  of which most is not known, and no loss"
	like "$(header Content-Disposition)" 'filename="Net.Near_' "  is named by the target"
	pdf "/report.pdf?target=Many&start=now-1h" "a group"
	text_has "and more, which are left out" "  says where it stops"
	pdf "/report.pdf" "all of it"
	tag=$(get "/report.pdf?target=Net.Near&start=1700000000&end=1700003600" >"$DIR/status"; header ETag)
	again=$(get "/report.pdf?target=Net.Near&start=1700000000&end=1700003600" -H "If-None-Match: $tag")
	like "$again" '^(304|200)$' "the same again is not laid out again within a minute ($again)"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		curl -s -m 60 -o "$DIR/many.$i" -w '%{http_code}\n' "$URL/report.pdf?target=Many&end=now-${i}min" &
		many="${many:-} $!"
	done >"$DIR/many"
	# shellcheck disable=SC2086
	wait $many
	is "$(sort "$DIR/many" | uniq -c | grep -vcE ' (200|503)$')" 0 "many at once are answered, or told to wait"
	like "$(sort "$DIR/many" | uniq -c | tr '\n' ' ')" ' 200' "and some are answered"
	is "$(get /healthz)" 200 "and all the while the box is well"
else
	skip "no pdftotext"
fi

# --- what makes no sense ---
while read -r status path; do
	is "$(get "$path")" "$status" "$path: $status"
done <<'END'
400 /report?incident=x
400 /report?incident=99999999999999999999
404 /report?incident=987654
404 /report?target=Gone
400 /report?start=now&end=now-1h
400 /report?start=now-900d
400 /report?start=soon
400 /report?hosts=perhaps
404 /report.pdf?incident=987654
404 /report.txt
END

# --- to whom ---
echo 'correct horse battery' | "$BUILD/probectl" --data "$DIR/data" password >"$DIR/set" 2>&1 ||
	bail "no password is set: $(cat "$DIR/set")"
is "$(get "/report?incident=$id&hosts=yes")" 403 "who has not logged in is not told addresses"
is "$(get "/report.pdf?incident=$id&hosts=yes")" 403 "on paper neither"
is "$(get "/report?incident=$id")" 200 "but all the rest"
body_lacks "with addresses of the house" "and is not offered them"
done_testing
