#!/bin/bash
# What exporters have taught outlives the collector and the whole of smokebox: templates
# and samplers are in a file, and data make sense at once. And a container's proxy.
. "${SOURCE:?}/t/world.sh"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:2055
END
probed_start
wait_until 30 ready || bail "probed does not answer"
FILE=$DIR/data/.smokebox/state/templates

# A template and options with a sampler of one in 512; and three records.
t9='0009000100002710 6553f100 00000001 00000007
	0000 0018 0100 0004 0008 0004 000c 0004 0001 0004 0002 0004
	0001 0018 0190 0004 0008 0001 0004 0030 0001 0032 0004 0000
	0190 000d 00000000 07 00000200'
d9='0009000100002710 6553f100 00000002 00000007
	0100 0034 c0000201 c6336402 00000064 00000003 c0000201 c6336402 00000064 00000003
	c0000201 c6336402 00000064 00000003'
written() { [ -s "$FILE" ] && [ "$(stat -c %Y "$FILE")" -ge "${1:-0}" ]; }
echo $t9 | send
wait_until 30 gets 2 exporter netflow9 templates
is "$(exporter netflow9 templates)" 2 "two templates were learned"
wait_until 60 written
is "$(stat -c '%a %U' "$FILE")" "600 $(id -un)" "they are in a file of our own"

old=$(worker_pid collector)
kill -9 "$old"
wait_until 60 fresh collector "$old" || bail "no other collector comes"
wait_until 30 gets 2 exporter netflow9 templates
echo $d9 | send
wait_until 30 gets 3 exporter netflow9 records
is "$(exporter netflow9 records) $(exporter netflow9 no_template)" "3 0" "another collector reads data at once"
is "$(exporter netflow9 sampling) $(exporter netflow9 sampling_from)" "512 only sampler" "and knows their sampling"

# An exporter does not wait for us.
old=$(worker_pid collector)
kill -9 "$old"
echo $d9 | send
wait_until 60 fresh collector "$old" || bail "no other collector comes"
wait_until 30 gets 3 exporter netflow9 records
is "$(exporter netflow9 records) $(exporter netflow9 no_template)" "3 0" "what comes meanwhile waits for what is known"
is "$(exporter netflow9 sampling) $(exporter netflow9 sampling_from)" "512 only sampler" "and for its sampling"

probed_stop
: >"$DIR/sending"
while [ -e "$DIR/sending" ]; do
	echo $d9
	sleep 0.05
done | send &
SENDER=$!
probed_start
wait_until 30 ready || bail "probed does not answer"
wait_until 30 reaches 3 exporter netflow9 records
rm "$DIR/sending"
wait $SENDER
is "$(exporter netflow9 no_template)" 0 "so it is after a restart of all"
is "$(exporter netflow9 sampling) $(exporter netflow9 sampling_from)" "512 only sampler" "while data come all the time"
probed_stop

# --- damage --------------------------------------------------------------------------
perl -e 'open my $f, "+<", $ARGV[0] or die; seek $f, 60, 0; print $f "\xff\xfe"' "$FILE"
probed_start
wait_until 30 ready || bail "probed does not answer"
log_has() { grep -q "$1" "$DIR/probed.log"; }
wait_until 30 log_has 'state/templates: its checksum is another: it is not used'
log_has 'state/templates: its checksum is another: it is not used'
ok $? "a damaged file is not used, and the log says why"
echo $d9 | send
wait_until 30 gets 1 exporter netflow9 no_template
is "$(exporter netflow9 records) $(exporter netflow9 no_template)" "0 1" "data wait for a template then"
echo $t9 | send
wait_until 30 gets 2 exporter netflow9 templates
probed_stop
chmod 666 "$FILE"
probed_start
wait_until 30 ready || bail "probed does not answer"
wait_until 30 log_has 'state/templates: others may write to it'
log_has 'state/templates: others may write to it'
ok $? "nor one that others may write to"
probed_stop

# --- in a container ------------------------------------------------------------------
ip link add eth0 type veth peer name host0 && ip addr add 172.18.0.2/24 dev eth0 &&
	ip link set eth0 up && ip link set host0 up && ip route replace default via 172.18.0.1
SMOKEBOX_TEST=container probed_start
wait_until 30 ready || bail "probed does not answer"
echo $t9 | send 2055 172.18.0.1
stranger() { json status ".strangers[] | .$1"; }
wait_until 30 gets 172.18.0.1 stranger address
is "$(stranger address) $(stranger proxy) $(stranger protocol)" "172.18.0.1 true netflow9" \
	"in a container its gateway is a proxy, and not let in as a neighbour"
is "$(stranger line)" "allow = private 172.18.0.1" "there is a line that lets it in"
like "$("$BUILD/probectl" --data "$DIR/data" status)" \
	'172.18.0.1 .*passes on what others send.*network_mode: host' "probectl says what helps"
like "$(page /traffic | tr -d '\n')" '172.18.0.1</b>.*network_mode: host.*allow = private 172.18.0.1' "so does the page"
echo "$(stranger line)" >>"$DIR/smokebox"
let_in() {
	echo $t9 | send 2055 172.18.0.1
	[ "$(json status '[.exporters[] | select(.address == "172.18.0.1")] | length')" -ge 2 ]
}
wait_until 60 let_in
ok $? "which it does; and its senders are told apart by port"
probed_stop
done_testing
