#!/bin/bash
# A home router that is asked by UPnP: found, followed over 32 bits and a restart, and not
# believed when it sends what no router should; then miniupnpd, a real one.
. "${SOURCE:?}/t/world.sh"
PATH=$PATH:/usr/sbin
world "$@"
network "* delay=2ms"
ip link add lan0 type veth peer name lan1 || skip_all "no veth interfaces here"
ip address add 192.168.77.1/24 dev lan0
ip link set lan0 up
ip link set lan1 up
# A line of so many Gbit/s: the faster, the more often it is asked.
gigabits=4
set_router() {
	printf '%s\n' "down ${gigabits}000000000" "up 1000000000" "$@" >"$DIR/settings.new"
	mv "$DIR/settings.new" "$DIR/settings"
}
set_router "received 4294900000" "sent 1000" "packets 10" "uptime 5000"
perl "$SOURCE/t/igd.pl" 192.168.77.1 5000 "$DIR/settings" 2>"$DIR/igd.log" &
ROUTER=$!
cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen =
END
one_target | config 2 3
probed_start
wait_until 30 ready || bail "probed does not answer"
is "$(json status '.pollers | length')" 0 "nobody is asked unless it is wanted"
like "$(page /traffic)" "upnp = yes</code> asks a home router by UPnP, which is off" \
	"the page says so, and what to write"

poller() {
	json status ".pollers | last | .$1"
}
wan() {
	json interfaces ".interfaces[] | select(.source == \"upnp\") | $1"
}
at_least() { # AT_LEAST NUMBER COMMAND...
	local least=$1 got
	shift
	got=$("$@")
	[ -n "$got" ] && [ "$got" != null ] && awk "BEGIN { exit !($got >= $least) }"
}
gets() {
	local want=$1
	shift
	[ "$("$@")" = "$want" ]
}
matches() {
	local want=$1
	shift
	"$@" | grep -qE -- "$want"
}
reload() {
	curl -s -m 10 -X POST --unix-socket "$DIR/data/.smokebox/probectl.sock" \
		http://localhost/-/reload >"$DIR/reload"
}
printf '*** Collector ***\nlisten =\nupnp = yes\n' >"$DIR/smokebox"
reload
wait_until 60 at_least 1 poller answers
is "$(poller name)" "Test router" "a router is found"
is "$(poller address)" 192.168.77.1:5000 "where it is"
is "$(poller trouble)" null "and answers"
# The counter of what came in runs over.
set_router "received 4704" "sent 51000" "packets 60" "uptime 5020"
passed() { # all of one answer: the next one is of nothing
	wan '[.now.in_octets, .now.out_octets, .now.in_packets] as $n | .now.known as $s |
		$n | map(. * $s | round) | join(" ")' | tee "$DIR/passed"
}
wait_until 90 at_least 1 eval 'passed | cut -d" " -f1'
is "$(cut -d' ' -f1 "$DIR/passed")" 72000 "what came in is followed when 32 bits run over"
is "$(cut -d' ' -f2 "$DIR/passed")" 50000 "what went out"
is "$(cut -d' ' -f3 "$DIR/passed")" 50 "packets"
is "$(wan '.speed | "\(.in) \(.out)"')" "4000000000 1000000000" "what the line carries, each way"
is "$(wan .name)" WAN "its name"
is "$(wan .counter_bits)" 32 "by 32 bits"
wait_until 30 gets 1 json status .interfaces.wraps
is "$(json status .interfaces.wraps)" 1 "a counter that ran over"

# Both begin anew: nothing is made up.
set_router "received 100" "sent 50" "packets 1" "uptime 9"
wait_until 90 gets 1 json status .interfaces.resets
is "$(json status .interfaces.resets)" 1 "a router that begins anew is a reset"

# By its address, where the search does not reach; and its line is faster now.
by_address() {
	json status '.pollers[] | select(.name == "Test router") | "\(.answers > 0) \(.trouble)"'
	wan .speed.in
}
gigabits=16
set_router "received 400" "sent 80" "packets 2" "uptime 40"
printf '*** Collector ***\nlisten =\nupnp = http://192.168.77.1:5000/rootDesc.xml\n' >"$DIR/smokebox"
reload
wait_until 60 gets "true null
16000000000" by_address
is "$(by_address | head -n 1)" "true null" "a router by its address"
like "$(page /metrics)" 'smokebox_poller_up\{name="Test router",source="upnp"\} 1' "metrics: it answers"

# What no router should send. After each it is fine again.
hostile() { # MODE PATTERN TEXT
	set_router "mode $1" "received 200" "sent 60" "uptime 9"
	wait_until 90 matches "$2" poller trouble
	like "$(poller trouble)" "$2" "$3"
	set_router "received 300" "sent 70" "uptime 30"
	wait_until 120 gets null poller trouble
	is "$(poller trouble)" null "and it is fine again after that"
}
hostile endless "too long" "an answer without end"
hostile slow "does not come to an end" "an answer that drips"
hostile bomb "without the number" "an answer that would be a gigabyte"
hostile nonsense "no HTTP|hangs up|reached" "an answer that is none"
hostile status "HTTP status 500" "a status that is none"
is "$(json status '.workers[] | select(.name == "collector") | .restarts')" 0 \
	"the collector lives through all of that"
kill $ROUTER
wait_until 90 matches "reached|hangs up|no answer" poller trouble
like "$(poller trouble)" "192.168.77.1: .*(reached|hangs up|no answer)" "a router that is gone is said to be"

# Another one that is searched for sends us elsewhere.
set_router "mode other" "received 1" "sent 1"
perl "$SOURCE/t/igd.pl" 192.168.77.1 5000 "$DIR/settings" 2>"$DIR/igd.log" &
ROUTER=$!
printf '*** Collector ***\nlisten =\nupnp = yes\n' >"$DIR/smokebox"
reload
wait_until 60 matches "no router was found" poller trouble
like "$(poller trouble)" "no router was found; .* upnp = http" "nobody is led to another host"
kill $ROUTER

# A real one: what it says is what its interface counts.
if ! command -v miniupnpd >"$DIR/which"; then
	skip "no miniupnpd"
else
	cat >"$DIR/miniupnpd.conf" <<-END
		ext_ifname=lan1
		ext_ip=44.0.0.1
		listening_ip=lan0
		http_port=5001
		enable_natpmp=no
		enable_upnp=yes
		uuid=00000000-0000-0000-0000-000000000001
		bitrate_up=4000000000
		bitrate_down=16000000000
		friendly_name=Real router
	END
	miniupnpd -d -f "$DIR/miniupnpd.conf" -P "$DIR/miniupnpd.pid" >"$DIR/miniupnpd.log" 2>&1 &
	MINIUPNPD=$!
	answers() {
		curl -sf -m 5 -o "$DIR/desc" http://192.168.77.1:5001/rootDesc.xml
	}
	if wait_until 20 answers; then
		printf '*** Collector ***\nlisten =\nupnp = http://192.168.77.1:5001/rootDesc.xml\n' >"$DIR/smokebox"
		reload
		wait_until 60 gets "Real router" poller name
		is "$(poller name)" "Real router" "miniupnpd is asked"
		wait_until 60 at_least 1 poller answers
		is "$(poller trouble)" null "and answers"
		wait_until 120 gets "16000000000 4000000000" wan '.speed | "\(.in) \(.out)"'
		is "$(wan '.speed | "\(.in) \(.out)"')" "16000000000 4000000000" "its line"
		kill "$MINIUPNPD"
	else
		skip "miniupnpd does not start here: $(tail -n 1 "$DIR/miniupnpd.log")"
	fi
fi
probed_stop
done_testing
