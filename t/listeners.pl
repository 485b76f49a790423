#!/usr/bin/perl
# listeners.pl PORT COUNT SECONDS [slow]: COUNT listeners of /api/v1/stream at once, in one
# process. "open N" and "refused N" are printed once all were answered, then "rounds N", how
# many have heard a round: all of them, or those within SECONDS. They stay until the input
# ends. With "slow" they read nothing, ever, and say "open COUNT".
use strict;
use warnings;
use IO::Select;
use Socket;
use Time::HiRes qw(time);

my ($port, $count, $seconds, $slow) = @ARGV;
$| = 1;
my $all = IO::Select->new(\*STDIN);
my (%of, @keep);
my %n = (open => 0, refused => 0, rounds => 0);
for (1 .. $count) {
	socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	setsockopt($s, SOL_SOCKET, SO_RCVBUF, 4096) if $slow;
	connect($s, sockaddr_in($port, INADDR_LOOPBACK)) or die "connect: $!";
	syswrite $s, "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
	push @keep, $s;
	$all->add($s) unless $slow;
	$of{fileno $s} = { text => '' };
}
if ($slow) {
	print "open $count\n";
	<STDIN>;
	exit;
}

# What has come on S, of which no more is kept than the seam between two pieces.
sub take {
	my ($s) = @_;
	my $c = $of{fileno $s};
	return $all->remove($s) unless sysread $s, $c->{text}, 65536, length $c->{text};
	if (!$c->{head} && $c->{text} =~ /\r\n\r\n/) {
		$c->{head} = 1;
		$n{ $c->{text} =~ m,^HTTP/1.1 200 , ? 'open' : 'refused' }++;
	}
	return unless $c->{head};
	if (!$c->{round} && $c->{text} =~ /^event: round$/m) {
		$c->{round} = 1;
		$n{rounds}++;
	}
	$c->{text} = substr $c->{text}, -20 if length $c->{text} > 20;
}
my ($end, $told) = (time + $seconds, 0);
while (1) {
	for my $s ($all->can_read(0.2)) {
		if (fileno $s == 0) {
			exit unless sysread STDIN, my $line, 1;
		} else {
			take($s);
		}
	}
	if ($told == 0 && $n{open} + $n{refused} == $count) {
		print "open $n{open}\nrefused $n{refused}\n";
		$told = 1;
	}
	if ($told == 1 && ($n{rounds} >= $n{open} || time > $end)) {
		print "rounds $n{rounds}\n";
		$told = 2;
	}
}
