#!/bin/bash
# Real exporters into the whole program, with no more flows than a minute lists: who filled
# the line, as the interface tells it, is what was in the capture that they exported.
# Sampled, what was in it lies in the intervals.
. "${SOURCE:?}/t/world.sh"
for tool in softflowd pmacctd; do
	command -v $tool >"$DIR/which" || skip_all "no $tool"
done
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"

smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:2055
	allow = 127.0.0.1
END

# into PROTOCOL COMMAND...: a fresh probed hears what COMMAND exports.
into() {
	local protocol=$1
	shift
	rm -rf "$DIR/data"
	mkdir "$DIR/data"
	perl "$SOURCE/t/flowpcap.pl" "$DIR/pcap" "$DIR/truth" "$(($(date +%s) - 55))" 400 ||
		bail "no capture"
	probed_start
	wait_until 30 ready || bail "probed does not answer"
	timeout 300 "$@" >"$DIR/exporter.log" 2>&1
	# Until all that came was told: the same twice, three seconds apart.
	wait_until 120 still "$protocol"
	wait_until 60 told "$protocol"
}
records() { json status ".collector.records.$1"; }
still() {
	local now
	now=$(records "$1")
	[ "$now" -gt 0 ] && sleep 3 && [ "$(records "$1")" = "$now" ]
}
# The tallies are told every ten seconds: until they have as many records, too.
told() {
	[ "$(top '.total.flows')" = "$(records "$1")" ]
}
top() { api "flows/top?by=flow&limit=1000&start=now-20min" | jq -r "$1"; }
# Its rows as flowsink has them, and the interval of octets.
rows() {
	top '.columns as $c | range(.count) as $i | ["top", $c.source[$i], $c.destination[$i],
		$c.protocol[$i], $c.source_port[$i], $c.destination_port[$i], $c.octets[$i],
		$c.packets[$i], 1, $c.octets_low[$i], $c.octets_high[$i]] | @tsv' >"$DIR/rows"
	[ -s "$DIR/rows" ]
}
exporter() { json status ".exporters[] | select(.protocol == \"$1\") | \"\(.lost) \(.faults)\""; }

into netflow9 softflowd -r "$DIR/pcap" -n 127.0.0.1:2055 -v 9 -d -6 -m 20000 \
	-p "$DIR/softflowd.pid" -c none
is "$(exporter netflow9)" "0 0" "softflowd, version 9: nothing lost, nothing not understood"
rows
is "$(perl "$SOURCE/t/flowlive.pl" exact "$DIR/truth" "$DIR/rows" 2>&1)" "0 of 400 differ, one in 1" \
	"softflowd, version 9: octets and packets of every flow"
# While a minute's tables follow each other, less is known of some.
none_unsure() { [ "$(top '.columns.missing | unique | tostring')" = "[0]" ]; }
wait_until 60 none_unsure
is "$(top '.columns.missing | unique | tostring')" "[0]" "none of them unsure"
probed_stop

# pmacct PLUGIN SETTING...: its configuration in DIR/pmacct
pmacct() {
	printf '%s\n' "daemonize: false" "pidfile: $DIR/pmacctd.pid" "pcap_savefile: $DIR/pcap" \
		"plugin_buffer_size: 102400" "plugin_pipe_size: 102400000" \
		"aggregate: src_host, dst_host, src_port, dst_port, proto, tos" \
		"plugins: $1" "$1_receiver: 127.0.0.1:2055" "${@:2}" >"$DIR/pmacct"
}
pmacct nfprobe "nfprobe_version: 10" "nfprobe_maxflows: 100000"
into ipfix pmacctd -f "$DIR/pmacct"
is "$(exporter ipfix)" "0 0" "pmacctd, IPFIX: nothing lost, nothing not understood"
rows
is "$(perl "$SOURCE/t/flowlive.pl" exact "$DIR/truth" "$DIR/rows" 2>&1)" "0 of 400 differ, one in 1" \
	"pmacctd, IPFIX: octets and packets of every flow"
probed_stop

# One bound in a thousand is missed by chance, never twice in a row.
for _ in 1 2; do
	pmacct sfprobe "sampling_rate: 10"
	into sflow5 pmacctd -f "$DIR/pmacct"
	lost=$(exporter sflow5)
	rows
	read -r where packets octets many < <(perl "$SOURCE/t/flowlive.pl" told "$DIR/truth" \
		"$DIR/rows" 18 6 10)
	probed_stop
	[ "$where" = inside ] && awk "BEGIN { exit !($packets >= 0.97 && $octets >= 0.97) }" && break
done
is "$lost" "0 0" "pmacctd, sFlow of one in ten: nothing lost, nothing not understood"
is "$where" inside "all packets inside the 99.9 % interval"
holds "packets of $packets of $many flows inside the 99 % one" "$packets >= 0.97"
holds "octets of $octets of them inside the one that is told" "$octets >= 0.97"
done_testing
