#!/bin/bash
# Interfaces by their counters: Debian's snmpd asked in versions 2c and 3, counter samples
# of sFlow, a history that was there before with its bill, and what is shown of it all.
. "${SOURCE:?}/t/world.sh"
PATH=$PATH:/usr/sbin
for program in snmpd rrdtool; do
	command -v $program >"$DIR/which" || skip_all "no $program"
done
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
clock_begin
ip link add port0 type veth peer name port1 || skip_all "no veth interfaces here"
ip link set port0 address 02:00:00:00:00:01
ip link set port1 address 02:00:00:00:00:02
ip address add 10.77.0.1/24 dev port0
ip link set port0 up
ip link set port1 up
ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev port0
ip link set port0 alias "to the provider"
PORT0=$(ip -o link show port0 | sed 's/:.*//')

# --- the agent ------------------------------------------------------------------------
cat >"$DIR/snmpd.conf" <<-END
	rocommunity wonderful
	rouser monitor priv
	rouser reader auth
	rouser guard priv
	createUser guard SHA-256 "long password" AES "other password"
	createUser monitor SHA-256 "long password" AES "other password"
	createUser reader SHA "long password"
END
mkdir "$DIR/snmp"
agent() {
	MIBS="" SNMP_PERSISTENT_DIR=$DIR/snmp snmpd -f -Lf "$DIR/snmpd.log" -C \
		-c "$DIR/snmpd.conf" udp:127.0.0.1:1161 udp6:[::1]:1161 >"$DIR/snmpd.out" 2>&1 &
	AGENT=$! AGENT_BEGUN=$SECONDS
}
agent

# --- a history that was there before: the last month and this one -----------------------
# Last month 500 known averages of 1..500 kbit/s in, this month 0..; made in one go.
now=$(date +%s)
month=$(date -d "$(date +%Y-%m-01) -1 day" +%Y-%m)
begin=$(date -d "$month-01" +%s)
traffic=$DIR/data/.smokebox/traffic
mkdir -p "$traffic/192.0.2.77"
ds="GAUGE:120:0:U"
rrdtool create "$traffic/192.0.2.77/5.rrd" --step 60 --start $((begin - 60)) \
	DS:in_octets:$ds DS:out_octets:$ds DS:in_packets:$ds DS:out_packets:$ds \
	DS:in_discards:$ds DS:out_discards:$ds DS:in_errors:$ds DS:out_errors:$ds \
	RRA:AVERAGE:0.5:1:2880 RRA:AVERAGE:0.5:5:20160 RRA:AVERAGE:0.5:60:9600
# Interval k of 500 (five equal minutes) carries (k * 211 mod 500) * 125 octets/s in.
awk -v begin="$begin" 'BEGIN {
	for (k = 0; k < 500; k++)
		for (m = 1; m <= 5; m++) {
			v = (k * 211 % 500) * 125
			printf "%d:%d:%d:U:U:U:U:U:U\n", begin + k * 300 + m * 60, v, v / 5
		}
}' | xargs -n 500 rrdtool update "$traffic/192.0.2.77/5.rrd"
printf '192.0.2.77\t5\t1\t0\t3\t64\t1000000\t1000000\told router\twan\tthe old line\n' >"$traffic/index"

# --- the configuration ------------------------------------------------------------------
umask 077
echo wonderful >"$DIR/community"
echo "long password" >"$DIR/auth"
echo "other password" >"$DIR/privacy"
umask 022
smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:6343
	allow = 127.0.0.0/8
	+ snmp
	port = 1161
	every = 5
	++ two
	host = 127.0.0.1
	community_file = community
	++ three
	host = ::1
	version = 3
	user = monitor
	auth = sha256
	auth_password_file = auth
	privacy = aes
	privacy_password_file = privacy
	interfaces = port1
	++ wrong
	host = 127.0.0.1
	version = 3
	user = reader
	auth = sha
	auth_password = not the password
	++ sealed
	host = 127.0.0.1
	version = 3
	user = guard
	auth = sha256
	auth_password = not the password
	privacy = aes
	privacy_password_file = privacy
	interfaces = port1
	++ silent
	host = 127.0.0.1
	port = 1162
	community = nobody
	+ interfaces
	++ line
	device = 127.0.0.1
	name = port0
	speed = 100M/20M
	title = The line
