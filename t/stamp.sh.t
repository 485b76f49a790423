#!/bin/bash
# Two boxes measure each other by STAMP over a veth: round trips, each way apart, keys,
# who may ask, and a train of voice.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=5ms"
exec 2>"$DIR/stamp.log"

# --- the other box, in a namespace inside this one -----------------------------------
unshare -n sh -c 'echo $$ >"$0"; exec sleep 600' "$DIR/there.pid" &
wait_until 10 test -s "$DIR/there.pid" || bail "no second namespace"
there="nsenter -t $(cat "$DIR/there.pid") -n"
ip link add v0 type veth peer name v1 netns "$(cat "$DIR/there.pid")"
ip addr add 10.9.0.1/24 dev v0
ip addr add 10.9.1.1/32 dev v0
ip -6 addr add fd00:9::1/64 dev v0 nodad
ip link set v0 up
$there sh -c 'ip link set lo up; ip addr add 10.9.0.2/24 dev v1
	ip -6 addr add fd00:9::2/64 dev v1 nodad; ip link set v1 up
	ip route add 10.9.1.1/32 via 10.9.0.1'
echo correct-horse >"$DIR/key"
ok 0 "a veth to another namespace"

# stamp_config NAME REFLECTOR-LINES <<targets: DIR/NAME/config
stamp_config() {
	local at=$DIR
	DIR=$DIR/$1
	mkdir -p "$DIR"
	config 3 20
	sed -i "s,^\*\*\* Targets \*\*\*,+ STAMP\nport = 8620\n++ STAMPPlain\n++ STAMPSealed\nkeyfile = ../key\n++ STAMPWrong\nkey = battery-staple\n++ STAMPVoice\nstep = 15\npings = 500\n&," \
		"$DIR/config"
	printf '*** Reflector ***\n%s\n*** Overrides ***\n+ Far.voice\nsampler = voice\n' \
		"$2" >"$DIR/smokebox"
	DIR=$at
}

stamp_config there "listen = [::]:8620
allow = 10.9.0.0/24 fd00:9::/64" <<-END
+ Far
menu = Far
title = The other box
++ sealed
probe = STAMPSealed
host = 10.9.0.1
++ wrong
probe = STAMPWrong
host = 10.9.0.1
END
sed -i '/Overrides/,$d' "$DIR/there/smokebox"
stamp_config here "listen = 10.9.0.1:8620
allow = 10.9.0.2
keyfile = ../key" <<-END
+ Far
menu = Far
title = The other box
++ plain
probe = STAMPPlain
host = 10.9.0.2
++ six
probe = STAMPPlain
host = fd00:9::2
++ lossy
probe = STAMPPlain
port = 8622
host = 127.0.0.1
++ stranger
probe = STAMPPlain
sourceaddress = 10.9.1.1
host = 10.9.0.2
++ nobody
probe = STAMPPlain
port = 8629
host = 10.9.0.2
++ voice
probe = STAMPVoice
host = 10.9.0.2
++ echo
probe = FPing
host = 10.0.0.7
END
perl "$SOURCE/t/relay.pl" 8622 10.9.0.2 8620 120 &
home=$DIR
export DIR=$home/there
$there "$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080 \
	>"$DIR/probed.out" 2>"$home/there.log" &
THERE=$!
DIR=$home/here
probed_start
DIR=$home
wait_until 20 ready || bail "probed does not answer"

# over API-PATH: what the other box says
over() {
	$there curl -s -m 10 "$URL/api/v1/$1"
}
# Keep what both boxes say now, so that all that is compared is of the same rounds.
look() {
	api targets >"$DIR/here.json"
	over targets >"$DIR/there.json"
}
# last TARGET FIELD: of this box's last round when we looked; far: of the other's
last() {
	jq -r ".targets[] | select(.path == \"Far.$1\") | .last.$2" "$DIR/here.json"
}
far() {
	jq -r ".targets[] | select(.path == \"Far.$1\") | .last.$2" "$DIR/there.json"
}
# quick TARGET: its last round took as long as a veth takes
quick() {
	jq -e ".targets[] | select(.path == \"Far.$1\") | .last | .median < 0.005 and
		.extras.forward_variation < 0.02 and .extras.backward_variation < 0.02 and
		.stamps.kernel > 10" "$DIR/here.json"
}
# Rounds that no stall of this machine is in.
graded() {
	look
	[ "$(last voice extras.mos)" != null ] && [ "$(far sealed loss)" = 0 ] &&
		[ "$(last lossy loss)" = 8 ] && [ "$(last plain loss)" = 0 ] &&
		[ "$(last six loss)" = 0 ] && [ "$(last echo loss)" = 0 ] &&
		[ "$(last voice loss)" = 0 ] && quick plain && quick six
}
wait_until 60 graded
ok $? "rounds of both boxes, and a train"

