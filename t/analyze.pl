# Captures with a victim that answers a telescope, with an own host that asked, and with own
# hosts under attack, through probectl analyze.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use Socket qw(inet_aton);
use Test::More;

my ($probectl) = @ARGV;
my $dir = tempdir(CLEANUP => 1);
my $begin = 1700000000;

sub pcap {
	my ($name, @packets) = @_; # [seconds after BEGIN, bytes from IP on]
	open my $out, '>:raw', "$dir/$name" or die;
	print $out pack 'LSSlLLL', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101;
	for (@packets) {
		my ($at, $bytes) = @$_;
		print $out pack('LLLL', $begin + int $at, ($at - int $at) * 1e6,
			length $bytes, length $bytes), $bytes;
	}
	close $out or die;
	return "$dir/$name";
}

sub ip4 {
	my ($src, $dst, $proto, $payload) = @_;
	return pack('CCnnnCCn', 0x45, 0, 20 + length $payload, 1, 0, 57, $proto, 0) .
		inet_aton($src) . inet_aton($dst) . $payload;
}

sub tcp {
	my ($src, $dst, $sport, $dport, $flags) = @_;
	return ip4($src, $dst, 6, pack('nnNNCCnnn', $sport, $dport, 1, 1, 0x50, $flags,
		0, 0, 0));
}

sub v5 { # one record: a SYN/ACK from the victim
	my ($sequence, $at, $dst, $dport) = @_;
	my $record = inet_aton('198.51.100.7') . inet_aton($dst) . pack('NnnNNNNnnCCCCnnCCn',
		0, 1, 2, 1, 44, 1000, 1000, 80, $dport, 0, 0x12, 6, 0, 0, 0, 0, 0, 0);
	my $head = pack 'nnNNNNCCn', 5, 1, 1000, $begin + $at, 0, $sequence, 0, 0, 0;
	return ip4('10.0.0.1', '10.0.0.2', 17,
		pack('nnnn', 40000, 2055, 8 + 72, 0) . $head . $record);
}

# Lines that it prints.
sub lines {
	open my $in, '-|', "$probectl analyze @_ 2>$dir/errors" or die;
	my @lines = <$in>;
	close $in;
	return @lines;
}

# (status, objects, standard error)
sub analyze {
	my $errors = "$dir/errors";
	open my $in, '-|', "$probectl analyze @_ 2>$errors" or die;
	my @objects = map { decode_json($_) } <$in>;
	close $in;
	my $status = $? >> 8;
	open my $e, '<', $errors or die;
	return ($status, \@objects, join '', <$e>);
}

# Even spread without chance: multiples of an odd number.
my @answers;
push @answers, [$_ * 0.5, tcp('198.51.100.7', sprintf('203.0.113.%d', $_ * 77 % 256),
	80, 1024 + $_, 0x12)] for 0 .. 199;
my @asked = (
	[1, tcp('192.168.1.5', '192.0.2.80', 40000, 443, 0x02)],
	[1.1, tcp('192.0.2.80', '192.168.1.5', 443, 40000, 0x12)],
	map { [2 + $_ / 100, ip4('192.0.2.80', '192.168.1.5', 6,
		pack('nnNNCCnnn', 443, 40000, 1, 1, 0x50, 0x10, 0, 0, 0) . 'x' x 1400)] } 1 .. 50);
my $packets = pcap('packets.pcap', sort { $a->[0] <=> $b->[0] } @answers, @asked);

my ($status, $found, $errors) = analyze('--telescope 203.0.113.0/24', $packets);
is($status, 0, 'packets are read');
my @victims = grep { $_->{kind} eq 'backscatter' } @$found;
is(@victims, 1, 'one victim is found');
my ($v) = @victims;
is($v->{subject}, '198.51.100.7', 'it is the one that answers');
is($v->{evidence}{state}, 'confirmed', 'confirmed');
is($v->{confidence}, 'sure', 'sure');
is($v->{evidence}{responses}, 200, 'by so many answers');
is($v->{evidence}{monitored_addresses}, 256, 'of which so many are watched: not the private ones');
# 199 in 99.5 s at 256 of 2^32 addresses
ok(abs($v->{evidence}{estimate_pps} / (199 / 99.5 * 2**32 / 256) - 1) < 0.01,
	'the estimate is x = m 2^32 / n');
ok($v->{evidence}{low_pps} < $v->{evidence}{estimate_pps} * 0.88 &&
	$v->{evidence}{high_pps} > $v->{evidence}{estimate_pps} * 1.12, 'with its interval');
like($v->{summary}, qr/^198\.51\.100\.7 is under a SYN flood of at least 3\.36e\+07/, 'in words');
my ($host) = grep { $_->{kind} eq 'top' && $_->{by} eq 'host' } @$found;
is($host->{address}, '192.168.1.5', 'the own host that received most');
is($host->{in_octets}, 50 * 1440 + 40, 'so much');
is($host->{out_octets}, 40, 'and sent its question');
my ($total) = grep { $_->{kind} eq 'top' && $_->{by} eq 'total' } @$found;
is($total->{packets}, 252, 'every packet is in the sum');