END
probed_start
wait_until 30 ready || bail "probed does not answer"

# of DEVICE NAME EXPRESSION
of() {
	json "interfaces?device=$1" ".interfaces[] | select(.name == \"$2\") | $3"
}
poller() {
	json status ".pollers[] | select(.name == \"$1\") | .$2"
}
holds_now() { # HOLDS_NOW EXPRESSION-OF-AWK with @ for the output of the command
	local expression=$1 got
	shift
	got=$("$@")
	[ -n "$got" ] && [ "$got" != null ] && awk "BEGIN { exit !(${expression//@/$got}) }"
}
# A steady stream: a hundred datagrams of 972 bytes (1014 with their headers) a second.
perl -MSocket -MTime::HiRes=sleep -e '
	socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
	my $to = sockaddr_in(9, inet_aton("10.77.0.2"));
	while (1) { send($s, "x" x 972, 0, $to); sleep 0.01 }' &
STREAM=$!

wait_until 60 holds_now "@ > 20000" of 127.0.0.1 port0 .now.out_octets
holds "SNMP v2c: what goes out is seen ($(of 127.0.0.1 port0 .now.out_octets) octets/s)" \
	"$(of 127.0.0.1 port0 .now.out_octets) > 20000 && $(of 127.0.0.1 port0 .now.out_octets) < 110000"
holds "packets as well: of 1014 octets, but for a few" "$(of 127.0.0.1 port0 '.now.out_octets / .now.out_packets | (. - 1014) | fabs') < 80"
is "$(of 127.0.0.1 port0 .counter_bits)" 64 "by counters of 64 bits"
is "$(of 127.0.0.1 port0 .index)" "$PORT0" "its index"
is "$(of 127.0.0.1 port0 .device_name)" two "the device as the configuration calls it"
is "$(of 127.0.0.1 port0 .alias)" "The line" "the interface as the operator calls it"
is "$(of 127.0.0.1 port0 '.speed | "\(.in) \(.out)"')" "100000000 20000000" \
	"and as fast as the operator says"
is "$(of 127.0.0.1 port1 '.speed | "\(.in) \(.out)"')" "10000000000 10000000000" \
	"others as the device says"
is "$(of 127.0.0.1 lo .name)" "" "loopbacks are left out"
wait_until 60 holds_now "@ > 20000" of ::1 port1 .now.in_octets
holds "SNMP v3 with privacy, over IPv6: what comes in at the other end" \
	"$(of ::1 port1 .now.in_octets) > 20000"
is "$(of ::1 port0 .name)" "" "only the interfaces that are wanted"
is "$(poller three trouble)" null "nothing is wrong with it"
is "$(poller three interfaces)" 1 "it has one interface"
wait_until 60 holds_now "@ > 0" poller wrong failures
like "$(poller wrong trouble)" "[Aa]uthentication failure" "a wrong password is said"
# Of a question that it cannot open an agent does not know the number.
wait_until 60 holds_now "@ > 1" poller sealed failures
like "$(poller sealed trouble)" "[Aa]uthentication failure" "also one behind a seal, and it is asked again"
is "$(poller sealed last)" null "it did not answer"
sed -i '/^user = guard/,/^auth_password/s/^auth_password = .*/auth_password_file = auth/' "$DIR/smokebox"
wait_until 60 holds_now "@ > 0" poller sealed answers
ok $? "with the right password it is read ($(poller sealed trouble))"
wait_until 60 holds_now "@ > 0" poller silent failures
like "$(poller silent trouble)" "no answer" "so is silence"
is "$(poller silent last)" null "it never answered"
unlike "$(cat "$DIR/probed.log")" "wonderful|long password|other password" "no secret in the log"
unlike "$(api status)$(api interfaces)$(page /config)" "wonderful|long password|other password" \
	"nor in what is shown"

