#!/bin/bash
# Load tests over a line with a rate and a queue of its own: what they find, what bounds
# them, when they are refused, who may start one, and what is said of all that happens
# meanwhile.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"
# The first 4 MB of each direction pass at three times the rate; 100 kB wait 100 ms at
# 8 Mbit/s, 200 ms at 4.
"$BUILD/t/slowline" --down 8e6 --up 4e6 --queue 100000 --delay 5 --boost 4000000 \
	--ready "$DIR/line.ready" 2>"$DIR/line.log" &
wait_until 10 test -e "$DIR/line.ready" || bail "no line: $(cat "$DIR/line.log")"

probed 2 10 <<-END
	+ A
	menu = A
	title = A
	++ near
	host = 10.0.0.2
	++ far
	host = 198.51.100.2
	alerts = slow
	*** Alerts ***
	to = me@example.net
	from = box@example.net
	+ slow
	type = rtt
	edgetrigger = yes
	pattern = >50
	comment = slow
END
ctl() {
	"$BUILD/probectl" --data "$DIR/data" "$@"
}
ctl loadtest >"$DIR/out" 2>&1
is $? 1 "without a configuration there is none"
like "$(cat "$DIR/out")" "409: no load test is configured" "and that is said"

# web LINES: another section Loadtest
web() {
	printf '*** Loadtest ***\n%s\n' "$1" >"$DIR/smokebox"
	kill -HUP "$PROBED"
}
generation() { [ "$(json status .config.generation)" = "$1" ]; }
for bad in "download = ftp://x/" "seconds = 21" "seconds = 0" "connections = 17" \
	"bytes = 5" "busy = much" "at = 25:00"; do
	printf '*** Loadtest ***\n%s\n' "$bad" >"$DIR/smokebox"
	like "$("$BUILD/probed/probed" --config "$DIR/config" --check 2>&1)" "smokebox:2: " "$bad"
done
base=http://198.51.100.2:8000
web "download = $base/100000000
upload = $base/
seconds = 7"
configured() { [ "$(json loadtests .configured)" = true ]; }
wait_until 20 configured
ok $? "now it is configured"
fetcher_is_there() { [ -n "$(worker_pid fetcher)" ] && [ "$(worker_pid fetcher)" != 0 ]; }
wait_until 20 fetcher_is_there
wait_until 40 known A.far 3
ok $? "the far end is measured"

# post [CURL-ARGUMENTS...]: the number of the answer
post() {
	curl -s -m 20 -o "$DIR/posted" -w '%{http_code}' -X POST "$@" "$URL/api/v1/loadtests"
}
is "$(post -H "X-Forwarded-For: 192.0.2.1")" 403 "nobody from elsewhere starts one"
is "$(post -H "Sec-Fetch-Site: cross-site")" 403 "no other site's page does"
is "$(post -H "X-Forwarded-For: 192.0.2.1" -d token=0123)" 403 "nor does who knows no token"
is "$(json loadtests '.loadtests | length')" 0 "none was made"

ctl loadtest >"$DIR/out" 2>"$DIR/err" &
CTL=$!
last() { json loadtests ".loadtests[0]$1"; }
runs() { [ "$(last .end)" = null ] && [ "$(last .id)" != null ]; }
wait_until 20 runs
ok $? "one runs"
is "$(post)" 409 "never two at once"
like "$(cat "$DIR/posted")" "running already" "it says why"
wait "$CTL"
is $? 0 "it is complete"
text=$(cat "$DIR/out")
like "$text" "Own load test: download .* in the first 5 s.*, upload .*; others wait .* ms longer during the download and .* grade .*round trips a minute" "in words"
echo "# $text"
e() { last ".evidence.$1"; }
# Above there is the line, below a machine that does other things.
holds "the download lasts at the line's rate ($(e download_sustained_bps))" \
	"$(e download_sustained_bps) < 14e6 && $(e download_sustained_bps) > 1e6"
holds "and the first seconds are apart ($(e download_burst_bps))" \
	"$(e download_burst_bps) > $(e download_sustained_bps)"
holds "the upload likewise ($(e upload_sustained_bps), $(e upload_burst_bps))" \
	"$(e upload_sustained_bps) < 7e6 && $(e upload_sustained_bps) > 5e5 &&
	$(e upload_burst_bps) > $(e upload_sustained_bps)"
