# flowdata.pl PROBECTL DIRECTORY: every capture below DIRECTORY, decoded by us, against
# the flows that reference decoders saw in it (X.expected.tsv beside X.pcap: rows of
# tshark's cflow fields, or of sflowtool's). TAP.
use strict;
use warnings;
use JSON::PP;
use Socket qw(AF_INET6 inet_ntop inet_pton);

my ($probectl, $dir) = @ARGV;
my $count = 0;

sub ok {
	my ($good, $what) = @_;
	$count++;
	print $good ? "ok" : "not ok", " $count - $what\n";
}

# What tshark calls our fields. Where a record has several, the first counts.
my %tshark = (
	src => [qw(srcaddr srcaddrv6)],
	dst => [qw(dstaddr dstaddrv6)],
	sport => ['srcport'],
	dport => ['dstport'],
	proto => ['protocol'],
	octets => [qw(octets post_octets fw_initiator_octets permanent_octets)],
	packets => [qw(packets post_packets permanent_packets)],
	tcp_flags => ['tcpflags'],
	tos => ['tos'],
	in_if => ['inputint'],
	out_if => ['outputint'],
	next_hop => [qw(nexthop nexthopv6)],
	src_as => ['srcas'],
	dst_as => ['dstas'],
	src_prefix_len => [qw(srcmask srcmaskv6)],
	dst_prefix_len => [qw(dstmask dstmaskv6)],
	sampling => ['sampling_interval'],
);
my %sflowtool = (
	src => [qw(srcIP srcIP6)],
	dst => [qw(dstIP dstIP6)],
	sport => [qw(TCPSrcPort UDPSrcPort)],
	dport => [qw(TCPDstPort UDPDstPort)],
	proto => ['IPProtocol'],
	octets => ['sampledPacketSize'],
	tcp_flags => ['TCPFlags'],
	tos => ['IPTOS'],
	ttl => ['IPTTL'],
	icmp_type => ['ICMPType'],
	icmp_code => ['ICMPCode'],
	next_hop => ['nextHop'],
	src_as => ['src_as'],
	dst_as => ['dst_as'],
	src_prefix_len => ['srcSubnetMask'],
	dst_prefix_len => ['dstSubnetMask'],
);

sub fields {
	my ($text) = @_;
	my (%f, $n);
	for (split /;/, $text) {
		my ($k, $v) = split /=/, $_, 2;
		next if !defined $v || exists $f{$k};
		$f{$k} = $v;
		$f{order}{$k} = $n++;
	}
	return \%f;
}

# A value as we write it: of several (a packet in two records) the first, numbers decimal,
# addresses short.
sub plain {
	my ($v) = @_;
	$v =~ s/\|.*//;
	return hex $v if $v =~ /^0x/;
	my $six = $v =~ /:/ ? inet_pton(AF_INET6, $v) : undef;
	return defined $six ? inet_ntop(AF_INET6, $six) : $v;
}

