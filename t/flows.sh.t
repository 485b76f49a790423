#!/bin/bash
# Flow datagrams that arrive: who sent what, what was lost, who may not send.
. "${SOURCE:?}/t/world.sh"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:6343 127.0.0.1:2055 [::]:9995
	allow = 127.0.0.1 127.0.0.6
	proxy = 127.0.0.6
	*** Detection ***
	host_packets = 100k
END
probed_start
wait_until 30 ready || bail "probed does not answer"

# v5 SEQUENCE: one record, one packet in a hundred
v5() {
	printf '%s %08x %s %s\n' '0005000100002710 6553f100 00000000' "$1" 01024064 \
		'c0000201 c6336402 00000000 0003 0004 0000000a 000005dc 00000001 00000002
		01bb c350 00 12 06 00 0000 0000 18 18 0000' | tr -d '\n\t '
	echo
}
{ v5 0; v5 1; v5 5; } | send 6343 127.0.0.1
wait_until 15 gets 3 exporter netflow5 records
is "$(exporter netflow5 records)" 3 "NetFlow v5 on sFlow's port: three records"
is "$(exporter netflow5 lost)" 3 "three more never came, by the numbers"
is "$(exporter netflow5 sampling)" 100 "sampled one in a hundred"
is "$(exporter netflow5 sampling_from)" protocol "as the header says"

# A template of NetFlow v9 and data behind it, then data of another source id.
t9='0009000100002710 6553f100 00000001 00000007 0000 0018 0100 0004 0008 0004 000c 0004 0001 0004 0002 0004'
d9='0009000100002710 6553f100 %08x %08x 0100 0014 c0000201 c6336402 00000064 00000003'
{ echo "$t9"; printf "$d9\n" 2 7; printf "$d9\n" 3 7; printf "$d9\n" 1 8; } | send 9995 127.0.0.1
wait_until 15 gets 1 collector faults.no_template
is "$(collector faults.no_template)" 1 "data of a source id without a template is a fault"
is "$(json status '.exporters[] | select(.domain == 8) | .faults_by | tostring')" '{"no_template":1,"clock":1}' \
	"by reason, of the exporter that it is of"
waits() {
	json status '.exporters[] | select(.domain == 8) | .waits_for_template.id'
}
is "$(waits)" 256 "which template its data wait for"
holds "and since when" "$(json status '.time - (.exporters[] | select(.domain == 8) | .waits_for_template.since) | fabs') < 60"
is "$(json status '[.exporters[] | select(.domain == 7) | .templates_oldest[].id] | sort | tostring')" "[256]" \
	"and which another one has, with its age"
page=$(page /traffic)
like "$page" 'data have waited for template 256 for [0-9]+ seconds?' "the page says that it waits"
like "$page" '256 last used [0-9]+ seconds? ago' "and how old templates are"
like "$page" '<th scope="row">127.0.0.1 <span class="sub">domain 7</span>' "the page tells domains of an exporter apart"
like "$page" 'class="num wrong">2 <span class="sub">without template 1, clock 1</span>' "and why something was not understood"
is "$(json status '[.exporters[] | select(.protocol == "netflow9") | .records] | add')" 2 \
	"the other's records are counted"
is "$(exporter netflow9 sampling | head -n 1)" null "its sampling rate is not known"

is "$(json status '[.exporters[] | select(.protocol == "netflow9") | .address] | unique[]')" 127.0.0.1 \
	"IPv4 that comes to a socket of both families is IPv4"

v5 0 | send 9995 127.0.0.9
wait_until 15 gets 1 collector strangers
is "$(collector strangers)" 1 "who is not allowed is not listened to"
like "$(cat "$DIR/probed.log")" "127.0.0.9 sends flows and is not allowed to" "and the log says so"
is "$(json status '.strangers[] | "\(.address) \(.protocol) \(.datagrams) \(.proxy) \(.line)"')" \
	"127.0.0.9 netflow5 1 false allow = 127.0.0.1 127.0.0.6 127.0.0.9" "the stranger is listed with the line to add"
