#!/usr/bin/perl
# slave.pl PORT PROGRAM...: the smallest web server that runs a CGI program (SmokePing's,
# say): one request after the other, whatever its path. For tests.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, @program) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 20,
    ReuseAddr => 1) or die "port $port: $!";

while (my $client = $listen->accept) {
	my ($method, $target, %header) = ("", "");
	my $line = <$client>;
	next unless defined $line && $line =~ m{^(\S+) (\S+) HTTP/};
	($method, $target) = ($1, $2);
	while (defined($line = <$client>) && $line =~ /^([^:]+):\s*(.*?)\r?\n/) {
		$header{lc $1} = $2;
	}
	print $client "HTTP/1.1 100 Continue\r\n\r\n"
	    if ($header{expect} // "") =~ /100-continue/i;
	my $body = "";
	my $want = $header{"content-length"} // 0;
	while (length $body < $want) {
		read($client, $body, $want - length $body, length $body) or last;
	}
	open my $in, "+>", undef or die;
	print $in $body;
	$in->flush;
	seek $in, 0, 0;
	my $out = "";
	my $pid = open(my $cgi, "-|") // die "fork: $!";
	if ($pid == 0) {
		my ($path, $query) = split /\?/, $target, 2;
		open STDIN, "<&", $in or die;
		%ENV = (PATH => $ENV{PATH}, GATEWAY_INTERFACE => "CGI/1.1",
			SERVER_PROTOCOL => "HTTP/1.1", SERVER_SOFTWARE => "slave.pl", REQUEST_METHOD => $method,
			SCRIPT_NAME => $path, QUERY_STRING => $query // "",
			CONTENT_LENGTH => length $body, SERVER_NAME => "localhost",
			SERVER_PORT => $port, REMOTE_ADDR => "127.0.0.1",
			CONTENT_TYPE => $header{"content-type"} // "");
		exec @program or die "$program[0]: $!";
	}
	{
		local $/;
		$out = <$cgi> // "";
	}
	close $cgi;
	my ($head, $rest) = split /\r?\n\r?\n/, $out, 2;
	my $status = "200 OK";
	$status = $1 if defined $head && $head =~ s/^Status: (.*?)\r?\n//m;
	$status = "500 Nothing came" unless defined $rest;
	$head //= "Content-Type: text/plain";
	$head =~ s/\r?\n/\r\n/g;
	print $client "HTTP/1.1 $status\r\n$head\r\nContent-Length: ", length($rest // ""),
	    "\r\nConnection: close\r\n\r\n", $rest // "";
	close $client;
}
