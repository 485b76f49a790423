#!/bin/bash
# What SmokePing's Presentation has besides graphs and charts: hierarchies, filters, what
# is hidden, titles with HTML, pages that users wrote, pages below a path, long lists.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=3ms"

config 10 3 <<END
remark = Hello <span class=x>all</span><br/>of you<script>alert(1)</script>
+ Open
menu = <b>Open</b> & seen
title = Open group
++ One
menu = Zeta
title = The first <i>one</i>
host = 10.0.0.2
parents = places:/Europe/Paris kinds:/
menuextra = <a href="http://{HOSTNAME}/" class="{CLASS}" onclick="x()">go</a>
++ Two
menu = Alpha
title = The second \`"'
host = 10.0.0.3
parents = places:/Europe kinds:/Routers places:/Europe/Paris
++ Secret
menu = Secretary
title = Hidden
host = 10.0.0.4
hide = yes
++ Stray
menu = Stray
title = Stray
host = 10.0.0.5
parents = nowhere:/x
+ Closed
menu = Closed
title = Closed
hide = yes
++ Inner
menu = Inner
title = Inner
host = 10.0.0.6
parents = places:/Asia
+ Host
menu = Host
title = A host and a group
host = 10.0.0.7
parents = kinds:/
++ Child
menu = Child
title = Child
host = 10.0.0.8
parents = kinds:/Host
slaves = far
++ Deep
menu = Deep
title = Deep
hide = yes
host = 10.0.0.9
+ Many
menu = Many
title = Many
$(for i in $(seq 250); do printf '++ t%d\nmenu = Menu%d\nhost = 10.0.2.%d\n' "$i" "$i" "$((i % 200 + 1))"; done)
*** Slaves ***
secrets = $DIR/secrets
+ far
display_name = Far away
color = ff0000
END
echo far:x >"$DIR/secrets"
chmod 600 "$DIR/secrets"
sed -i '/^"Last 400 Days"/a \
+ hierarchies\
++ places\
title = By <i>place</i>\
++ kinds\
title = By kind
s/^height = 50$/height = 12/' "$DIR/config"

"$BUILD/probed/probed" --config "$DIR/config" --check >"$DIR/said" 2>&1
ok $? "the configuration is accepted"
is "$(grep -c "there is no hierarchy nowhere" "$DIR/said")" 1 "a hierarchy that is not there is named"
unlike "$(cat "$DIR/said")" "parents.*not acted on|menuextra.*not acted on|not shown yet" "nothing else of it"
probed_start
wait_until 20 ready || bail "probed does not answer"

# get PATH: the status; DIR/page has the rest
get() {
	page "$1" >/dev/null
	cat "$DIR/page.status"
}
has() {
	grep -qE -- "$1" "$DIR/page"
	ok $? "$2" || show "$DIR/page" 12
}
lacks() {
	! grep -qE -- "$1" "$DIR/page"
	ok $? "$2"
}
answers() {
	is "$(get "$1")" "${2:-200}" "${3:-$1}"
}

# --- HTML of the configuration ---
answers /
has "Hello <span>all</span><br>of you&lt;script&gt;" "what is harmless stays, without its attributes"
answers /targets
has '<a href="/t/Open">Open &amp; seen</a>' "a menu has no markup where it is a link"
has '<a rel="noopener noreferrer" href="http://10.0.0.2/">go</a>' "the menu's extra, made safe"
lacks onclick "nothing that runs"

# --- hidden ---
for path in / /targets /t/Open "/search?q=Inner" "/search?q=Secret" "/smokeping.cgi?filter=Inner"; do
	answers "$path"
	lacks "/t/Closed|/t/Open/Secret" "$path: hides what is hidden and what is in it"
done
for path in /t/Open/Secret /t/Closed/Inner "/smokeping.cgi?target=Closed.Inner"; do
	answers "$path" 200 "$path is shown to who knows it"
done
is "$(api "targets?limit=10000" | jq -c '[.targets[] | select(.hidden) | .path]')" \
	'["Open.Secret","Closed.Inner","Host.Deep"]' "the API says so"

# --- a host with others below it ---
answers /t/Host
has "Below it" "shows what is below"
has '<a href="/t/Host/Child">Child</a>' "by name"
lacks "/t/Host/Deep" "but for what is hidden"

# --- filters ---
found() {
	page "$1" | grep -oE 'class="who"[^>]*><a href="/t/[^"]*' | sed 's,.*/t/,,' | tr '\n' ' '
}
is "$(found "/smokeping.cgi?filter=%5E(zeta%7Calpha)%24")" "Open/Two Open/One " \
	"a filter is an expression, and its finds stand in the order of their menu"
is "$(found "/smokeping.cgi?filter=first")" "Open/One " "it looks at titles"
is "$(found "/smokeping.cgi?filter=10.0.0.2")" "" "and not at hosts"
is "$(found "/search?q=10.0.0.2")" "Open/One " "as our search does"
is "$(found "/search?q=%5EZeta")" "" "which takes letters as they are"
is "$(get "/smokeping.cgi?filter=(")" 400 "a broken expression"
has "parameter filter" "is said to be one"
is "$(get "/smokeping.cgi?filter=$(printf '(%.0s' {1..3000})")" 400 "and so is an endless one"
is "$(found "/smokeping.cgi?filter=%60%22")" "Open/Two " "what no expression may have is taken as it is"

# --- hierarchies ---
answers /targets
has '<a href="/h/places">By place</a>' "the way to a hierarchy"
answers /h/places
has '<a href="/h/places/Europe/Paris">Europe › Paris</a>' "its places"
is "$(found /h/places)" "Closed/Inner Open/One Open/Two Open/Two " "everybody hangs where it should"
has 'href="/overview\.csv\?hierarchy=places" download' "which is a file as well"
answers /overview.csv?hierarchy=places
is "$(tail -n +2 "$DIR/page" | cut -d, -f 1 | sort | tr -d '"' | tr '\n' ' ')" \
	"Closed.Inner Open.One Open.Two Open.Two " "of the same targets"
answers /h/places/Europe
has 'href="/overview\.pdf\?hierarchy=places&amp;below=Europe" download' "and so is a place"
answers "/overview.json?hierarchy=places&below=Europe"
is "$(jq -c '.tables.targets.columns.target | sort' "$DIR/page")" '["Open.One","Open.Two","Open.Two"]' "of what hangs there, twice what hangs twice"
answers "/overview.svg?hierarchy=places&below=Europe"
answers "/overview.csv?hierarchy=places&below=Nowhere" 404
answers "/overview.csv?hierarchy=none" 404
answers "/smokeping.cgi?hierarchy=places&target=Europe"
is "$(found "/smokeping.cgi?hierarchy=places&target=Europe")" "Open/One Open/Two Open/Two " "by SmokePing's address"
answers "/smokeping.cgi?hierarchy=places;target=Europe.Paris.One"
has "The first <i>one</i>" "down to the target"
answers "/smokeping.cgi?hierarchy=kinds&target="
for slave in "~far" "~far;displaymode=n"; do
	answers "/smokeping.cgi?hierarchy=kinds;target=Host.Child$slave"
	has "Far away|~far" "as a slave sees it: $slave"
done
answers "/smokeping.cgi?hierarchy=kinds;target=Host.Child~near" 404
answers "/smokeping.cgi?hierarchy=kinds;target=Host.Child~far;displaymode=a" 200
answers "/smokeping.cgi?hierarchy=kinds;target=Routers~far" 404
answers /h/kinds/Host/Child~far
is "$(found "/smokeping.cgi?hierarchy=kinds&target=Host")" "Host Host/Child Host/Child~far " "a place that is measured stands before what is below it"
answers "/smokeping.cgi?hierarchy=kinds;target=Host;displaymode=n"
has 'graph/Host\.png' "and has its navigator"
answers "/smokeping.cgi?filter=alpha;target=Open.One"
has "The first <i>one</i>" "a target beside a filter is shown"
answers "/graph/Open/One.svg?kind=overview"
is "$(grep -oE '<svg[^>]* height="[0-9]+' "$DIR/page" | grep -oE '[0-9]+$' | awk '{ print $1 < 150 }')" 1 \
	"a height of 12 is taken as it is"
answers /h/none 404
answers /h/places/Europe/Rome 404
answers "/smokeping.cgi?hierarchy=none&target=" 404

# --- posted, where slaves may call ---
posted() {
	curl -s -m 5 -o "$DIR/page" -w '%{http_code}' -d "$1" "$URL/smokeping.cgi"
}
is "$(posted "displaymode=n&target=Open.One&start=now-1h&end=now")" 200 "the navigator's form"
has "The first <i>one</i>" "is answered like GET"
is "$(posted "target=Open.One&slave=far&protocol=1")" 200 "a slave's call"
has "I expected protocol 2" "is taken for one"

# --- long lists ---
answers /t/Many
is "$(grep -c 'class="who"' "$DIR/page")" 100 "a page of a long list"
has '<a href="\?page=2" rel="next">' "leads on"
has "All 250|250 targets" "and speaks of all"
answers "/t/Many?page=3"
is "$(grep -c 'class="who"' "$DIR/page")" 50 "to the rest"
has '<a href="\?page=2" rel="prev">' "and back"
answers "/smokeping.cgi?target=Many&page=2"
has 'href="\?target=Many&amp;page=1"' "other arguments stay"
answers "/t/Many?page=0" 400
answers "/t/Many?page=99" 200

# --- below a path ---
printf '*** Web ***\nbase = /smokeping/\nhosts = box.example\n' >"$DIR/smokebox"
restarted() {
	probed_stop || bail "it ends badly"
	probed_start
	wait_until 20 ready || bail "probed does not answer"
}
reloaded() {
	local before
	before=$(json status .config.generation)
	curl -s -m 5 -X POST "$URL/-/reload" >"$DIR/reload"
	wait_until 10 newer "$before" || bail "no reload: $(cat "$DIR/reload")"
}
newer() {
	[ "$(json status .config.generation)" -gt "$1" ]
}
restarted
for path in / /smokeping/ /smokeping /t/Open /smokeping/t/Open /smokeping/smokeping.cgi \
	"/smokeping/?target=Open.One" "/smokeping/smokeping.cgi?target=Open" /smokeping/charts \
	/smokeping/api/v1/status /smokeping/graph/Open/One.png; do
	answers "$path"
	! file -b "$DIR/page" | grep -q HTML || is "$(grep -oE '(href|src|action|srcset)="/[^"]*' "$DIR/page" |
		grep -vE '="/smokeping/' | head -n 3)" "" "$path: every link stays below the path"
done
is "$(get "/smokeping/imgcache/Open/One_last_10800.png" | grep -cE '^(200|303)$')" 1 "so do pictures"
is "$(get /smokeping/nothing)" 404 "what is not there"
css=$(page / | grep -oE '/smokeping/static/[^"]*smokebox.css')
answers "$css"
rm "$DIR/smokebox"

# --- a page that a user wrote ---
cat >"$DIR/basepage.html" <<'END'
<!DOCTYPE html>
<html><head><title>Ours: <##title##></title>
<link rel="stylesheet" href="css/smokeping-screen.css"><link rel="stylesheet" href="theme/own.css">
<script>window.options = { step: <##step##> }</script></head>
<body><div id="sidebar"><##menu##></div><h1><##title##></h1><p><##remark##></p>
<div id="o"><##overview##></div><div id="b"><##body##></div>
<p><##owner##> <##contact##> <##smokeping##> <##author##> <##smokelogo##><##rrdlogo##> <##authuser##> [<##target_ip##>] <##unknown##></p>
<script src="js/prototype.js"></script></body></html>
END
mkdir -p "$DIR/files/theme"
echo "body { color: red }" >"$DIR/files/theme/own.css"
echo secret >"$DIR/files/.secret.css"
sed -i "s,^template = .*,template = $DIR/basepage.html," "$DIR/config"
printf '*** Web ***\nfiles = %s\n' "$DIR/files" >"$DIR/smokebox"
restarted
answers "/smokeping.cgi?target=Open.One"
has "<title>Ours: The first" "is shown at SmokePing's addresses"
has '\[10.0.0.2\] <##unknown##>' "filled as far as it has holes that are known"
has "step: 10" "in scripts too"
has 'class="menuactive"><a class="menulinkactive" href="\?target=Open.One">Zeta</a>' "the menu is open"
has '<a rel="noopener noreferrer" href="http://10.0.0.2/">go</a>' "with its extra"
is "$(grep -c '<img  alt="Last' "$DIR/page")" 4 "a graph for each range"
has 'href="\?target=Open.One&amp;displaymode=n&amp;start=now-10800s&amp;end=now"' "leads to the navigator"
lacks "Secret|Inner" "what is hidden is not in the menu"
lacks "alert\(1\)" "no script from a remark"
curl -s -m 5 -D "$DIR/head" -o "$DIR/page" "$URL/smokeping.cgi?target=Open"
nonce=$(sed -n "s/.*script-src 'self' 'nonce-\([0-9a-f]*\)'.*/\1/p" "$DIR/head")
is "$(grep -oE '<script nonce="[^"]*"' "$DIR/page" | sort -u)" "<script nonce=\"$nonce\"" \
	"its own scripts may run"
is "$(grep -c 'kind=overview' "$DIR/page")" 3 "a group has small graphs"
answers "/smokeping/smokeping.cgi?displaymode=n;start=now-1h;end=now;target=Open.One"
has '<img id="zoom"' "the navigator"
has '<input type="hidden" name="target" id="target" value="Open.One">' "with its form"
answers "/smokeping.cgi?target=_charts"
answers "/smokeping.cgi?target=_charts.loss"
answers "/smokeping.cgi?hierarchy=places&target=Europe"
has '<option value="places" selected>By place' "hierarchies"
is "$(grep -oE '<option value="(places|kinds)"' "$DIR/page" | tr -d '\n')" \
	'<option value="kinds"<option value="places"' "in the order of their ids"
has 'href="\?hierarchy=places&amp;target=Europe.Paris"' "and links in them"
answers "/smokeping.cgi?hierarchy=kinds&target=Host.Child"
link=$(grep -oE '\?hierarchy=kinds&amp;target=Host.Child~far&amp;displaymode=n' "$DIR/page" | head -n 1)
answers "/smokeping.cgi${link//&amp;/&}"
has 'name="target" id="target" value="Host.Child~far"' "and a slave's graph in them"
answers "/smokeping.cgi?filter=alpha&target=Open"
is "$(grep -c '<li class="menu' "$DIR/page")" 1 "the menu is filtered"
answers "/smokeping.cgi?target=No.Such" 404
answers "/smokeping.cgi?hierarchy=none&target=" 404
answers /
lacks "Ours:" "our own addresses show our own pages"
for path in /smokeping/css/smokeping-screen.css /smokeping/js/prototype.js /css/smokeping-print.css; do
	answers "$path" 200 "$path, which such pages load"
done
answers /smokeping/theme/own.css
has "color: red" "a file of the user's"
for path in /smokeping/.secret.css /smokeping/theme/%2e%2e/own.css \
	/smokeping/theme/none.css /smokeping/config.css; do
	answers "$path" 404
done
cp /etc/smokeping/basepage.html "$DIR/stock.html" 2>/dev/null ||
	printf '<html><head><title>SmokePing Latency Page for <##title##></title></head><body><##menu##></body></html>' >"$DIR/stock.html"
sed -i "s,^template = .*,template = $DIR/stock.html," "$DIR/config"
reloaded
answers "/smokeping.cgi?target=Open.One"
has 'class="brand"' "SmokePing's own page gives way to ours"
sed -i "s,^template = .*,template = $DIR/gone.html," "$DIR/config"
"$BUILD/probed/probed" --config "$DIR/config" --check >"$DIR/said" 2>&1
like "$(cat "$DIR/said")" "template .*gone.html cannot be read" "one that is gone is named"

# --- another encoding, and literally ---
sed -i -e "/^template = /a charset = iso-8859-15\nliteralsearch = yes" -e 's/^menu = Alpha/menu = Z\xfcrich \xa4/' "$DIR/config"
restarted
answers /t/Open
has "Zürich €" "text in another encoding is turned into ours"
is "$(found "/smokeping.cgi?filter=%5Ezeta")" "" "no expressions where none are wanted"
is "$(found "/smokeping.cgi?filter=zet")" "Open/One " "but letters"
probed_stop
ok $? "it ends cleanly"
done_testing
