#!/bin/bash
# A password: who does not know it sees sums and "a device", who does sees everything.
. "${SOURCE:?}/t/world.sh"
command -v sqlite3 >"$DIR/which" || skip_all "no sqlite3"
world "$@"
network "* delay=2ms"
ip link set lo up
one_target | config 2 3
begin=$(($(date +%s) / 3600 * 3600 - 7200))
end=$((begin + 3600))
(cd "$DIR/data" && "$BUILD/t/minutemake" "$begin" 60) || bail "no ring"
probed_start
wait_until 30 ready || bail "probed does not answer"
top=/api/v1/flows/top?start=$begin\&end=$end

# code PATH [CURL-OPTION...]: the status; the body is in DIR/body, the head in DIR/head
code() {
	local path=$1
	shift
	curl -s -m 30 -o "$DIR/body" -D "$DIR/head" -w '%{http_code}' "$@" "$URL$path"
}
ctl() {
	"$BUILD/probectl" --data "$DIR/data" "$@" 2>&1
}
# login PASSWORD [CURL-OPTION...]: as a browser elsewhere on the network does
login() {
	local password=$1
	shift
	code /login -H 'X-Forwarded-For: 192.0.2.9' -H "Origin: $URL" \
		--data-urlencode "password=$password" --data-urlencode 'back=/traffic' "$@"
}

# --- none is set ----------------------------------------------------------------------
is "$(code "$top")" 200 "without a password everybody sees hosts"
like "$(page /login)" 'No password is set' "and the page says so"
is "$(login whatever)" 403 "nobody can log in"

# --- one is set -----------------------------------------------------------------------
like "$(echo short | ctl password)" 'expected 8 to 256' "one that is too short"
echo 'correct horse battery' | ctl password >"$DIR/set"
ok $? "a password is set"
is "$(stat -c %a "$DIR/data/.smokebox/state/password")" 600 "only the owner reads its hash"
like "$(cat "$DIR/data/.smokebox/state/password")" '^\$y\$' "which is yescrypt's"
is "$(code "$top")" 403 "then hosts are for those who know it"
like "$(jq -r .detail "$DIR/body")" 'know the password' "says the answer"
for by in peer port flow as; do
	is "$(code "$top&by=$by")" 403 "so is $by"
done
for by in total protocol dscp interface; do
	is "$(code "$top&by=$by")" 200 "not so $by"
done
html=$(page "/traffic?start=$begin&end=$end")
like "$html" '</span>device 1<' "the page shows a device"
is "$(grep -o '>device 1<' "$DIR/page" | wc -l)" 2 "by the same name in the list and beside the course"
unlike "$html" '192\.168\.1\.|203\.0\.113\.|HTTPS' "and neither hosts nor peers nor services"
like "$html" 'Protocols' "but sums"
like "$html" '<th scope="row">TCP' "by protocol, by name"
like "$html" 'href="/login' "and where to log in"
like "$(ctl traffic --since "$begin" --until "$end" --limit 2)" '192\.168\.1\.' \
	"probectl sees them as before"

