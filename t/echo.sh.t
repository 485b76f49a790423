#!/bin/bash
# This browser <-> box: an open page times a small answer, says so as the first part of
# the way, and rests while nobody looks; only where the operator wants it are the figures
# sent and kept, and a stranger's page cannot send any.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"
probed 2 4 <<-END
	+ A
	menu = A
	title = A
	++ one
	host = 10.0.0.2
END

# post ARGUMENTS [CURL-ARGUMENTS...]: the number of the answer; DIR/posted has its text
post() {
	local fields=$1
	shift
	curl -s -m 10 -o "$DIR/posted" -w '%{http_code}' -d "$fields" "$@" "$URL/api/v1/echo"
}
minute="count=28&lost=2&median=1.25&p95=8.5"

like "$(curl -s -i -m 10 "$URL/api/v1/echo")" "^Cache-Control: no-store" "the answer is kept by nobody"
holds "and small" "$(curl -s -m 10 "$URL/api/v1/echo" | wc -c) < 64"
is "$(post "$minute")" 403 "by default nothing is recorded"
like "$(cat "$DIR/posted")" "record_browsers = yes" "and the answer says how it would be"
is "$(json browsers '.recorded, (.browsers | length)' | xargs)" "false 0" "nothing is known"
page / >"$DIR/html"
like "$(cat "$DIR/html")" '<li id="to-box"[^>]* hidden>' "without scripts nothing is shown"
unlike "$(cat "$DIR/html")" 'data-record' "nor is anything to be sent"
page /t/A >"$DIR/html"
unlike "$(cat "$DIR/html")" 'echo.js' "a page of a group does not time"

printf '*** Web ***\nrecord_browsers = perhaps\n' >"$DIR/smokebox"
like "$("$BUILD/probed/probed" --config "$DIR/config" --check 2>&1)" \
	"smokebox:2: .*yes.*no" "what is neither yes nor no is an error"
printf '*** Web ***\nrecord_browsers = yes\n' >"$DIR/smokebox"
kill -HUP "$PROBED"
recorded() { [ "$(json browsers .recorded)" = true ]; }
wait_until 20 recorded
ok $? "now it is wanted"

# What a browser says is looked at.
of() { post "$2" -H "X-Forwarded-For: $1"; }
taken() { of "$1" "$minute" >"$DIR/code"; jq .taken "$DIR/posted"; }
early() { [ "$(date +%-S)" -lt 40 ]; }
wait_until 30 early # both within one minute of the clock
is "$(taken 192.0.2.7)" true "a minute is taken"
is "$(taken 192.0.2.7)" false "a second one of the same address is too many"
is "$(taken 192.0.2.8)" true "another one has its own"
is "$(post "$minute" -H "X-Forwarded-For: 192.0.2.9" -H "Sec-Fetch-Site: cross-site")" 403 \
	"another site's page cannot tell anything"
for bad in "count=0&lost=0" "count=1&lost=0" "count=3&lost=0&median=-1&p95=2" \
	"count=3&lost=0&median=nan&p95=2" "count=3&lost=0&median=9&p95=2" \
	"count=121&lost=0&median=1&p95=2" "count=3&lost=0&median=1&p95=5001" \
	"count=3&lost=0&median=0x&p95=2" "count=x" "median=1"; do
	is "$(of 192.0.2.9 "$bad")" 400 "$bad is refused"
done
is "$(of nonsense "$minute")" 400 "so is what a proxy does not say whose it is"
kept() { [ "$(json browsers '[.browsers[].address] | join(" ")')" = "$1" ]; }
wait_until 20 kept "192.0.2.7 192.0.2.8"
ok $? "both are kept, nobody else" || api browsers
history() {
	json "browsers?address=$1&start=now-10min" '[.columns.median, .columns.p95, .columns.lost]
		| map([.[] | select(. != null)] | first * 100000 | round) | join(" ")'
}
has_history() { [ "$(history "$1")" = "$2" ]; }
wait_until 20 has_history 192.0.2.7 "125 850 6667"
ok $? "with their figures in seconds" || api "browsers?address=192.0.2.7&start=now-10min"
like "$(api "browsers?address=192.0.2.99")" '"status":404' "of others there is no history"
like "$(api "browsers?address=../x")" '"status":400' "and none of what is no address"

