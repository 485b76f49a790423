#!/bin/bash
# The sentence about a line that is full, through the whole program: a host at home uploads
# by TCP over a line of 10 Mbit/s with a queue of 225 kB in front of it, of the simulated
# network. What the router's kernel counts comes as counter samples of sFlow, who it is as
# NetFlow, and pings each second tell what waits.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
. "$SOURCE/t/flowworld.sh"
# In a container, too, it is a home's card.
export SMOKEBOX_TEST=card

# --- here, who uploads, the router at home =line= the provider's edge, its core, far ends ---

. "$SOURCE/t/routers.sh"
nodes UPLOADER HOME_ROUTER CORE FAR
nsenter -t "$HOME_ROUTER" -n "$BUILD/t/slowline" --down 50e6 --up 10e6 --queue 225000 --delay 4 \
	--ready "$DIR/line" &
EDGE=$!
wait_until 10 test -e "$DIR/line" || bail "no line"
wait_until 10 apart "$EDGE" "$HOME_ROUTER" || bail "no namespace behind the line"
forwards "$EDGE"
link 1 $HERE "$HOME_ROUTER" 192.168.1.20/24 192.168.1.1/24
link 2 "$UPLOADER" "$HOME_ROUTER" 192.168.1.30/32 192.168.1.2/32
link 3 "$EDGE" "$CORE" 20.9.3.1/24 20.9.3.2/24
link 4 "$CORE" "$FAR" 20.9.4.1/24 20.9.4.2/24
FAR_ENDS="31.1.0.1 32.1.0.1 33.1.0.1 34.1.0.1"
far_ends "$FAR" $FAR_ENDS
ip route add default via 192.168.1.1
in_node "$UPLOADER" ip route add default via 192.168.1.2 dev a2 onlink initcwnd 150
in_node "$HOME_ROUTER" sh -c 'ip route add 192.168.1.30/32 dev b2
	ip route add default via 198.51.100.2 dev line0 onlink'
in_node "$EDGE" sh -c 'ip route add 192.168.1.0/24 via 198.51.100.1 dev line0 onlink
	ip route add default via 20.9.3.2'
in_node "$CORE" sh -c 'for n in 192.168.1.0/24 198.51.100.0/24; do ip route add $n via 20.9.3.1; done
	ip route add default via 20.9.4.2'
in_node "$FAR" ip route add default via 20.9.4.1 initrwnd 300

# --- what the router exports ----------------------------------------------------------------

# Each second: what line0 carried, as the kernel counts it, and who sent it.
nsenter -t "$HOME_ROUTER" -n perl -MSocket -MTime::HiRes=time,sleep -e '
	socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
	bind($s, pack_sockaddr_in(0, inet_aton("192.168.1.1"))) or die;
	my ($sflow, $netflow) = map { pack_sockaddr_in($_, inet_aton("192.168.1.20")) } 6343, 2055;
	my ($seq, $flows, @last, $begin) = (0, 0);
	$begin = time;
	sub flow { # octets, from, to, their ports, protocol
		my ($octets, $src, $dst, $sport, $dport, $proto) = @_;
		my $up = int((time - $begin) * 1000) + 1000;
		return if $octets < 100000; # pings alone
		send($s, pack("nnNNNNCCn", 5, 1, $up, time, 0, $flows++, 0, 0, 0) .
			inet_aton($src) . inet_aton($dst) . pack("N nn NNNN nn C4 nn CC n",
			0, 3, 2, $octets / 1400, $octets, $up - 1000, $up, $sport, $dport, 0, 16,
			$proto, 0, 0, 0, 24, 24, 0), 0, $netflow);
	}
	for (;; sleep 1) {
		open my $f, "<", "/proc/self/net/dev" or die;
		my ($in, $out);
		while (<$f>) {
			my @c = split;
			($in, $out) = @c[1, 9] if $c[0] eq "line0:";
		}
		close $f;
		$seq++;
		my $up = int((time - $begin) * 1000);
		my $port = pack("N2 Q> N2 Q> N6 Q> N6", 2, 6, 1e9, 1, 3, $in, $in / 1000, 0, 0, 0,
			0, 0, $out, $out / 1000, 0, 0, 0, 0, 0);
		my $sample = pack("N3", $seq, 2, 1) . pack("N2", 1, length $port) . $port;
		send($s, pack("N2 a4 N4", 5, 1, inet_aton("192.168.1.1"), 0, $seq, $up, 1) .
			pack("N2", 2, length $sample) . $sample, 0, $sflow);
		@last = ($in, $out) if !@last;
		flow($out - $last[1], "192.168.1.30", "31.1.0.1", 50000, 443, 6);
		@last = ($in, $out);
	}' &

