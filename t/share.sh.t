#!/bin/bash
# What is handed on of a view: files with names, badges and pictures for pages elsewhere.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=5ms
2 loss=1"

config 1 5 <<'END'
+ Group
menu = A group
title = A group
++ One
menu = One <&> "host"
title = One host
host = 10.0.0.3
++ Lossy
menu = Lossy
title = Lossy
host = 10.0.0.2
++ None
menu = None
title = Of which nobody has told
host = 10.0.0.9
nomasterpoll = yes
slaves = far
++ Both
menu = Both
title = Both
host = /Group/One /Group/Lossy
+ Fine
menu = Fine
title = Fine
++ One
menu = [a](b) of a name that is much longer than any badge should ever be
title = =1+1 "one", two
host = 10.0.0.3
END
sed -i '/^\*\*\* Targets/i *** Slaves ***\nsecrets = '"$DIR"'/secrets\n+ far\ndisplay_name = Far\ncolor = c02030
s/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 20000/' "$DIR/config"
echo far:one >"$DIR/secrets"
chmod 600 "$DIR/secrets"
probed_start
wait_until 20 ready || bail "probed does not answer"

looks() {
	json targets ".targets[] | select(.path == \"$1\").state"
}
measured() {
	[ "$(looks Group.One)" = fine ] && [ "$(looks Group.Lossy)" = down ] &&
		[ "$(looks Fine.One)" = fine ]
}
wait_until 6 measured || bail "nothing is measured: $(looks Group.One) $(looks Group.Lossy)"

# --- files ---
start=$(($(date +%s) - 600)) end=$(($(date +%s) - 1))
window="start=$start&end=$end"
stamp() {
	date -d "@$1" +%Y-%m-%d_%H%M
}
named="Group.One_$(stamp "$start")_to_$(stamp "$end")"
while IFS='|' read -r ext type use; do
	is "$(get "/graph/Group/One.$ext?$window&width=300&height=100")" 200 "a view as $ext"
	is "$(header Content-Type)" "$type" "  of that type"
	is "$(header Content-Disposition)" "$use; filename=\"$named.$ext\"" "  named by target and window"
done <<END
png|image/png|inline
svg|image/svg+xml|inline
pdf|application/pdf|inline
csv|text/csv; charset=utf-8; header=present|attachment
json|application/json|attachment
END
is "$(jq -r .target "$DIR/body")" Group.One "JSON is of the target"
is "$(jq '.count == (.columns.median | length)' "$DIR/body")" true "and has its rounds"
get "/graph/Group/One.pdf?$window" >"$DIR/status"
is "$(head -c 5 "$DIR/body")" "%PDF-" "a PDF is one"
is "$(get "/graph/Group/Both.json")" 404 "several together have no rounds of their own"
is "$(get "/graph/Group/One.json?points=0")" 400 "nor can there be none"

# --- the overview as a table ---
is "$(get "/api/v1/targets?format=csv")" 200 "all targets as CSV"
is "$(header Content-Type)" "text/csv; charset=utf-8; header=present" "  of that type"
like "$(header Content-Disposition)" '^attachment; filename="targets_[-_0-9a-z]*\.csv"$' "  to be kept"
is "$(head -n 1 "$DIR/body" | tr -d '\r')" \
	"path,title,probe,host,address,state,why,time,median,loss,loss_ratio,jitter" "has a line of titles"
is "$(grep -c '^"' "$DIR/body")" "$(json targets '.targets | length')" "and a line for each target"
body_has "\"Fine.One\",\"'=1+1 \"\"one\"\", two\"," "in which no title is more than text"
like "$(grep '^"Group.One"' "$DIR/body")" ',"fine","",[0-9]+,0\.00[0-9]+,0,0,' "with its last round"
like "$(grep '^"Group.None"' "$DIR/body" | tr -d '\r')" ',,,,,$' "which nothing stands for where there is none"
get "/api/v1/targets?format=csv&below=Fine" >"$DIR/status"
is "$(tail -n +2 "$DIR/body" | cut -d, -f1 | tr -d '"\n')" Fine.One "or of a group"
get "/api/v1/targets?below=Fine" >"$DIR/status"
is "$(jq -r '[.targets[].path, .next] | tostring' "$DIR/body")" '["Fine.One",null]' "as JSON, too"
get "/api/v1/targets?below=Group&limit=1" >"$DIR/status"
next=$(jq -r .next "$DIR/body")
get "/api/v1/targets?below=Group&limit=1&after=$next" >"$DIR/status"
unlike "$(jq -r '.targets[].path' "$DIR/body")" "^$next\$" "page by page"
is "$(get "/api/v1/targets?below=Nowhere")" 400 "there is nothing below what is not there"
is "$(get "/api/v1/targets?format=xml")" 400 "and no other form"
get / >"$DIR/status"
body_has 'href="/api/v1/targets?format=csv" download' "the first page leads there"
get /t/Fine >"$DIR/status"
body_has 'href="/api/v1/targets?format=csv&amp;below=Fine" download' "and so does a group's"