# --- the month before ---------------------------------------------------------------------
# A hundred and some of 500 known: the 475th of 0..499 is 474 kbit/s.
is "$(of 192.0.2.77 wan '.percentile95_before | "\(.month) \(.in) \(.estimate) \(.known)"')" \
	"$month 474000 false 500" "the 95th percentile of the month before, of 500 averages"
holds "of what goes out" "$(of 192.0.2.77 wan .percentile95_before.out) == 94800"
holds "how many there were in all" \
	"$(of 192.0.2.77 wan .percentile95_before.passed) >= 28 * 288 && $(of 192.0.2.77 wan .percentile95_before.passed) <= 31 * 288 + 12"
is "$(of 192.0.2.77 wan '.percentile95 | "\(.in) \(.known)"')" "null 0" "nothing is known of this one"
is "$(json "interfaces?month=$month" '.interfaces[] | select(.name == "wan") | .percentile95.in')" \
	474000 "a month can be asked for"
is "$(json 'interfaces?month=yesterday' .status)" 400 "what is no month is refused"
is "$(json "interfaces?device=192.0.2.77&index=5&start=$begin&end=$((begin + 3000))" \
	'.history | "\(.step) \(.columns.in_octets[0:3] | map(round) | tostring)"')" \
	"300 [0,26375,52750]" "its history"
is "$(get "/api/v1/interfaces?device=192.0.2.77&index=5&start=$begin&end=$((begin + 3000))&format=csv")" 200 \
	"which is a table as well"
is "$(head -n 1 "$DIR/body" | cut -d, -f 1-3)" "time,in_octets,out_octets" "of columns with names"
is "$(sed -n '3,4p' "$DIR/body" | tr -d '\r' | awk -F, -v b=$begin '{ print $1 - b, int($2 + .5) }' | tr '\n' ' ')" \
	"600 26375 900 52750 " "a line for each row, with the second at which it ends"
is "$(json 'interfaces?start=now-1h' .status)" 400 "a history is of one interface"
is "$(json 'interfaces?device=192.0.2.77&index=5&format=csv' .status)" 400 "and so is a table of one"
is "$(json 'interfaces?device=192.0.2.77&index=77&start=now-1h&format=csv' .status)" 404 "which there is not of all"
like "$(page "/traffic?start=$begin&end=$((begin + 3000))")" 'href="/api/v1/interfaces\?device=192\.0\.2\.77&amp;index=5&amp;start=[0-9]+&amp;end=[0-9]+&amp;format=csv" download' \
	"the page of traffic leads to it"

is "$(json 'interfaces?device=abc' .status)" 404 "nobody is called so"
is "$(json 'interfaces?device=two' '.interfaces | length > 0')" true "a device by its name"
is "$(json 'interfaces?device=192.0.2.199' '.interfaces | length')" 0 "one of which nothing is known"

# --- sFlow: two counter samples 30 s apart by their uptime -------------------------------
# counters UPTIME SEQUENCE IN OUT
counters() {
	perl -MSocket -e '
		my ($uptime, $n, $in, $out) = @ARGV;
		my $if = pack("N2 Q> N2 Q> N6 Q> N5 N", 7, 6, 1e9, 1, 3, $in, $in / 500, 0, 0, 3, 4, 0,
			$out, $out / 500, 0, 0, 5, 6, 0);
		my $sample = pack("N3", $n, 7, 1) . pack("N2", 1, length $if) . $if;
		my $d = pack("N2 a4 N4", 5, 1, inet_aton("198.51.100.9"), 0, $n, $uptime, 1) .
			pack("N2", 2, length $sample) . $sample;
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		send($s, $d, 0, sockaddr_in(6343, inet_aton("127.0.0.1"))) or die' "$@"
}
counters 5000000 1 1000000 2000000
sleep 2
counters 5002000 2 1500000 2250000
sflow() {
	json 'interfaces?device=198.51.100.9&index=7' ".interfaces[] | $1"
}
wait_until 30 holds_now "@ > 0" sflow .now.in_octets
holds "sFlow: 500000 octets in, whatever the time between" \
	"$(sflow '.now.in_octets * .now.known') > 499999 && $(sflow '.now.in_octets * .now.known') < 500001"
is "$(sflow .source)" sflow "by sFlow"
is "$(sflow .speed.in)" 1000000000 "its speed"

