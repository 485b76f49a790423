#!/bin/bash
# Workers die, stall and are told to end; the others do not notice.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=2ms"
export SMOKEBOX_TEST=beat=5 # seconds without a sign of life

probed 2 3 < <(one_target)

ALL="prober recorder web painter courier collector"

# PID and state of a worker: "17 ready".
worker() {
	json status ".workers[] | select(.name == \"$1\") | \"\(.pid) \(.state)\""
}

# Worker $1 is ready under another pid than $2.
replaced() {
	local pid state
	read -r pid state <<<"$(worker "$1")"
	[ -n "$pid" ] && [ "$pid" != "$2" ] && [ "$state" = ready ]
}

all_ready() {
	local w
	for w in $ALL; do
		replaced "$w" 0 || return 1
	done
}

# Pids of all but $1.
others() {
	json status ".workers[] | select(.name != \"$1\") | \"\(.name) \(.pid)\""
}

last_end() {
	json status ".workers[] | select(.name == \"$1\") | .last_end"
}

known() {
	[ "$(rows A.one 2>/dev/null | grep -cvi nan)" -ge "$1" ]
}

wait_until 20 all_ready
ok $? "all workers become ready" || show "$DIR/probed.log"
wait_until 20 known 1
ok $? "rounds arrive"
is "$(json status '.workers[] | select(.name == "runner") | .name')" "" \
	"no runner where nothing is to be run"

# --- the scheduler -----------------------------------------------------------------

# policy WORKER
policy() {
	LC_ALL=C chrt -p "$(worker_pid "$1")" | sed -n 's/.*policy: //p'
}
real_time() {
	[ "$(policy prober)" = SCHED_FIFO ]
}
if chrt -f 1 true; then
	wait_until 20 real_time
	ok $? "the prober is real-time"
	is "$(policy painter)" SCHED_OTHER "the painter is not"
	# As the kernel does where it has not slept for long.
	kill -XCPU "$(worker_pid prober)"
	wait_until 20 real_time
	ok $? "and is so again after it had to go back"
	like "$(worker prober)" ' ready$' "without having ended"
else
	skip "not permitted to be real-time"
fi

# --- killed ------------------------------------------------------------------------

for w in $ALL; do
	pid=$(worker_pid "$w")
	others "$w" >"$DIR/before"
	kill -9 "$pid"
	wait_until 20 replaced "$w" "$pid"
	ok $? "$w: killed and replaced" || show "$DIR/probed.log" 20
	is "$(others "$w")" "$(cat "$DIR/before")" "$w: the others live on"
	is "$(last_end "$w")" "killed by signal 9" "$w: it is said why it ended"
done
before=$(rows A.one | grep -cvi nan)
wait_until 20 known $((before + 2))
ok $? "rounds arrive again"
is "$(rows A.one | awk '$2 > 0 && $2 != "-nan" && $2 != "nan"')" "" \
	"what was missed is unknown, not loss"

# --- stalled -----------------------------------------------------------------------

for w in prober recorder; do
	pid=$(worker_pid "$w")
	others "$w" >"$DIR/before"
	kill -STOP "$pid"
	wait_until 20 replaced "$w" "$pid"
	ok $? "$w: stalled and replaced" || show "$DIR/probed.log" 20
	is "$(others "$w")" "$(cat "$DIR/before")" "$w: the others live on"
	is "$(last_end "$w")" "gave no sign of life" "$w: it is said why it ended"
done

# --- configuration -----------------------------------------------------------------

generation() {
	[ "$(json status ".workers | map(select(.generation >= $1)) | length")" = 6 ]
}
refused() {
	[ "$(json status .config.refused)" = "$1" ]
}

others nobody >"$DIR/before"
cp "$DIR/config" "$DIR/good"
cat >>"$DIR/config" <<-END
++ two
menu = two
title = two
host = 10.0.0.3
END
wait_until 15 generation 2
ok $? "a changed file reaches every worker" || show "$DIR/probed.log" 20
is "$(others nobody)" "$(cat "$DIR/before")" "and restarts nobody"
is "$(json targets '.targets | length')" 2 "the new target is there"

