#!/bin/bash
# Bad input and bad places: one clear message that says what to do, and everything that
# is not affected goes on.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"

config 2 4 <<-END
+ A
menu = A
title = A
++ one
host = 10.0.0.2
END
cp "$DIR/config" "$DIR/good"

# start SECONDS ARGUMENT...: run it in the foreground; STATUS and DIR/out.
start() {
	local seconds=$1
	shift
	timeout -k 2 "$seconds" "$@" >"$DIR/out" 2>&1
	STATUS=$?
}

# A port taken.
perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8080",
	Listen => 1, ReuseAddr => 1) or die; open my $f, ">", shift; sleep 60' "$DIR/taken" &
taker=$!
wait_until 5 test -e "$DIR/taken"
start 10 "$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080
is $STATUS 3 "a taken port: exit 3"
like "$(cat "$DIR/out")" "127.0.0.1:8080.*(in use|taken)" "and the message names it"
like "$(cat "$DIR/out")" "listen|port" "and what to do"
kill $taker

# A data directory that cannot be written. Root can, so it is on a read-only mount.
mkdir -p "$DIR/ro"
mount -t tmpfs none "$DIR/ro" && mount -o remount,ro "$DIR/ro"
sed "s,^datadir = .*,datadir = $DIR/ro," "$DIR/good" >"$DIR/config"
start 10 "$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080
is $STATUS 3 "a data directory that cannot be written: exit 3"
like "$(cat "$DIR/out")" "$DIR/ro" "and the message names it"

if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true \
	2>"$DIR/setpriv"; then
	mkdir -p "$DIR/foreign"
	chmod 755 "$DIR/foreign"
	sed "s,^datadir = .*,datadir = $DIR/foreign," "$DIR/good" >"$DIR/config"
	start 10 setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080
	is $STATUS 3 "as another uid: exit 3"
	like "$(cat "$DIR/out")" "$DIR/foreign.*(chown|write|owner|permission)" \
		"and the message says whose it must be"

	# Started by root, it makes nothing where the directory's owner leads it.
	for link in .smokebox .smokebox/state; do
		rm -rf "$DIR/theirs" "$DIR/victim"
		mkdir -p "$DIR/theirs" "$DIR/victim"
		[ $link = .smokebox ] || mkdir "$DIR/theirs/.smokebox"
		ln -s "$DIR/victim" "$DIR/theirs/$link"
		chown -hR 65534:65534 "$DIR/theirs"
		sed "s,^datadir = .*,datadir = $DIR/theirs," "$DIR/good" >"$DIR/config"
		start 10 "$BUILD/probed/probed" --config "$DIR/config" \
			--listen 127.0.0.1:8080
		is $STATUS 3 "$link leads elsewhere: exit 3"
		is "$(ls -A "$DIR/victim")" "" "and nothing is made there"
	done

	# No ICMP permission: TCP goes on, ICMP says what to do.
	echo "1 0" >/proc/sys/net/ipv4/ping_group_range
	cat "$DIR/good" - >"$DIR/config" <<-END
	++ tcp
	probe = TCPPing
	port = 80
	host = 10.0.0.3
	END
	chown -R 65534:65534 "$DIR/data"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		--bounding-set=-all "$BUILD/probed/probed" --config "$DIR/config" \
		--listen 127.0.0.1:8080 >"$DIR/out" 2>&1 &
	PROBED=$!
	wait_until 20 ready
	ok $? "without ICMP permission it starts"
	wait_until 20 known A.tcp 2
	ok $? "and measures what needs none"
	is "$(state A.one)" cannot "ICMP targets cannot be measured"
	like "$(cat "$DIR/out")" 'sysctl -w net.ipv4.ping_group_range="0 2147483647"' \
		"the message says what to do"
	like "$(json targets '.targets[] | select(.path == "A.one")')" \
		"ping_group_range|NET_RAW|permission" "so does the target"
	probed_stop
	echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
	chown -R 0:0 "$DIR/data"
else
	for n in 1 2 3 4 5 6 7 8 9 10 11; do
		skip "needs a second uid"
	done
fi

# A dead resolver at start, later alive; a name that never resolves.
rules "* delay=2ms
3473461 dns=silent"
cat "$DIR/good" - >"$DIR/config" <<-END
++ named
host = t5.sim
++ nothing
host = no.such.name.sim
END
probed_start
wait_until 20 ready
ok $? "with a dead resolver it starts"
wait_until 20 known A.one 3
ok $? "and measures addresses"
is "$(known_rows "A.named" | wc -l)" 0 "a name without an answer is unknown"
rules "* delay=2ms"
wait_until 40 known A.named 1
ok $? "once the resolver lives the name is measured"
is "$(state A.nothing)" cannot "a name that does not exist cannot be measured"
like "$(json targets '.targets[] | select(.path == "A.nothing")')" "no.such.name.sim" \
	"and says so"
probed_stop

# More complaints than fit: those that do are shown, the gravest first.
{
	cat "$DIR/good"
	long=$(printf 'long %.0s' $(seq 400))
	for n in $(seq 400); do
		printf '++ never%s\nhost = 10.0.0.2/%s\nmenu = %s\n' "$n" "$n" "$long"
	done
	echo "*** Collector ***"
	echo "listen = $(for n in $(seq 20); do printf '192.0.2.77:%s ' "$n"; done)"
} >"$DIR/config"
probed_start
wait_until 20 ready
ok $? "with hundreds of warnings it starts" || show "$DIR/probed.log"
complaints() {
	json status '.config.warnings[].text' >"$DIR/warnings" &&
		grep -q "not the name of a host" "$DIR/warnings"
}
wait_until 10 complaints
ok $? "the status has many of them"
like "$(cat "$DIR/warnings")" "no flows are received on UDP 192.0.2.77:20" \
	"and what cannot be opened"

