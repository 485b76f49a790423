#!/bin/bash
# The whole program by HTTP: what is answered to good, wrong and hostile requests.
. "$SOURCE/t/world.sh"
world "$@"
network "* delay=2ms"

config 1 3 <<'END'
remark = Hello <b>all</b> <script>alert(1)</script>
+ Group
menu = A group
title = A <i>group</i> & more
++ One
menu = One
title = Evil <script>alert("x")</script> title
host = 10.53.1.1
++ Two
menu = Two <img src=x onerror=alert(1)>
title = Two
host = 10.53.1.2
++ Nobody
menu = Nobody
title = Nobody
host = nobody.sim
++ Many
menu = Many
title = Many
probe = TCPPing
host = 10.53.1.3
+ Both
menu = Both
title = Both
host = /Group/One /Group/Two
END
sed -i '/^+ TCPPing/a pings = 100
s/^AVERAGE 0.5 1 1000/&0/' "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"

measured() {
	[ "$(json targets '.targets[] | select(.path == "Group.One") | .last.median')" != null ]
}
wait_until 20 measured
ok $? "the first round is there"

# --- every answer is guarded ---
for path in / /t/Group /t/Group/One /targets /search?q=one /config /smokeping.cgi \
	/nothing /healthz /-/healthy /-/ready /metrics /api/v1/targets /api/v1/nothing \
	/graph/Group/One.png /graph/Group/One.svg /favicon.ico /robots.txt "/%zz" \
	"/graph/Group/One.png?start=soon"; do
	get "$path" >"$DIR/status"
	like "$(header Content-Security-Policy)" "default-src '(self|none)'" "$path: policy"
	is "$(header X-Content-Type-Options)" nosniff "$path: no sniffing"
	is "$(header Referrer-Policy)" no-referrer "$path: no referrer"
	unlike "$(header Content-Security-Policy)" "script-src|unsafe-eval" "$path: no script inline"
done

# --- pages ---
for path in / /t/Group /t/Group/ /t/Group/One /t/Both /targets /config /search?q=one \
	"/t/Group/One?start=now-1h&end=now" "/t/Group/One?start=now-1h;end=now"; do
	is "$(get "$path")" 200 "$path"
	like "$(header Content-Type)" "^text/html" "$path: HTML"
	body_lacks "<script>alert" "$path: no script from a title"
	body_lacks "<img src=x" "$path: no picture from a menu"
	! grep -qiE ' (style|on[a-z]+)=' "$DIR/body"
	ok $? "$path: nothing inline"
done
get / >"$DIR/status"
body_has "Hello <b>all</b>" "harmless markup of a remark stays"
body_has "/graph/Group/One.png?kind=strip" "the overview shows a graph of One"
nobody_told() { page / | grep -q "does not resolve"; }
wait_until 20 nobody_told
ok $? "a name that does not resolve is said so"
get / >"$DIR/status"
body_lacks "/graph/Group/Nobody.png?kind=strip" "and has no empty graph"
get /t/Group/One >"$DIR/status"
body_has "Last 2 minutes" "a young history is shown at once"
is "$(grep -c '<picture>' "$DIR/body")" 5 "and four ranges more"
body_has "&lt;script&gt;" "the title is text"
is "$(curl -s -o "$DIR/body" -I -w '%{http_code} %{size_download}' "$URL/")" "200 0" "HEAD has no body"
get /search?q=ONE >"$DIR/status"
body_has "/t/Group/One" "the search does not mind case"
get "/search?q=.*" >"$DIR/status"
body_lacks "/t/Group/One" "nor does it take letters for a pattern"
get "/search?q=%3Cscript%3Ealert(1)%3C/script%3E" >"$DIR/status"
body_lacks "<script>alert" "what was searched is text"

# --- targets drawn together ---
is "$(state Group.Nobody)" cannot "one of the targets cannot be measured"
is "$(state Both)" fine "those drawn together look as the worst of them"

