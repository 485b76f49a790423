#!/bin/bash
# Home Assistant through MQTT, at Debian's mosquitto: what is described and said, what
# vanishes, and a broker that is away, refuses, or is not who it should be.
. "${SOURCE:?}/t/world.sh" || exit 1
PATH=$PATH:/usr/sbin
for program in mosquitto:mosquitto mosquitto_sub:mosquitto-clients openssl:openssl; do
	command -v "${program%%:*}" >"$DIR/which" || skip_all "no package ${program##*:}"
done
world "$@"
network "* delay=3ms
6 delay=3ms loss=1"
mkdir "$DIR/broker"
chmod 777 "$DIR/broker"

# --- the broker -----------------------------------------------------------------------
mosquitto_passwd -b -c "$DIR/passwords" smokebox 'open sesame'
chmod 644 "$DIR/passwords"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=broker.test \
	-addext subjectAltName=DNS:broker.test -keyout "$DIR/key.pem" -out "$DIR/ca.pem" \
	2>"$DIR/openssl.log"
chmod 644 "$DIR/key.pem"
echo "127.0.0.1 localhost broker.test other.test" >"$DIR/hosts"
mount --bind "$DIR/hosts" /etc/hosts
cat >"$DIR/mosquitto.conf" <<-END
	persistence true
	persistence_location $DIR/broker/
	allow_anonymous false
	password_file $DIR/passwords
	listener 1883 127.0.0.1
	listener 8883 127.0.0.1
	certfile $DIR/ca.pem
	keyfile $DIR/key.pem
END
AUTH="-h 127.0.0.1 -u smokebox -P"
broker() {
	mosquitto -c "$DIR/mosquitto.conf" >>"$DIR/mosquitto.log" 2>&1 &
	BROKER=$!
	wait_until 10 kept 'never/was' || bail "mosquitto does not start"
}
# kept TOPIC: "TOPIC PAYLOAD" of all that the broker keeps there
kept() {
	# shellcheck disable=SC2086
	mosquitto_sub $AUTH 'open sesame' -t "$1" -v --retained-only -W 1 2>"$DIR/sub.err"
	[ $? = 27 ]
}
# value TOPIC: the payload that it keeps
value() {
	kept "$1" | head -n1 | cut -d' ' -f2-
}
holds_value() {
	value "$1" | jq -e "$2"
}
says() {
	[ "$(value "$1")" = "$2" ]
}
descriptions() {
	kept 'homeassistant/#' | wc -l
}
described() {
	[ "$(descriptions)" = "$1" ]
}
broker

# --- this box --------------------------------------------------------------------------
config 1 4 <<-END
+ A
menu = Home
title = A
++ one
menu = The "one"
title = One
host = 10.0.0.2
++ lost
host = 10.0.0.6
++ silent
host = 10.0.0.7
interface = absent0
END
printf 'wrong\n' >"$DIR/secret"
chmod 600 "$DIR/secret"
cat >"$DIR/smokebox" <<-END
*** Sinks ***
+ ha
url = mqtt://broker.test
username = smokebox
password_file = secret
topic = smokebox
END
SMOKEBOX_TEST=seccomp=kill probed_start
wait_until 20 ready || bail "probed does not answer"

# sink MEMBER
sink() {
	json status ".sinks[] | select(.name == \"ha\") | .$1"
}
sink_has() {
	sink "$1" | grep -qE "$2"
}

wait_until 15 sink_has error 'broker refuses us: .*(not authori|bad user)'
ok $? "a wrong password is told" || api status
like "$(cat "$DIR/probed.log")" 'sink ha, mqtt://broker.test: the broker refuses us.*next try in' \
	"in the log as well"
is "$(descriptions)" 0 "and nothing arrives"
printf 'open sesame\n' >"$DIR/secret"
wait_until 20 says smokebox/status online
ok $? "with the right one it is online" || api status