# --- incidents that name somebody -------------------------------------------------------
# One of which the ring knows nothing any more, with the talkers that were kept.
old=$((begin - 3 * 86400))
sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "INSERT INTO incident(id, kind, subject,
	source, \"begin\", \"end\", confidence, summary, evidence) VALUES(900001, 'verdict', 'access',
	'verdict', $old, $((old + 600)), 'sure',
	'uploading at 9.6 of 10 Mbit/s (10.66.6.6, port 443): it is full',
	'{\"cause\":\"bufferbloat\",\"numbers\":[],\"facts\":[{\"name\":\"talker\",\"text\":\"10.66.6.6, port 443\"},
	{\"name\":\"gap\",\"text\":\"none\"}],\"talkers\":{\"during\":{\"coverage\":1,\"bps_out\":9600000,
	\"hosts\":[{\"host\":\"10.66.6.6\",\"bps_out\":9500000}]},\"before\":{\"coverage\":1}}}')" ||
	bail "no incident"
incidents() {
	api "incidents?kind=verdict" | jq -c '.incidents[0]'
}
told=$(incidents)
unlike "$told" '10\.66' "an incident names nobody to who does not know the password"
is "$(jq -r .summary <<<"$told")" "uploading at 9.6 of 10 Mbit/s (a device): it is full" \
	"but a device"
is "$(jq -c '[.evidence.facts[].text, .evidence.talkers.during.bps_out]' <<<"$told")" \
	'["a device","none",9600000]' "with what is no secret"
unlike "$(page /incidents)" '10\.66' "so does the page"
id=$(jq .id <<<"$told")
like "$(ctl explain "$id" | tr '\n' ' ')" \
	'\(10\.66\.6\.6, port 443\).*talker +10\.66.*filled the line meanwhile.*10\.66\.6\.6 +in 0, out 9\.5 Mbit/s' \
	"probectl explains it by name, though the ring has gone"
like "$(ctl forget 10.66.6.6)" '1 row' "who is forgotten is so there"
like "$(ctl explain "$id")" '\(gone, port 443\)' "in the sentence"
unlike "$(ctl explain "$id")" '10\.66' "and in all else"

# --- logging in -----------------------------------------------------------------------
is "$(code '/login?password=correct+horse+battery')" 400 "a password in an address is refused"
is "$(login wrong)" 403 "a wrong one does not open"
unlike "$(cat "$DIR/head")" 'Set-Cookie' "and gives no cookie"
is "$(code /login -H 'Origin: http://elsewhere.example' \
	--data-urlencode 'password=correct horse battery')" 403 "nor does another site's form"
is "$(login 'correct horse battery')" 303 "the right one does"
like "$(cat "$DIR/head")" 'Location: /traffic' "and leads back"
like "$(cat "$DIR/head")" 'Set-Cookie: smokebox=[0-9a-f]{64}; Path=/; Max-Age=[0-9]+; HttpOnly; SameSite=Strict' \
	"with a cookie that no script reads and no other site sends"
unlike "$(grep Set-Cookie "$DIR/head")" 'Secure' "not held back from HTTP, by which it came"
cookie=$(sed -n 's/^Set-Cookie: \(smokebox=[0-9a-f]*\);.*/\1/p' "$DIR/head")
is "$(code "$top" -H "Cookie: $cookie")" 200 "who has it sees hosts"
login_page=$(curl -s -m 10 -H "Cookie: $cookie" "$URL/login")
like "$login_page" 'You are logged in' "who is logged in is told so"
unlike "$login_page" 'type="password"' "and not asked again"
is "$(code "$top" -H "Cookie: other=1; $cookie; more=2")" 200 "among others as well"
is "$(code "$top" -H "Cookie: ${cookie}x")" 403 "one with something behind it does not"
is "$(code "$top" -H "Cookie: $(echo "$cookie" | tr 0123456789abcdef 123456789abcdef0)")" 403 \
	"nor does one that is made up"
is "$(code "$top" -H "Cookie: smokebox=$(printf '0%.0s' {1..64})")" 403 "nor does one of zeros"
curl -s -m 20 -H "Cookie: $cookie" "$URL/traffic?start=$begin&end=$end" >"$DIR/html"
like "$(cat "$DIR/html")" '192\.168\.1\.' "the page has them"
like "$(cat "$DIR/html")" 'action="/logout"' "and the way out"
# A note, from the page of a target.
note() { # CURL-OPTION...
	code /note -H "Origin: $URL" -H 'X-Forwarded-For: 192.0.2.9' -d target=A.one \
		--data-urlencode 'text=new <router>, 5 GHz' "$@"
}
code /t/A/one -H "Cookie: $cookie" >"$DIR/code"
token=$(sed -n 's/.*name="token" value="\([0-9a-f]*\)".*/\1/p' "$DIR/body" | head -n 1)
is "${#token}" 64 "who is in has a form for notes"
unlike "$(page /t/A/one)" 'action="/note"' "others have none"
is "$(note)" 403 "a note without a session is refused"
is "$(note -H "Cookie: $cookie")" 403 "so is one without the session's token"
is "$(note -H "Cookie: $cookie" -d "token=$token" -H 'Sec-Fetch-Site: cross-site')" 403 \
	"and one from another site"
is "$(note -H "Cookie: $cookie" -d "token=$token")" 303 "with both it is taken"
like "$(cat "$DIR/head")" 'Location: /t/A/one' "and leads back to the page"
noted() {
	[ "$(json 'incidents?kind=note&subject=A.one' '.incidents[0].summary')" = 'new <router>, 5 GHz' ]
}
wait_until 10 noted
ok $? "where it is"
like "$(page /t/A/one)" 'new &lt;router&gt;, 5 GHz' "as text"
is "$(json 'incidents?kind=note&subject=A.one' '.incidents | length')" 1 "once"
is "$(login 'correct horse battery' --data-urlencode 'back=//evil.example/')" 303 "back, but"
unlike "$(cat "$DIR/head")" 'evil' "nowhere else"
is "$(code /logout -X POST -H "Origin: $URL" -H "Cookie: $cookie")" 303 "logging out"
is "$(code "$top" -H "Cookie: $cookie")" 403 "the cookie is good for nothing then"

is "$(login 'correct horse battery' -H 'X-Forwarded-Proto: https')" 303 "through a proxy with TLS"
like "$(cat "$DIR/head")" '^Set-Cookie: smokebox=.*; Secure' "the cookie is for TLS only"
is "$(login 'correct horse battery' -H 'X-Forwarded-Proto: http')" 303 "through one without"
unlike "$(cat "$DIR/head")" '; Secure' "it is not"

# --- lock-out --------------------------------------------------------------------------
login 'correct horse battery' >"$DIR/code"
cookie=$(sed -n 's/^Set-Cookie: \(smokebox=[0-9a-f]*\);.*/\1/p' "$DIR/head")
for i in 1 2 3 4 5; do
	login "guess $i" >"$DIR/code"
done
is "$(cat "$DIR/code")" 403 "five guesses"
is "$(login 'correct horse battery')" 429 "are enough: then not even the right one is looked at"
like "$(cat "$DIR/head")" 'Retry-After: [1-9][0-9]*' "for a while that is told"
is "$(code "$top" -H "Cookie: $cookie")" 200 "who is in stays in"
# from ADDRESS PASSWORD: likewise, through a proxy of ours
from() {
	code /login -H "X-Forwarded-For: $1" -H "Origin: $URL" --data-urlencode "password=$2"
}
is "$(from 192.0.2.10 'correct horse battery')" 303 "others behind the same proxy are listened to"
for i in 1 2 3 4 5; do
	from "2001:db8:1:2::$i" "guess $i" >"$DIR/code"
done
is "$(from 2001:db8:1:2::99 'correct horse battery')" 429 "of IPv6 a whole /64 counts as one"
is "$(from 2001:db8:1:3::1 'correct horse battery')" 303 "not its neighbour"
for i in $(seq 20); do
	from "198.51.100.$i" "guess $i" >"$DIR/code"
done
is "$(from 198.51.100.99 'correct horse battery')" 429 "after twenty guesses from everywhere nobody new"
is "$(from 192.0.2.10 'correct horse battery')" 303 "but who knew it before"

# --- another one, none ------------------------------------------------------------------
echo 'another horse battery' | ctl password >"$DIR/set"
is "$(code "$top" -H "Cookie: $cookie")" 403 "a new password ends all sessions"
ctl password --remove >"$DIR/set"
is "$(code "$top")" 200 "without one everybody sees hosts again"
probed_stop
ok $? "it ends"
done_testing