# --- SmokePing's addresses ---
for base in /smokeping /smokeping/ /smokeping.cgi /cgi-bin/smokeping.cgi \
	/smokeping/smokeping.cgi /smokeping/smokeping.fcgi /smokeping/sm.cgi \
	/cgi-bin/smokeping.fcgi; do
	is "$(get "$base")" 200 "$base"
	is "$(get "$base?target=Group.One")" 200 "$base?target="
	body_has "&lt;script&gt;alert(&quot;x&quot;)" "$base: shows the target"
done
for sep in '&' ';'; do
	is "$(get "/smokeping.cgi?displaymode=n${sep}start=2026-01-01%2020:23${sep}end=now${sep}target=Group.One")" \
		200 "navigator with $sep"
	body_has '2026-01-01 20:23:00' "its range is shown"
	is "$(grep -c '<picture>' "$DIR/body")" 1 "one graph"
done
is "$(get "/smokeping.cgi?filter=one;target=")" 200 "a filter"
body_has "/t/Group/One" "finds by menu"
is "$(get "/smokeping.cgi?target=No.Such")" 404 "a target that is not there"
is "$(get "/smokeping.cgi?target=..%2f..%2fetc")" 404 "a way out of the tree"
is "$(get "/smokeping/other")" 404 "what is no program"
for start in 0 100000 -9999999999; do
	for path in /graph/Group/One.png /t/Group/One; do
		is "$(get "$path?start=$start")" 400 "$path from $start: nobody can draw that"
		body_has "parameter start" "and it says so"
	done
done
is "$(get "/graph/Group/One.png?start=-19y")" 200 "nineteen years are drawn"
is "$(get "/smokeping.cgi?hierarchy=none;target=A")" 404 "a hierarchy that is not there"
is "$(get "/smokeping.cgi?hierarchy=0;target=Group")" 200 "the default hierarchy"
for name in /smokeping/imgcache/Group/One_last_10800.png /img/Group/One_last_10800.png \
	/cgi-bin/img/Group/One_mini.png /smokeping/images/Both_last_108000.png \
	/img/__chartscache/Group.One_last_3600.png; do
	is "$(get "$name")" 200 "a bookmarked picture, $name"
	is "$(header Content-Type)" image/png "is drawn"
done
is "$(get /img/Group/One_last_10800.svg)" 200 "a later SmokePing's picture"
is "$(header Content-Type)" image/svg+xml "is drawn, too"
for name in /img/rrdtool.png /smokeping/imgcache/smokeping.png; do
	is "$(get "$name")" 200 "a logo, $name"
	is "$(header Content-Type)" image/svg+xml "is a picture"
done
for name in /img/Group/rrdtool.png /img/Group/One_last_10801x.png /img/Group/One_last_.png /img/Group/One_last_5.png \
	/img/Group/One_last_99999999999.png /img/Group_mini.png /img/Group/No_mini.png \
	/img/Group/One_mini.gif /img/_mini.png /img/_last_10800.png /img/../etc/passwd \
	/img/Group/One~far_last_10800.png /img/Group.One_last_10800.png \
	/img/Group/One_last_10800_mini.png /img/Group/One.maxheight /img/ /elsewhere/One_mini.png; do
	is "$(get "$name")" 404 "no picture of ours, $name"
done
is "$(get "/smokeping.cgi?displaymode=a;target=Group.One;start=now-1h;end=now;title=Mine")" 200 \
	"a picture for a script that zooms"
is "$(header Content-Type)" image/png "is drawn"
is "$(get "/smokeping.cgi?displaymode=a;target=Group.One;start=soon")" 400 "not from nonsense"

# --- graphs ---
for kind in png:image/png svg:image/svg+xml pdf:application/pdf; do
	is "$(get "/graph/Group/One.${kind%%:*}")" 200 "${kind%%:*}"
	is "$(header Content-Type)" "${kind#*:}" "its type"
