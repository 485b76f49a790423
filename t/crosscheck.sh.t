#!/bin/bash
# Do flows and counters of an interface say the same? Devices that export NetFlow, for
# three quarters of an hour of a clock that is turned. Of some the counters come by sFlow:
# one that is right, one whose sampling rate is wrong, one that samples packets by sFlow
# as well, which must not count twice. Of two they are the kernel's, of real packets, as
# Debian's snmpd tells them: one that is right, one whose rate is wrong. And one counts
# nothing.
. "${SOURCE:?}/t/world.sh"
PATH=$PATH:/usr/sbin
for program in snmpd snmpget; do
	command -v $program >"$DIR/which" || skip_all "no $program (packages snmp, snmpd)"
done
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
clock_begin
ip link add port0 type veth peer name port1 || skip_all "no veth interfaces here"
ip link set port0 address 02:00:00:00:00:01
ip link set port1 address 02:00:00:00:00:02
ip address add 10.77.0.1/24 dev port0
ip link set port0 up
ip link set port1 up
ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev port0
PORT0=$(ip -o link show port0 | sed 's/:.*//')
PORT1=$(ip -o link show port1 | sed 's/:.*//')

# The agent, under two addresses: its counters are the kernel's, but it is as old as the
# turned clock says.
cat >"$DIR/uptime" <<-'END'
	#!/usr/bin/perl
	use Time::HiRes "time";
	$| = 1;
	my ($clock, $oid) = ($ARGV[0], ".1.3.6.1.2.1.1.3.0");
	while (my $line = <STDIN>) {
		chomp $line;
		print "PONG\n" if $line eq "PING";
		next unless $line =~ /^get/;
		chomp(my $asked = <STDIN>);
		open my $f, "<", $clock or die;
		read $f, my $shift, 8;
		print $line eq "get" && $asked ne $oid || $line ne "get" && $asked eq $oid ? "NONE\n"
			: sprintf("$oid\ntimeticks\n%d\n", 100 * (time - $^T + 3600 + unpack("q", $shift) / 1e9));
	}
END
chmod +x "$DIR/uptime"
cat >"$DIR/snmpd.conf" <<-END
	rocommunity secret
	pass_persist -p 1 .1.3.6.1.2.1.1.3 $DIR/uptime $DIR/clock
END
mkdir "$DIR/snmp"
MIBS="" SNMP_PERSISTENT_DIR=$DIR/snmp snmpd -f -Lf "$DIR/snmpd.log" -C -c "$DIR/snmpd.conf" \
	udp:127.0.0.15:1161 udp:127.0.0.16:1161 >"$DIR/snmpd.out" 2>&1 &
# What the agent has of PORT0's octets out.
agent_octets() {
	SNMPCONFPATH=/nonexistent snmpget -v2c -c secret -m '' -OQv -t 2 -r 0 127.0.0.15:1161 \
		.1.3.6.1.2.1.31.1.1.1.10."$PORT0"
}
wait_until 20 agent_octets || bail "snmpd does not answer: $(cat "$DIR/wait.out")"

smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:2055
	allow = 127.0.0.0/8
	+ snmp
	port = 1161
	every = 5
	community = secret
	++ right
	host = 127.0.0.15
	interfaces = port0 port1
	++ wrong
	host = 127.0.0.16
	interfaces = port0 port1
END
probed_start
wait_until 30 ready || bail "probed does not answer"
wait_until 60 fresh collector || bail "there is no collector"

