#!/usr/bin/perl
# mqttfoe.pl PORT: a broker that welcomes whoever comes, and then sends one message
# without end, of the largest size that there is.
use strict;
use warnings;
use IO::Socket::INET;

my $listener = IO::Socket::INET->new(
	LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1)
    or die "listen: $!";
$SIG{PIPE} = 'IGNORE';
while (my $client = $listener->accept) {
	sysread $client, my $hello, 4096;
	syswrite $client, "\x20\x02\x00\x00\x30\xff\xff\xff\x7f\x00\x01x";
	my $more = "\0" x 65536;
	1 while syswrite $client, $more;
	close $client;
}
