#!/usr/bin/perl
# browser.pl OUTDIR [--run=FILE] [--no-script] URL... : look at every page as people do, in headless Chromium: the
# first one at desktop and phone width, light and dark, the others at desktop light and
# phone dark. One JSON object a line and page: graphs that are missing, those that scripts draw, errors on the console, requests that failed or went elsewhere, a page
# wider than its window. A graph that was "503, not drawn in time" is asked for again by the
# page: that is no failure, "images" tells whether it came. With --run the expression in FILE is evaluated on each page as
# well, and what it promises is in "run"; with --no-script no script of a page runs. "bytes"
# are what the network brought until scripts could run, until the page had loaded, in all.
# Screenshots go to OUTDIR. Speaks the DevTools protocol over
# Chromium's pipe, with Perl's own modules only.
use strict;
use warnings;
use Fcntl qw(F_DUPFD);
use IO::Handle;
use IO::Select;
use JSON::PP;
use MIME::Base64;
use POSIX ();
use Time::HiRes qw(time);

my ($outdir, @urls) = @ARGV;
my ($run, $scriptless) = ('', 0);
while (@urls && $urls[0] =~ /^--(run=(.*)|no-script)$/) {
	$scriptless = 1 unless defined $2;
	$run = do { local (@ARGV, $/) = $2; <> } if defined $2;
	shift @urls;
}
die "usage: browser.pl OUTDIR URL...\n" unless @urls;
my $json = JSON::PP->new->utf8->canonical;
my ($to, $from, $pid, $buffer, $number, $session) = (undef, undef, undef, '', 0, undef);
my @events;

sub start {
	my ($profile) = @_;
	pipe(my $their_in, $to) && pipe($from, my $their_out) or die "pipe: $!";
	$pid = fork // die "fork: $!";
	if ($pid == 0) {
		# High numbers first, so that neither copy overwrites an original.
		my $in = fcntl($their_in, F_DUPFD, 20);
		my $out = fcntl($their_out, F_DUPFD, 20);
		POSIX::dup2($in, 3);
		POSIX::dup2($out, 4);
		open STDOUT, '>', "$profile/chromium.out";
		open STDERR, '>&', \*STDOUT;
		no warnings 'exec';
		exec $ENV{CHROMIUM} || 'chromium', '--headless', '--no-sandbox', '--disable-gpu',
		    '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions',
		    '--disable-background-networking', '--disable-component-update',
		    '--disable-sync', '--hide-scrollbars', '--no-proxy-server',
		    '--remote-debugging-pipe', "--user-data-dir=$profile", 'about:blank';
		POSIX::_exit(127);
	}
	close $their_in;
	close $their_out;
	$to->autoflush(1);
}

# The next message, or undef after SECONDS.
sub receive {
	my ($seconds) = @_;
	my $end = time + $seconds;
	my $select = IO::Select->new($from);
	while (index($buffer, "\0") < 0) {
		my $left = $end - time;
		return undef if $left <= 0 || !$select->can_read($left);
		sysread($from, $buffer, 1 << 20, length $buffer) or die "chromium left\n";
	}
	my $at = index $buffer, "\0";
	my $message = $json->decode(substr $buffer, 0, $at);
	substr($buffer, 0, $at + 1) = '';
	return $message;
}