my $flows = pcap('flows.pcap', map { [$_ * 0.5,
	v5($_, int($_ / 2), sprintf('203.0.113.%d', $_ * 77 % 256), 1024 + $_)] } 0 .. 199);
($status, $found) = analyze('--telescope 203.0.113.0/24', '--top 1', $flows);
is($status, 0, 'exported flows are read');
($v) = grep { $_->{kind} eq 'backscatter' } @$found;
is($v->{evidence}{responses}, 200, 'with the same answers in them');
is((grep { $_->{kind} eq 'top' && $_->{by} eq 'flow' } @$found), 1, 'and no more rows than wanted');

($status, $found) = analyze('--packets', '--local 10.0.0.0/8', $flows);
is((grep { $_->{kind} eq 'backscatter' } @$found), 0, 'as packets they are an export, and no attack');

# The same answers in a tunnel are whatever its sender wrote there.
my $tunnel = pcap('tunnel.pcap', map { [$_ * 0.5, ip4('198.51.100.1', '192.168.1.5', 47,
	pack('nn', 0, 0x800) . tcp('198.51.100.7', sprintf('203.0.113.%d', $_ * 77 % 256),
	80, 1024 + $_, 0x12))] } 0 .. 199);
($status, $found) = analyze('--telescope 203.0.113.0/24', $tunnel);
is($status, 0, 'packets in a tunnel are read');
is((grep { $_->{kind} eq 'backscatter' } @$found), 0, 'and are no answers of a victim');
is_deeply([map { "$_->{address} $_->{in_octets}" }
	grep { $_->{kind} eq 'top' && $_->{by} eq 'host' } @$found],
	['192.168.1.5 ' . 200 * 64], 'but traffic of the end of the tunnel');

($status, $found) = analyze($packets);
($v) = grep { $_->{kind} eq 'backscatter' } @$found;
is($v, undef, 'without a telescope nobody is answered');

($status, $found, $errors) = analyze('--telescope 203.0.113.1/24', $packets);
is($status, 2, 'a prefix with bits behind its length is refused');
like($errors, qr/--telescope: 203\.0\.113\.1\/24 has bits/, 'and named');
($status, $found, $errors) = analyze("$dir/nothing.pcap");
is($status, 1, 'a file that is not there');
like($errors, qr/nothing\.pcap/, 'is named');

# --- attacks on own hosts: the thresholds are 2000 packets/s and 1000 flows/s ---

# So many SYN/s to HOST for SECONDS from FORGED addresses.
sub flood {
	my ($host, $rate, $seconds, $forged) = @_;
	my @packets;
	for my $i (0 .. $rate * $seconds - 1) {
		my $from = $i * 40503 % $forged;
		push @packets, [$i / $rate, tcp(sprintf('203.0.%d.%d', $from >> 8, $from & 255),
			$host, 1024 + $from % 60000, 80, 0x02)];
	}
	return @packets;
}

my $attacked = pcap('attacked.pcap', flood('192.0.2.10', 6000, 12, 65536));
($status, $found) = analyze('--local 192.0.2.0/24', $attacked);
is($status, 0, 'a capture of an attack is read');
my @attacks = grep { $_->{kind} eq 'attack' } @$found;
is(@attacks, 1, 'a SYN flood at three times its threshold is reported, once');
my ($x) = @attacks;
is($x->{subject}, '192.0.2.10', 'on the host that it is at');
is($x->{evidence}{type}, 'syn_flood', 'as what it is');
is($x->{evidence}{state}, 'under attack', 'as one');
is($x->{end}, undef, 'that goes on where the capture ends');
ok($x->{begin} >= $begin && $x->{begin} <= $begin + 5, 'and begins where it begins');
ok(abs($x->{evidence}{pps} / 6000 - 1) < 0.02, "with its rate: $x->{evidence}{pps}");
is($x->{confidence}, 'likely', 'likely: a capture is too short to know what is usual');
like($x->{summary}, qr/^192\.0\.2\.10 is under attack: SYN flood of up to 6 k packets/, 'in words');
my @lines = lines('--local 192.0.2.0/24', '--format text', $attacked);
like($lines[0], qr/^since 20\d\d-\d\d-\d\d [\d:]{8} \(likely\): 192\.0\.2\.10 is under attack: SYN flood/,
	'the same as text');