# --- a minute later ---------------------------------------------------------------------
# The clock is turned by twenty seconds from one answer to the next, which tells of five
# seconds of the stream; an agent that says to be younger than that has begun anew.
agent_is_old() { [ $((SECONDS - AGENT_BEGUN)) -gt 25 ]; }
wait_until 60 agent_is_old
minute_passed() {
	local before
	before=$(of 127.0.0.1 port0 .now.time)
	turn 20
	wait_until 20 holds_now "@ > $before" of 127.0.0.1 port0 .now.time
	holds_now "@ >= 59.9" of 127.0.0.1 port0 .minute.known
}
wait_until 150 minute_passed
holds "a whole minute of the stream" "$(of 127.0.0.1 port0 .minute.out_octets) > 5000"
ok "$([ -s "$traffic/127.0.0.1/$PORT0.rrd" ]; echo $?)" "it has a history"
is "$(of 127.0.0.1 port0 '.percentile95.estimate')" false "and a bill by counters"
history() {
	json "interfaces?device=127.0.0.1&index=$PORT0&start=now-600s" \
		'[.history.columns.out_octets[] | select(. != null)] | max'
}
wait_until 60 holds_now "@ > 5000" history
holds "the history holds it" "$(history) > 5000 && $(history) < 110000"

page=$(page /traffic)
like "$page" "The line <span class=\"sub\">port0</span> <span class=\"sub\">two · by snmp" "the page has it"
like "$page" '<svg class="if-use".* class="if-out" d="M' "with a small picture"
like "$page" '<span class="sub">up to [0-9.]+ [kM]?bit/s</span>' "which says how high it is"
like "$page" "how full a line is, not who fills it" "how full, not who"
like "$page" "in 474 kbit/s, out 94.8 kbit/s<span class=\"sub\">$month, 500 of [0-9]+ five-minute averages" \
	"a bill, and how much of it is known"
like "$page" "silent \(127.0.0.1:1162\): no answer" "who does not answer"

# --- by flows, while their minute grows ------------------------------------------------------
flows() {
	json 'interfaces?device=127.0.0.9&index=3' ".interfaces[] | $1"
}
v5 0 150000 $turned | send 6343 127.0.0.9
wait_until 30 gets 127.0.0.9 flows .device
is "$(flows '"\(.growing) \(.flows)"')" "null null" "an interface by flows is known while its first minute goes on"
turn 60
wait_until 30 gets 2500 flows .growing.in_octets
is "$(flows '"\(.growing.in_octets) \(.growing.known) \(.flows)"')" "2500 60 null" \
	"a minute later there is a figure, of a minute that grows"
like "$(page /traffic)" 'interface 3 <span class="sub">127.0.0.9 · by flows of [-0-9 ]*[0-9]{2}:[0-9]{2}, still growing</span>.*20.0 kbit/s' \
	"the page has it, and says so"
like "$(page /metrics)" 'smokebox_interface_bits_per_second\{device="127.0.0.9",index="3",name="",way="in"\} 20000' \
	"metrics have it"
turn 60
is "$(flows .growing.in_octets)" 2500 "so it is when another minute has passed"
turn 60
is "$(flows .growing)" null "then nothing of it is now any more"
unlike "$(page /metrics)" 'smokebox_interface_bits_per_second\{device="127.0.0.9"' "nor in metrics"

# --- what an exporter sent ----------------------------------------------------------------
told() {
	[ "$(json "interfaces?exporter=$WORD&start=now-900s" \
		'[.history_exporter.columns.records[] | select(. != null)] | add * 60 | round')" = 1 ]
}
WORD=$(json status '.exporters[] | select(.address == "127.0.0.9") | .history')
is "$WORD" "127.0.0.9-netflow5-0-0" "the status says what to ask for its history by"
wait_until 30 test -s "$traffic/exporters/$WORD.rrd"
v5 1 150000 $turned | send 6343 127.0.0.9
wait_until 30 gets 2 exporter netflow5 records
turn 60
wait_until 60 told
ok $? "an exporter has a history: one record more"
is "$(json "interfaces?exporter=$WORD&start=now-900s" '.history_exporter | "\(.step) \(.columns | keys | join(" "))"')" \
	"60 datagrams lost records" "of what it sent and what never came"
