#!/bin/bash
# Programs that measure, through the whole program: their times are in the RRDs exactly,
# and whatever else they do has its name and harms nobody.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network

# tool NAME: a program from standard input, that writes down how it is called
mkdir -p "$DIR/bin"
chmod 777 "$DIR"
tool() {
	{
		echo '#!/bin/bash'
		echo "printf '%s\\n' \"\$*\" >>'$DIR/$1.calls'"
		cat
	} >"$DIR/bin/$1"
	chmod 755 "$DIR/bin/$1"
}

tool remote <<'END'
echo "ICMP Host Unreachable from 10.0.0.1 for ICMP Echo sent to 10.0.0.3" >&2
for host; do
	case $host in
	10.0.0.2) echo "$host : 1.23 - 4.56 2.00 0.5" >&2 ;;
	10.0.0.3) echo "$host : - - - - -" >&2 ;;
	nothing.sim) echo "$host: Name or service not known" >&2 ;;
	esac
done
END
tool refused <<'END'
echo "ssh: connect to host nowhere port 22: Connection refused" >&2
exit 255
END
tool nfsping <<'END'
echo "${*: -1} : 0.10 0.20 0.30 - -" >&2
exit 1
END
tool hang <<'END'
trap '' TERM
while :; do sleep 100; done
END
tool flood <<'END'
exec yes
END
tool crash <<'END'
kill -SEGV $$
END
tool quake <<'END'
cat <<XML
<?xml version="1.0" encoding="iso-8859-1"?>
<qstat>
	<server type="Q3S" address="x" status="UP">
		<name>x&lt;y&gt;</name>
		<ping>17</ping>
	</server>
</qstat>
XML
END
tool rsh <<'END'
# What it is told is read before it answers; more would be seen.
for i in {1..14}; do
	IFS= read -r line
	printf '%s\n' "$line"
done >"$0.reading"
cat <&0 >>"$0.reading" &
mv "$0.reading" "$0.input"
cat <<IOS
Protocol [ip]: Type escape sequence to abort.
Sending 5, 56-byte ICMP Echos to 10.0.0.2, timeout is 2 seconds:
Reply to request 0 (4 ms)
Reply to request 1 (8 ms)
Request 2 timed out
Reply to request 3 (1 ms)
Reply to request 4 (2 ms)
Success rate is 80 percent (4/5), round-trip min/avg/max = 1/3/8 ms
IOS
END
tool ssh <<END
[ "\$("\$SSH_ASKPASS" "Are you sure you want to continue connecting (yes/no)? ")" = "" ] || exit 99
"\$SSH_ASKPASS" "router's password: " >>'$DIR/ssh.passwords'
cat <<JUNOS
PING 10.0.0.2 (10.0.0.2): 100 data bytes
108 bytes from 10.0.0.2: icmp_seq=0 ttl=64 time=0.432 ms
108 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.5 ms
108 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=12.001 ms
JUNOS
END
tool irtt <<'END'
[ "$*" = "${*/--clock=both/}" ] && exit 1
cat <<JSON
{"round_trips": [
 {"seqno": 0, "lost": "false", "delay": {"rtt": 1000000, "send": 400000, "receive": 600000}, "ipdv": {}},
 {"seqno": 1, "lost": "false", "delay": {"rtt": 1200000, "send": -5, "receive": 600000},
  "ipdv": {"rtt": 200000, "send": 1, "receive": 2}},
 {"seqno": 2, "lost": "true", "delay": {}, "ipdv": {}},
 {"seqno": 3, "lost": "false", "delay": {"rtt": 900000, "send": 300000, "receive": 600000}, "ipdv": {}},
 {"seqno": 4, "lost": "false", "delay": {"rtt": 800000, "send": 300000, "receive": 500000},
  "ipdv": {"rtt": -100000, "send": 1, "receive": 2}}
]}
JSON
END
[ -x /usr/bin/ssh ] || skip_all "no ssh (package openssh-client)"
mount --bind "$DIR/bin/ssh" /usr/bin/ssh

cat >"$DIR/probes" <<END
+ RemoteFPing
rhost = far
rbinary = /usr/sbin/fping
ruser = me
++ Remote
binary = $DIR/bin/remote
++ Refused
binary = $DIR/bin/refused
+ NFSping
binary = $DIR/bin/nfsping
tcp = true
+ SipSak
timeout = 3
++ Hang
timeout = 1
binary = $DIR/bin/hang
++ Crash
binary = $DIR/bin/crash
+ Qstat
timeout = 15
++ Quake
binary = $DIR/bin/quake
++ Flood
binary = $DIR/bin/flood
+ IOSPing
binary = $DIR/bin/rsh
+ OpenSSHJunOSPing
+ IRTT
interval = 0.2
++ Irtt
binary = $DIR/bin/irtt
++ Missing
binary = $DIR/bin/missing
+ Radius
passwordfile = $DIR/nofile
END

