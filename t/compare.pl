#!/usr/bin/perl
# compare.pl DATADIR TRUTH STEP PINGS [ROUND-FILE] <pairs: do the rows on disk say what
# the simulated network did? A pair is "TARGET HOST" a line, of echo targets that were
# measured without a break: then every PINGS packets of the truth are one round, in
# order, and every known row is one of them. Prints "KEY VALUE" lines; with ROUND-FILE
# also each round, as "TARGET ROW LOST TRUE-LOST MEDIAN TRUE-MEDIAN".
use strict;
use warnings;

my ($datadir, $truth, $step, $pings, $round_file) = @ARGV;
my (%path, %seen, %order);
my $until = 0; # how far the truth goes
while (<STDIN>) {
	my ($target, $host) = split;
	$path{$host} = $target;
}

# Per host and ping, in order: when it came in, and how long its answer took.
open my $in, '<', $truth or die "$truth: $!\n";
while (<$in>) {
	my ($in_ns, $out_ns, $host, $family, $proto, $port, $id, $seq, $what) = split;
	next unless exists $path{$host} && $proto eq '1';
	$until = $in_ns / 1e9 if $in_ns / 1e9 > $until;
	my $key = "$in_ns $id $seq";
	if (!$seen{$host}{$key}) {
		$seen{$host}{$key} = { at => $in_ns / 1e9 };
		push @{ $order{$host} }, $seen{$host}{$key};
	}
	$seen{$host}{$key}{rtt} //= ($out_ns - $in_ns) / 1e9 if $what eq 'answered';
}

# [row, lost, median] of every known row.
sub rows_of {
	my ($file) = @_;
	# The finest archive of the tests has 1000 rows.
	my ($from, @rows) = (time - 900 * $step);
	open my $out, '-|', 'rrdtool', 'fetch', $file, 'AVERAGE', '-r', 1, '-s', $from
	    or die "rrdtool: $!";
	my @names = split ' ', scalar <$out> // '';
	my %col = map { $names[$_] => $_ } 0 .. $#names;
	while (<$out>) {
		my ($t, @v) = split /[:\s]+/;
		next unless @v && $v[ $col{loss} ] !~ /nan/i;
		my $answered = grep { !/nan/i } @v[ map { $col{"ping$_"} } 1 .. $pings ];
		push @rows, [ $t, $v[ $col{loss} ], $v[ $col{median} ], $answered ];
	}
	return @rows;
}

my %count = (targets => 0, rounds => 0, missing => 0, misplaced => 0, self_loss => 0,
	hidden_loss => 0, lost => 0, unknown => 0);
my @error;
my $rounds;
if ($round_file) {
	open $rounds, '>', $round_file or die "$round_file: $!\n";
}
for my $host (sort { $a <=> $b } keys %path) {
	(my $file = $path{$host}) =~ tr,.,/,;
	$file = "$datadir/$file.rrd";
	my @rows = -e $file ? rows_of($file) : ();
	my @sent = @{ $order{$host} // [] };
	$count{targets}++;
	# The last round may still be in flight.
	my $whole = int(@sent / $pings);
	$count{missing} += $whole - @rows if $whole - 1 > @rows;
	for my $row (@rows) {
		my @round = splice @sent, 0, $pings;
		if (@round < $pings) {
			# It ended after the truth was written out.
			last if $row->[0] > $until - $step;
			$count{misplaced}++;
			print STDERR "$path{$host}: a row at $row->[0] for nothing sent\n";
			last;
		}
		my ($t, $loss, $median, $answered) = @$row;
		# Loss is scaled up where pings are unknown: how many were lost, how
		# many may have been?
		my $lost = $answered ? $loss * $answered / ($pings - $loss) : $loss;
		my $unknown = $answered ? $pings - $answered - $lost : $pings / 2;
		my @rtt = sort { $a <=> $b } grep { defined } map { $_->{rtt} } @round;
		my $true_lost = $pings - @rtt;
		my $end = $round[-1]{at};
		$count{rounds}++;
		$count{lost} += $true_lost;
		# Its last ping has the gap to the next one, and a timeout, behind it.
		if ($t <= $end - $step - 0.01 || $t > $end + $step / $pings + 2.5) {
			$count{misplaced}++;
			printf STDERR "%s: the round sent %.3f..%.3f stands in %d\n",
			    $path{$host}, $round[0]{at}, $end, $t;
		}
		my $extra = sprintf '%.0f', $answered ? $lost - $true_lost
			: $pings / 2 - $true_lost;
		$count{self_loss} += $extra if $extra > 0;
		$count{unknown} += sprintf '%.0f', $unknown if $answered;
		my $hidden = sprintf '%.0f', $true_lost - $lost - $unknown;
		$count{hidden_loss} += $hidden if $hidden > 0;
		my $true_median = @rtt ? $rtt[ int(@rtt / 2) ] : 'NaN';
		push @error, abs($median - $true_median) if @rtt && $median !~ /nan/i;
		$count{median_without_answer}++ if !@rtt && $median !~ /nan/i;
		printf $rounds "%s %d %.3f %d %s %s\n", $path{$host}, $t, $lost,
		    $true_lost, $median, $true_median
		    if $rounds;
	}
}
@error = sort { $a <=> $b } @error;
print "$_ $count{$_}\n" for sort keys %count;
for my $q ([ 50, 0.5 ], [ 95, 0.95 ], [ 100, 1 ]) {
	my $at = @error ? $error[ int($q->[1] * $#error) ] : 'nan';
	print "error_p$q->[0]_us ", @error ? sprintf('%.1f', $at * 1e6) : 'nan', "\n";
}