is "$(get "/api/v1/interfaces?exporter=$WORD&start=now-900s&format=csv"; head -n 1 "$DIR/body" | tr -d '\r')" \
	"200time,datagrams,records,lost" "also as a table"
is "$(json "interfaces?exporter=../../raw/x&start=now-900s" .history_exporter)" null "nobody else has one"
like "$(page '/traffic?start=now-15min')" '<svg class="x-use".*records a second, up to 0\.0[0-9]+"><path class="if-in" d="M' \
	"the page draws it"

# --- a reboot of the agent: nothing is made up ---------------------------------------------
kill $AGENT
wait $AGENT
agent
resets=$(json status .interfaces.resets)
wait_until 60 holds_now "@ > $resets" json status .interfaces.resets
holds "an agent that begins anew is a reset" "$(json status .interfaces.resets) > $resets"
wait_until 60 holds_now "@ > 20000" of ::1 port1 .now.in_octets
is "$(poller three trouble)" null "version 3 finds its way again"
# An agent keeps its tables for some seconds: what they say next is of a longer time.
wait_until 60 holds_now "@ > 0 && @ < 110000" of 127.0.0.1 port0 .now.out_octets
ok $? "nothing beyond what was sent"
kill $STREAM

# It is told of what is now, and not of what was before.
seen() {
	holds_now "@ > $(($(date +%s) + turned - 20))" of 127.0.0.1 port0 .now.time &&
		holds_now "@ > $(($(date +%s) + turned - 20))" of ::1 port1 .now.time
}
wait_until 60 seen || bail "devices are not asked any more"
# A poll that an agent answers too late is said too; the next one answers again.
answers() {
	[[ $(page /metrics) =~ smokebox_poller_up\{name=\"three\",source=\"snmp\"\}\ 1 ]]
}
wait_until 60 answers
metrics=$(page /metrics)
like "$metrics" "smokebox_interface_bits_per_second\\{device=\"127.0.0.1\",index=\"$PORT0\",name=\"port0\",way=\"out\"\\}" \
	"metrics: rates"
like "$metrics" 'smokebox_interface_samples_total [1-9]' "metrics: samples"
like "$metrics" 'smokebox_poller_up\{name="three",source="snmp"\} 1' "metrics: who answers"
like "$metrics" 'smokebox_poller_up\{name="silent",source="snmp"\} 0' "metrics: and who does not"
status=$("$BUILD/probectl" --data "$DIR/data" status)
like "$status" 'interfaces +[0-9]+ known' "probectl: interfaces"
like "$status" 'silent +snmp +127.0.0.1:1162 .*no answer' "probectl: a device that is silent"

# --- an agent that is silent --------------------------------------------------------------
kill $AGENT
wait $AGENT
said=$(of ::1 port1 .now.time)
turn 70
like "$(page /metrics)" 'smokebox_interface_bits_per_second\{device="::1"' "metrics: what was seen a minute ago is now"
turn 30
unlike "$(page /metrics)" 'smokebox_interface_bits_per_second\{device="::1"' "a minute and a half ago is not"
is "$(of ::1 port1 .now.time)" "$said" "though the API tells what was seen last, and when"
page=$(page /traffic)
like "$page" 'port1 <span class="sub">three · by snmp</span>.*</th>.*<span class="none">–</span>' "and the page shows none"

# --- after a restart ------------------------------------------------------------------------
probed_stop
grep -q "^127.0.0.1	$PORT0	" "$traffic/index"
ok $? "which interfaces there are is written down"
sed -i '/^+ snmp/,/^community = nobody/d' "$DIR/smokebox"
probed_start
wait_until 30 ready || bail "probed does not answer again"
wait_until 30 holds_now "@ > 0" json interfaces '.interfaces | length'
is "$(of 127.0.0.1 port0 .source)" snmp "it is known again, though nobody is asked"
is "$(of 127.0.0.1 port0 '.minute')" null "without a figure of now"
is "$(json status '.pollers | length')" 0 "nobody is asked"
probed_stop
done_testing
