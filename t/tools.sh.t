#!/bin/bash
# The real programs, against servers on this host: what they write is understood.
. "${SOURCE:?}/t/world.sh" || exit 1
for program in irtt sipsak quakestat; do
	command -v $program >"$DIR/which" || skip_all "no $program (packages irtt, sipsak, qstat)"
done
world "$@"
network

irtt server -b 127.0.0.1:2112 >"$DIR/irtt.log" 2>&1 &
cat >"$DIR/servers" <<'END'
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
my ($sip, $game) = map {
	IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_, Proto => 'udp') or die
} 5060, 27960;
open my $ready, '>', shift or die;
close $ready;
my $select = IO::Select->new($sip, $game);
while (my @from = $select->can_read) {
	for my $s (@from) {
		$s->recv(my $in, 4096);
		select undef, undef, undef, 0.02;
		if ($s == $game) {
			$s->send("\xff\xff\xff\xffinfoResponse\n\\mapname\\q3dm17\\hostname\\a<b>" .
				"\\clients\\1\\sv_maxclients\\8\\protocol\\68");
			$s->send("\xff\xff\xff\xffstatusResponse\n\\mapname\\q3dm17\\sv_maxclients\\8\n");
			next;
		}
		my $head = join '', map { $in =~ /^($_:.*?\r\n)/mi ? $1 : '' } qw(Via From To Call-ID CSeq);
		$s->send("SIP/2.0 200 OK\r\n${head}Content-Length: 0\r\n\r\n");
	}
}
END
perl "$DIR/servers" "$DIR/ready" 2>"$DIR/servers.log" &
wait_until 10 test -e "$DIR/ready"
ok $? "the servers are there"
wait_until 10 grep -q ListenerStart "$DIR/irtt.log"
ok $? "irtt's server is there"

cat >"$DIR/probes" <<END
+ IRTT
interval = 0.2
+ SipSak
+ Qstat
binary = $(command -v quakestat)
timeout = 2
END
config 10 5 <<-END
+ One
menu = One
title = One of each
++ irtt
probe = IRTT
host = 127.0.0.1
writeto = a
++ jitter
probe = IRTT
host = 127.0.0.1
readfrom = a
metric = ipdv
++ nobody
probe = IRTT
host = 127.0.0.2
pings = 3
++ noname
probe = IRTT
host = nothing.sim
++ sip
probe = SipSak
host = 127.0.0.1
++ nosip
probe = SipSak
host = 127.0.0.2
++ game
probe = Qstat
host = 127.0.0.1
++ nogame
probe = Qstat
host = 127.0.0.2
pings = 3
END
awk -v probes="$(cat "$DIR/probes")" '/^\*\*\* Targets/ { print probes } { print }' \
	"$DIR/config" >"$DIR/config.new" && mv "$DIR/config.new" "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"

path() {
	json targets ".targets[] | select(.path == \"One.$1\") | .$2"
}
has() {
	[ "$(path "$1" last.time)" != null ]
}
for t in irtt jitter nobody noname sip nosip game nogame; do
	wait_until 30 has $t
	ok $? "$t has a round"
done
# irtt waits for its last answer three times as long as for those before: where it is put
# aside then, one is lost indeed.
lossless() {
	[ "$(path "$1" last.loss)" = 0 ]
}
for t in irtt jitter sip game; do
	wait_until 30 lossless $t
	ok $? "$t: a round without loss"
done
holds "irtt: a round trip on this host ($(path irtt last.median))" \
	"$(path irtt last.median) > 0 && $(path irtt last.median) < 1"
holds "sip: the 20 ms of the server ($(path sip last.median))" \
	"$(path sip last.median) > 0.005 && $(path sip last.median) < 1"
holds "game: the 20 ms of the server ($(path game last.median))" \
	"$(path game last.median) > 0.01 && $(path game last.median) < 1"
is "$(path nobody last.loss)" 3 "irtt without a server is loss"
like "$(path nobody why)" "irtt: Error: .*(refused|timeout|no reply)" "as irtt says"
is "$(path noname last.unknown)" true "a name that nobody knows is no loss"
like "$(path noname why)" "no such host|does not resolve" "as irtt says"
is "$(path nosip last.loss)" 5 "sipsak without a server is loss"
is "$(path nogame last.loss)" 3 "quakestat without a server is loss"
done_testing
