#!/bin/bash
# Answers that come to a telescope: an incident of a victim elsewhere, live, with its
# numbers, and its end.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=2ms"
ip link set lo up

cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:2055
	allow = 127.0.0.1
	local = 192.0.2.0/24
	telescope = 203.0.113.0/24
END
one_target | config 1 4
probed_start
wait_until 60 ready || bail "probed does not answer"

# flows VICTIM COUNT AGO SPAN DST...: so many SYN/ACKs of VICTIM, seen from AGO seconds ago
# over SPAN, one datagram of NetFlow v5 for each, to DST ("203.0.113" or an address)
flows() {
	perl -MSocket -e '
		my ($victim, $count, $ago, $span, $dst) = @ARGV;
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		for my $i (0 .. $count - 1) {
			my $to = $dst =~ /\.\d+\.\d+\.\d+$/ ? $dst : "$dst." . ($i * 77 % 256);
			my $age = int(1000 * ($ago - $span * $i / $count));
			my $r = inet_aton($victim) . inet_aton($to) . pack("NnnNNNNnnCCCCnnCCn",
				0, 1, 2, 1, 44, 1e7 - $age, 1e7 - $age, 80, 1024 + $i, 0, 0x12,
				6, 0, 0, 0, 0, 0, 0);
			my $d = pack("nnNNNNCCn", 5, 1, 1e7, time, 0, $i, 0, 0, 0) . $r;
			send($s, $d, 0, sockaddr_in(2055, inet_aton("127.0.0.1"))) or die "$!";
			select undef, undef, undef, 0.001;
		}' "$@"
}
incident() { # incident JQ: of the first of its kind
	json incidents ".incidents[] | select(.kind == \"backscatter\") | $1" | head -n 1
}
has_incident() {
	[ -n "$(incident .subject)" ]
}

# A few answers are noise, and those to somebody who is there are nobody's.
flows 198.51.100.9 20 100 90 203.0.113
flows 198.51.100.8 100 100 90 192.0.2.7
flows 198.51.100.7 200 100 90 203.0.113
wait_until 60 has_incident
is "$(incident .subject)" 198.51.100.7 "who answers a telescope is a victim"
is "$(incident .confidence)" sure "surely"
is "$(incident .end)" null "it goes on"
is "$(incident .evidence.responses)" 200 "by so many answers"
is "$(incident .evidence.monitored_addresses)" 256 \
	"own addresses are not called quiet before a day has passed"
# 199 in 90 s at 256 addresses are 37.1 million a second; the end of the time is a little open.
holds "the estimate is near" "$(incident .evidence.estimate_pps) > 30e6 && $(incident .evidence.estimate_pps) < 38e6"
like "$(incident .summary)" "198.51.100.7 is under a SYN flood of at least" "in words"
is "$(json incidents '[.incidents[] | select(.kind == "backscatter")] | length')" 1 "nobody else is"
like "$(page /metrics)" 'smokebox_open_incidents\{kind="backscatter",suppressed="no"\} 1
' "metrics count it"
like "$("$BUILD/probectl" --data "$DIR/data" events)" "198.51.100.7.*SYN flood" "probectl tells it"

# An incident that is open outlives us.
probed_stop
probed_start
wait_until 60 ready || bail "probed does not answer again"
has_incident
is $? 0 "after a restart it is still there"
is "$(json incidents '[.incidents[] | select(.kind == "backscatter")] | length')" 1 "and the only one"
done_testing
