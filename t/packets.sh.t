#!/bin/bash
# Packets of an interface as flows of our own: what is seen, what is left out, interfaces
# that come and go, and what is said where they cannot be had.
. "${SOURCE:?}/t/world.sh"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"

veth() { # a pair as m0, which is listened to, and m1, where frames are put in
	ip link add m0 type veth peer name m1 && ip link set m0 up && ip link set m1 up
}
veth || skip_all "no veth"
LINE="not port 9999 and (net 10.9.0.0/24 or udp port 2055)"
smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:2055
	packets = m0 lo later
	packets_filter = $LINE
END
probed_start
wait_until 30 ready || bail "probed does not answer"

# frames COUNT PROTO SPORT DPORT IP-LENGTH FLAGS: COUNT frames into m1
frames() {
	perl -e '
		my ($index, $count, $proto, $sport, $dport, $len, $flags) = @ARGV;
		socket(my $s, 17, 3, 0) or die "$!";
		my $l4 = $proto == 17 ? pack("nnnn", $sport, $dport, $len - 20, 0)
			: pack("nnNNCCnnn", $sport, $dport, 1, 2, 0x50, $flags, 100, 0, 0);
		my $ip = pack("CCnnnCCnC4C4", 0x45, 0xb8, $len, 1, 0, 61, $proto, 0, 10, 9, 0, 1, 10, 9, 0, 2);
		my $frame = ("\2" x 6) . ("\4" x 6) . pack("n", 0x800) . $ip . $l4;
		$frame .= "\0" x ($len + 14 - length $frame);
		my $to = pack("SnlSCCa8", 17, 0x800, $index, 1, 0, 6, "\2" x 6);
		for (1 .. $count) { send($s, $frame, 0, $to) or die "$!" }
	' "$(ip -o link show m1 | cut -d: -f1)" "$@"
}
seen() { # seen INTERFACE JQ
	json status ".exporters[] | select(.protocol == \"packets\" and .agent == \"$1\") | .$2"
}
has() { # HAS REGEX: a warning of the status
	json status '.config.warnings[] | "\(.place) \(.text)"' | grep -qE "$1"
}

frames 50 17 1111 2222 500 0
frames 20 17 1111 9999 500 0
frames 30 6 3333 80 1500 16
frames 1 6 3333 80 40 17
wait_until 30 gets 81 seen m0 datagrams
is "$(seen m0 datagrams)" 81 "packets that the filter lets pass are seen, no others"
wait_until 60 gets 2 seen m0 records
is "$(seen m0 records)" 2 "they are two flows"
is "$(seen m0 lost) $(seen m0 lost_unit)" "0 packets" "the kernel has dropped none"
is "$(seen m0 sampling) $(seen m0 sampling_from)" "1 protocol" "nothing is sampled"
is "$(seen m0 active_timeout) $(seen m0 inactive_timeout)" "60 15" "its timeouts"

# A datagram for the collector itself, seen on lo.
perl -MSocket -e 'socket(my $s, PF_INET, SOCK_DGRAM, 0); send($s, "x" x 40, 0,
	sockaddr_in(2055, inet_aton("127.0.0.1")))'
wait_until 30 gets 2 seen lo datagrams
is "$(seen lo datagrams)" 2 "a datagram on its way out and in, on lo"
frames 1 17 5 6 100 0
wait_until 60 gets 3 seen m0 records
is "$(seen lo records)" 1 "which is one flow"

wait_until 30 has 'smokebox:3: packets: this host has no interface later'
has 'smokebox:3: packets: this host has no interface later'
ok $? "an interface that is not there is a warning with its line"
ip link add later type veth peer name later1 && ip link set later up
there() { [ -n "$(seen later datagrams)" ]; }
wait_until 30 there
ok $? "and is taken when it comes"
wait_until 30 eval "! has 'no interface later'"
has 'no interface later'
is $? 1 "with no warning any more"

# It goes, and another one comes by its name.
ip link del m0
veth
gone() { [ "$(json status '[.exporters[] | select(.agent == "m0")] | length')" = 2 ]; }
wait_until 30 gone
ok $? "an interface that goes and comes back is seen again"
frames 7 17 1 2 100 0
last() { json status '[.exporters[] | select(.agent == "m0") | .datagrams] | sort | .[0]'; }
wait_until 30 gets 7 last
is "$(last)" 7 "with its packets"

# The collector dies: the ring is there for the next one.
kill -9 "$(worker_pid collector)"
wait_until 30 eval '[ "$(json status "[.exporters[] | select(.agent == \"m0\") | .datagrams] | min")" = 0 ]'
frames 9 17 1 2 100 0
wait_until 30 gets 9 last
is "$(last)" 9 "the next collector reads on"
probed_stop

# --- what cannot be had ------------------------------------------------------------------
check() {
	"$BUILD/probed/probed" --config "$DIR/config" --check "$@" >"$DIR/check.out" 2>&1
	echo "status $?" >>"$DIR/check.out"
	cat "$DIR/check.out"
}
ip link del later
like "$(check)" 'smokebox:3: warning: packets: this host has no interface later' "--check: at its line"
like "$(check)" 'status 0' "which is a warning"
like "$(check --strict)" 'status 1' "and an error with --strict"
sed -i 's/^packets_filter.*/packets_filter = port number nine/; s/ later//' "$DIR/smokebox"
like "$(check)" 'smokebox:4: packets_filter: .*expected a filter as of pcap-filter' \
	"--check: a filter that is none, at its line"
like "$(check)" 'status 1' "which is an error"
"$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080 >"$DIR/start.out" 2>&1
is $? 1 "that probed does not start with"
like "$(cat "$DIR/start.out")" 'smokebox:4: packets_filter: ' "either, and says so"
sed -i 's/^packets = .*/packets = a.very.long.name.of.an.interface/' "$DIR/smokebox"
like "$(check)" 'smokebox:3: .*names of up to 16 interfaces' "--check: a name that cannot be one"
sed -i 's/^packets = .*/packets = m0/; /^packets_filter/d' "$DIR/smokebox"
like "$(check)" 'status 0' "--check: all is well"

if setpriv --bounding-set=-net_raw true 2>"$DIR/setpriv"; then
	setpriv --bounding-set=-net_raw "$BUILD/probed/probed" --config "$DIR/config" \
		--listen 127.0.0.1:8080 >>"$DIR/probed.out" 2>>"$DIR/probed.log" &
	PROBED=$!
	wait_until 30 ready || bail "probed does not answer"
	wait_until 30 has 'smokebox:3: packets: packets of m0 cannot be seen'
	has 'packets of m0 cannot be seen: .*CAP_NET_RAW'
	ok $? "without the right: a warning that says which"
	probed_stop
else
	skip "no setpriv"
fi
done_testing