echo "nonsense" >>"$DIR/config"
wait_until 15 refused true
ok $? "a bad file is refused"
like "$(cat "$DIR/probed.log")" "config:[0-9]+: .*expected" "the log says where"
like "$(json status '.config.errors[].place')" "config:[0-9]+" "so does the status"
is "$(json targets '.targets | length')" 2 "the running configuration goes on"
cp "$DIR/good" "$DIR/config"
wait_until 15 refused false
ok $? "a mended file is taken over"
is "$(json targets '.targets | length')" 1 "as it is"
kill -HUP "$PROBED"
wait_until 15 generation 4
ok $? "SIGHUP looks again"
is "$(others nobody)" "$(cat "$DIR/before")" "none of it restarted anybody"

# --- a second one ------------------------------------------------------------------

timeout 10 "$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8081 \
	>"$DIR/second" 2>&1
is $? 3 "a second probed on the same history: exit 3"
like "$(cat "$DIR/second")" "in use by another probed \(pid $PROBED " \
	"and its message names the first"
ready
ok $? "which goes on"

# --- the end -----------------------------------------------------------------------

# PIDs of all workers.
pids() {
	json status '.workers[].pid'
}
none_left() {
	local p
	for p in $1; do
		is_gone "$p" || return 1
	done
}
# end TEXT: SIGTERM, and how long it takes.
end() {
	local left begin status
	left=$(pids)
	[ -z "${1:-}" ] || kill -STOP "$1"
	begin=$(date +%s%N)
	kill "$PROBED"
	wait "$PROBED"
	status=$?
	TOOK=$((($(date +%s%N) - begin) / 1000000))
	PROBED=
	none_left "$left" || echo "# left: $left"
	none_left "$left" && return $status
}

end
is $? 0 "SIGTERM: ends, with status 0, nobody left"
holds "within 5 s" "$TOOK < 5000"
before=$(rows A.one | wc -l)
holds "history is there" "$before > 0"

probed_start
wait_until 20 all_ready
stalled=$(worker_pid recorder)
end "$stalled"
is $? 0 "it ends with a stalled worker too"
holds "within 5.5 s" "$TOOK < 5500"

# --- one that cannot be killed -----------------------------------------------------

if [ "$(awk '$1 == 0 { print $3 }' /proc/self/uid_map)" != 1 ] && [ "$(id -u)" = 0 ]; then
	rm -rf "$DIR/data"
	setpriv --bounding-set=-kill "$BUILD/probed/probed" --config "$DIR/config" \
		--listen 127.0.0.1:8080 --user 65534 >"$DIR/probed.out" \
		2>>"$DIR/probed.log" &
	PROBED=$!
	wait_until 20 all_ready
	stalled=$(worker_pid recorder)
	end "$stalled"
	holds "it ends all the same" "$TOOK < 5500"
	like "$(cat "$DIR/probed.log")" "recorder, pid $stalled, cannot be killed" \
		"and says why one is left behind"
	kill -CONT "$stalled"
	wait_until 5 is_gone "$stalled"
	ok $? "which leaves as soon as it can"
else
	for n in 1 2 3; do
		skip "needs a second uid"
	done
fi

# --- a runner, another user --------------------------------------------------------

cat "$DIR/good" - >"$DIR/config" <<-END
alertee = |/bin/true
*** Alerts ***
to = smokebox@example.net
from = smokebox@example.net
END
ALL="$ALL runner"
user=
if [ "$(awk '$1 == 0 { print $3 }' /proc/self/uid_map)" != 1 ] && [ "$(id -u)" = 0 ]; then
	user="--user 65534"
	rm -rf "$DIR/data"
fi
# shellcheck disable=SC2086
probed_start $user
wait_until 20 all_ready
ok $? "the runner runs where programs are named" || show "$DIR/probed.log" 20
if [ -n "$user" ]; then
	is "$(json status '[.workers[].uid] | unique | .[]')" 65534 "all workers are --user"
	is "$(stat -c %u "$DIR/data")" 65534 "a new data directory is theirs"
	is "$(stat -c '%u %a' "$DIR/data/.smokebox/probectl.sock")" "65534 660" \
		"so is probectl's socket"
	is "$(stat -c %u "$DIR/data/.smokebox/lock")" 65534 \
		"and the lock, so that they may be started without root next time"
	wait_until 20 known 1
	ok $? "and they write history there"
else
	for n in 1 2 3 4 5; do
		skip "needs a second uid"
	done
fi
cp "$DIR/good" "$DIR/config"
ALL=runner
runner=$(worker_pid runner)
wait_until 15 is_gone "$runner"
ok $? "it ends when none is named any more"
probed_stop
is $? 0 "the end"
done_testing
