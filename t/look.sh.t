#!/bin/bash
# Light or dark by choice, and another time zone, as a browser keeps them in a cookie: on
# pages, in what scripts are told, in times that are asked for, and in drawn graphs, for
# who chose them only; and cookies of every kind.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=12ms"
export TZ=UTC
probed 2 4 <<-END
+ Far
menu = Far
title = Far
++ one
menu = One
title = One
host = 10.0.0.2
END
wait_until 40 known Far.one 3
ok $? "rounds are stored"

# as COOKIE PATH: the page
as() {
	curl -s -m 10 -b "smokebox-look=$1" -o "$DIR/page" -w '%{http_code}' "$URL$2" >"$DIR/page.status"
	cat "$DIR/page"
}
# keep FIELDS: post the form; status, and DIR/head
keep() {
	curl -s -m 10 -D "$DIR/head" -o "$DIR/out" -w '%{http_code}' --data "$1" "$URL/look"
}
cookie() {
	sed -n 's/^Set-Cookie: smokebox-look=\([^;]*\);.*/\1/Ip' "$DIR/head" | tr -d '\r'
}

# --- choosing ---------------------------------------------------------------------------
like "$(page /look)" '<option value="Europe/Berlin">' "zones are offered"
like "$(page /t/Far/one)" 'href="/look\?back=/t/Far/one"' "every page leads there"
is "$(keep 'theme=dark&zone=Asia/Kolkata&back=/t/Far')" 303 "a choice is kept"
is "$(cookie)" "dark:Asia/Kolkata" "in a cookie"
is "$(sed -n 's/^Location: //Ip' "$DIR/head" | tr -d '\r')" /t/Far "and leads back"
like "$(grep -i '^Set-Cookie' "$DIR/head")" 'SameSite=Lax' "that goes nowhere else"
is "$(keep 'theme=&zone=')" 303 "so is none"
is "$(cookie)" ":" "which is the system's, and this machine's"
is "$(keep 'theme=&zone=&colors=safe&renew=yes')" 303 "colours that everybody tells apart"
is "$(cookie)" "::renew:safe" "are kept, too"
like "$(page '/compare?t=Far.one&start=now-1h')" 'href="/look\?back=/compare%3Ft%3DFar.one%26start%3Dnow-1h"' \
	"the way there leads back to what was seen"
like "$(page '/look?back=/compare%3Ft%3DFar.one%26start%3Dnow-1h')" \
	'name="back" value="/compare\?t=Far.one&amp;start=now-1h"' "with all of its address"
is "$(keep 'theme=light&zone=&renew=yes')" 303 "pages may renew themselves without scripts"
is "$(cookie)" "light::renew" "which is kept as well"
for bad in theme=blue colors=blue zone=Mars/Base 'zone=../../etc/passwd' zone=/etc/localtime 'zone=UTC%0d%0aX:y' \
	"zone=$(printf 'a%.0s' $(seq 500))" zone=Europe zone=right/UTC zone=leapseconds; do
	is "$(keep "$bad")" 400 "${bad:0:60} is refused"
done
is "$(keep 'back=//evil.example/')" 303 "a way back elsewhere"
is "$(sed -n 's/^Location: //Ip' "$DIR/head" | tr -d '\r')" / "is none"
is "$(curl -s -o "$DIR/out" -w '%{http_code}' -H 'Sec-Fetch-Site: cross-site' --data theme=dark "$URL/look")" 403 \
	"not from another site"