ok(!(grep { /^\{/ } @lines), 'of which no line is an object');
is((grep { /^host 192\.0\.2\.10: \d+ bytes in, / } @lines), 1, 'with the host that had the most');

($status, $found) = analyze('--local 198.51.100.0/24', $attacked);
is((grep { $_->{kind} eq 'attack' } @$found), 0, 'whoever is no own host is not attacked');

# Of 256 flows, since every packet would else be one, of which 1000 are enough.
my $calm = pcap('calm.pcap', flood('192.0.2.10', 1400, 20, 256));
($status, $found) = analyze('--local 192.0.2.0/24', $calm);
is($status, 0, 'a weaker one is read');
is((grep { $_->{kind} eq 'attack' } @$found), 0, 'and at 0.7 of the threshold nothing is reported');

mkdir "$dir/config" or die;
open my $conf, '>', "$dir/config/config" or die;
print $conf <<END;
*** General ***
owner = a
contact = a\@b
mailhost = localhost
datadir = $dir
imgcache = $dir
imgurl = img
piddir = $dir
cgiurl = http://localhost/
smokemail = /etc/smokeping/smokemail
tmail = /etc/smokeping/tmail
*** Presentation ***
template = /etc/smokeping/basepage.html
+ overview
width = 600
height = 50
range = 10h
+ detail
width = 600
height = 200
unison_tolerance = 2
"Last 3 Hours" 3h
*** Database ***
step = 60
pings = 20
AVERAGE 0.5 1 1000
*** Probes ***
+ FPing
binary = /usr/bin/fping
*** Targets ***
probe = FPing
menu = Top
title = Top
END
close $conf or die;
open $conf, '>', "$dir/config/smokebox" or die;
print $conf "*** Collector ***\nlocal = 192.0.2.0/24\n*** Detection ***\nhost_packets = 400\nattack_hold = 30\n";
close $conf or die;
my $over = pcap('over.pcap', flood('192.0.2.10', 1400, 20, 256), [150, tcp('203.0.113.9', '192.0.2.11',
	1024, 80, 0x02)]);
($status, $found, $errors) = analyze("--config $dir/config/config", $over);
is($status, 0, 'with a configuration') or diag $errors;
($x) = grep { $_->{kind} eq 'attack' } @$found;
is($x && $x->{subject}, '192.0.2.10', 'its own network and its threshold hold');
is($x && $x->{evidence}{state}, 'normal', 'and what is over is told as such');
ok($x && $x->{end} > $begin + 15 && $x->{end} < $begin + 30, 'with its end');

# An older capture behind a newer one, and its clock goes back.
$begin -= 86400;
my $older = pcap('older.pcap', flood('192.0.2.12', 1400, 4, 256), [10, tcp('203.0.113.9', '192.0.2.11',
	1024, 80, 0x02)]);
$begin += 86400;
($status, $found) = analyze('--local 192.0.2.0/24', $calm, $older, $calm);
is((grep { $_->{kind} eq 'attack' } @$found), 0, 'captures in any order are no attack together');

# Nights and years between packets: an attack ends in them, and they take no time. All their
# seconds one by one would be three minutes of a processor.
my @nights = map { [$_ * 40000, tcp('203.0.113.9', '192.0.2.11', 1024, 80, 0x02)] } 1 .. 3000;
($status, $found, $errors) = analyze('--local 192.0.2.0/24', pcap('nights.pcap',
	flood('192.0.2.13', 6000, 12, 65536), @nights));
($x) = grep { $_->{kind} eq 'attack' } @$found;
is($x && $x->{evidence}{state}, 'normal', 'an attack is over by the next day');
ok($x && $x->{end} > $begin + 10 && $x->{end} < $begin + 90, 'as of when it ended');
ok((times)[2] < 60, sprintf 'and three years without traffic take no time (%.1f s so far)', (times)[2]);

# Exported: 30 flows of one packet in each datagram, 200 of them a second.
my $sequence = 0;
my @exported;
for my $n (0 .. 200 * 12 - 1) {
	my $at = $n / 200;
	my $records = join '', map {
		my $from = ($n * 30 + $_) * 40503 % 65536;
		inet_aton(sprintf('203.0.%d.%d', $from >> 8, $from & 255)) . inet_aton('192.0.2.10') .
			pack('NnnNNNNnnCCCCnnCCn', 0, 1, 2, 1, 40, 1000, 1000, 1024 + $from % 60000, 80,
			0, 0x02, 6, 0, 0, 0, 0, 0, 0)
	} 0 .. 29;
	my $head = pack 'nnNNNNCCn', 5, 30, 1000, $begin + int $at, ($at - int $at) * 1e9,
		$sequence, 0, 0, 0;
	$sequence += 30;
	push @exported, [$at, ip4('10.0.0.1', '10.0.0.2', 17,
		pack('nnnn', 40000, 2055, 8 + 24 + length $records, 0) . $head . $records)];
}
($status, $found) = analyze('--local 192.0.2.0/24', pcap('exported.pcap', @exported));
($x) = grep { $_->{kind} eq 'attack' } @$found;
is($x && $x->{subject}, '192.0.2.10', 'flows tell of an attack as packets do');
ok($x && abs($x->{evidence}{pps} / 6000 - 1) < 0.02, 'with its rate');

($status, $found, $errors) = analyze('--format tsv', $calm);
is($status, 2, 'a format that is none is refused');
done_testing();