# --- measured --------------------------------------------------------------------------------

cat >"$DIR/pager" <<-END
	#!/bin/sh
	echo "\$1 \$2" >>"\$0.log"
END
chmod 755 "$DIR/pager"
touch "$DIR/pager.log"
cat >"$DIR/smokebox" <<-END
	*** Actions ***
	+ pager
	type = command
	program = $DIR/pager
	kinds = loss verdict
	*** Collector ***
	listen = 192.168.1.20:6343 192.168.1.20:2055
	allow = 192.168.1.1
	local = 192.168.1.0/24
	+ interfaces
	++ wan
	device = 192.168.1.1
	index = 2
	speed = 50M/10M
	beyond = Net.edge
END
# An alert of delays is one of SmokePing's; nobody has to be told of it.
config 1 4 <<-END
	+ Net
	alerts = slow
	menu = Net
	title = Net
	$(target gateway 192.168.1.1)
	$(target edge 198.51.100.2)
	$(target core 20.9.3.2)
	$(n=0; for a in $FAR_ENDS; do n=$((n + 1)); target "far$n" "$a"; done)
END
sed -i 's/^binary = .usr.bin.fping/&\nhostinterval = 0.15\ntimeout = 0.6/' "$DIR/config"
sed -i '/^\*\*\* Targets/i\
*** Alerts ***\
to = |/bin/true\
from = box@example.net\
+ slow\
type = rtt\
pattern = >80,>80\
comment = slow' "$DIR/config"
probed_start
wait_until 60 ready || bail "probed does not answer"
verdict() { # verdict JQ: of what the status says
	json status ".verdict$1"
}
says() {
	[ "$(verdict "$1")" = "$2" ]
}
whole() {
	says .fine true && says '.segments | [.router, .access, .provider, .far] | join(" ")' \
		"fine fine fine fine"
}
wait_until 90 whole
ok $? "all is fine" || verdict "" | sed 's/^/# /'
line() {
	json "interfaces?device=192.168.1.1&index=2" ".interfaces[0].bufferbloat | $1"
}
leads_out() {
	[ "$(line .target)" = Net.edge ]
}
wait_until 60 leads_out || bail "the line is not known"
# Idle for so long that what is usual is known.
usual=$(($(date +%s) + 30))
sleep_until() { [ "$(date +%s)" -ge $usual ]; }
wait_until 60 sleep_until

# Somebody uploads, as fast as it goes.
nsenter -t "$FAR" -n perl -MSocket -e '
	socket(my $l, PF_INET, SOCK_STREAM, 0) or die;
	setsockopt($l, SOL_SOCKET, SO_REUSEADDR, 1);
	bind($l, pack_sockaddr_in(443, INADDR_ANY)) or die;
	listen($l, 5);
	accept(my $c, $l) or die;
	1 while sysread($c, my $eaten, 65536);' &