for t in plain six; do
	is "$(last $t loss)" 0 "$t: nothing is lost"
	holds "$t: a veth's round trip ($(last $t median))" \
		"$(last $t median) > 0 && $(last $t median) < 0.005"
	is "$(last $t extras.forward_loss)" 0 "$t: no loss there"
	is "$(last $t extras.backward_loss)" 0 "$t: nor back"
	holds "$t: little variation there ($(last $t extras.forward_variation))" \
		"$(last $t extras.forward_variation) < 0.02"
	holds "$t: and back ($(last $t extras.backward_variation))" \
		"$(last $t extras.backward_variation) < 0.02"
	is "$(last $t extras.clock_offset)" null "$t: nobody said that clocks are right"
	holds "$t: most times are the kernel's" "$(last $t stamps.kernel) > 10"
done
is "$(far sealed loss)" 0 "with the same key the other way, too"
is "$(last lossy loss)" 8 "a lossy path loses eight of twenty"
is "$(last lossy extras.forward_loss)" 0.2 "four of twenty there"
is "$(last lossy extras.backward_loss)" 0.25 "four of sixteen back"

is "$(last voice loss)" 0 "a train of voice loses nothing"
holds "R ($(last voice extras.r_factor))" "$(last voice extras.r_factor) > 85"
holds "MOS ($(last voice extras.mos))" "$(last voice extras.mos) > 4.2"
is "$(last echo loss)" 0 "other targets are undisturbed by it"
is "$(last echo extras.mos)" null "and get no grade"
like "$(page /t/Far/voice)" "MOS" "the target's page says so"

refused() {
	look
	[ "$(last stranger loss)" = 20 ] && [ "$(last nobody loss)" = 20 ] &&
		[ "$(far wrong loss)" = 20 ]
}
wait_until 15 refused
ok $? "who may not ask, asks nobody or with another key gets no answer"
like "$(json targets '.targets[] | select(.path == "Far.nobody") | .why')" \
	"no reflector listens there" "a closed port is named"
holds "refused by prefix, as counted there" \
	"$(over status | jq .reflector.prefix) >= 20"
is "$(over status | jq .reflector.key)" 0 "nobody had a wrong key there"
holds "refused by key, as counted here" "$(json status .reflector.key) >= 20"
like "$(curl -s "$URL/metrics")" 'smokebox_reflector_packets_total\{outcome="answered"\} [1-9]' \
	"the metrics count, too"
like "$(curl -s "$URL/metrics")" 'forward_loss' "and have the figures of each way"
unlike "$(curl -s "$URL/config"; api status)" "correct-horse" "no page shows the key"

# --- another implementation ----------------------------------------------------------
if /usr/bin/python3 -c 'import scapy.contrib.stamp' 2>"$DIR/scapy"; then
	/usr/bin/python3 - >"$DIR/scapy.out" 2>&1 <<-'END'
	import socket
	from scapy.contrib.stamp import *
	q = STAMPSessionSenderTestUnauthenticated(seq=41, ssid=0x1234)
	assert len(bytes(q)) == 44, len(bytes(q))
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("10.9.0.1", 0))
	s.settimeout(5)
	s.sendto(bytes(q), ("10.9.0.2", 8620))
	data = s.recv(2000)
	a = STAMPSessionReflectorTestUnauthenticated(data)
	print(len(data), a.seq, hex(a.ssid), a.seq_sender, a.ttl_sender, a.err_estimate.Z,
	    a.ts_sender == q.ts or bytes(a)[28:36] == bytes(q)[4:12], a.ts >= a.ts_rx)
	END
	is "$(tail -n1 "$DIR/scapy.out")" "44 0 0x1234 41 64 0 True True" \
		"scapy reads what its question is answered with" || show "$DIR/scapy.out"
else
	skip "no scapy to compare with"
fi

# --- other settings, the same socket --------------------------------------------------
pid=$(over status | jq '.workers[] | select(.name == "prober") | .pid')
sed -i 's,^allow.*,allow = fd00:9::/64,' "$DIR/there/smokebox"
shut() {
	look
	[ "$(last plain loss)" = 20 ] && [ "$(last six loss)" = 0 ]
}
wait_until 30 shut
ok $? "a list of others takes effect"
is "$(over status | jq '.workers[] | select(.name == "prober") | .pid')" "$pid" \
	"by the same process and socket"
stop_process "$THERE"
probed_stop
is $? 0 "probed ends well"
done_testing