wait_until 10 described 16
ok $? "three targets and the verdict are described" || kept 'homeassistant/#'
wait_until 10 holds_value smokebox/target/A/one '.loss == 0 and .median > 2.9 and .reachable == "ON"'
ok $? "a target's figures" || value smokebox/target/A/one
wait_until 10 holds_value smokebox/target/A/lost '.loss == 100 and .median == null and .reachable == "OFF"'
ok $? "one that is lost is not reachable" || value smokebox/target/A/lost
wait_until 10 holds_value smokebox/target/A/silent '.time != null'
is "$(value smokebox/target/A/silent | jq -c '[.loss, .median, .reachable]')" '[null,null,null]' \
	"what is unknown is neither lost nor unreachable"
wait_until 10 holds_value smokebox/verdict 'has("verdict") and has("confidence")'
ok $? "the verdict"
kept 'homeassistant/+/smokebox/+/config' >"$DIR/described"
is "$(sed 's/^[^ ]* //' "$DIR/described" | jq -rs '[.[].unique_id] | unique | length')" 16 \
	"each has an id of its own"
is "$(sed 's/^[^ ]* //' "$DIR/described" | jq -rs '[.[].device.identifiers[0]] | unique | join(" ")')" \
	smokebox "on one device"
is "$(sed 's/^[^ ]* //' "$DIR/described" |
	jq -r 'select(.state_topic == "smokebox/target/A/one" and .unit_of_measurement == "ms") | .name' |
	sort | head -n1)" 'Home The "one" jitter' "with the menu's words"
unlike "$(api status; cat "$DIR/probed.log"; page /config)" 'open sesame' "secrets are not shown"
holds "it counts" "$(sink sent) > 16 && $(sink waiting) < 3"

# --- what vanishes ---------------------------------------------------------------------
sed -i '/^++ lost/,/^host/d' "$DIR/config"
wait_until 20 described 12
ok $? "a target that is taken out vanishes" || kept 'homeassistant/#'
is "$(kept smokebox/target/A/lost)" "" "with its figures"
probed_stop
ok $? "it ends in time"
is "$(value smokebox/status)" offline "and says so"
sed -i '/^++ silent/,/^interface/d' "$DIR/config"
# Of what was kept here, nothing is needed: the name at the broker is configured.
rm -rf "$DIR/data"
mkdir "$DIR/data"
# Another's description stays, whatever it looks like.
# shellcheck disable=SC2086
mosquitto_pub $AUTH 'open sesame' -r -t homeassistant/sensor/other/x/config -m '{}'
probed_start
wait_until 20 ready || bail "probed does not answer"
wait_until 20 described 9
ok $? "one that was taken out meanwhile does, too" || kept 'homeassistant/#'
is "$(kept smokebox/target/A/silent)" "" "with its figures"
is "$(value homeassistant/sensor/other/x/config)" '{}' "what is not ours stays"

# --- an outage --------------------------------------------------------------------------
stop_process "$BROKER"
wait_until 15 sink_has error 'hung up|refused'
ok $? "a broker that is away is told" || api status
before=$(known_rows A.one | wc -l)
wait_until 10 known A.one $((before + 3))
ok $? "and holds nobody up"
rm -f "$DIR/broker/"*
broker
wait_until 70 described 8
ok $? "one that forgot everything is told everything again"
wait_until 10 says smokebox/status online
ok $? "and that this box is there"
kill -9 "$(worker_pid courier)"
wait_until 10 says smokebox/status offline || wait_until 1 says smokebox/status online
wait_until 20 says smokebox/status online
ok $? "a courier that was killed comes back"