holds "an exporter's clock is compared with ours" \
	"$(exporter netflow5 clock_ahead) < -1000000 && $(exporter netflow5 clock_ahead) > -1e10"
is "$(exporter netflow5 named)" true "it was named in the configuration"
echo 00ff00ff | send 2055 127.0.0.1
wait_until 15 gets 1 collector faults.version
is "$(collector faults.version)" 1 "what speaks no protocol is counted"

metrics=$(page /metrics)
like "$metrics" 'smokebox_collector_datagrams_total\{protocol="netflow5"\} 3' "metrics: datagrams"
like "$metrics" 'smokebox_collector_records_total\{protocol="netflow9"\} 2' "metrics: records"
like "$metrics" 'smokebox_collector_errors_total\{reason="no_template"\} 1' "metrics: errors"
like "$metrics" 'smokebox_collector_lost_total\{exporter="127.0.0.1/258",protocol="netflow5",unit="records",source="127.0.0.1"\} 3' \
	"metrics: lost"
status=$("$BUILD/probectl" --data "$DIR/data" status)
like "$status" 'exporters +3 seen, 1 datagrams of senders' "probectl: exporters"
like "$status" '127.0.0.1/258 +netflow5 +3 +3 +3 +100' "probectl: one of them, whose clock is far away"
is "$(collector tally.records)" 5 "all records are tallied"
is "$(collector suspicions)" 0 "no flow of so few packets is suspicious"

# A million packets to 10.0.0.9 within a second, scaled.
echo '0005000100002710 6553f100 00000000 00000006 01024064
	c6336402 0a000009 00000000 0003 0004 00002710 000927c0 00000001 00000002
	0035 c350 00 00 11 00 0000 0000 18 18 0000' | tr -d '\n\t ' | send 6343 127.0.0.1
some_suspicion() {
	[ "$(collector suspicions)" -gt 0 ] 2>/dev/null &&
		json status '.suspicions[] | select(.subject == "host")' | grep -q direction
}
wait_until 30 some_suspicion
suspicion() { # of the host, as probectl sees it
	curl -s --unix-socket "$DIR/data/.smokebox/probectl.sock" http://localhost/api/v1/status |
		jq -r ".suspicions[] | select(.subject == \"host\") | .$1"
}
is "$(suspicion host)" 10.0.0.9 "a million packets to one host are: who it is"
is "$(suspicion direction)" in "which way"
is "$(suspicion 'why | join(" ")')" "packets bits" "why"
is "$(suspicion udp)" 1 "what they are"
is "$(suspicion 'low_pps < .pps and .pps < .high_pps')" true "with bounds around the estimate"
is "$(json status '.suspicions[] | select(.subject == "host") | .host')" 10.0.0.9 \
	"while there is no password, so is who reads from the network"
status=$("$BUILD/probectl" --data "$DIR/data" status)
like "$status" 'suspicions' "probectl: that there are some"
like "$(page /metrics)" 'smokebox_collector_suspicions_total [1-9]' "metrics: suspicions"
like "$(page /metrics)" 'smokebox_collector_tallied_total\{as="counted"\} 6' "metrics: tallied"
like "$status" 'stranger +127.0.0.9 sent 1 datagrams of netflow5; to let it in: .* allow = 127.0.0.1 127.0.0.6 127.0.0.9' \
	"probectl: who may not send"

# Half an hour long, and told of at its end: most of its minutes are over.
printf '00050001 001e8480 %08x 00000000 00000000 07070000 c6336402 0a000008 00000000 0003 0004
	000003e8 000f4240 00030d40 001e8480 01bb c350 00 12 06 00 0000 0000 18 18 0000\n' "$(date +%s)" |
	tr -d '\n\t ' | send 2055 127.0.0.1
wait_until 15 reaches 1 collector tally.late_octets
holds "a flow of half an hour: what belongs to minutes that are over is late" \
	"$(collector tally.late_octets) > 790000 && $(collector tally.late_octets) < 840000"