# --- a badge ---
is "$(get /badge/Group/One.svg)" 200 "a badge"
is "$(header Content-Type)" image/svg+xml "is a picture"
like "$(header Cache-Control)" '^max-age=[1-9]' "which is kept for a while"
like "$(grep -o '<title[^/]*/title>' "$DIR/body")" \
	'>One &lt;&amp;&gt; &quot;host&quot;: [0-9.]+ ms · 0 % loss<' "says how it is, to screen readers too"
xmllint --noout "$DIR/body" 2>"$DIR/xml" || python3 -c 'import sys, xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])' "$DIR/body" 2>"$DIR/xml"
ok $? "is well-formed" || show "$DIR/xml"
is "$(get /badge/Group/None.svg)" 200 "a badge of what is not measured"
body_lacks "loss<" "what cannot be measured has no loss"
like "$(grep -o '<title[^/]*/title>' "$DIR/body")" 'None: (unknown|no round yet)' \
	"but is not known"
unknown=$(grep -o 'd="M3.5[^"]*' "$DIR/body")
like "$unknown" . "which has a shape of its own"
get /badge/Group/Lossy.svg >"$DIR/status"
like "$(grep -o '<title[^/]*/title>' "$DIR/body")" 'Lossy: no answer · 100 % loss' "who does not answer is called so"
unlike "$(cat "$DIR/body")" "$unknown" "by another shape"
get /badge/Group.svg >"$DIR/status"
like "$(grep -o '<title[^/]*/title>' "$DIR/body")" 'A group: 1 of 3 down' "a group is as bad as its worst"
get /badge/Fine.svg >"$DIR/status"
like "$(grep -o '<title[^/]*/title>' "$DIR/body")" 'Fine: 1 of 1 fine' "or fine"
like "$(cat "$DIR/body")" 'textLength="24">Fine<' "with as much room as its letters take"
get /badge/Fine/One.svg >"$DIR/status"
like "$(grep -o '<title[^/]*/title>' "$DIR/body")" '…: ' "a long name is cut"
for path in /badge/ /badge/.svg /badge/Group/One /badge/Group/One.png /badge/Gone.svg \
	/badge/Group/One~gone.svg /badge/Group/Both.svg "/badge/../Group/One.svg" \
	"/badge/Group%2e%2e/One.svg" "/badge/Group.One.svg"; do
	is "$(get "$path")" 404 "no badge at $path"
done
get /badge/Group/Lossy.svg >"$DIR/status"
is "$(get /badge/Group/Lossy.svg -H "If-None-Match: $(header ETag)")" 304 "a badge that did not change is not sent again"

# --- pages elsewhere ---
while read -r path policy; do
	get "$path" >"$DIR/status"
	is "$(header Cross-Origin-Resource-Policy)" "$policy" "$path: $policy"
	is "$(header Access-Control-Allow-Origin)" "" "  and nobody reads it from there"
done <<'END'
/badge/Group/One.svg cross-origin
/graph/Group/One.png cross-origin
/graph/Group/One.svg cross-origin
/graph/Group/One.csv same-origin
/api/v1/rounds?target=Group.One same-origin
/api/v1/flows/top same-origin
/t/Group/One same-origin
END
is "$(get /badge/Group/One.svg -H 'Host: elsewhere.example')" 421 "not by a name that is not ours"

# --- the page ---
get "/t/Group/One?$window" >"$DIR/status"
for ext in png svg pdf csv json; do
	body_has "/graph/Group/One.$ext?start=$start&amp;end=$end" "the page has the window as $ext"
done
body_has "[![One &lt;&amp;&gt; &quot;host&quot;](http://127.0.0.1:8080/badge/Group/One.svg)](http://127.0.0.1:8080/t/Group/One)" \
	"and a line of Markdown"
get /t/Fine/One >"$DIR/status"
body_has "[![ a  b  of a name" "which no name breaks"
get /t/Group/One -H 'X-Forwarded-Proto: https' >"$DIR/status"
body_has "https://127.0.0.1:8080/badge/Group/One.svg" "with the address by which one came"
get "/t/Group/Both?$window" >"$DIR/status"
body_has "/graph/Group/Both.pdf?start=" "several together can be kept as pictures"
body_lacks "/badge/Group/Both" "and have no badge"
done_testing