done
get "/graph/Group/One.png?start=1700000000&end=1700003600" >"$DIR/status"
etag=$(header ETag)
like "$etag" '^"[0-9a-f]+"$' "a strong tag"
is "$(get "/graph/Group/One.png?start=1700000000&end=1700003600" -H "If-None-Match: $etag")" 304 \
	"not sent again"
like "$(header Smokebox-Plot)" "left=[0-9]+, upper=" "where the plot is"
for bad in start=soon "start=now&end=now-1h" width=0 width=99999 width=x height=-1 theme=pink \
	kind=pie zoom=9 start=%00 start=now-9999999999h "end=%ff"; do
	is "$(get "/graph/Group/One.png?$bad")" 400 "graph with $bad"
done
get "/graph/Group/One.png?start=soon" >"$DIR/status"
body_has "parameter start" "the complaint names the parameter"
# Only what cannot change any more may be kept for long.
get "/graph/Group/One.png?start=1700000000&end=1700003600" >"$DIR/status"
is "$(header Cache-Control)" max-age=300 "an old range may be kept"
get "/graph/Group/One.png?start=now-60s&end=now%2B1h" >"$DIR/status"
is "$(header Cache-Control)" max-age=1 "one that ends later only for a step"
future=$(date -d '+1 hour' +%s)
changes() {
	get "/graph/Group/One.png?start=$((future - 3660))&end=$future" >"$DIR/status"
	[ "${first:=$(header ETag)}" != "$(header ETag)" ]
}
wait_until 10 changes
ok $? "and it changes with the rounds that come"
is "$(get /graph/Group/No.png)" 404 "graph of nothing"
is "$(get /graph/Group.png)" 404 "graph of a group"
is "$(get /graph/Group/One.gif)" 404 "graph of an unknown kind"
is "$(get /graph/Group.One.png)" 404 "a dot is no slash"
is "$(get /graph/Both.png)" 200 "several hosts together"

# --- static files ---
get / >"$DIR/status"
css=$(sed -n 's/.*href="\(\/static\/[^"]*smokebox\.css\)".*/\1/p' "$DIR/body")
is "$(get "$css")" 200 "the style sheet"
like "$(header Cache-Control)" immutable "for good"
is "$(get "$css" -H 'Accept-Encoding: gzip')" 200 "the style sheet packed"
is "$(header Content-Encoding)" gzip "says so"
gzip -dc <"$DIR/body" >"$DIR/plain" 2>"$DIR/err"
ok $? "can be unpacked"
is "$(get /static/0000/smokebox.css)" 200 "an old address of it"
unlike "$(header Cache-Control)" immutable "not for good"
is "$(get /static/0000/page.html)" 404 "templates are not for browsers"
is "$(get /static/)" 404 "no list of files"
is "$(get / -H 'Accept-Encoding: gzip')" 200 "a page packed"
gzip -dc <"$DIR/body" 2>"$DIR/err" | grep -q '</html>'
ok $? "is whole"

# --- hostile requests ---
for path in /../../etc/passwd /t/../../../etc/passwd /static/../../etc/passwd \
	/graph/../../etc/passwd.png /%2e%2e/%2e%2e/etc/passwd "/t/Group/One/.." //etc/passwd \
	/t//One /t/Group/One~x /%3Cscript%3E "/t/%F0%9F%98%80" "/t/$(printf 'A/%.0s' {1..900})"; do
	status=$(get "$path")
	is "$status" 404 "${path:0:40}"
	body_lacks "root:" "is no file"
done
for path in /%00 /%zz /% "/t/%ff%fe" "/?x=%0d%0aX-Evil:%201" "/?a=%c0%af" "/t/One%0a"; do
	is "$(get "$path")" 400 "$path"
	is "$(header X-Evil)" "" "no header of theirs"
