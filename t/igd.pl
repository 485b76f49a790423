#!/usr/bin/perl
# A router that speaks UPnP, for tests: answers searches and questions as its file of
# settings says at that moment. igd.pl ADDRESS PORT SETTINGS
# Settings are lines NAME VALUE: received, sent, packets (both), uptime, down, up; and
# "mode": fine, endless, slow (of octets), bomb, nonsense, status, deaf, other (a location elsewhere).
use strict;
use warnings;
use IO::Select;
use Socket;
use Time::HiRes qw(sleep);

my ($address, $port, $file) = @ARGV;
my $ns = 'urn:schemas-upnp-org:service';
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';

sub settings {
	my %s = (mode => 'fine');
	open my $in, '<', $file or return \%s;
	while (<$in>) { $s{$1} = $2 if /^(\w+) (\S+)/ }
	return \%s;
}

sub service {
	my ($name, $url) = @_;
	return "<service><serviceType>$ns:$name:1</serviceType><serviceId>x</serviceId>" .
		"<controlURL>$url</controlURL></service>";
}

sub describe {
	return '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>' .
		'<friendlyName>Test router</friendlyName><deviceList><device><serviceList>' .
		service('WANCommonInterfaceConfig', '/ctl/common') .
		'</serviceList><deviceList><device><serviceList>' .
		service('WANIPConnection', '/ctl/ip') .
		'</serviceList></device></deviceList></device></deviceList></device></root>';
}

sub act {
	my ($action, $s) = @_;
	my %out = (
		GetCommonLinkProperties => [NewLayer1UpstreamMaxBitRate => $s->{up},
			NewLayer1DownstreamMaxBitRate => $s->{down}],
		GetStatusInfo => [NewConnectionStatus => 'Connected', NewUptime => $s->{uptime}],
		GetTotalBytesReceived => [NewTotalBytesReceived => $s->{received}],
		GetTotalBytesSent => [NewTotalBytesSent => $s->{sent}],
		GetTotalPacketsReceived => [NewTotalPacketsReceived => $s->{packets}],
		GetTotalPacketsSent => [NewTotalPacketsSent => $s->{packets}],
	);
	my @pairs = @{ $out{$action} // return };
	my $text = '';
	while (my ($name, $value) = splice @pairs, 0, 2) {
		return if !defined $value;
		$text .= "<$name>$value</$name>";
	}
	return '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' .
		"<u:${action}Response xmlns:u=\"$ns:WANCommonInterfaceConfig:1\">$text" .
		"</u:${action}Response></s:Body></s:Envelope>";
}

sub serve {
	my ($c) = @_;
	my $s = settings();
	my ($head, $body) = ('', '');
	while ($head !~ /\r\n\r\n/) {
		sysread($c, $head, 4096, length $head) or return;
	}
	my ($length) = $head =~ /^Content-Length: *(\d+)/im;
	($head, $body) = $head =~ /^(.*?\r\n\r\n)(.*)$/s;
	while (length $body < ($length // 0)) {
		sysread($c, $body, 4096, length $body) or return;
	}
	if ($s->{mode} eq 'endless') {
		syswrite $c, "HTTP/1.1 200 OK\r\n\r\n" or return;
		while (syswrite $c, '<a>' x 2000) { }
		return;
	} elsif ($s->{mode} eq 'slow' && $head =~ /GetTotalBytesReceived/) {
		syswrite $c, "HTTP/1.1 200 OK\r\n\r\n" or return;
		while (syswrite $c, ' ') { sleep 0.3 }
		return;
	} elsif ($s->{mode} eq 'nonsense') {
		syswrite $c, "\0\1\2 what?\r\n" x 100;
		return;
	}
	my ($action) = $head =~ /^SOAPAction: *"[^"#]*#(\w+)"/im;
	my $text = $action ? act($action, $s) : describe();
	$text = '<!DOCTYPE a [<!ENTITY a "' . 'x' x 1000 . '"><!ENTITY b "' . '&a;' x 1000 .
		'"><!ENTITY c "' . '&b;' x 1000 . '">]><NewTotalBytesReceived>&c;</NewTotalBytesReceived>'
		if $s->{mode} eq 'bomb';
	my $status = !defined $text || $s->{mode} eq 'status' ? '500 Internal Server Error' : '200 OK';
	$text //= '<s:Fault/>';
	syswrite $c, "HTTP/1.1 $status\r\nContent-Type: text/xml\r\nContent-Length: " .
		length($text) . "\r\nConnection: close\r\n\r\n$text";
}

socket(my $udp, PF_INET, SOCK_DGRAM, 0) or die;
setsockopt($udp, SOL_SOCKET, SO_REUSEADDR, 1);
bind($udp, sockaddr_in(1900, INADDR_ANY)) or die "udp: $!";
setsockopt($udp, 0, 35, inet_aton('239.255.255.250') . inet_aton($address)) # IP_ADD_MEMBERSHIP
	or die "group: $!";
socket(my $tcp, PF_INET, SOCK_STREAM, 0) or die;
setsockopt($tcp, SOL_SOCKET, SO_REUSEADDR, 1);
bind($tcp, sockaddr_in($port, inet_aton($address))) or die "tcp: $!";
listen($tcp, 16) or die;
my $select = IO::Select->new($udp, $tcp);
while (1) {
	for my $ready ($select->can_read) {
		if ($ready == $udp) {
			my $from = recv($udp, my $data, 2000, 0) or next;
			my $mode = settings()->{mode};
			next if $data !~ /^M-SEARCH/ || $mode eq 'deaf';
			my $where = $mode eq 'other' ? '127.0.0.1' : $address;
			send($udp, "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n" .
				"LOCATION: http://$where:$port/rootDesc.xml\r\nUSN: x\r\n\r\n", 0, $from);
		} else {
			accept(my $c, $tcp) or next;
			my $pid = fork;
			next if !defined $pid || $pid;
			serve($c);
			shutdown $c, 2;
			exit 0;
		}
	}
}