nsenter -t "$UPLOADER" -n perl -MSocket -e '
	my $to = pack_sockaddr_in(443, inet_aton("31.1.0.1"));
	for (;;) {
		socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
		# Of those who fill a queue; some kernels take one that does not.
		setsockopt($s, 6, 13, "cubic") or setsockopt($s, 6, 13, "reno") or die;
		if (connect($s, $to)) {
			my $block = "x" x 65536;
			1 while syswrite($s, $block);
		}
		close $s;
		select undef, undef, undef, 0.2;
	}' &
UPLOAD=$!

sentence='^Since .* your provider.s access line delays everything by ([0-9]+) ms while uploading at ([0-9.]+) of 10 Mbit/s \(192\.168\.1\.30, port 443\): your modem holds about ([0-9]+) kB\. Router is fine'
full() {
	[[ "$(verdict .summary)" =~ $sentence ]]
}
wait_until 120 full
ok $? "the sentence says what is slow, how much, by whom, and what the modem holds" ||
	verdict "" | sed 's/^/# /'
[[ "$(verdict .summary)" =~ $sentence ]]
delay=${BASH_REMATCH[1]:-0} rate=${BASH_REMATCH[2]:-0} holds=${BASH_REMATCH[3]:-0}
holds "so much does a queue of 225 kB delay at 10 Mbit/s ($delay ms of 180)" "$delay > 90 && $delay < 260"
holds "the line is full ($rate of 10 Mbit/s)" "$rate > 8 && $rate < 11"
holds "the queue is about as long as it is ($holds of 225 kB)" "$holds > 150 && $holds < 290"
is "$(verdict .segment)" access "it is the line"
is "$(verdict .cause)" bufferbloat "by its queue"
like "$(verdict .summary)" "Not measured from here: your wifi" "and the wifi is not measured"
like "$(curl -s -m 10 "$URL/")" "access line delays everything by .* Mbit/s (.*192.168.1.30, port 443)" \
	"so says the page"
id=$(verdict .incident)
"$BUILD/probectl" --url "$URL" explain "$id" >"$DIR/explained" 2>&1
is $? 0 "probectl explains it"
like "$(cat "$DIR/explained")" "192.168.1.30" "with who fills the line"
# What is slow has who filled the line, then and before, be it a verdict or an alert.
fillers() { # fillers QUERY
	json "incidents?$1" '[.incidents[].evidence.talkers |
		.during.hosts[0].host == "192.168.1.30" and (.before.hosts | type) == "array" and
		.before.end <= .during.end and .before.start < .before.end] | "\(length > 0) \(all)"'
}
wait_until 90 gets "true true" fillers "id=$id"
ok $? "the verdict has who filled the line, and who did before"
wait_until 90 gets "true true" fillers "kind=alert"
ok $? "so has an alert of delays" || json "incidents?kind=alert" . | head -60 | sed 's/^/# /'

# A host that dies meanwhile is not slow, and not what an upload explains.
in_node "$FAR" ip addr del 34.1.0.1/32 dev lo
in_node "$FAR" ip route add blackhole 34.1.0.1/32
alone() {
	[ "$(json "incidents?open=yes&kind=verdict" \
		'[.incidents[] | select(.subject == "Net.far4")] | length')" = 1 ]
}
wait_until 90 alone
ok $? "a far end that dies while the line is full is found" ||
	json "incidents?open=yes" '.incidents[] | [.kind, .subject, .suppressed_by, .summary]' |
	sed 's/^/# /'
# By one letter: its own, or that of the verdict on it.
paged() {
	[ "$(grep -cxE "(loss|verdict) Net.far4" "$DIR/pager.log")" = 1 ]
}
wait_until 90 paged
ok $? "and told of" || sed 's/^/# /' "$DIR/pager.log"
in_node "$FAR" ip route del blackhole 34.1.0.1/32
in_node "$FAR" ip addr add 34.1.0.1/32 dev lo

kill $UPLOAD
wait_until 120 says .fine true
ok $? "all is fine when the upload has ended" || verdict "" | sed 's/^/# /'
probed_stop
ok $? "it ends"
done_testing