done
long=$(head -c 9000 /dev/zero | tr '\0' a)
is "$(get "/$long")" 400 "a long path"
is "$(get "/?$(printf 'a=1&%.0s' {1..100})")" 400 "many arguments"
is "$(get / -X DELETE)" 405 "another method"
is "$(get /api/v1/targets -X PUT)" 405 "and to programs"
is "$(header Content-Type)" application/problem+json "  in their words"
is "$(get '/api/v1/rounds?target=%00')" 400 "a byte that no name has"
is "$(header Content-Type)" application/problem+json "  likewise"
is "$(get / -X POST -d x=1)" 405 "posting to a page"
is "$(header Allow)" "GET, HEAD" "says what is allowed"
is "$(get /smokeping.cgi -X POST -F target=Group)" 405 "so is another body than a form's"
is "$(get /smokeping.cgi -d "displaymode=n&target=Group.One&start=now-2h&end=now")" 200 \
	"a form posted to SmokePing's address"
body_has "graph/Group/One" "is answered like GET"
is "$(get "/smokeping/smokeping.cgi?target=Both" -d target=Group.None)" 404 "its fields come first"
is "$(get "/smokeping.cgi?target=Group.None" -X POST -H "Content-Type: application/x-www-form-urlencoded")" 404 \
	"one without fields"
is "$(get /smokeping.cgi -d "target=%zz")" 400 "one that is broken"
is "$(get /smokeping.cgi -d "target=$(head -c 9000 /dev/zero | tr '\0' a)")" 413 "one that is too long"
is "$(get /-/reload)" 405 "reload by GET"
is "$(get /-/reload -X POST)" 202 "reload from this machine"
is "$(get /-/reload -X POST -H 'X-Forwarded-For: 192.0.2.1')" 403 "not through a proxy"
is "$(get /-/reload -X POST -H 'Origin: http://evil.example')" 403 "not from another site"
is "$(get /-/reload -X POST -H 'Sec-Fetch-Site: cross-site')" 403 "nor by its page"
is "$(get /-/reload -X POST -H 'Sec-Fetch-Site: same-origin' -H 'Origin: https://box.example')" 202 \
	"a browser's word for its own page counts, whatever a proxy makes of Host"
head -c 100000 /dev/zero >"$DIR/big"
is "$(get /-/reload -X POST --data-binary "@$DIR/big")" 413 "a large body"

# --- names ---
is "$(get / -H 'Host: evil.example')" 421 "a name that is not ours"
body_has "hosts = evil.example" "says the line to add"
body_lacks "test@example.net" "and nothing of the house"
is "$(get / -H 'Host: box.lan:8080')" 200 "a name of the home"
is "$(get / -H 'Host: [::1]:8080')" 200 "an address"
is "$(get / -H 'Host: a b')" 400 "no name at all"
is "$(get / -H 'Host: [fe80::1%lo]:8080')" 200 "an address with its interface"
is "$(get / -H 'Host: [evil%lo]')" 421 "a name with one"
is "$(get /api/v1/targets -H 'Host: evil.example')" 421 "the API as well"
like "$(header Content-Type)" "^application/problem\+json" "in its own form"
is "$(curl -s --unix-socket "$DIR/data/.smokebox/probectl.sock" -H 'Host: x.example' \
	-o "$DIR/body" -w '%{http_code}' http://x.example/healthz)" 200 "any name on the socket"

# --- what can be read in two ways ---
# spoken TEXT: what is answered to it, until the line is closed or two seconds are over
spoken() {
	exec 5<>/dev/tcp/127.0.0.1/8080
	printf "$1" | cat >&5 # in one piece
	timeout 2 cat <&5 | tr -d '\r'
	exec 5>&-
}
post='POST /login HTTP/1.1\r\nHost: localhost\r\n'
for request in 'GET /healthz HTTP/1.1\r\n' 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n' \
	"${post}Content-Length: 4\r\nContent-Length: 0\r\n" \
	"${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"; do
	like "$(spoken "$request\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")" \
		"^HTTP/1.1 400 " "${request//\\r\\n/, }: refused"
	is "$(spoken "$request\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n" | grep -c '^HTTP/')" 1 \
		"and what follows is no request"
