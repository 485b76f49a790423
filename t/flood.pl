# flood.pl DIR: an exporter of sFlow to 127.0.0.1, port 6343, which sees one packet in a
# hundred and puts ten samples in each datagram: some traffic at 192.0.2.9 and, while there
# is a file DIR/flood, 6000 SYNs a second at 192.0.2.7.
use strict;
use warnings;
use Socket;

my ($dir) = @ARGV;
socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
my $to = sockaddr_in(6343, inet_aton("127.0.0.1"));
my ($seq, $n) = (0, 0);
sub sample {
	my ($src, $dst, $flags, $size) = @_;
	my $h = pack("H24n", "020000000001020000000002", 0x800) .
		pack("CCnnnCCn", 0x45, 0, $size - 14, 0, 0, 64, 6, 0) . $src .
		inet_aton($dst) . pack("nnNNCCnnn", 1024 + rand 60000, 80, 1, 1,
		0x50, $flags, 1000, 0, 0);
	my $r = pack("NNNNNN", 1, 16 + 56, 1, $size + 4, 4, 54) . $h . "\0\0";
	$n++;
	return pack("NN", 1, 32 + length $r) . pack("NNNNNNNN", $n, 1, 100,
		100 * $n, 0, 1, 2, 1) . $r;
}
for (;;) {
	my $flood = -e "$dir/flood";
	my $body = "";
	$body .= $flood ? sample(pack("N", rand 2**32), "192.0.2.7", 2, 60)
		: sample(inet_aton("198.51.100.1"), "192.0.2.9", 0x10, 1000)
		for 1 .. ($flood ? 10 : 1);
	my $d = pack("NN", 5, 1) . inet_aton("192.0.2.1") . pack("NNNN", 0, ++$seq,
		1000 * $seq, $flood ? 10 : 1) . $body;
	send($s, $d, 0, $to);
	select undef, undef, undef, $flood ? 1 / 6 : 0.5;
}