# single NAME PROBE [LINE...]
single() {
	printf '++ %s\nprobe = %s\n' "$1" "$2"
	shift 2
	[ $# = 0 ] || printf '%s\n' "$@"
	echo "host = ${HOST_OF:-10.0.0.2}"
}

# A machine with much else to do takes seconds to start a program: only what hangs has
# little time, and values are waited for, since a round that was cut off has none.
config 20 5 <<-END
+ One
menu = One
title = One of each
$(single remote Remote)
$(HOST_OF=10.0.0.3 single lost Remote)
$(HOST_OF=nothing.sim single noname Remote)
$(single again Remote)
$(single refused Refused)
$(single nfs NFSping)
$(single hang Hang "pings = 3" "sipsak_timeout = 100")
$(single deaf Hang "pings = 3" "sipsak_timeout = 0.5")
$(single crash Crash)
$(single quake Quake)
$(single flood Flood "pings = 3")
$(single ios IOSPing "ioshost = router" "iosuser = joe" "iosint = Loopback0")
$(single junos OpenSSHJunOSPing "source = router" "junosuser = joe" "junospass = s3 cret" "psource = 10.9.9.9")
$(single irtt Irtt "writeto = a")
$(single ipdv Irtt "readfrom = a" "metric = ipdv")
$(single send Irtt "readfrom = a" "metric = send")
$(single nowrite Irtt "readfrom = b")
$(single missing Missing)
$(single icmp FPing)
END
awk -v probes="$(cat "$DIR/probes")" '/^\*\*\* Targets/ { print probes } { print }' \
	"$DIR/config" >"$DIR/config.new" && mv "$DIR/config.new" "$DIR/config"

"$BUILD/probed/probed" --config "$DIR/config" --check >"$DIR/check" 2>&1
is $? 0 "a missing program is no error"
line=$(grep -n "binary = $DIR/bin/missing" "$DIR/config" | cut -d: -f1)
like "$(cat "$DIR/check")" "config:$line: warning: $DIR/bin/missing: there is no such program.* targets of probe Missing cannot be measured" \
	"but a warning at its line"
line=$(grep -n "passwordfile = $DIR/nofile" "$DIR/config" | cut -d: -f1)
like "$(cat "$DIR/check")" "config:$line: warning: passwordfile $DIR/nofile: No such file" \
	"as is a missing file"
"$BUILD/probed/probed" --config "$DIR/config" --check --strict >"$DIR/check" 2>&1
is $? 1 "which --strict makes an error"

probed_start
wait_until 20 ready || bail "probed does not answer"

path() {
	json targets ".targets[] | select(.path == \"One.$1\") | .$2"
}

# The last row of a target, as RRDtool has it, without its time: "U loss median ping..."
row() {
	rrdtool lastupdate "$DIR/data/One/$1.rrd" 2>/dev/null | tail -n 1 | sed 's/^[0-9]*: //'
}
# COUNT rows that are not the immediate round
has() {
	[ "$(path "$1" last.time)" != null ]
}
for t in remote lost noname again nfs crash quake flood ios junos irtt ipdv send icmp deaf; do
	wait_until 40 has $t
	ok $? "$t has a round"
done
wait_until 40 has hang
ok $? "hang has a round"

# A round in which this machine stood still has unknown pings, which are no loss.
row_is() {
	[ "$(row "$1")" = "$2" ]
}
# gets_row TARGET ROW TEXT: it is so, or becomes so
gets_row() {
	wait_until 30 row_is "$1" "$2"
	ok $? "$3" || echo "# got '$(row "$1")', expected '$2'"
}
path_is() {
	[ "$(path "$1" "$2")" = "$3" ]
}
gets() {
	wait_until 30 path_is "$1" "$2" "$3"
	ok $? "$4" || echo "# got '$(path "$1" "$2")', expected '$3'"
}
says() {
	grep -qE -e "$2" <<<"$(path "$1" why)"
}
# gets_why TARGET PATTERN TEXT
gets_why() {
	wait_until 30 says "$1" "$2"
	ok $? "$3" || echo "# got '$(path "$1" why)', expected '$2'"
}
gets_row remote "U 1 2.0000000000e-03 5.0000000000e-04 1.2300000000e-03 2.0000000000e-03 4.5600000000e-03 U" \
	"the remote fping's times and its loss"
# In the first, immediate round they may not all be ready at the same time.
wait_until 20 grep -qxE -e "-lme far /usr/sbin/fping -C 5 -q -B1 -r1 -i10( 10\.0\.0\.2| 10\.0\.0\.3| nothing\.sim){3}" \
	"$DIR/remote.calls"
ok $? "called as SmokePing calls it, once for all its targets" || show "$DIR/remote.calls"
gets_row again "U 1 2.0000000000e-03 5.0000000000e-04 1.2300000000e-03 2.0000000000e-03 4.5600000000e-03 U" \
	"targets of one host share its times"
gets lost last.loss 5 "loss as the program has it"
gets noname last.unknown true "a name that the program does not know is no loss"
gets_why noname "remote: nothing.sim: Name or service not known" "and it is said why"
gets refused last.unknown true "where the other host was not reached, nothing is known"
gets_why refused "refused: ssh: connect to host nowhere port 22: Connection refused" \
	"and it is said why"
gets_row nfs "U 2 2.0000000000e-04 U 1.0000000000e-04 2.0000000000e-04 3.0000000000e-04 U" \
	"nfsping's times"
is "$(tail -n 1 "$DIR/nfsping.calls")" "-C 5 -q -i10 -T 10.0.0.2" "and arguments"
gets hang last.loss 3 "a program that hangs is loss"
gets_why hang "hang: timeout \(4 s\) reached, killing it" "and said so"
gets_why deaf "hang: timeout \((0|1) s\) reached" "likewise one that says nothing"
gets crash last.unknown true "a program that crashes measured nothing"
gets_why crash "crash: it was ended by signal 11" "and it is said why"
gets_row quake "U 0 1.7000000000e-02 1.7000000000e-02 1.7000000000e-02 1.7000000000e-02 1.7000000000e-02 1.7000000000e-02" \
	"quakestat's times"
is "$(tail -n 1 "$DIR/quake.calls")" "-nocfg -xml -timeout 15 -q3s 10.0.0.2" "and arguments"
gets flood last.unknown true "a program that floods measured nothing"
gets_why flood "flood: it wrote without end" "and it is said why"
gets_row ios "U 1 4.0000000000e-03 1.0000000000e-03 2.0000000000e-03 4.0000000000e-03 8.0000000000e-03 U" \
	"a Cisco's times"
is "$(tail -n 1 "$DIR/rsh.calls")" "-l joe router ping" "and arguments"
is "$(tr '\n' , <"$DIR/bin/rsh.input")" ",10.0.0.2,5,56,,y,Loopback0,,,,,V,,," \
	"and answers to its questions"
is "$(sort -u "$DIR/ssh.passwords")" "s3 cret" "ssh asks for the password, and for nothing else"
gets_row junos "U 2 5.0000000000e-04 U 4.3200000000e-04 5.0000000000e-04 1.2001000000e-02 U" \
	"a Juniper's times"
like "$(tail -n 1 "$DIR/ssh.calls")" "-l joe router ping 10.0.0.2 count 5 size 100 source 10.9.9.9$" \
	"and arguments"
gets_row irtt "U 1 1.0000000000e-03 8.0000000000e-04 9.0000000000e-04 1.0000000000e-03 1.2000000000e-03 U" \
	"irtt's round trips"
like "$(tail -n 1 "$DIR/irtt.calls")" "^client -i 0.2s -d 1s -Q --clock=both --tstamp=midpoint --stats=none -o - 10.0.0.2$" \
	"and arguments"
gets_row send "U 1 3.0000000000e-04 1.0000000000e-09 3.0000000000e-04 3.0000000000e-04 4.0000000000e-04 U" \
	"another metric of the same run"
lossless() {
	row icmp | grep -qE '^U 0 [0-9]'
}
wait_until 30 lossless
ok $? "others are measured as if nothing were" || row icmp
gets missing state cannot "what has no program cannot be measured"
gets_why missing "$DIR/bin/missing: there is no such program" "and says so"

tool missing <<'END'
echo '{"round_trips": [{"lost": "false", "delay": {"rtt": 7000000}}]}'
END
kill -HUP "$PROBED"
measures() {
	row missing | grep -q "^U 4 7.0000000000e-03 "
}
wait_until 30 measures
ok $? "a program that appears is found by a reload, and measures" || row missing

# Whatever becomes of the runner, its programs go with it.
hung() {
	pgrep -f "^/bin/bash $DIR/bin/hang" >"$DIR/hung"
}
gone() {
	! hung
}
wait_until 20 hung
ok $? "a program hangs"
kill -KILL "$(worker_pid runner)"
wait_until 10 gone
ok $? "and ends with a runner that is killed"
wait_until 30 has remote
ok $? "which is started again"
probed_stop
is $? 0 "probed ends well"
gone
ok $? "and leaves no program behind"
done_testing
