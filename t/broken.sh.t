#!/bin/bash
# Lines between workers break, by the death of one end or by themselves while both live:
# they are made anew, nobody is started again who need not be, and what the recorder must
# have waits for it.
. "${SOURCE:?}/t/world.sh"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
clock_begin
smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:2055
END
probed_start
wait_until 30 ready || bail "probed does not answer"
ALL="prober recorder web painter courier collector"
all_ready() {
	local w
	for w in $ALL; do
		fresh "$w" || return 1
	done
}
pids() {
	json status '.workers[] | "\(.name) \(.pid)"'
}
wait_until 30 all_ready
ok $? "all workers are ready"

# cut PID: close all of its lines to other workers, in both directions, by way of copies
# of its sockets (pidfd_open, pidfd_getfd); prints how many there were. Descriptor 3 is
# the line to the parent.
cut_lines() {
	perl -MSocket -e '
		my $pidfd = syscall(434, $ARGV[0] + 0, 0);
		die "pidfd_open: $!\n" if $pidfd < 0;
		my $lines = 0;
		for my $n (map { m|/(\d+)$|; $1 } glob "/proc/$ARGV[0]/fd/*") {
			next if $n == 3 || (readlink("/proc/$ARGV[0]/fd/$n") // "") !~ /^socket:/;
			my $fd = syscall(438, $pidfd, $n + 0, 0);
			die "pidfd_getfd: $!\n" if $fd < 0;
			open my $s, "+<&=", $fd or die "$!\n";
			next if unpack("i", getsockopt($s, SOL_SOCKET, SO_TYPE) // die "$!\n") != SOCK_SEQPACKET;
			shutdown $s, 2 or die "shutdown: $!\n";
			$lines++;
		}
		print "$lines\n"' "$1"
}
mended() {
	grep -c "the line between $1 and $2 broke: here is another" "$DIR/probed.log"
}
sequence=0 flows=0
# One more flow arrives, and it is known that it did.
flow_arrives() {
	v5 $sequence 150000 "$turned" | send
	sequence=$((sequence + 1))
	reaches $((flows + 1)) collector tally.records
}
round_arrives() {
	newer_row A.one "$1"
}
working() {
	flows=$(collector tally.records)
	wait_until 20 flow_arrives
	ok $? "$1: flows arrive"
	wait_until 20 round_arrives "$(known_rows A.one | awk 'END { print $1 + 0 }')"
	ok $? "$1: rounds arrive"
}
working "at first"

# --- lines that break though both ends live --------------------------------------------
pids >"$DIR/before"
lines=$(cut_lines "$(worker_pid collector)" 2>"$DIR/cut")
if [ -z "$lines" ]; then
	show "$DIR/cut"
	skip "no copies of another process's sockets here"
else
	is "$lines" 1 "the collector has one line"
	wait_until 20 gets 1 mended recorder collector
	ok $? "it is made anew" || show "$DIR/probed.log"
	working "without the collector's line"
	is "$(cut_lines "$(worker_pid recorder)")" 4 "the recorder has four"
	for pair in "prober recorder" "recorder web" "recorder courier" "recorder collector"; do
		n=1
		[ "$pair" != "recorder collector" ] || n=2
		# shellcheck disable=SC2086
		wait_until 20 gets $n mended $pair
		ok $? "the line between $pair is made anew" || show "$DIR/probed.log"
	done
	working "without the recorder's lines"
	is "$(cut_lines "$(worker_pid web)")" 3 "web has three"
	wait_until 20 gets 2 mended recorder web
	ok $? "which are made anew" || show "$DIR/probed.log"
	wait_until 20 gets 1 mended web painter
	ok $? "to the painter, too" || show "$DIR/probed.log"
	working "without web's lines"
	is "$(pids)" "$(cat "$DIR/before")" "and nobody was started again"
fi

# --- ends that die -----------------------------------------------------------------------
for w in collector recorder; do
	pid=$(worker_pid $w)
	kill -9 "$pid"
	wait_until 20 fresh $w "$pid"
	ok $? "$w: killed and replaced" || show "$DIR/probed.log"
	working "without the $w"
done

# --- what the recorder must have ------------------------------------------------------------
# A minute is over while there is no recorder, nor anybody who would start one.
flows=$(collector tally.records)
wait_until 20 flow_arrives
ok $? "a flow of this minute"
minute=$((($(date +%s) + turned) / 60 * 60))
pid=$(worker_pid recorder)
collector=$(worker_pid collector)
wakeups() {
	awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$collector/status"
}
kill -STOP "$PROBED"
kill -9 "$pid"
turn 600
# The collector, which nothing reaches now, wakes each second to look at the clock.
wakes=$(wakeups)
wait_until 60 reaches $((wakes + 5)) wakeups
ok $? "the collector sees that it is later"
kill -CONT "$PROBED"
# Final: no minute of that time grows any more, and there is the flow.
kept() {
	[ "$(top "start=$((minute - 60))&end=$((minute + 120))" \
		'[.growing, .total.octets >= 150000, .covered >= 60]')" = '[false,true,true]' ]
}
wait_until 30 kept
ok $? "a minute that was over while the recorder was away is kept" || {
	top "start=$((minute - 60))&end=$((minute + 120))" . | sed 's/^/# /'
	show "$DIR/probed.log"
}
probed_stop
ok $? "it ends"
done_testing
