#!/usr/bin/perl
# loris.pl PORT COUNT: COUNT lines to 127.0.0.1 at once on which nobody asks anything: by
# turns half a head that goes on by a byte a second, a head whose body never comes, and a
# whole request behind which the line stays open. "open N" is printed once N were opened,
# and "closed N" a second later: so many had been closed by then. From then on of those that
# are closed a thousand a second are opened again. Stays until the input ends.
use strict;
use warnings;
use IO::Poll qw(POLLIN POLLHUP POLLERR);
use Socket;
use Time::HiRes qw(time);

my ($port, $count) = @ARGV;
$| = 1;
$SIG{PIPE} = 'IGNORE';
my @begin = ("GET /t/", "POST /api/v1/note HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
my $to = sockaddr_in($port, INADDR_LOOPBACK);
my $poll = IO::Poll->new;
my (%kind, @closed);
$poll->mask(\*STDIN, POLLIN);

sub start {
	my ($kind) = @_;
	socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	connect($s, $to) or return;
	$s->blocking(0);
	syswrite $s, $begin[$kind];
	$kind{$s} = $kind;
	$poll->mask($s, POLLIN);
}

# Read what came, within SECONDS.
sub look {
	$poll->poll($_[0]) or return;
	for my $s ($poll->handles(POLLIN | POLLHUP | POLLERR)) {
		if (fileno $s == 0) {
			exit unless sysread STDIN, my $line, 1;
			next;
		}
		my $n = sysread $s, my $text, 65536;
		next if $n || (!defined $n && $!{EAGAIN});
		push @closed, delete $kind{$s};
		$poll->remove($s);
		close $s;
	}
}
for (0 .. $count - 1) {
	start($_ % 3);
	look(0) if $_ % 100 == 0;
}
print "open $count\n";
my ($next, $told) = (time + 1, 0);
while (1) {
	look(0.1);
	next if time < $next;
	$next = time + 1;
	print 'closed ', scalar @closed, "\n" unless $told++;
	start($_) for splice @closed, 0, 1000;
	for my $s ($poll->handles) {
		syswrite $s, 'x' if defined $kind{$s} && $kind{$s} == 0;
	}
}
