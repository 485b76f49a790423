#!/bin/bash
# Light or dark by choice, as a browser keeps it in a cookie: on pages and in drawn graphs,
# for who chose only; and cookies of every kind.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=12ms"
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
like "$(page /look)" 'name="theme" value="dark"' "it can be chosen"
like "$(page /t/Far/one)" 'href="/look\?back=/t/Far/one"' "every page leads there"
is "$(keep 'theme=dark&back=/t/Far')" 303 "a choice is kept"
is "$(cookie)" "dark" "in a cookie"
is "$(sed -n 's/^Location: //Ip' "$DIR/head" | tr -d '\r')" /t/Far "and leads back"
like "$(grep -i '^Set-Cookie' "$DIR/head")" 'SameSite=Lax' "that goes nowhere else"
is "$(keep 'theme=')" 303 "so is none"
is "$(cookie)" "" "which is the system's"
for bad in theme=blue theme=darkk "theme=$(printf 'a%.0s' $(seq 500))" 'theme=dark%0d%0aX:y'; do
	is "$(keep "$bad")" 400 "${bad:0:60} is refused"
done
is "$(keep 'back=//evil.example/')" 303 "a way back elsewhere"
is "$(sed -n 's/^Location: //Ip' "$DIR/head" | tr -d '\r')" / "is none"
is "$(curl -s -o "$DIR/out" -w '%{http_code}' -H 'Sec-Fetch-Site: cross-site' --data theme=dark "$URL/look")" 403 \
	"not from another site"

# --- the theme --------------------------------------------------------------------------
unlike "$(page /)" "data-theme" "without a choice, the system's"
like "$(cat "$DIR/page")" 'dark.css" media="screen and \(prefers-color-scheme: dark\)"' "decides"
like "$(as dark /)" '<html lang="en" data-theme="dark">' "dark"
like "$(cat "$DIR/page")" 'dark.css" media="screen"' "whatever the system"
like "$(cat "$DIR/page")" '<source media="\(min-width: 0px\)" srcset="[^"]*theme=dark' "graphs too"
like "$(as light /)" 'dark.css" media="not all"' "light"
like "$(cat "$DIR/page")" '<source media="\(max-width: 0px\)" srcset="[^"]*theme=dark' "graphs too"

# --- hostile cookies --------------------------------------------------------------------
for bad in 'darker' 'dar' "$(printf ';%.0s' $(seq 300))" "light$(printf 'A%.0s' $(seq 2000))" '%00' '<b>' ''; do
	as "$bad" / >"$DIR/out"
	is "$(cat "$DIR/page.status")" 200 "a cookie of any kind does no harm"
	unlike "$(cat "$DIR/page")" 'data-theme' "and chooses nothing"
done
unlike "$(cat "$DIR/probed.log")" "ended with status" "no worker died"

# --- for people -------------------------------------------------------------------------
if command -v chromium >"$DIR/which"; then
	cat >"$DIR/run" <<-'END'
	(async () => {
		document.cookie = 'smokebox-look=dark; path=/';
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