# Nor is there a document of everything, and who asks for it need not try again.
is "$(get /status.pdf)" 200 "a document of all, which waits for histories and then for the painter"
is "$(get /overview.pdf)" 400 "what is too long for a document is refused"
body_has "no more than 256 kB are laid out: choose a shorter time or fewer targets" "with what to do"
is "$(get /overview.csv)" 200 "as a file it is had"
probed_stop
unlike "$(cat "$DIR/probed.log")" "web, pid [0-9]+: (killed|ended with|does not)" "web ends well"

# A full disk: what is measured waits in memory, page and log say so, and it is written
# as soon as there is room.
mkdir -p "$DIR/small"
mount -t tmpfs -o size=64k none "$DIR/small"
sed "s,^datadir = .*,datadir = $DIR/small," "$DIR/good" >"$DIR/config"
probed_start
wait_until 20 ready
full() {
	page / | grep -q "History is not being written"
}
quiet() {
	! full
}
wait_until 20 full
ok $? "a full disk: the page says that history is not written"
like "$(page /)" "A/one.rrd: No space left on device" "and why"
like "$(cat "$DIR/probed.log")" "A/one.rrd: No space left on device" "so does the log"
mount -o remount,size=8m "$DIR/small"
wait_until 20 test -s "$DIR/small/A/one.rrd"
ok $? "once there is room it is written"
wait_until 20 quiet
ok $? "and the page is quiet again"
probed_stop

# Ten errors: all are shown, at their lines.
cat >"$DIR/config" <<-END
*** General ***
owner Test
contact =
datadir = relative/path
nonsense = 1
*** Database ***
step = soon
pings = 1
AVERAGE 2 0 x
*** Probes ***
+ FPing
binary = /usr/bin/fping
+ FPing
pings = many
*** Targets ***
probe = Nothing
+ bad name
host = x
+++ deep
host = y
*** Nowhere ***
END
start 10 "$BUILD/probed/probed" --config "$DIR/config" --check
is $STATUS 1 "ten errors: exit 1"
holds "and at least eight messages with place" \
	"$(grep -cE '^[^ ]*config:[0-9]+: ' "$DIR/out") >= 8"
start 10 "$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080
is $STATUS 1 "started with it: exit 1"
start 10 "$BUILD/probed/probed" --no-such-option
is $STATUS 2 "an option that does not exist: exit 2"
start 10 "$BUILD/probed/probed" --config "$DIR/nothere/at/all" --check
is $STATUS 1 "a configuration that is not there: exit 1"
like "$(cat "$DIR/out")" "nothere" "and its name"
(cd "$DIR" && start 10 "$BUILD/probed/probed" --config --check; echo $STATUS >"$DIR/status")
is "$(cat "$DIR/status")" 2 "an option in the place of the configuration's name: exit 2"
like "$(cat "$DIR/out")" "'--check' is no file" "and the message says so"
[ ! -e "$DIR/--check" ]
ok $? "and no configuration of that name is written"

# What only those know that measure: every kind of worker is asked.
cp "$DIR/good" "$DIR/config"
sed -i 's,^+ Curl$,+ SipSak\nbinary = /bin/true\n+ DismanPing\n+ Curl,' "$DIR/config"
cat >>"$DIR/config" <<-END
++ type
probe = AnotherDNS
recordtype = NONSENSE
host = 10.0.0.2
++ type2
probe = AnotherDNS
recordtype = NONSENSE
host = 10.0.0.3
++ option
probe = Curl
extraargs = --nonsense
host = 10.0.0.2
++ router
probe = DismanPing
pinghost = public@10.0.0.3
host = 10.0.0.2
END
start 20 "$BUILD/probed/probed" --config "$DIR/config" --check
is $STATUS 0 "what cannot be measured is no error"
place="^$DIR/config:[0-9]+: warning:"
like "$(cat "$DIR/out")" "$place A.type and 1 more: cannot measure: .*NONSENSE" \
	"but said with its place: the prober's"
like "$(cat "$DIR/out")" "$place A.option: cannot measure: .*--nonsense" "the fetcher's"
like "$(cat "$DIR/out")" "$place A.router: cannot measure: .*step longer" "the runner's"
start 20 "$BUILD/probed/probed" --config "$DIR/config" --check --strict
is $STATUS 1 "with --strict it is an error"

# SmokePing's line, and which targets are meant.
start 20 "$BUILD/probed/probed" --config "$DIR/config" --check --filter=/A/type
is $STATUS 0 "a filter"
like "$(cat "$DIR/out")" "^Configuration file '$DIR/config' syntax OK\.$" "SmokePing's line is there"
like "$(cat "$DIR/out")" "^$DIR/config: fine, 2 targets to measure$" "and only two targets are measured"
start 20 "$BUILD/probed/probed" --config "$DIR/config" --check --filter='!/A/('
is $STATUS 2 "no regular expression: exit 2"
like "$(cat "$DIR/out")" "'!/A/\(' is no regular expression" "and the message says so"
done_testing