[ -n "$CHROMIUM" ] || { skip "no chromium"; done_testing; }
cat >"$DIR/look.js" <<'END'
(async () => {
	const pause = ms => new Promise(done => setTimeout(done, ms));
	const until = async test => {
		for (let i = 0; i < 1200 && !test(); i++)
			await pause(100);
		return test();
	};
	const part = document.getElementById("to-box"), real = window.fetch;
	let asked = 0, told = "", hidden = false, skipped = 0;
	window.fetch = (to, how) => {
		if (how && how.method === "POST")
			told = String(how.body);
		else if (String(to).includes("/echo"))
			asked++;
		return real(to, how);
	};
	const clock = Date.now;
	Date.now = () => clock() + skipped * 60000;
	Object.defineProperty(document, "hidden", { get: () => hidden });
	const turn = to => {
		hidden = to;
		document.dispatchEvent(new Event("visibilitychange"));
	};
	const shown = await until(() => !part.hidden && asked >= 2);
	const seen = part.innerText, count = Number(part.dataset.count);
	const place = document.querySelector(".near").firstElementChild === part;
	turn(true);
	asked = 0;
	await pause(4500);
	const resting = asked;
	turn(false);
	const again = await until(() => asked >= 4);
	skipped++;
	const minute = await until(() => told !== "");
	return { shown, seen, count, place, resting, again, minute, told };
})()
END
cat >"$DIR/still.js" <<'END'
({ hidden: document.getElementById("to-box").offsetParent === null,
	headline: document.querySelector("#verdict h1").innerText })
END
mkdir -p "$OUT/echo/still"
perl "$SOURCE/t/browser.pl" "$OUT/echo" "--run=$DIR/look.js" "$URL/" >"$DIR/seen" 2>"$DIR/err"
ok $? "Chromium looked"
show "$DIR/err"
is "$(jq -c '[.errors, .failed, .foreign]' "$DIR/seen" | sort -u)" \
	'[[],[],[]]' "nothing complains, nothing goes elsewhere"
[ "$(jq -c .errors "$DIR/seen" | sort -u)" = '[]' ] || show "$DIR/seen"
is "$(jq -c '.run | [.shown, .place, .again, .minute]' "$DIR/seen" | sort -u)" \
	'[true,true,true,true]' "the way is shown, first; it goes on after a rest, and is told"
is "$(jq -c '.run.resting' "$DIR/seen" | sort -u)" 0 "while it is hidden nothing is asked"
is "$(jq -r '.run.seen | gsub("\\s+"; " ")' "$DIR/seen" | grep -cE '^This browser [0-9.]+ ms 95 % within [0-9.]+ ms$')" 4 \
	"in words"
show "$DIR/seen" 2
like "$(jq -r '.run.told' "$DIR/seen" | head -n 1)" '^count=[0-9]+&lost=0&median=[0-9.]+&p95=[0-9.]+$' \
	"and in figures"
wait_until 20 kept "127.0.0.1 192.0.2.7 192.0.2.8"
ok $? "they are kept"
perl "$SOURCE/t/browser.pl" "$OUT/echo/still" --no-script "--run=$DIR/still.js" "$URL/" >"$DIR/seen" 2>"$DIR/err"
show "$DIR/err"
is "$(jq -c '.run.hidden' "$DIR/seen" | sort -u)" true "without scripts nothing is broken"
unlike "$(jq -r '.run.headline' "$DIR/seen")" '^$' "the rest of the page is there"
done_testing
