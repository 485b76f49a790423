# flowlive.pl exact|sampled|told TRUTH FLOWS [EXTRA [4|6 [RATE]]]: what came out of an exporter (lines of
# flowsink) against what was in the capture (of flowpcap.pl). EXTRA: so many bytes more than
# the IP packet were counted of each. 4: the exporter knows no IPv6.
# exact: how many flows differ, and how many there are.
# sampled: is the sum of packets inside its 99.9 % interval; of the flows with 25 expected
# samples or more, the share whose packets, and whose octets, are inside their 99 % one; and
# how many there are. Of k samples with sizes s, one of N: N k +- z N sqrt(k), and
# N sum(s) +- z N sqrt(sum(s^2)).
# told: the same of flows that are scaled already from one in RATE, each with its 99 %
# interval of octets.
use strict;
use warnings;

my ($mode, $truth, $flows, $extra, $family, $scaled) = @ARGV;
$extra //= 0;
my $only4 = ($family // 6) == 4;
my ($z999, $z99) = (3.2905, 2.5758);
my (%want, %got, $rate);

open my $in, '<', $truth or die "$truth: $!\n";
while (<$in>) {
	chomp;
	my @c = split /\t/;
	next if $only4 && $c[0] =~ /:/;
	# sum (s + x)^2 = sum s^2 + 2 x sum s + x^2 n
	$want{join ' ', @c[0 .. 4]} = { octets => $c[5] + $extra * $c[6], packets => $c[6],
		squares => $c[7] + 2 * $extra * $c[5] + $extra**2 * $c[6] };
}
open $in, '<', $flows or die "$flows: $!\n";
while (<$in>) {
	chomp;
	my @c = split /\t/;
	next if /^#/ || $c[1] eq '10.9.9.9';
	$c[7] /= $scaled if $scaled; # packets that were looked at
	my $g = $got{join ' ', @c[1 .. 5]} //= { octets => 0, packets => 0, squares => 0 };
	$g->{octets} += $c[6];
	@$g{qw(low high)} = @c[9, 10] if @c > 9;
	$g->{packets} += $c[7];
	# Of one packet its size is known, of more what such a flow's packets have.
	$g->{squares} += $c[7] == 1 ? $c[6]**2 : 0;
	$g->{grouped} += $c[7] == 1 ? 0 : $c[7];
	die "two rates\n" if defined $rate && $rate != $c[8];
	$rate = $c[8];
}

if ($mode eq 'exact') {
	my $bad = grep { !$want{$_} } keys %got;
	for (sort keys %want) {
		my $g = $got{$_} // { octets => 0, packets => 0 };
		next if $g->{octets} == $want{$_}{octets} && $g->{packets} == $want{$_}{packets};
		print STDERR "# $_: $g->{packets} packets of $want{$_}{packets}, ",
			"$g->{octets} octets of $want{$_}{octets}\n" if $bad++ < 5;
	}
	printf "%d of %d differ, one in %d\n", $bad, scalar keys %want, $rate // 0;
	exit;
}
my ($k, $n, $many, $packets, $octets) = (0) x 5;
$rate = $scaled // $rate // 1;
for (keys %want) {
	my ($w, $g) = ($want{$_}, $got{$_} // { octets => 0, packets => 0, squares => 0 });
	$n += $w->{packets};
	$k += $g->{packets};
	next if $w->{packets} / $rate < 25;
	$many++;
	my $squares = $g->{squares} + ($g->{grouped} // 0) * $w->{squares} / $w->{packets};
	$packets += abs($rate * $g->{packets} - $w->{packets}) <= $z99 * $rate * sqrt $g->{packets};
	$octets += $mode eq 'told' ? ($g->{low} // 0) <= $w->{octets} && $w->{octets} <= ($g->{high} // 0)
		: abs($rate * $g->{octets} - $w->{octets}) <= $z99 * $rate * sqrt $squares;
}
printf "%s %.4f %.4f %d one in %d\n", abs($rate * $k - $n) <= $z999 * $rate * sqrt($k) ? 'inside' : 'outside',
	$packets / $many, $octets / $many, $many, $rate;
