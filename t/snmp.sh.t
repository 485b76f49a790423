#!/bin/bash
# Routers that are asked by SNMP to ping: Debian's snmpd with the tables of one.
. "${SOURCE:?}/t/world.sh" || exit 1
for program in snmpd snmpset; do
	PATH=$PATH:/usr/sbin command -v $program >"$DIR/which" ||
		skip_all "no $program (packages snmp, snmpd)"
done
world "$@"
network

# The tables: what is set is written down; times and how each ping ended are made up.
cat >"$DIR/router" <<'END'
#!/usr/bin/perl
use strict;
use warnings;
$| = 1;
my $dir = shift;
my $rtt = '.1.3.6.1.4.1.9.9.42.1';
my $ping = '.1.3.6.1.2.1.80.1';
my %value = ("$rtt.1.1.0" => ['string', '2.2.0 Round Trip Time MIB']);
$value{"$rtt.1.7.1.2.$_"} = ['integer', 1] for 1, 5, 6, 8;
my %row;

sub log_line {
	open my $out, '>>', "$dir/sets" or die;
	print $out "@_\n";
	close $out;
}

# Lexicographic order of object names.
sub key { join '.', map { sprintf '%010u', $_ } grep { length } split /\./, $_[0] }

sub get {
	my $v = $value{$_[0]};
	# snmpd has only objects set that can be read.
	$v = ['integer', 0] if !$v && $_[0] =~ /^(\Q$rtt\E|\Q$ping\E)\.2\./;
	return $v ? "$_[0]\n$v->[0]\n$v->[1]\n" : "NONE\n";
}

sub set {
	my ($oid, $type, $value) = @_;
	log_line("$oid $type $value");
	if ($oid =~ /^\Q$rtt\E\.2\.1\.1\.9\.(\d+)$/) {
		my $n = $1;
		if ($value == 1) {
			my @times = ([1, 12], [2, 3], [3, 150], [4, 7]);
			for my $t (@times) {
				$value{"$rtt.4.1.1.6.$n.1.$t->[0].1"} = ['integer', $t->[1]];
				$value{"$rtt.4.1.1.7.$n.1.$t->[0].1"} =
					['integer', $t->[0] == 2 ? 4 : 1];
			}
		}
		delete @value{grep { /^\Q$rtt\E\.4\.1\.1\.[67]\.$n\./ } keys %value} if $value == 6;
	}
	if ($oid =~ /^\Q$ping\E\.2\.1\.23\.([\d.]+)$/ && $value == 4) {
		my ($n, $asked) = ($1, 0);
		$value{"$ping.3.1.1.$n"} = ['integer', 2];
		for my $i (8 .. 10) {
			$value{"$ping.4.1.2.$n.$i"} = ['gauge', $i * 10];
			$value{"$ping.4.1.3.$n.$i"} = ['integer', $i == 9 ? 4 : 1];
		}
	}
	return "DONE\n";
}

while (my $line = <STDIN>) {
	chomp $line;
	if ($line eq 'PING') {
		print "PONG\n";
	} elsif ($line eq 'get') {
		chomp(my $oid = <STDIN>);
		print get($oid);
	} elsif ($line eq 'getnext') {
		chomp(my $oid = <STDIN>);
		my $at = key($oid);
		my ($next) = grep { key($_) gt $at } sort { key($a) cmp key($b) } keys %value;
		print defined $next ? get($next) : "NONE\n";
	} elsif ($line eq 'set') {
		chomp(my $oid = <STDIN>);
		chomp(my $rest = <STDIN>);
		my ($type, $value) = split ' ', $rest, 2;
		print set($oid, $type, $value);
	} # an empty line follows what is set
}
END
chmod 755 "$DIR/router"
: >"$DIR/sets"
chmod 666 "$DIR/sets"
cat >"$DIR/snmpd.conf" <<END
rwcommunity secret
pass_persist .1.3.6.1.4.1.9.9.42.1 $DIR/router $DIR
pass_persist .1.3.6.1.2.1.80.1 $DIR/router $DIR
END
mkdir "$DIR/snmp"
MIBS="" SNMP_PERSISTENT_DIR=$DIR/snmp PATH=$PATH:/usr/sbin snmpd -f -Lf "$DIR/snmpd.log" -C -c "$DIR/snmpd.conf" \
	udp:127.0.0.1:1161 >"$DIR/snmpd.out" 2>&1 &
answers() {
	SNMPCONFPATH=/nonexistent snmpget -v2c -c secret -m '' -t 1 -r 0 127.0.0.1:1161 \
		.1.3.6.1.4.1.9.9.42.1.1.1.0
}
wait_until 20 answers || bail "snmpd does not answer: $(cat "$DIR/wait.out")"

