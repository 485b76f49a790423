#!/bin/bash
# Behind a real reverse proxy, below a path of its own: addresses, assets and redirections
# lead back through it; who comes by it is not taken for this machine, whatever they say;
# events come as they happen; a slow reader gets a large answer whole, and holds up nobody.
. "${SOURCE:?}/t/world.sh" || exit 1
PATH=$PATH:/usr/sbin
command -v lighttpd >/dev/null || skip_all "no lighttpd (package lighttpd)"
world "$@"
no_walks
network "* delay=2ms"
ip link set lo up
config 1 5 <<-END
	+ A
	menu = A
	title = A
	++ one
	menu = one
	title = one
	host = 10.0.0.2
	+ Many
	menu = Many
	title = Many
	$(for i in $(seq 300); do printf '++ h%d\nmenu = h%d\ntitle = A host with a rather long name, number %d\nhost = 10.0.1.%d\n' "$i" "$i" "$i" $((i % 250)); done)
END
printf '*** Web ***\nbase = /box\n' >"$DIR/smokebox"

# The path is left on in front of 8090, and taken away in front of 8091.
for port in 8090 8091; do
	cat >"$DIR/lighttpd.$port" <<-END
		server.modules = ( "mod_proxy" )
		server.document-root = "$DIR"
		server.bind = "127.0.0.1"
		server.port = $port
		server.errorlog = "$DIR/lighttpd.$port.log"
		server.stream-response-body = 2
		server.stream-request-body = 2
		\$HTTP["url"] =~ "^/box" {
			proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => 8080 )) )
			proxy.header = ( "upgrade" => "disable" )
		}
	END
done
sed -i 's,"upgrade" => "disable",& \, "map-urlpath" => ( "/box" => "" ),' "$DIR/lighttpd.8091"
probed_start
wait_until 20 ready || bail "probed does not answer"
wait_until 30 known A.one 2
ok $? "rounds are stored"
for port in 8090 8091; do
	lighttpd -D -f "$DIR/lighttpd.$port" >"$DIR/lighttpd.$port.out" 2>&1 &
done

# get PATH [CURL-OPTION...]: by the proxy at PORT; status, and DIR/head and DIR/body
get() {
	local path=$1
	shift
	curl -s -m 20 -D "$DIR/head" -o "$DIR/body" -w '%{http_code}' "$@" \
		"http://127.0.0.1:$PORT$path"
}
answers() { [ "$(get /box/healthz)" = 200 ]; }

for PORT in 8090 8091; do
	where=$([ $PORT = 8090 ] && echo "path left on" || echo "path taken away")
	wait_until 20 answers || bail "lighttpd does not answer: $(cat "$DIR/lighttpd.$PORT".*)"
	is "$(get /box/)" 200 "$where: the first page"
	cp "$DIR/body" "$DIR/first"
	is "$(grep -oE ' (href|src|action)="/[^"]*"' "$DIR/first" | grep -cvE '="/box/|="/box"')" 0 \
		"  leads nowhere but through the proxy"
	grep -oE ' (href|src)="/box/static/[^"]*"' "$DIR/first" | cut -d'"' -f2 | sort -u >"$DIR/assets"
	[ "$(wc -l <"$DIR/assets")" -ge 2 ]
	ok $? "  with what it is made of"
	bad=0
	while read -r asset; do [ "$(get "$asset")" = 200 ] || bad=$((bad + 1)); done <"$DIR/assets"
	is $bad 0 "  which comes by the same way"
	is "$(get /box/t/A/one)" 200 "  a target's page"
	is "$(get "/box/graph/A/one.png?start=now-1h")" 200 "  a graph"
	is "$(get "/box/smokeping/smokeping.cgi?target=A.one")" 200 "  SmokePing's address of it"
	is "$(get /box/api/v1/status)" 200 "  the JSON interface"
	# Who comes by the proxy is somebody else, also where they say that they are not.
	is "$(get /box/-/reload -d a=b)" 403 "  what this machine may is refused"
	is "$(get /box/-/reload -d a=b -H 'X-Forwarded-For: 127.0.0.1' -H 'X-Real-IP: 127.0.0.1' \
		-H 'Forwarded: for=127.0.0.1')" 403 "  also to who says to be it"
	is "$(get /box/ -H 'Host: evil.example')" 421 "  a name that is none of ours is refused"
	is "$(get /box/ -H 'Host: evil.example' -H 'X-Forwarded-Host: localhost')" 421 \
		"  whatever else it is said to be"

	# Events: soon, one by one, and not all at the end.
	curl -sN -m 60 -o "$DIR/stream.$PORT" "http://127.0.0.1:$PORT/box/api/v1/stream?target=A.one" &
	ear=$!
	count() { grep -c '^event: round$' "$DIR/stream.$PORT"; }
	heard() { [ "$(count)" -ge "$1" ]; }
	wait_until 15 heard 1
	ok $? "  the stream tells of a round"
	before=$(count)
	wait_until 15 heard $((before + 2))
	ok $? "  and of the next ones, while it is open"
	# When it was told of, by its own time: not later than a step or two behind.
	last=$(grep -A1 '^event: round$' "$DIR/stream.$PORT" | sed -n 's/^data: //p' | tail -n 1 | jq .time)
	holds "  as they come" "$(date +%s) - ${last:-0} < 15"
	kill $ear
	wait $ear 2>"$DIR/wait.err"
done

# --- slow readers -----------------------------------------------------------------------
PORT=8090
curl -s -m 20 -o "$DIR/whole" "http://127.0.0.1:8080/api/v1/openapi.json"
size=$(stat -c %s "$DIR/whole")
holds "an answer of $size bytes" "$size > 50000"
slow=
for i in $(seq 20); do
	curl -s -m 100 --limit-rate $((size / 6)) -o "$DIR/slow.$i" -w '%{http_code}\n' \
		"http://127.0.0.1:$PORT/box/api/v1/openapi.json" >"$DIR/slow.$i.status" &
	slow="$slow $!"
done
# took PATH: ms, or the status that is none of success
took() {
	curl -s -m 20 -o "$DIR/body" -w '%{http_code} %{time_total}' "http://127.0.0.1:$PORT$1" |
		awk '{ print $1 == 200 ? int($2 * 1000) : "status " $1 }'
}
for _ in 1 2 3; do
	for path in /box/healthz /box/ /box/t/A/one; do took $path; done
done >"$DIR/took"
is "$(grep status "$DIR/took")" "" "others are answered meanwhile"
sed 's/^/# ms: /' "$DIR/took"
# shellcheck disable=SC2086
wait $slow
different=0
for i in $(seq 20); do
	cmp -s "$DIR/whole" "$DIR/slow.$i" || different=$((different + 1))
done
is $different 0 "each of 20 slow readers has all of it in the end"
curl -s -m 100 --limit-rate 40k -o "$DIR/slowpage" -w '%{http_code} %{size_download}' \
	"http://127.0.0.1:$PORT/box/t/Many" >"$DIR/status"
like "$(cat "$DIR/status")" '^200 ' "a page of 300 targets, slowly"
like "$(tail -n 1 "$DIR/slowpage")" '</html>' "is whole"
rounds=$(known_rows A.one | wc -l)
wait_until 20 known A.one $((rounds + 3))
ok $? "measuring goes on"
done_testing
