# relay.pl PORT HOST PEERPORT SECONDS: a UDP relay of STAMP packets that loses some of
# every session by their number: on the way there those of which 1 is left over by 5, on
# the way back those of which 2 is left over by 4. Ends after SECONDS.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Socket;

my ($port, $host, $peerport, $seconds) = @ARGV;
my $near = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
	Proto => 'udp') or die "relay: $!";
my $far = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $peerport,
	Proto => 'udp') or die "relay: $!";
my $both = IO::Select->new($near, $far);
my %sender; # by session id
my $end = time + $seconds;
while (time < $end) {
	for my $socket ($both->can_read(1)) {
		my $data;
		my $from = recv $socket, $data, 2000, 0;
		next if !defined $from || length $data < 44;
		my $ssid = unpack 'x14n', $data;
		if ($socket == $near) {
			$sender{$ssid} = $from;
			send $far, $data, 0 if unpack('N', $data) % 5 != 1;
		} elsif (defined $sender{$ssid}) {
			send $near, $data, 0, $sender{$ssid}
				if unpack('x24N', $data) % 4 != 2;
		}
	}
}