busiest() {
	top "by=host&start=now-5min&limit=30" '[.columns | range(.address | length) as $i |
		select(.address[$i] == "10.0.0.8") | .octets[$i]] | add'
}
wait_until 15 reaches 1 busiest
holds "and its last minutes have no more than their share" "$(busiest) <= 210000 && $(busiest) > 100000"
like "$(page /traffic)" '127.0.0.1 tells of long flows so late that 8[0-9] % of its octets' \
	"the page says whose figures are too small"
like "$(page /metrics)" 'smokebox_collector_late_octets_total 8[0-9]{5}|smokebox_collector_late_octets_total 79' \
	"and metrics how much"

# An agent that throws samples away, and tells of a packet that found no room.
sample() { # NUMBER DROPS
	printf '00000001 00000020 %08x 00000003 00000064 %08x %08x 00000003 00000004 00000000' "$1" $((100 * $1)) "$2"
}
echo "00000005 00000001 c0000209 00000008 00000001 0000ea60 00000003 $(sample 1 0) $(sample 3 5)
	00000005 00000020 00000001 00000000 00000003 00000000 00000003 00000004 00000103 00000000" |
	tr -d '\n\t ' | send 2055 127.0.0.1
wait_until 15 gets 5 exporter sflow5 sample_drops
is "$(exporter sflow5 'sample_drops') $(exporter sflow5 samples) $(exporter sflow5 samples_lost)" "5 2 1" \
	"sFlow: samples that the agent threw away, took, and that never came"
is "$(json status '.exporters[] | select(.protocol == "sflow5") | .discarded[] |
	"\(.interface) \(.reason) \(.reason_text) \(.packets)"')" "4 259 no buffer space 1" \
	"and what it discarded, where and why"
like "$(page /traffic)" '192.0.2.9 throws 71 % of its samples away' "the page says so"
# Seventeen pairs more, where fifteen have room.
{
	printf '00000005 00000001 c0000209 00000008 00000002 0000ea60 00000011'
	for reason in {0..16}; do
		printf ' 00000005 00000020 00000001 00000000 00000003 00000000 00000003 00000004 %08x 00000000' "$reason"
	done
} | tr -d ' ' | send 2055 127.0.0.1
wait_until 15 gets 2 collector no_room.discards
is "$(json status '.exporters[] | select(.protocol == "sflow5") | .discarded | length') $(exporter sflow5 discards)" \
	"16 18" "sixteen pairs of interface and reason, and all of them in the sum"
like "$(page /metrics)" 'smokebox_collector_no_room_total\{what="discards"\} 2' "metrics: those that had no room"
like "$("$BUILD/probectl" --data "$DIR/data" status)" 'no room for 2 discards' "probectl, too"

# Two that a proxy passes on, told apart by their ports, and two that name one agent.
sflow='00000005 00000001 c0000209 00000007 00000001 0000ea60 00000000'
{ v5 0; echo "$sflow" | tr -d ' '; } | send 2055 127.0.0.6
{ v5 0; echo "$sflow" | tr -d ' '; } | send 2055 127.0.0.6
echo "$sflow" | send 2055 127.0.0.1
wait_until 15 gets 4 json status '[.exporters[] | select(.protocol == "sflow5")] | length'
metrics=$(page /metrics)
is "$(grep -c 'lost_total{exporter="192.0.2.9/7"' <<<"$metrics")" 3 "metrics: three that say they are one agent"
is "$(grep -v '^#' <<<"$metrics" | sed 's/ [^ ]*$//' | sort | uniq -d)" "" "metrics: no series is there twice"
probed_stop

# --- files that are not there ---------------------------------------------------------------
is "$("$BUILD/probectl" decode /nonexistent 2>&1)" "probectl: /nonexistent: No such file or directory" \
	"probectl decode: a file that is not there, said once, and nothing else"
done_testing
