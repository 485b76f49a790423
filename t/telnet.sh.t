#!/bin/bash
# Routers that are asked over telnet to ping.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network

# Routers by address: .1 Cisco, .2 Juniper, .3 knows nobody, .4 hangs up, .5 floods,
# .6 says nothing, .7 does not know the host, .9 says the password again.
cat >"$DIR/routers" <<'END'
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
my $dir = shift;
my %kind = (1 => \&cisco, 2 => \&juniper, 3 => \&stranger, 4 => \&short, 5 => \&flood,
	6 => \&silent, 7 => sub { cisco($_[0], 1) }, 9 => \&parrot);
my %number;
my $select = IO::Select->new;
for (keys %kind) {
	my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.$_", LocalPort => 23,
		Listen => 5, ReuseAddr => 1) or die "127.0.0.$_: $!";
	$number{fileno $s} = $_;
	$select->add($s);
}
open my $ready, '>', "$dir/ready" or die;
close $ready;

# Ask by PROMPT; the answer, without the protocol's own bytes.
sub ask {
	my ($c, $prompt, $log) = @_;
	my $line = '';
	syswrite $c, $prompt;
	while ($line !~ s/\r\n$//) {
		sysread $c, $line, 1, length $line or exit 0;
		$line =~ s/\xff[\xfb-\xfe].//s;
	}
	if ($log) {
		open my $out, '>>', "$dir/$log" or die;
		print $out "$line|";
	}
	return $line;
}

sub cisco {
	my ($c, $unknown) = @_;
	my $log = $unknown ? 'unknown' : 'cisco';
	syswrite $c, "\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0\r\nUser Access Verification\r\n\r\n";
	ask($c, 'Username: ', $log);
	ask($c, "\r\nPassword: ", $log);
	ask($c, "\r\nr1.example#", $log);
	ask($c, "\r\nr1.example#", $log);
	ask($c, 'Protocol [ip]: ', $log);
	ask($c, 'Target IP address: ', $log);
	if ($unknown) {
		syswrite $c, "% Unrecognized host or address.\r\n";
		ask($c, 'r1.example#', $log);
	}
	ask($c, 'Repeat count [5]: ', $log);
	ask($c, 'Datagram size [100]: ', $log);
	ask($c, 'Timeout in seconds [2]: ', $log);
	ask($c, 'Extended commands [n]: ', $log);
	ask($c, 'Source address or interface: ', $log);
	ask($c, 'Type of service [0]: ', $log);
	ask($c, 'Set DF bit in IP header? [no]: ', $log);
	ask($c, 'Validate reply data? [no]: ', $log);
	ask($c, 'Data pattern [0xABCD]: ', $log);
	ask($c, 'Loose, Strict, Record, Timestamp, Verbose[none]: ', $log);
	ask($c, 'Loose, Strict, Record, Timestamp, Verbose[V]: ', $log);
	ask($c, 'Sweep range of sizes [n]: ', $log);
	syswrite $c, "Type escape sequence to abort.\r\nSending 5, 64-byte ICMP Echos to 10.0.0.2, timeout is 2 seconds:\r\n";
	for (0, 1, 2, 4) {
		select undef, undef, undef, 0.05;
		syswrite $c, sprintf "Reply to request %d (%d ms)\r\n", $_, 4 + $_;
		syswrite $c, "Request 3 timed out\r\n" if $_ == 2;
	}
	ask($c, "Success rate is 80 percent (4/5), round-trip min/avg/max = 4/5/8 ms\r\nr1.example#", $log);
}

sub juniper {
	my ($c) = @_;
	ask($c, "\r\nrouter (ttyp0)\r\n\r\nlogin: ", 'juniper');
	ask($c, 'Password:', 'juniper');
	ask($c, "\r\n--- JUNOS 12.1 built 2012\r\nme\@router> ", 'juniper');
	my $ping = ask($c, "Screen length set to 0\r\n\r\nme\@router> ", 'juniper');
	syswrite $c, "PING 10.0.0.2 (10.0.0.2): 100 data bytes\r\n";
	syswrite $c, "108 bytes from 10.0.0.2: icmp_seq=$_ ttl=64 time=0.${_}5 ms\r\n" for 0, 1, 3, 4;
	ask($c, "\r\n5 packets transmitted, 4 packets received\r\n\r\nme\@router> ", 'juniper');
}