# --- the theme --------------------------------------------------------------------------
unlike "$(page /)" "data-theme" "without a choice, the system's"
like "$(cat "$DIR/page")" 'dark.css" media="screen and \(prefers-color-scheme: dark\)"' "decides"
like "$(as dark: /)" '<html lang="en" data-theme="dark">' "dark"
like "$(cat "$DIR/page")" 'dark.css" media="screen"' "whatever the system"
like "$(cat "$DIR/page")" '<source media="screen" srcset="[^"]*theme=dark' "graphs too, but not on paper"
as ::safe /t/Far/one >"$DIR/safe"
like "$(cat "$DIR/safe")" 'srcset="[^"]*&amp;theme=dark-safe' "safe colours are asked for in dark pictures"
like "$(cat "$DIR/safe")" '<img [^>]*src="[^"]*&amp;theme=safe' "and in light ones"
like "$(sed 's/&quot;/"/g' "$DIR/safe")" '"light":.*"#6fb7ee".*"dark":.*"#a6d8ff"' "and in what scripts draw"
unlike "$(cat "$DIR/safe")" '26ff00' "none is SmokePing's"
curl -s "$URL/graph/Far/one.png?start=now-1h&theme=safe" >"$DIR/safe.png"
curl -s "$URL/graph/Far/one.png?start=now-1h" >"$DIR/usual.png"
! cmp -s "$DIR/safe.png" "$DIR/usual.png"
ok $? "which is another picture"
like "$(as light: /)" 'dark.css" media="screen and \(max-width: 0px\)"' "light"
like "$(cat "$DIR/page")" '<source media="screen and \(max-width: 0px\)" srcset="[^"]*theme=dark' "graphs too"

# --- without scripts --------------------------------------------------------------------
renews='<noscript><meta http-equiv="refresh" content="[1-9][0-9]*"></noscript>'
unlike "$(page /)" 'http-equiv="refresh"' "who chose nothing reads in peace"
like "$(cat "$DIR/page")" '<noscript> · <a href="">load again</a></noscript>' "and loads pages again"
for wish in ::renew dark::renew :Asia/Kolkata:renew; do
	like "$(as $wish /)" "$renews" "$wish: pages renew themselves"
done
like "$(cat "$DIR/page")" '\+0530">' "with the zone"
like "$(as ::renew /look)" 'name="renew" value="yes" checked' "which is seen in the form"
unlike "$(cat "$DIR/page")" 'http-equiv="refresh"' "that itself stays as it is"
for wish in ::renewal :renew renew ::; do
	unlike "$(as $wish /)" 'http-equiv="refresh"' "$wish is none of it"
done

# --- the zone ---------------------------------------------------------------------------
like "$(page /)" 'shown <time datetime="[^"]*\+0000">' "this machine's zone"
like "$(as :Asia/Kolkata /)" 'shown <time datetime="[^"]*\+0530">[^<]*</time> IST' "a reader's"
like "$(page /)" '\+0000">' "for that reader only"
like "$(as :Asia/Kolkata /t/Far/one)" '\[[0-9]+,19800\]' "scripts are told"
like "$(as :Asia/Kolkata '/t/Far/one?start=2026-03-01+12:00&end=2026-03-01+18:00')" \
	"start=$(date -d '2026-03-01 06:30' +%s)" "and read in it as well"
like "$(as :America/New_York '/calendar?month=2026-03')" \
	"start=$(date -d '2026-03-08 05:00' +%s)&amp;end=$(date -d '2026-03-09 03:59:59' +%s)" \
	"days are the reader's, also one of 23 hours"
like "$(as :America/St_Johns '/t/Far/one?start=2026-03-01&end=2026-03-10')" \
	"\[$(date -d '2026-03-08 05:30' +%s),-9000\]" "changes of the clock to the second"
like "$(as :Asia/Kolkata /)" "tell the box's own time, UTC" "and whose time written sentences tell"
unlike "$(page /)" "own time, UTC" "where it is another one"
like "$(as :Asia/Kolkata "/report?target=Far.one&start=-1h")" \
	'Times are told in the time zone Asia/Kolkata, IST \(UTC\+0530\)' "a report says which"