# The expected rows: flows, options, and counter samples or discards of sFlow.
sub expected {
	my ($file) = @_;
	my %e = (flows => [], options => 0, nfdump => 0, counters => [], discards => []);
	open my $in, '<', $file or die "$file: $!\n";
	my $sflow = 0;
	while (<$in>) {
		chomp;
		$sflow = 1 if /sflowtool/;
		$e{nfdump}++ if /^#nfdump\t/;
		next if /^#/;
		my @c = split /\t/;
		if ($sflow) {
			my $f = fields($c[12] // '');
			@$f{qw(_rate _in _out _agent)} = (@c[8, 11, 12], $c[1]);
			$f = { %$f, %{fields($c[13] // '')} };
			@$f{qw(_rate _in _out _agent)} = ($c[8], $c[11], $c[12], $c[1]);
			# A packet in a tunnel: sflowtool's words for the outer one.
			push @{$e{flows}}, $f if $c[5] eq 'FLOWSAMPLE';
			push @{$e{counters}}, $f if $c[5] eq 'COUNTERSSAMPLE';
			push @{$e{discards}}, $f if $c[5] eq 'DISCARD';
			next;
		}
		my $f = fields($c[6] // '');
		if (grep { /^(octets|fw_initiator_octets|permanent_octets|srcaddr)/ } keys %$f) {
			push @{$e{flows}}, $f;
		} else {
			$e{options}++;
		}
	}
	return (\%e, $sflow);
}

sub decode {
	my ($file) = @_;
	my %g = (flow => [], option => [], counters => [], discard => []);
	open my $in, '-|', "$probectl decode --format json --counters '$file' 2>/dev/null"
		or die "$probectl: $!\n";
	while (<$in>) {
		my $o = decode_json($_);
		push @{$g{$o->{type}}}, $o;
	}
	close $in;
	return (\%g, $? >> 8);
}

# Which fields of ours differ from the expected ones, in words.
sub differences {
	my ($map, $want, $got) = @_;
	my @bad;
	for my $ours (sort keys %$map) {
		my @theirs = sort { $want->{order}{$a} <=> $want->{order}{$b} }
			grep { exists $want->{$_} } @{$map->{$ours}};
		# Of addresses of both families the one that is not empty.
		my ($theirs) = grep { $want->{$_} !~ /^(::|0\.0\.0\.0)$/ } @theirs;
		$theirs //= $theirs[0];
		next unless defined $theirs;
		my $w = plain($want->{$theirs});
		my $g = $got->{$ours} // '(none)';
		# Absent and 0 say the same of what a record leaves out.
		next if $g eq '(none)' && ($w eq '0' || $w eq '0.0.0.0' || $w eq '::');
		push @bad, "$ours $g, expected $w" if lc $g ne lc $w;
	}
	return @bad;
}

my @files = sort glob("$dir/*/*.pcap");
for my $file (@files) {
	(my $name = $file) =~ s,.*/([^/]+/[^/]+)\.pcap$,$1,;
	(my $tsv = $file) =~ s/\.pcap$/.expected.tsv/;
	my ($want, $sflow) = expected($tsv);
	my ($got, $status) = decode($file);
	if ($name =~ m,^malformed/,) {
		ok($status == 0 && !@{$got->{flow}}, "$name: no flows, no crash");
		next;
	}
	# NetFlow that came to sFlow's port is not what sflowtool sees.
	my @flows = grep { !$sflow || $_->{proto_version} eq 'sflow5' } @{$got->{flow}};
	my @bad;
	for my $i (0 .. $#{$want->{flows}}) {
		my $w = $want->{flows}[$i];
		my $g = $flows[$i] or last;
		my @d = differences($sflow ? \%sflowtool : \%tshark, $w, $g);
		if ($sflow) {
			push @d, "rate $g->{sampling}, expected $w->{_rate}"
				if $g->{sampling} != $w->{_rate};
			push @d, "agent" if $g->{agent} ne $w->{_agent};
		}
		push @bad, map { "flow $i: $_" } @d;
	}
	print "# $_\n" for @bad;
	# tshark stops where a header's count ends, nfdump goes by lengths, as we do.
	my $rows = @{$want->{flows}} || $want->{nfdump};
	ok(@flows == $rows && !@bad, "$name: " . @flows . " flows of $rows, field by field");
	next unless $sflow;
	@bad = ();
	for my $i (0 .. $#{$want->{counters}}) {
		my ($w, $g) = ($want->{counters}[$i], $got->{counters}[$i]);
		next unless defined $g && defined $w->{ifInOctets};
		push @bad, "counters $i"
			if $g->{interface} != $w->{ifIndex} ||
			$g->{in_octets} != $w->{ifInOctets} ||
			$g->{out_octets} != $w->{ifOutOctets} ||
			$g->{speed} != $w->{ifSpeed} ||
			($g->{out_discards} // 4294967295) != $w->{ifOutDiscards};
	}
	print "# $_\n" for @bad;
	ok(@{$got->{counters}} == @{$want->{counters}} && !@bad,
		"$name: " . @{$got->{counters}} . " counter samples");
	my @why = map { "$_->{discardCode} " . $_->{discardReason} =~ tr/_/ /r } @{$want->{discards}};
	my @said = map { "$_->{reason} $_->{reason_text}" } @{$got->{discard}};
	ok("@why" eq "@said",
		"$name: discards, and why");
	if (@why) { # as lines, too
		my @line = map { join ' ', (split /\t/)[3, 4] } grep { /^[0-9]/ && tr/\t// == 12 }
			`'$probectl' decode --counters '$file' 2>/dev/null`;
		ok("@line" eq "@why", "$name: discards, by lines");
	}
}
print "1..$count\n";