sub stranger {
	my ($c) = @_;
	for (1 .. 3) {
		ask($c, 'Username: ');
		ask($c, 'Password: ');
		syswrite $c, "% Login invalid\r\n\r\n";
	}
}

sub parrot {
	ask($_[0], 'Username: ');
	syswrite $_[0], "% No such user: " . ask($_[0], 'Password: ');
}

sub short {
	ask($_[0], 'Username: ');
}

sub flood {
	my ($c) = @_;
	ask($c, 'Username: ');
	1 while syswrite $c, "no prompt\r\n" x 1000;
}

sub silent {
	sleep 100;
}

while (my @s = $select->can_read) {
	for my $s (@s) {
		my $c = $s->accept or next;
		if (!fork) {
			$SIG{PIPE} = 'DEFAULT';
			$kind{$number{fileno $s}}->($c);
			exit 0;
		}
		close $c;
	}
}
END
perl "$DIR/routers" "$DIR" 2>"$DIR/routers.log" &
wait_until 10 test -e "$DIR/ready" || bail "the routers do not start: $(cat "$DIR/routers.log")"

# single NAME PROBE SOURCE [LINE...]
single() {
	printf '++ %s\nprobe = %s\nsource = %s\n' "$1" "$2" "$3"
	shift 3
	[ $# = 0 ] || printf '%s\n' "$@"
	echo "host = 10.0.0.2"
}
cat >"$DIR/probes" <<END
+ TelnetIOSPing
iosuser = me
iospass = s3 cret
timeout = 1
packetsize = 64
+ TelnetJunOSPing
junosuser = me
junospass = secret
timeout = 1
END
config 10 5 <<-END
+ One
menu = One
title = One of each
$(single cisco TelnetIOSPing 127.0.0.1 "psource = Loopback0" "vrf = V1")
$(single juniper TelnetJunOSPing 127.0.0.2 "psource = 10.0.0.1")
$(single stranger TelnetIOSPing 127.0.0.3)
$(single short TelnetIOSPing 127.0.0.4)
$(single flood TelnetIOSPing 127.0.0.5)
$(single silent TelnetIOSPing 127.0.0.6)
$(single unknown TelnetIOSPing 127.0.0.7)
$(single closed TelnetIOSPing 127.0.0.8)
$(single parrot TelnetIOSPing 127.0.0.9)
$(single icmp FPing 10.0.0.2 | grep -v source)
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
for t in cisco juniper stranger short flood silent unknown closed parrot icmp; do
	wait_until 30 has $t
	ok $? "$t has a round"
done
is "$(row cisco)" "U 1 6.0000000000e-03 4.0000000000e-03 5.0000000000e-03 6.0000000000e-03 8.0000000000e-03 U" \
	"a Cisco's times"
is "$(cut -d'|' -f1-19 "$DIR/cisco" | head -n 1)" "me|s3 cret|terminal length 0|ping vrf V1||10.0.0.2|5|64||y|Loopback0|||||v||n|quit" \
	"what it was told"
is "$(row juniper)" "U 1 3.5000000000e-04 5.0000000000e-05 1.5000000000e-04 3.5000000000e-04 4.5000000000e-04 U" \
	"a Juniper's times"
like "$(cat "$DIR/juniper")" "^me\|secret\|set cli screen-length 0\|ping 10.0.0.2 count 5 size 100 source 10.0.0.1\|quit\|" \
	"what it was told"
for t in stranger short flood silent unknown closed parrot; do
	is "$(path $t last.unknown)" true "$t: nothing was measured"
done
like "$(path stranger why)" "127.0.0.3: nothing came in time where its prompt was expected, after: Username:" "a wrong password is named"
like "$(path short why)" "127.0.0.4: it hung up where word: was expected" "one that hangs up"
like "$(path flood why)" "127.0.0.5: it spoke without end where word: was expected" "one that floods"
like "$(path silent why)" "127.0.0.6: nothing came in time" "one that is silent"
like "$(path unknown why)" "127.0.0.7: nothing came in time where Repeat count .* after: r1.example#" "one that does not know the host"
like "$(path closed why)" "127.0.0.8: Connection refused" "one that is not there"
like "$(path parrot why)" "127.0.0.9: it hung up where its prompt was expected$" "one that says the password again is not quoted"
is "$(row icmp | cut -d' ' -f2)" 0 "others are measured as if nothing were"
done_testing