# What passed since the last call (at first: in four minutes), each device's own 100
# packets a second from interface 3 to 4, by NetFlow v5, and what interface 3 counts.
#   127.0.0.11: 1000 octets, one of 10 sampled
#   127.0.0.12: 1000 octets, one of 40 sampled, but it says one of 10
#   127.0.0.13: 46 octets, not sampled; and 10 of them by sFlow, one of 1000 sampled
#   127.0.0.14: 1000 octets, no counters
# And real ones of 1000 octets from port0 to port1, which the agent has counted then:
#   127.0.0.15: one of 10 sampled
#   127.0.0.16: one of 40 sampled, but it says one of 10
step() {
	perl -MSocket -MTime::HiRes=time -e '
		my ($state, $turned, $port0, $port1) = @ARGV;
		my $now = int(1000 * (time + $turned));
		my ($begun, $last, $step) = ($now - 600000, $now - 240000, 0);
		if (open my $f, "<", $state) { ($begun, $last, $step) = split " ", <$f> }
		my ($uptime, $packets) = ($now - $begun, int(($now - $last) / 10));
		my $all = int(($now - $begun) / 10);

		sub hand {
			my ($from, @datagrams) = @_;
			socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
			bind($s, sockaddr_in(0, inet_aton($from))) or die "$!";
			send($s, $_, 0, sockaddr_in(2055, inet_aton("127.0.0.1"))) or die "$!"
				for @datagrams;
		}
		sub flows {
			my ($size, $rate, $sampled, $in, $out) = (@_, 3, 4);
			my $n = int($packets / $sampled);
			return pack("nnNNNNnn", 5, 1, $uptime, int($now / 1000),
				$now % 1000 * 1e6, $step, 1, $rate) .
				pack("a4a4NnnNNNNnnCCCCnnCCn", inet_aton("198.51.100.7"),
				inet_aton("10.1.2.3"), 0, $in, $out, $n, $n * $size,
				$uptime - ($now - $last), $uptime, 443, 50000, 0, 16, 6, 0, 0, 0,
				24, 24, 0);
		}
		sub sflow {
			my ($agent, $domain, $type, @samples) = @_;
			return pack("N2 a4 N4", 5, 1, inet_aton($agent), $domain, $step, $uptime,
				scalar @samples) . join "", map { pack("N2", $type, length) . $_ } @samples;
		}
		sub counters {
			my ($agent, $size) = @_;
			my $if = pack("N2 Q> N2 Q> N6 Q> N5 N", 3, 6, 1e9, 1, 3, $all * ($size + 18),
				$all, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
			return sflow($agent, 0, 2, pack("N5", $step, 3, 1, 1, length $if) . $if);
		}
		sub samples {
			my ($agent, $size) = @_;
			my $head = ("\2" x 6) . ("\4" x 6) . pack("n", 0x800) . pack("CCnnnCCna4a4",
				0x45, 0, $size, 1, 0, 61, 17, 0, inet_aton("198.51.100.7"),
				inet_aton("10.1.2.3")) . pack("nnnn", 443, 50000, $size - 20, 0) .
				("\0" x 2);
			my $record = pack("N4", 1, $size + 18, 4, length $head) . $head;
			my @all = map { pack("N8", 10 * $step + $_, 3, 1000, 1e4 * $step + 1e3 * $_, 0, 3,
				4, 1) . pack("N2", 1, length $record) . $record } 1 .. 10;
			return sflow($agent, 1, 1, @all);
		}
		hand("127.0.0.11", counters("127.0.0.11", 1000), flows(1000, 10, 10));
		hand("127.0.0.12", counters("127.0.0.12", 1000), flows(1000, 10, 40));
		hand("127.0.0.13", counters("127.0.0.13", 46), samples("127.0.0.13", 46),
			flows(46, 0, 1));
		hand("127.0.0.14", flows(1000, 0, 1));
		hand("127.0.0.15", flows(1000, 10, 10, $port1, $port0));
		hand("127.0.0.16", flows(1000, 10, 40, $port1, $port0));
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		connect($s, sockaddr_in(9, inet_aton("10.77.0.2"))) or die "$!";
		for (1 .. $packets) {
			send($s, "x" x 972, 0) // die "$!";
		}
		open my $f, ">", $state or die;
		print $f join(" ", $begun, $now, $step + 1), "\n"' "$DIR/state" "$turned" "$PORT0" "$PORT1"
	wait_until 30 reaches "$(ip -j -s link show port0 | jq ".[0].stats64.tx.bytes")" agent_octets
}
# of DEVICE EXPRESSION [INDEX]: of its interface 3, or another
of() {
	json "interfaces?device=$1&index=${3:-3}" ".interfaces[] | $2"
}
# The collector has given out the minute that is six back: it knows what time it is.
knows_time() {
	reaches $((($(date +%s) + turned) / 60 * 60 - ${1:-360})) of 127.0.0.14 .flows.time
}
# And both devices were asked since the clock was turned.
asked() {
	local i
	for i in 15 16; do
		reaches $(($(date +%s) + turned - 60)) of "127.0.0.$i" '.now.time | if . then floor else . end' "$PORT0" || return
	done
}

# --- time goes by -------------------------------------------------------------------
# Of the minute in which a collector came nothing is known.
turn 240
v5 0 | send 2055 127.0.0.14
wait_until 30 gets 1 exporter netflow5 records
turn 240
turn 240
wait_until 30 knows_time 540 || bail "the first minute does not end"
for _ in $(seq 11); do
	step
	turn 240
	wait_until 30 knows_time || bail "time does not go on"
	wait_until 30 asked || bail "the agent is not asked"
done

# --- what is said -------------------------------------------------------------------
# check DEVICE [INDEX [PARTS]]: the factor to so many parts of one, a hundred where not said
check() {
	of "$1" '.check | "\(.verdict) \(.factor * '"${3:-100} | round / ${3:-100}"') \(.minutes >= 30)"' "$2"
}
is "$(check 127.0.0.11)" "fine 1 true" "flows and counters agree, with 18 octets a packet"
holds "though they were sampled" "$(of 127.0.0.11 .check.error) > 0 && $(of 127.0.0.11 .check.error) < 0.05"
is "$(check 127.0.0.12)" "differs 4 true" "a sampling rate that is wrong: by what factor"
is "$(check 127.0.0.13)" "fine 1 true" "small packets, by NetFlow and samples of sFlow: they agree"
is "$(of 127.0.0.13 '.flows | "\(.in_octets | . / 10 | round) \(.in_packets | round)"')" "460 100" \
	"of both, the flows count"
is "$(check 127.0.0.15 "$PORT0" 10)" "fine 1 true" "counters of an SNMP agent, and flows of what went out"
is "$(check 127.0.0.15 "$PORT1" 10)" "fine 1 true" "or came in: they agree"
is "$(check 127.0.0.16 "$PORT0" 10)" "differs 4 true" "of an SNMP agent, too, it is seen that a rate is wrong"
is "$(of 127.0.0.15 '"\(.source) \(.counter_bits)"' "$PORT0")" "snmp 64" "by its counters of 64 bits"
is "$(json status '.interfaces | "\(.resets) \(.doubts)"')" "0 0" "none of which was left out"
is "$(json status '.interfaces.differing[] | "\(.device) \(.index)"' | sort | tr '\n' ' ')" \
	"$(printf '127.0.0.%s\n' "12 3" "16 $PORT0" "16 $PORT1" | sort | tr '\n' ' ')" \
	"the status lists who differs"
like "$(cat "$DIR/probed.log")" \
	"127.0.0.12 interface 3: flows and counters differ by a factor of [34]\.[0-9]" "the log says so"
like "$(cat "$DIR/probed.log")" \
	"127.0.0.16 interface $PORT0: flows and counters differ by a factor of [34]\.[0-9]" "of both"
unlike "$(cat "$DIR/probed.log")" "127.0.0.1[1345] interface" "of no other"
like "$(page /traffic)" "Its counters say 4\.0[0-9] ± 0\.[0-9]+ times what flows say" "so does the page"
like "$(page /metrics)" 'smokebox_interface_flow_factor\{device="127.0.0.12",index="3"[^}]*\} (4\.0|3\.99)' \
	"and so do metrics"

# --- flows alone --------------------------------------------------------------------
page=$(page /traffic)
like "$page" '127.0.0.14 · by flows' "the page has who counts nothing"
like "$page" "an estimate from flows, [0-9]+ of [0-9]+ five-minute averages" "and says that its bill is an estimate"
unlike "$page" 'No device tells how full its lines are' "nor that nobody tells"
is "$(of 127.0.0.14 '"\(.source) \(.counter_bits) \(.now) \(.minute) \(.check.verdict)"')" \
	"null null null null none" "who counts nothing has no figures of counters"
is "$(of 127.0.0.14 '.flows | "\(.in_octets | . / 1000 | round) \(.in_packets | round)"')" "100 100" \
	"but those of flows"
bill() { # of this month or, where it has just begun, of the one before
	of 127.0.0.14 "[.percentile95, .percentile95_before] | max_by(.known) | $1"
}
is "$(bill '"\(.estimate) \(.in / 1000 | round) \(.known >= 5)"')" "true 800 true" \
	"its 95th percentile is called an estimate"
probed_stop
done_testing
