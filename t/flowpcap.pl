# flowpcap.pl PCAP TRUTH BEGIN COUNT: a capture of COUNT flows within 50 seconds from BEGIN (epoch
# seconds), always the same ones, and behind them 500 packets of one that does not count,
# from 10.9.9.9. What is in it: a line per flow, tab separated: source,
# destination, protocol, ports (of ICMP 0), octets, packets, and the sum of the squares of
# the packets' sizes.
use strict;
use warnings;
use Socket qw(AF_INET6 inet_aton inet_ntop);

my ($pcap, $truth, $begin, $count) = @ARGV;
srand 20;
my @flow;
for my $i (0 .. $count - 1) {
	my $six = $i % 10 == 9;
	my $proto = $i % 20 == 7 ? 1 : $i % 3 == 0 ? 17 : 6;
	my $back = $i % 2 && $flow[$i - 1]{proto} == $proto && $flow[$i - 1]{six} == $six &&
		$proto != 1 ? $flow[$i - 1] : undef;
	my $f = { proto => $proto, six => $six, octets => 0, packets => 0, squares => 0 };
	if ($back) { # what answers the one before
		@$f{qw(src dst sport dport)} = @$back{qw(dst src dport sport)};
	} else {
		$f->{src} = $six ? pack("H*", "20010db8000100000000000000000000") | "\0" x 14 . pack("n", $i)
			: pack("C4", 10, 1, $i >> 8, $i & 255);
		$f->{dst} = $six ? pack("H*", "20010db8ffff00000000000000000001")
			: pack("C4", 198, 51, 100, $i % 200);
		@$f{qw(sport dport)} = $proto == 1 ? (0, 0) : (20000 + $i, (443, 53, 123, 8080)[$i % 4]);
	}
	$f->{weight} = 300 + int rand 500; # packets
	push @flow, $f;
}
# Every packet somewhere in the whole.
my @order = map { ($_) x $flow[$_]{weight} } 0 .. $#flow;
for (my $i = $#order; $i > 0; $i--) {
	my $k = int rand($i + 1);
	@order[$i, $k] = @order[$k, $i];
}

open my $out, '>:raw', $pcap or die "$pcap: $!\n";
print $out pack "VvvVVVV", 0xa1b2c3d4, 2, 4, 0, 0, 96, 1;
my $ether = "\2\0\0\0\0\1\2\0\0\0\0\2";
for my $n (0 .. $#order) {
	my $f = $flow[$order[$n]];
	my $head = $f->{six} ? 40 : 20;
	my $len = $head + 26 + int rand 1400; # Ethernet does not fill it up
	my $rest = $len - $head;
	my $l4 = $f->{proto} == 6 ? pack("nnNNCCnnn", $f->{sport}, $f->{dport}, $n, 1, 0x50, 16, 1000, 0, 0)
		: $f->{proto} == 17 ? pack("nnnn", $f->{sport}, $f->{dport}, $rest, 0)
		: pack("CCnnn", $f->{six} ? 128 : 8, 0, 0, 1, $n & 65535);
	my $ip = $f->{six}
		? pack("NnCCa16a16", 0x60000000, $rest, $f->{proto} == 1 ? 58 : $f->{proto}, 60, $f->{src}, $f->{dst})
		: pack("CCnnnCCna4a4", 0x45, 0, $len, $n & 65535, 0, 60, $f->{proto}, 0, $f->{src}, $f->{dst});
	my $frame = $ether . pack("n", $f->{six} ? 0x86dd : 0x800) . $ip . $l4;
	my $at = $n / @order * 50;
	print $out pack("VVVV", $begin + int $at, int(($at - int $at) * 1e6), length $frame,
		$len + 14), $frame;
	$f->{octets} += $len;
	$f->{squares} += $len * $len;
	$f->{packets}++;
}
# What comes last may stay in an exporter's buffer: these count nowhere.
my $filler = $ether . pack("n", 0x800) .
	pack("CCnnnCCna4a4nnnn", 0x45, 0, 46, 1, 0, 60, 17, 0, pack("C4", 10, 9, 9, 9), pack("C4", 203, 0, 113, 9),
		9, 9, 26, 0) . "\0" x 18;
print $out pack("VVVV", $begin + 50, 0, length $filler, length $filler), $filler for 1 .. 500;
close $out or die "$pcap: $!\n";

open $out, '>', $truth or die "$truth: $!\n";
for my $f (@flow) {
	my ($src, $dst) = map { $f->{six} ? inet_ntop(AF_INET6, $_) : join '.', unpack 'C4', $_ } @$f{qw(src dst)};
	print $out join("\t", $src, $dst, $f->{six} && $f->{proto} == 1 ? 58 : $f->{proto},
		@$f{qw(sport dport octets packets squares)}), "\n";
}
close $out or die "$truth: $!\n";