# Call METHOD and return its result; events that come meanwhile are kept.
sub call {
	my ($method, $params) = @_;
	my %message = (id => ++$number, method => $method, params => $params // {});
	$message{sessionId} = $session if $session;
	print $to $json->encode(\%message), "\0";
	my $end = time + 180; # of a machine with much else to do
	while (my $m = receive($end - time)) {
		if (!defined $m->{id}) {
			push @events, $m;
		} elsif ($m->{id} == $number) {
			die "$method: $m->{error}{message}\n" if $m->{error};
			return $m->{result};
		}
	}
	die "$method: no answer\n";
}

sub wait_event {
	my ($method, $seconds) = @_;
	my $end = time + $seconds;
	return 1 if grep { $_->{method} eq $method } @events;
	while (my $m = receive($end - time)) {
		push @events, $m;
		return 1 if ($m->{method} // '') eq $method;
	}
	return 0;
}

# Scroll down once, so that lazy pictures load, and wait until all are there. One that was
# not noticed in passing, as on a machine with much else to do, is looked at until it is.
my $look = <<'END';
(async () => {
	const pause = ms => new Promise(done => setTimeout(done, ms));
	const images = () => [...document.images];
	for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
		scrollTo(0, y);
		await pause(20);
	}
	for (let i = 0; i < 1200; i++) {
		const missing = images().find(i => !i.complete);
		if (!missing)
			break;
		if (i % 10 === 9)
			missing.scrollIntoView({ block: 'center' });
		await pause(100);
	}
	scrollTo(0, 0);
	return {
		title: document.title,
		images: images().map(i => ({ src: i.currentSrc || i.src, width: i.naturalWidth,
			complete: i.complete, alt: i.alt })),
		wide: document.documentElement.scrollWidth - innerWidth,
		height: document.documentElement.scrollHeight,
		plots: document.querySelectorAll('#plot:not([hidden])').length,
		styled: [...document.styleSheets].length,
	};
})()
END

sub host_of {
	my ($url) = @_;
	return $url =~ m,^https?://([^/]+), ? $1 : '';
}

# Bytes that came by the network until SECONDS of Chromium's clock (undef: so far): of what
# is complete as it says in the end, else heads and what came of their bodies.
sub transferred {
	my ($until) = @_;
	my (%bytes, %finished);
	for my $e (@events) {
		my ($m, $p) = ($e->{method}, $e->{params});
		next unless $m =~ /^Network\.(responseReceived|dataReceived|loadingFinished)$/;
		next if defined $until && $p->{timestamp} > $until;
		my $id = $p->{requestId};
		if ($1 eq 'loadingFinished') {
			$bytes{$id} = $p->{encodedDataLength};
			$finished{$id} = 1;
		} elsif (!$finished{$id}) {
			$bytes{$id} += ($p->{response} // $p)->{encodedDataLength};
		}
	}
	my $sum = 0;
	$sum += $_ for values %bytes;
	return $sum;
}

# When METHOD happened, of Chromium's clock.
sub happened {
	my ($method) = @_;
	my ($e) = grep { $_->{method} eq $method } @events;
	return $e ? $e->{params}{timestamp} : undef;
}

sub visit {
	my ($url, $name, $width, $theme) = @_;
	@events = ();
	call('Emulation.setDeviceMetricsOverride', { width => $width, height => 900,
		deviceScaleFactor => 1,
		mobile => $width < 600 ? JSON::PP::true : JSON::PP::false });
	call('Emulation.setEmulatedMedia',
		{ features => [ { name => 'prefers-color-scheme', value => $theme } ] });
	call('Page.navigate', { url => $url });
	my %seen = (url => $url, width => $width, theme => $theme);
	$seen{loaded} = wait_event('Page.loadEventFired', 120);
	# Without scripts nothing that waits ever comes to an end.
	my $result = $scriptless ? {} : call('Runtime.evaluate',
		{ expression => $look, awaitPromise => JSON::PP::true,
			returnByValue => JSON::PP::true });
	%seen = (%seen, %{ $result->{result}{value} // {} });
	if ($run ne '') {
		my $ran = call('Runtime.evaluate', { expression => $run, awaitPromise => JSON::PP::true,
			returnByValue => JSON::PP::true });
		$seen{run} = $ran->{result}{value};
	}
	# Until it can be used, until what its window shows is there, and of all of it.
	$seen{bytes} = [ transferred(happened('Page.domContentEventFired')),
		transferred(happened('Page.loadEventFired')), transferred() ];
	my $height = $seen{height} // 900;
	my $shot = call('Page.captureScreenshot', { format => 'png',
		captureBeyondViewport => JSON::PP::true,
		clip => { x => 0, y => 0, width => $width, scale => 1,
			height => $height > 4000 ? 4000 : $height } });
	open my $file, '>:raw', "$outdir/$name-$width-$theme.png" or die "$outdir: $!";
	print $file decode_base64($shot->{data});
	close $file;
	my (@errors, @failed, @foreign);
	for my $e (@events) {
		my ($m, $p) = ($e->{method}, $e->{params});
		next if $m eq 'Log.entryAdded' && $p->{entry}{text} =~ /status of 503\b/
		    && ($p->{entry}{url} // '') =~ m{/graph/};
		next if $m eq 'Network.responseReceived' && $p->{response}{status} == 503
		    && $p->{response}{url} =~ m{/graph/};
		push @errors, $p->{exceptionDetails}{text} if $m eq 'Runtime.exceptionThrown';
		push @errors, $p->{entry}{text} . ' ' . ($p->{entry}{url} // '')
		    if $m eq 'Log.entryAdded' && $p->{entry}{level} eq 'error';
		push @errors, join ' ', map { $_->{value} // '' } @{ $p->{args} }
		    if $m eq 'Runtime.consoleAPICalled' && $p->{type} =~ /error|assert/;
		push @failed, $p->{response}{status} . ' ' . $p->{response}{url}
		    if $m eq 'Network.responseReceived' && $p->{response}{status} >= 400;
		push @foreign, $p->{request}{url} if $m eq 'Network.requestWillBeSent'
		    && $p->{request}{url} !~ /^(data|blob):/
		    && host_of($p->{request}{url}) ne host_of($url);
	}
	@seen{qw(errors failed foreign)} = (\@errors, \@failed, \@foreign);
	print $json->encode(\%seen), "\n";
}

my $profile = ($ENV{DIR} // $outdir) . "/profile-$$";
mkdir $profile or die "$profile: $!\n";
$SIG{PIPE} = 'IGNORE';
start($profile);
my $target = call('Target.createTarget', { url => 'about:blank' });
my $attached = call('Target.attachToTarget',
	{ targetId => $target->{targetId}, flatten => JSON::PP::true });
$session = $attached->{sessionId};
call("$_.enable") for qw(Page Runtime Network Log);
call('Emulation.setScriptExecutionDisabled', { value => JSON::PP::true }) if $scriptless;
$| = 1;
for my $url (@urls) {
	(my $name = $url) =~ s,^https?://[^/]+/,,;
	$name =~ s,[^A-Za-z0-9]+,-,g;
	$name =~ s,^-|-$,,g;
	$name = 'start' if $name eq '';
	visit($url, $name, 1280, 'light');
	visit($url, $name, 390, 'dark');
	next if $url ne $urls[0];
	visit($url, $name, 1280, 'dark');
	visit($url, $name, 390, 'light');
}
$session = undef;
eval { call('Browser.close') };
waitpid $pid, 0;
system 'rm', '-rf', $profile;
