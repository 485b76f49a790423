# receivers.pl DIR HTTP-PORT SMTP-PORT CERT KEY [SNPP-PORT]: receivers of news on 127.0.0.1 (or
# the address that RECEIVERS in the environment is), one connection at a time. What is posted becomes DIR/post.N (request line, headers, an empty
# line) and DIR/body.N (the body); a mail DIR/mail.N (what was said before it, then it).
# DIR/mode says what is answered: "ok", "slow" (after a second), an HTTP status, or "kill
# PID ...", which ends these processes once one has said all and before it is answered.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::SSL;

my ($dir, $http, $smtp, $cert, $key, $snpp) = @ARGV;
my %count = (post => 0, mail => 0, page => 0);
for my $what (keys %count) {
	$count{$what}++ while -e "$dir/$what." . ($count{$what} + 1);
}
$SIG{PIPE} = 'IGNORE';

sub mode {
	open(my $f, '<', "$dir/mode") or return 'ok';
	my $line = <$f> // 'ok';
	chomp $line;
	return $line;
}

# Write whole files: whoever waits for one finds all of it.
sub keep {
	my ($name, $text) = @_;
	open(my $f, '>:raw', "$dir/new") or die "$dir/new: $!";
	print $f $text;
	close $f;
	rename "$dir/new", "$dir/$name" or die "$dir/$name: $!";
}

# True when the asker was ended and is not to be answered.
sub ended {
	my $mode = mode();
	sleep 1 if $mode eq 'slow';
	return 0 unless $mode =~ /^kill ([\d ]+)/;
	kill 'KILL', split(' ', $1);
	unlink "$dir/mode";
	return 1;
}

sub post {
	my ($c) = @_;
	my ($head, $body, $len) = ('', '', 0);
	while (defined(my $line = <$c>)) {
		$line =~ s/\r?\n$//;
		last if $line eq '';
		$len = $1 if $line =~ /^Content-Length: (\d+)/i;
		$head .= "$line\n";
	}
	read($c, $body, $len) if $len > 0;
	my $mode = mode();
	if ($mode =~ /^\d+$/) {
		print $c "HTTP/1.1 $mode No\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n";
		return;
	}
	my $n = ++$count{post};
	keep("body.$n", $body);
	keep("post.$n", "$head\n");
	return if ended();
	print $c "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
}

sub mail {
	my ($c) = @_;
	my ($said, $tls) = ('', 0);
	print $c "220 test ESMTP\r\n";
	while (defined(my $line = <$c>)) {
		$line =~ s/\r?\n$//;
		$said .= "$line\n";
		if ($line =~ /^EHLO/) {
			print $c "250-test\r\n", $tls ? "250 AUTH PLAIN\r\n" : "250 STARTTLS\r\n";
		} elsif ($line =~ /^STARTTLS/) {
			print $c "220 go on\r\n";
			$c->flush;
			IO::Socket::SSL->start_SSL($c, SSL_server => 1,
				SSL_cert_file => $cert, SSL_key_file => $key) or return;
			$tls = 1;
		} elsif ($line =~ /^AUTH PLAIN$/) {
			print $c "334 \r\n";
			$c->flush;
			chomp($said);
			$said .= ' ' . (<$c> // '') =~ s/\r//r;
			print $c "235 welcome\r\n";
		} elsif ($line =~ /^DATA/) {
			print $c "354 go on\r\n";
			my $text = '';
			while (defined($line = <$c>) && $line ne ".\r\n") {
				$line =~ s/^\.//;
				$text .= $line;
			}
			my $n = ++$count{mail};
			keep("mail.$n", "$said\n$text");
			return if ended();
			print $c "250 taken\r\n";
			$said = '';
		} elsif ($line =~ /^QUIT/) {
			print $c "221 bye\r\n";
			return;
		} elsif ($line =~ /^RCPT TO:<refused/) {
			print $c "550 nobody of this name\r\n";
		} else {
			print $c "250 fine\r\n";
		}
		$c->flush;
	}
}

# What is said to the server of pagers becomes DIR/page.N. DIR/level1 is one that takes
# no more than a line.
sub page {
	my ($c) = @_;
	my $said = '';
	print $c "220-welcome\r\n220 to the pagers\r\n";
	while (defined(my $line = <$c>)) {
		$line =~ s/\r?\n$//;
		$said .= "$line\n";
		if ($line =~ /^DATA/ && !-e "$dir/level1") {
			print $c "354 go on\r\n";
			while (defined($line = <$c>) && $line ne ".\r\n") {
				$said .= $line =~ s/\r\n/\n/r;
			}
			print $c "250 taken\r\n";
		} elsif ($line =~ /^(PAGE (?!none)|MESS|SEND)/) {
			keep('page.' . ++$count{page}, $said) if $1 eq 'SEND';
			print $c "250 fine\r\n";
		} elsif ($line =~ /^PAGE/) {
			print $c "550 no such pager\r\n";
		} else {
			print $c "500 what?\r\n";
			return if $line =~ /^QUIT/;
		}
		$c->flush;
	}
}

my %serve;
for ([$http, \&post], [$smtp, \&mail], $snpp ? [$snpp, \&page] : ()) {
	my $s = IO::Socket::INET->new(LocalAddr => $ENV{RECEIVERS} // '127.0.0.1', LocalPort => $_->[0],
		Listen => 20, ReuseAddr => 1) or die "port $_->[0]: $!";
	$serve{$s} = [$s, $_->[1]];
}
keep('ready', '');
my $select = IO::Select->new(map { $_->[0] } values %serve);
while (my @ready = $select->can_read) {
	for my $s (@ready) {
		my $c = $s->accept or next;
		$c->autoflush(1);
		$serve{$s}[1]->($c);
		close $c;
	}
}