# --- a section that is taken out --------------------------------------------------------
forgotten() {
	[ -z "$(kept 'smokebox/#'; kept 'homeassistant/+/smokebox/#')" ]
}
cp "$DIR/smokebox" "$DIR/with"
# shellcheck disable=SC2086
mosquitto_pub $AUTH 'open sesame' -r -t homeassistant/sensor/other/x/config -m '{}'
probed_stop
echo "*** Sinks ***" >"$DIR/smokebox"
described 9
ok $? "what is taken out while nobody is here is still described"
probed_start
wait_until 30 forgotten
ok $? "until we are: then nothing of this box is left" || kept '#'
is "$(value homeassistant/sensor/other/x/config)" '{}' "and what is not ours stays"
wait_until 10 grep -q 'ha: .* keeps nothing of it any more' "$DIR/probed.log"
ok $? "the log says so"
is "$(stat -c %a "$DIR/data/.smokebox/state/configurations/brokers")" 600 "who remembers lets nobody read it"
unlike "$(cat "$DIR/data/.smokebox/state/configurations/brokers")" 'sesame' "and forgets, in turn"
cp "$DIR/with" "$DIR/smokebox"
wait_until 30 described 9
ok $? "a section that is put back describes again"
echo "*** Sinks ***" >"$DIR/smokebox"
wait_until 30 forgotten
ok $? "and, taken out while we are here, nothing" || kept '#'

# --- a name of its own ------------------------------------------------------------------
sed '/^topic/d' "$DIR/with" >"$DIR/smokebox"
named() {
	kept '+/status' | sed -n 's,^\(smokebox-[0-9a-f]\{8\}\)/status online$,\1,p' | grep .
}
wait_until 20 named
name=$(named)
like "$name" '^smokebox-' "without topic this box has a name of its own"
is "$(sed 's/^[^ ]* //' <<<"$(kept "homeassistant/+/$name/+/config")" |
	jq -rs '[.[].device.identifiers[0]] | unique | join(" ")')" "$name" "which is the device's"
probed_stop
probed_start
wait_until 20 says "$name/status" online
ok $? "and stays the same"
find "$DIR/data" -mindepth 1 -delete
wait_until 20 grep -q 'courier is started anew' "$DIR/probed.log"
ok $? "the courier is started anew when all data are deleted"
probed_stop
probed_start
wait_until 20 named
is "$(named)" "$name" "and this box is still called the same"

# --- TLS --------------------------------------------------------------------------------
sed -i "s,^url.*,url = mqtts://broker.test:8883\\nca = $DIR/ca.pem\\ntopic = flat/box," "$DIR/smokebox"
probed_stop
probed_start
wait_until 20 ready || bail "probed does not answer"
wait_until 20 says flat/box/status online
ok $? "by TLS, with another topic" || api status
wait_until 10 holds_value flat/box/target/A/one '.loss == 0'
ok $? "figures go there"
sed -i "s,broker.test:8883,127.0.0.1:1883,; s,mqtts,mqtt,; /^ca/d" "$DIR/smokebox"
wait_until 20 grep -q 'mqtts://broker.test:8883 keeps nothing of it' "$DIR/probed.log"
ok $? "by another of its addresses"
says flat/box/status online
ok $? "a broker forgets nothing that is shown there" || kept 'flat/#'
sed -i "s,mqtt://127.0.0.1:1883,mqtts://other.test:8883\\nca = $DIR/ca.pem," "$DIR/smokebox"
wait_until 20 sink_has error 'certificate|hostname'
ok $? "a broker whose certificate is another's is not believed" || api status
wait_until 10 says flat/box/status offline
ok $? "nor told anything, and the one before is told that this box is away"

# --- a foe ------------------------------------------------------------------------------
perl "$SOURCE/t/mqttfoe.pl" 1999 2>"$DIR/foe.log" &
sed -i "s,^url.*,url = mqtt://127.0.0.1:1999," "$DIR/smokebox"
wait_until 20 sink_has error 'says more than is sense'
ok $? "a broker that sends a message without end is left" || api status
gives_back() {
	local rss
	rss=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$(worker_pid courier)/status" 2>>"$DIR/err")
	[ -n "$rss" ] && [ "$rss" -lt 200000 ]
}
wait_until 20 gives_back
ok $? "and what it cost is given back"
is "$(json status '[.workers[] | select(.name == "courier") | .restarts] | add')" 0 \
	"nor the courier"
is "$(json status '[.workers[] | select(.name != "courier") | .restarts] | add')" 0 \
	"nobody else minded"
probed_stop
ok $? "it ends in time"
unlike "$(cat "$DIR/probed.log")" "signal 31|AddressSanitizer|runtime error|LeakSanitizer" \
	"no lock was hit"
done_testing