done
like "$(spoken 'GET /healthz HTTP/1.0\r\n\r\n')" "^HTTP/1.1 200 " "HTTP/1.0 knows no Host"
is "$(spoken 'HEAD /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
	grep -v '^[A-Za-z-]*: \|^$')" $'HTTP/1.1 200 OK\nHTTP/1.1 200 OK' "HEAD has no body, where there is no end of one either"
is "$(get /static/smokebox.css -H 'Accept-Encoding: br, gzip; q=0.0')$(header Content-Encoding)" 200 "gzip that is refused"
is "$(get /static/smokebox.css -H 'Accept-Encoding: br, GZIP;q=0.5')$(header Content-Encoding)" 200gzip "and wanted"

# --- slow and broken ones ---
exec 5<>/dev/tcp/127.0.0.1/8080
printf 'GET / HTTP/1.1\r\nHost: localh' >&5
exec 6<>/dev/tcp/127.0.0.1/8080
printf '\x00\x01\x02\xff\xfe\r\n\r\n' >&6
is "$(get /healthz)" 200 "an unfinished request holds nobody up"
exec 5>&- 6>&-

# What the fuzz target is sent, behind its first byte, by the one that is locked in.
answering=$(worker_pid web) senders=
for seed in "$SOURCE"/t/corpus/request/*; do
	perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new("127.0.0.1:8080") or die;
		binmode STDIN; local $/; my $all = <STDIN>; print $s substr $all, 1; $s->flush;
		$SIG{ALRM} = sub { exit }; alarm 5; sysread $s, my $answer, 65536' <"$seed" >"$DIR/sent" 2>&1 &
	senders="$senders $!"
done
# shellcheck disable=SC2086
wait $senders
is "$(get /healthz)" 200 "after all that is sent to the fuzz target"
is "$(worker_pid web)" "$answering" "the same one answers"

# Clients that ask for much and read nothing: about five megabytes each.
large="/api/v1/rounds?target=Group.Many&points=10000&start=now-9990s"
is "$(get "$large")" 200 "a large answer"
holds "is large" "$(stat -c %s "$DIR/body") > 4000000"
deaf=()
ask_deaf() {
	exec {fd}<>/dev/tcp/127.0.0.1/8080
	printf 'GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n' "$large" >&"$fd"
	deaf+=("$fd")
}
for _ in 1 2 3 4 5 6 7 8; do
	ask_deaf
done
# Where answers take their time, the first ones are gone when the last is there: one more
# each time, then.
refused() {
	[ "$(get "$large")" = 503 ] && return
	[ ${#deaf[@]} -ge 40 ] || ask_deaf
	return 1
}
wait_until 10 refused
ok $? "there is an end to what is kept for the deaf"
is "$(get /healthz)" 200 "which is no matter to others"
is "$(get /t/Group/One)" 200 "pages included"
for fd in "${deaf[@]}"; do
	exec {fd}>&-
done
again() {
	[ "$(get "$large")" = 200 ]
}
wait_until 10 again
ok $? "when they are gone it is given again"

# --- the painter dies ---
before=$(worker_pid painter)
kill -9 "$before"
is "$(get "/graph/Group/One.png?start=1600000000&end=1600003600")" 200 "a graph when the painter died"
back() { local now; now=$(worker_pid painter) && [ "$now" != "$before" ] && [ "$now" != 0 ]; }
wait_until 15 back
ok $? "the painter is back"

# --- so does web ---
before=$(worker_pid web)
kill -9 "$before"
again() { local now; now=$(worker_pid web) && [ -n "$now" ] && [ "$now" != "$before" ]; }
wait_until 15 again
ok $? "web is back on the same port"
wait_until 10 measured
ok $? "and knows the last rounds again"
get / >"$DIR/status"
body_has "/graph/Group/One.png?kind=strip" "and shows them"

probed_stop
ok $? "it ends cleanly"
unlike "$(cat "$DIR/probed.log")" "AddressSanitizer: [a-z-]+ on|runtime error|warning: web.*status" \
	"web ends without a complaint"
done_testing
