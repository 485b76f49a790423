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
# One round is looked at, of which no stall of this machine is a part.
# takes TARGET LEAST: it lost nothing, with a median of LEAST to a second
takes() {
	path "$1" last | tee "$DIR/last" | jq -e --argjson least "$2" \
		'.loss == 0 and .median > $least and .median < 1'
}
wait_until 30 takes irtt 0
ok $? "irtt: a round without loss, by a round trip on this host" || show "$DIR/last"
wait_until 30 takes jitter 0
ok $? "jitter: a round without loss" || show "$DIR/last"
wait_until 30 takes sip 0.005
ok $? "sip: a round without loss, with the 20 ms of the server" || show "$DIR/last"
wait_until 30 takes game 0.01
ok $? "game: a round without loss, with the 20 ms of the server" || show "$DIR/last"
loses() {
	[ "$(path "$1" last.loss)" = "$2" ]
}
wait_until 30 loses nobody 3
ok $? "irtt without a server is loss"
like "$(path nobody why)" "irtt: Error: .*(refused|timeout|no reply)" "as irtt says"
is "$(path noname last.unknown)" true "a name that nobody knows is no loss"
like "$(path noname why)" "no such host|does not resolve" "as irtt says"
wait_until 30 loses nosip 5
ok $? "sipsak without a server is loss"
wait_until 30 loses nogame 3
ok $? "quakestat without a server is loss"
done_testing
