#!/bin/bash
# A line that is filled by its own traffic: delay on the simulated network rises with what
# counter samples of sFlow tell of an interface; the incident, its numbers, the grade of
# the line, and what a restart leaves of it.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=4ms"
cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:6343
	allow = 127.0.0.0/8
	+ interfaces
	++ wan
	device = 127.0.0.1
	index = 2
	speed = 50M/10M
	title = The line
	beyond = A.one
END
one_target | config 1 4
probed_start
wait_until 60 ready || bail "probed does not answer"

# --- an interface that counts -------------------------------------------------------------
# Each second a datagram with what interface 2 carried at the rates in DIR/load, bit/s.
# Counters are those of the moment, however late it is.
echo "500000 100000" >"$DIR/load"
perl -MSocket -MTime::HiRes=time,sleep -e '
	my $file = shift;
	socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
	my $to = sockaddr_in(6343, inet_aton("127.0.0.1"));
	my ($in, $out, $seq, $begin, $last) = (0, 0, 0, time, time);
	while (1) {
		open my $f, "<", $file or die;
		my ($i, $o) = split " ", <$f> // "";
		close $f;
		my $now = time;
		if (defined $o) {
			$in += $i / 8 * ($now - $last);
			$out += $o / 8 * ($now - $last);
			$last = $now;
			$seq++;
			my $port = pack("N2 Q> N2 Q> N6 Q> N6", 2, 6, 1e9, 1, 3, $in, $in / 1000,
				0, 0, 0, 0, 0, $out, $out / 1000, 0, 0, 0, 0, 0);
			my $sample = pack("N3", $seq, 2, 1) . pack("N2", 1, length $port) . $port;
			send($s, pack("N2 a4 N4", 5, 1, inet_aton("127.0.0.1"), 0, $seq,
				int(($now - $begin) * 1000), 1) .
				pack("N2", 2, length $sample) . $sample, 0, $to);
		}
		sleep 1;
	}' "$DIR/load" &


# load IN OUT DELAY: so much is carried, and everything waits so long, from now on.
load() {
	echo "$1 $2" >"$DIR/load.new"
	mv "$DIR/load.new" "$DIR/load"
	rules "* delay=$3"
}
# line EXPRESSION: of what the API says of the line.
line() {
	json "interfaces?device=127.0.0.1&index=2" ".interfaces[0].bufferbloat | $1"
}
incident() {
	json "incidents?kind=congestion" ".incidents[0] | $1"
}
is_so() {
	[ "$("${@:2}")" = "$1" ]
}
kept() {
	[ -s "$DIR/data/.smokebox/state/congestion" ]
}

wait_until 60 is_so A.one line .target
is "$(line .target)" A.one "the line is known by what lies beyond it"
is "$(line .grade)" null "and has no grade yet"
# Idle for so long that what idle is has been judged.
sleep_until() { [ "$(date +%s)" -ge "$1" ]; }
idle=$(($(date +%s) + 18))
wait_until 60 sleep_until $idle
is "$(json 'incidents?kind=congestion' '.incidents | length')" 0 "idle, nothing is the matter"

load 500000 9800000 154ms
wait_until 60 is_so 127.0.0.1/2 incident .subject
is "$(incident .subject)" 127.0.0.1/2 "an upload that delays is an incident"
is "$(incident .evidence.cause)" bufferbloat "of bufferbloat"
is "$(incident .confidence)" sure "by probes and counters: sure"
number() {
	incident ".evidence.numbers[] | select(.name == \"$1\") | .value"
}
holds "it says how much is added ($(number added_delay) ms of 150)" \
	"$(number added_delay) > 100 && $(number added_delay) < 250"
like "$(incident .summary)" '^The line is filled by its own traffic: while uploading at ' \
	"in words"
graded() { line .grade | grep -q '^[A-F]'; }
wait_until 90 graded
is "$(line .grade)" C "the line has a grade"
holds "its queue is told ($(line .out.buffer) octets)" "$(line .out.buffer) > 100000 && $(line .out.buffer) < 400000"
holds "and a rate for a shaper ($(line .out.shaper) bit/s)" "$(line .out.shaper) > 7e6 && $(line .out.shaper) < 9.8e6"
shown() { page /traffic | grep -q 'bufferbloat <b>C</b>'; }
wait_until 30 shown
ok $? "the page of traffic shows it"
like "$(page /metrics)" \
	'smokebox_interface_added_delay_seconds\{[^}]*way="out"\} 0\.1' "and metrics"
like "$(page /t/A/one)" 'is filled by its own traffic' "the target's page names the incident"

load 500000 100000 4ms
closed() { [ "$(incident .end)" != null ]; }
wait_until 60 closed
ok $? "it ends with the upload"

probed_stop
ok "$(kept; echo $?)" "what was learned is kept"
probed_start
wait_until 60 ready || bail "probed does not answer again"
wait_until 60 is_so C line .grade
is "$(line .grade)" C "and known after a restart"
done_testing