is "$(e download_ended_by) $(e upload_ended_by)" "time time" "both ended by their time"
holds "others wait for the queue of the upload ($(e upload_added))" "$(e upload_added) > 0.05"
holds "and of the download ($(e download_added))" "$(e download_added) > 0.02"
like "$(e grade)" '^[BCDF]$' "which gives a grade"
holds "fewer round trips a minute ($(e upload_rpm) of $(e idle_rpm))" \
	"$(e upload_rpm) < $(e idle_rpm) && $(e upload_rpm) > 0"
is "$(e rpm_form)" "fresh connections, trimmed mean" "by a form that is said"
is "$(e line)" null "what the line carried before is not known"
is "$(json 'incidents?kind=loadtest' '.incidents[0] | .subject + .confidence')" sure \
	"it concerns all"
like "$(page /t/A/near)" "Own load test" "so it stands with every target"
like "$(page /incidents)" '<span class="word">load test</span>' "in words"
like "$(page /traffic | tr -d '\n')" 'id="loadtests">.*format=csv&amp;kind=loadtest.*/api/v1/loadtests"' "which is a file, too"
like "$(page /traffic)" "Own load test.*grade" "and on the page of traffic"
pings() { [ "$(e upload_pings_target)" = A.far ]; }
wait_until 30 pings
ok $? "our pings were delayed, most to the far end"
holds "by the queue ($(e upload_pings_rtt), else $(e upload_pings_idle_rtt))" \
	"$(e upload_pings_rtt) > $(e upload_pings_idle_rtt) + 0.02"
alerted() {
	[ "$(json 'incidents?kind=alert' '.incidents[0].evidence.own_load_test')" = true ]
}
wait_until 20 alerted
ok $? "an alert meanwhile says whose doing it is" || api 'incidents?kind=alert'
like "$(json 'incidents?kind=alert' '[.incidents[].summary] | join(" ")')" \
	"during a load test of our own" "in words, too"

# Bounds.
web "download = $base/100000000
bytes = 1M
connections = 3"
bounded() { ctl loadtest >"$DIR/out" 2>&1 || return 1; [ "$(e download_ended_by)" = bytes ]; }
wait_until 20 bounded
ok $? "another one ends by its bytes" || cat "$DIR/out"
is "$(e download_bytes)" 1000000 "to the byte"
is "$(e download_sustained_bps)" null "which is too short for a rate that lasts"
is "$(e upload_bytes)" null "without an upload there is none"

# What goes wrong.
web "download = $base/404"
wrong() { ! ctl loadtest >"$DIR/out" 2>&1 && grep -q 404 "$DIR/out"; }
wait_until 20 wrong
ok $? "a page that is not there"
like "$(cat "$DIR/out")" "not complete: download: .*404" "is why it is not complete"
web "download = $base/100000000"
began() { [ "$(post)" = 200 ]; }
wait_until 20 began
loaded() { runs && [ -n "$(worker_pid fetcher)" ]; }
wait_until 20 loaded
kill -9 "$(worker_pid fetcher)"
cut() { [[ $(last .summary) == *"the worker that made it is gone"* ]]; }
wait_until 20 cut
ok $? "who makes it is killed: it is cut off" || last .summary
wait_until 20 fetcher_is_there

# A line that carries something already: counters by sFlow, of a sender that nobody named
# and that is known by its own address, whatever agent it says it is.
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
web "download = $base/100000000
interface = 127.0.0.1/7
busy = 10k"
n=1
counters 5000000 1 1000000 2000000
full() {
	n=$((n + 1))
	counters $((5000000 + n * 2000)) $n $((1000000 + n * 5000000)) $((2000000 + n * 500000))
	[ "$(json interfaces '.interfaces[0] | .device == "127.0.0.1" and .now.in_octets > 0')" = true ]
}
wait_until 90 full
ok $? "a line that carries something" || api interfaces
busy() {
	[ "$(post)" = 409 ] && grep -q "the line is busy" "$DIR/posted"
}
wait_until 90 busy
ok $? "on a busy line none begins"
like "$(cat "$DIR/posted")" "carries [0-9.e+]+ Mbit/s in and [0-9.e+]+ Mbit/s out, expected less than 0.01" \
	"with the figures"
done_testing