# single NAME PROBE [LINE...]
single() {
	printf '++ %s\nprobe = %s\n' "$1" "$2"
	shift 2
	printf '%s\n' "$@"
	echo "host = 10.0.0.2"
}
cat >"$DIR/probes" <<END
+ CiscoRTTMonEchoICMP
+ CiscoRTTMonTcpConnect
+ CiscoRTTMonDNS
+ DismanPing
pings = 3
END
config 40 3 <<-END
+ One
menu = One
title = One of each
$(single echo CiscoRTTMonEchoICMP "ioshost = secret@127.0.0.1:1161" "iosint = 10.9.9.9" "tos = 160" "packetsize = 100" "vrf = V1")
$(single tcp CiscoRTTMonTcpConnect "ioshost = secret@127.0.0.1:1161" "port = 8080")
$(single dns CiscoRTTMonDNS "ioshost = secret@127.0.0.1:1161" "name = www.example.net")
$(single disman DismanPing "pinghost = secret@127.0.0.1:1161" "ownerindex = me" "pingsrc = 10.9.9.8")
$(single wrong CiscoRTTMonEchoICMP "ioshost = wrong@127.0.0.1:1161")
$(single short CiscoRTTMonEchoICMP "ioshost = secret@127.0.0.1:1161" "pings = 20")
END
awk -v probes="$(cat "$DIR/probes")" '/^\*\*\* Targets/ { print probes } { print }' \
	"$DIR/config" >"$DIR/config.new" && mv "$DIR/config.new" "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"

path() {
	json targets ".targets[] | select(.path == \"One.$1\") | .$2"
}
row() {
	rrdtool lastupdate "$DIR/data/One/$1.rrd" 2>/dev/null | tail -n 1 | sed 's/^[0-9]*: //'
}
has() {
	[ "$(path "$1" last.time)" != null ]
}
for t in disman echo tcp dns wrong; do
	wait_until 60 has $t
	ok $? "$t has a round"
done
for t in echo tcp dns; do
	is "$(row $t)" "U 1 1.5000000000e-01 7.0000000000e-03 1.5000000000e-01 U" \
		"$t: the router's times, of its newest pings"
done
is "$(row disman)" "U 1 1.0000000000e-01 8.0000000000e-02 1.0000000000e-01 U" \
	"disman: the router's times"
is "$(path wrong last.unknown)" true "where the router does not answer, nothing is known"
like "$(path wrong why)" "snmpget: Timeout: No Response from 127.0.0.1:1161" "and it is said why"
like "$(path short why)" "the router takes up to 110 s for 20 pings" "too many pings are refused"

# What was set for the row that was made for a type of measurement: objects without
# RTTMON's name and the row's number, with values, in order.
set_by() {
	awk -v type="$1" '{
		oid = $1; value = $0
		sub(/^\.1\.3\.6\.1\.4\.1\.9\.9\.42\.1\./, "", oid)
		sub(/^[^ ]* [a-z]* /, "", value)
		gsub(/"/, "", value)
		n = oid; sub(/.*\./, "", n); sub(/\.[0-9]*$/, "", oid)
		all[n] = all[n] " " oid "=" value
		if (oid == "2.1.1.4" && value == type && want == "") want = n
	} END { print all[want] }' "$DIR/sets"
}
common="2.1.1.7=5000 2.1.1.6=5 2.8.1.2=3 2.8.1.1=1 2.8.1.4=2 2.5.1.2=1 2.5.1.1=18 2.5.1.3=60 2.1.1.10=2"
after="2.1.1.9=1 2.9.1.10=3 2.1.1.9=2 2.1.1.9=6"
is "$(set_by 1)" " 2.1.1.9=5 2.1.1.4=1 2.2.1.1=2 2.2.1.2=0a 00 00 02 2.2.1.3=92 2.2.1.26=V1 2.2.1.9=160 $common 2.2.1.6=0a 09 09 09 $after" \
	"echo: the row is made, started and taken away"
is "$(set_by 6)" " 2.1.1.9=5 2.1.1.4=6 2.2.1.1=24 2.2.1.2=0a 00 00 02 2.2.1.5=8080 2.2.1.8=2 2.2.1.9=0 $common $after" \
	"tcp: likewise"
is "$(set_by 8)" " 2.1.1.9=5 2.1.1.4=8 2.2.1.1=26 2.2.1.12=0a 00 00 02 2.2.1.11=www.example.net $common $after" \
	"dns: likewise"
index=2.109.101.18.49.48.46.48.46.48.46.50.32.73.67.77.80.32.112.105.110.103
is "$(sed -n 's/^\.1\.3\.6\.1\.2\.1\.80\.1\.2\.1\.//p' "$DIR/sets" | head -n 12 | sed "s/\.$index [a-z]* /=/" | tr -d '"' | tr '\n' ' ')" \
	"23=6 18=1 19=0a 09 09 08 5=56 3=1 4=0a 00 00 02 10=0 6=3 7=3 11=3 8=1 23=4 " \
	"disman: the row is made anew"
done_testing
