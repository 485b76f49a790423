#!/bin/bash
# Two smokeboxes: one measures for the other, and tells it over HTTPS.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"
command -v openssl >"$DIR/which" || skip_all "no openssl (package openssl)"
printf 'attic:topsecret\n' >"$DIR/secrets"
printf 'topsecret\n' >"$DIR/secret"
chmod 600 "$DIR/secrets" "$DIR/secret"

# --- the master --------------------------------------------------------------------
targets() {
	config 1 3 <<-END
	+ A
	menu = A
	title = A
	slaves = attic
	++ both
	host = 10.0.0.2
	sampler = spread
	++ theirs
	host = 10.0.0.4
	nomasterpoll = yes
	++ name
	probe = DNS
	host = 10.53.0.53
	$1
	*** Slaves ***
	secrets = $DIR/secrets
	+ attic
	display_name = The attic
	color = 00ff00
	END
	sed -i 's,^binary = /usr/bin/fping,hostinterval = 0.1\n&,' "$DIR/config"
}
targets ""
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=master -days 2 \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$DIR/key.pem" -out "$DIR/cert.pem" \
	2>"$DIR/openssl.log"
chmod 600 "$DIR/key.pem"
cat >"$DIR/smokebox" <<-END
	*** Web ***
	listen_tls = 127.0.0.1:8443
	certificate = cert.pem
	certificate_key = key.pem
END
probed_start
MASTER=$PROBED
wait_until 40 ready || bail "the master does not answer"

UP=https://127.0.0.1:8443

# --- the slave ---------------------------------------------------------------------
slave() {
	SMOKEBOX_TEST=seccomp=kill "$BUILD/probed/probed" --master-url="$UP" --shared-secret="$DIR/secret" \
		--master-ca="${CA-$(realpath --relative-to=. "$DIR/cert.pem")}" --slave-name=attic --cache-dir="$DIR/cache" --pid-dir="$DIR/pid" --listen 127.0.0.1:8081 "$@" \
		>>"$DIR/slave.out" 2>>"$DIR/slave.log" &
	SLAVE=$!
}
mkdir -p "$DIR/pid"
note() {
	json status ".slaves[0] | $1"
}
# One that does not know who answers tells him nothing.
CA=/etc/ssl/certs/ca-certificates.crt slave
wait_until 40 grep -qi "cannot be told:.*certificate" "$DIR/slave.log"
ok $? "a master whose certificate nobody vouches for is told nothing" || show "$DIR/slave.log"
is "$(note .seen)" null "and has not heard of the slave"
stop_process $SLAVE
slave
wait_until 60 known A.both~attic 3
ok $? "rounds of the slave are stored" || show "$DIR/slave.log"
is "$(cat "$DIR/pid/smokeping.pid")" "$SLAVE" "its pid file is where --pid-dir says"
like "$(note .protocol) $(note .agent)" "^smokebox 1 smokebox-slave/" "the status says what it is"
is "$(note .current)" true "it has the configuration in force"
like "$(cat "$DIR/slave.log")" "slave attic of https://" "over TLS"
is "$(note '.errors | add')" 0 "nothing is wrong"
fine() {
	[ "$(state A.theirs)" = fine ]
}
wait_until 40 fine
ok $? "a target is as its slave sees it"
ok "$([ ! -e "$DIR/data/A/theirs.rrd" ]; echo $?)" "nomasterpoll: only the slave measures it"
like "$(json targets '.targets[] | select(.path == "A.theirs") | .slaves[0].last.median')" \
	"^0[.]0" "the API has its last round"
like "$(grep sampler "$DIR/cache/.smokebox/courier/config")" "sampler = spread" \
	"it is told our own variables too"
page "/api/v1/pings?target=A.both~attic" >"$DIR/pings"
like "$(jq -r '.rounds[0].stamp | tostring' "$DIR/pings")" kernel "single pings come along"

# --- what only the slave sees ------------------------------------------------------
rules "4 loss=1
* delay=2ms"
theirs() {
	json incidents '.incidents[] | select(.kind == "loss") | .subject + " " +
		(.end != null | tostring)'
}
theirs_is() {
	[ "$(theirs)" = "$1" ]
}
wait_until 60 theirs_is "A.theirs~attic false"
ok $? "what a slave sees as down is an incident" || theirs
like "$(page /t/A/theirs)" "100 % loss" "on its target's page"
rules "* delay=2ms"
wait_until 60 theirs_is "A.theirs~attic true"
ok $? "and over when the slave sees that" || theirs