like "$(page "/report?target=Far.one&start=-1h")" 'this machine[^ ]*s clock, UTC\.' "or whose"
is "$(curl -s -m 40 -b smokebox-look=:Asia/Kolkata -D "$DIR/head" -o "$DIR/report.pdf" -w '%{http_code}' \
	"$URL/report.pdf?target=Far.one&start=2026-03-01+12:00&end=2026-03-01+18:00")" 200 "one to print"
like "$(cat "$DIR/head")" '2026-03-01_1200_to_2026-03-01_1800.pdf' "has its file named so"
if command -v sqlite3 >"$DIR/which"; then
	begin=$(date -d '2026-03-01 12:00' +%s)
	sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "INSERT INTO incident
		VALUES(900001, 'verdict', 'beyond', 'verdict', $begin, $((begin + 60)), 'sure', 'something was the matter',
			NULL, '{\"rounds\":3,\"numbers\":[{\"name\":\"rounds\",\"value\":3}],
			\"facts\":[{\"name\":\"gap\",\"text\":\"$begin to $((begin + 5)): a pause\"}]}', NULL, NULL)"
	as :Asia/Kolkata '/incidents?id=900001' >"$DIR/out"
	like "$(cat "$DIR/page")" 'gap <b>2026-03-01 17:30:00 to 2026-03-01 17:30:05: a pause</b>' \
		"times in what an incident goes by"
	is "$(grep -o 'rounds <b>' "$DIR/page" | wc -l)" 1 "of which nothing is said twice"
else
	skip "no sqlite3"
fi
graph() {
	curl -s -m 20 -b "smokebox-look=$1" -o "$DIR/$2" -w '%{http_code}' \
		"$URL/graph/Far/one.svg?start=$(($(date +%s) / 3600 * 3600 - 7200))&end=$(($(date +%s) / 3600 * 3600))"
}
is "$(graph : own)$(graph :Asia/Kolkata india)$(graph : again)" 200200200 "graphs"
cmp -s "$DIR/own" "$DIR/again"
ok $? "are the same to who chose nothing"
! cmp -s "$DIR/own" "$DIR/india"
ok $? "and have other times for who chose"
like "$(curl -s -m 20 -D - -o "$DIR/out" "$URL/graph/Far/one.png")" 'Vary: [^\n]*Cookie' "caches are told"
for bad in 'dark:Mars/Base' ':../../etc/passwd' "$(printf ':%.0s' $(seq 300))" "light:$(printf 'A%.0s' $(seq 2000))" \
	'dark' '%00' 'dark:Europe' '<b>'; do
	as "$bad" / >"$DIR/out"
	is "$(cat "$DIR/page.status")" 200 "a cookie of any kind does no harm" || echo "# $bad" | cut -c 1-100
	like "$(cat "$DIR/page")" '\+0000">' "and its zone is this machine's"
done
unlike "$(cat "$DIR/probed.log")" "is down|ended with status" "no worker died"

# --- for people -------------------------------------------------------------------------
if [ -n "$CHROMIUM" ]; then
	cat >"$DIR/run" <<-'END'
	(async () => {
		document.cookie = 'smokebox-look=dark:Asia/Kolkata; path=/';
		const text = await (await fetch('/t/Far/one')).text();
		document.cookie = 'smokebox-look=; path=/; max-age=0';
		return { dark: text.includes('data-theme="dark"'), back: getComputedStyle(document.body).backgroundColor };
	})()
	END
	mkdir -p "$OUT/look"
	perl "$SOURCE/t/browser.pl" "$OUT/look" "--run=$DIR/run" "$URL/look" >"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	for what in '.errors == []' '.failed == []' '.foreign == []' '.wide <= 0' '.run.dark' \
		'(.run.back == "rgb(15, 20, 26)") == (.theme == "dark")'; do
		is "$(jq -c "select(($what) | not) | {url, width, theme, errors, failed, wide, run}" "$DIR/seen")" "" "everywhere $what"
	done
else
	skip "no chromium"
fi
done_testing