# --- who is let in -----------------------------------------------------------------
body='{"protocol":1,"slave":"attic","time":'$(date +%s)',"nonce":"00112233445566778899aabbccddeeff","config":"","rounds":[]}'
sign() {
	printf %s "$1" | openssl dgst -sha256 -hmac "$2" | sed 's/.*= //'
}
# call BODY SIGNATURE: the status
call() {
	curl -s -o "$DIR/answer" -w '%{http_code}' -H "Smokebox-Slave: attic" \
		-H "Smokebox-Signature: $2" --data-binary "$1" "$URL/api/v1/slave"
}
is "$(call "$body" "$(sign "$body" wrong)")" 403 "a wrong secret is refused"
is "$(call "$body" "$(sign "$body" topsecret)")" 200 "the right one is not"
like "$(jq -r '.config.Targets.A.both.host' "$DIR/answer")" 10.0.0.2 "who has no configuration gets it"
is "$(call "$body" "$(sign "$body" topsecret)")" 409 "the same call again is"
old=$(printf %s "$body" | sed 's/"time":[0-9]*/"time":1700000000/; s/0011/0012/')
is "$(call "$old" "$(sign "$old" topsecret)")" 409 "and one of another time"
is "$(call "${body/attic/garage}" "$(sign "${body/attic/garage}" topsecret)")" 400 \
	"and one that says it is another's"
is "$(note '.errors | .signature, .replay, .time, .protocol' | tr '\n' ' ')" "1 1 1 1 " \
	"each is counted"

# What costs much is bounded.
head -c 5000000 /dev/zero >"$DIR/large"
is "$(call "@$DIR/large" none)" 413 "a report of 5 MB is too long"
lines=$(yes nonsense | head -1500)
key=$(printf %s "$lines" | openssl dgst -md5 -hmac topsecret | sed 's/.*= //')
is "$(curl -s -o "$DIR/answer" -w '%{http_code}' --data-urlencode "data=$lines" \
	-d slave=attic -d protocol=2 -d config_time=0 -d "key=$key" "$URL/smokeping.cgi")" 200 \
	"lines that nobody can read are no fault of the call"
is "$(note .errors.line)" 1001 "but after a thousand nobody tries"
# A round that says that it ends in 2096, of a row that is now.
now=$(date +%s)
odd='{"target":"A.name","row":'$now',"step":1,"state":"measured","cause":null,"begin":'$now'000000,
	"end":4000000000000000,"address":null,"suspect":false,"duplicates":0,"late":0,"forged":0,
	"wrong_source":0,"truncated":0,"reordered":0,"ttl_changes":0,"ttl":0,"extras":{},
	"rtt":[1000000,1000000,1000000],"outcome":["answered","answered","answered"],
	"stamp":["user","user","user"]}'
odd=$(printf %s "$body" | sed "s/0011/0013/; s/\"rounds\":.*/\"rounds\":[/")$odd']}'
is "$(call "$odd" "$(sign "$odd" topsecret)")" 200 "a report of a round without end"
is "$(jq -c '[.taken, .refused]' "$DIR/answer")" "[1,0]" "which is taken for its row"
far() {
	LC_ALL=C grep -lqaP '\x37\x82\xda\xce\x9d\x90\x00\x00' "$DIR"/data/.smokebox/raw/*.raw
}
wait_until 40 newer_row A.both~attic "$now" # what came with it is written by then
ok "$(far; echo $((!$?)))" "and for its row alone"

# --- the master is away, the slave is killed ---------------------------------------
kill "$MASTER"
wait_until 10 is_gone "$MASTER"
away=$(date +%s)
wait_until 40 grep -q "cannot be told" "$DIR/slave.log"
ok $? "a master that is away is noticed"
passed() {
	[ "$(date +%s)" -ge "$1" ]
}
wait_until 5 passed $((away + 2))
kill -9 $SLAVE
killed=$(date +%s)
wait_until 5 is_gone $SLAVE
slave
there() {
	[ -e "$DIR/cache/A/both.rrd" ] && rrdtool lastupdate "$DIR/cache/A/both.rrd" |
		awk -F: -v t="$1" 'END { exit !($1 > t) }'
}
wait_until 40 there $((killed + 1))
ok $? "it measures on, though its master is away"
back=$(date +%s)
probed_start
wait_until 40 ready || bail "the master does not come back"
wait_until 60 newer_row A.both~attic "$back"
ok $? "it is told again when it is back" || show "$DIR/slave.log"
# seen FILE: its rows from before the master went until it was back
seen() {
	rrdtool fetch "$1" AVERAGE -r 1 -s $((away - 4)) -e "$back" |
		awk 'NR > 2 { print $1, $3, $4, $5, $6, $7 }' | grep -v "^$((killed - 1))\|^$killed\|^$((killed + 1))"
}
seen "$DIR/cache/A/both.rrd" >"$DIR/slave.rows"
holds "it measured meanwhile" "$(grep -c -v nan "$DIR/slave.rows") > 2"
seen "$DIR/data/A/both~attic.rrd" | diff "$DIR/slave.rows" - >"$DIR/diff"
ok $? "the master has each of its rows" || show "$DIR/diff"

# --- another configuration ---------------------------------------------------------
targets "++ new
host = 10.0.0.9
dns_tls_ca = /etc/passwd"
kill -HUP "$PROBED"
wait_until 60 known A.new~attic 1
ok $? "a new target reaches the slave and is measured" || show "$DIR/slave.log"
like "$(cat "$DIR/slave.log")" "config:[0-9]+: dns_tls_ca: left out, a master names no files" \
	"a file that the master names is left out, and the log says so"
stop_process $SLAVE
done_testing
