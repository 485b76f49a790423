#!/bin/bash
# Real exporters, softflowd and pmacctd, over a capture of which all is known: what the
# decoders make of their datagrams is what was in it, exactly, or as exactly as samples are.
. "${SOURCE:?}/t/world.sh"
for tool in softflowd pmacctd; do
	command -v $tool >"$DIR/which" || skip_all "no $tool"
done
world "$@"
no_walks
ip link set lo up
perl "$SOURCE/t/flowpcap.pl" "$DIR/pcap" "$DIR/truth" "$(($(date +%s) - 60))" 600 ||
	bail "no capture"

# into NAME COMMAND...: what COMMAND exports to port 2055, as flows in DIR/NAME.
into() {
	local name=$1 sink
	shift
	rm -f "$DIR/stop" && mkfifo "$DIR/stop"
	"$BUILD/t/flowsink" 2055 <"$DIR/stop" >"$DIR/$name" 2>"$DIR/$name.faults" &
	sink=$!
	exec 7>"$DIR/stop"
	wait_until 30 listens || bail "flowsink does not listen"
	timeout 300 "$@" >"$DIR/$name.log" 2>&1
	exec 7>&-
	wait $sink
}
listens() { grep -qE ':0807 ' /proc/net/udp; }
exact() { perl "$SOURCE/t/flowlive.pl" exact "$DIR/truth" "$@" 2>&1; }

# sampled NAME WHAT EXTRA 4|6 COMMAND...: what COMMAND exports, sampled. Samples are drawn by
# chance, and once in a thousand times one of these bounds is missed: then it is run again,
# and twice in a row that does not happen.
sampled() {
	local name=$1 what=$2 where packets octets many rate four=
	[ "$4" = 6 ] || four=4
	for _ in 1 2; do
		into "$name" "${@:5}"
		read -r where packets octets many rate < <(perl "$SOURCE/t/flowlive.pl" sampled \
			"$DIR/truth" "$DIR/$name" "$3" $four)
		[ "$where" = inside ] && awk "BEGIN { exit !($packets >= 0.97 && $octets >= 0.97) }" &&
			break
	done
	is "$where $rate" "inside one in 10" "$what: all packets inside the 99.9 % interval"
	holds "$what: packets of $packets of $many flows inside the 99 % one" "$packets >= 0.97"
	holds "$what: octets of $octets of them" "$octets >= 0.97"
}
quiet() { # NAME WHAT: no datagram was lost or not understood
	is "$(cat "$DIR/$1.faults"; grep -c '^# .* lost 0 no_template 0$' "$DIR/$1")" 1 \
		"$2: nothing lost, nothing not understood"
}

soft="-r $DIR/pcap -n 127.0.0.1:2055 -d -6 -m 20000 -p $DIR/softflowd.pid -c none"
for v in 5 9 10; do
	family=6 flows=600
	[ $v != 5 ] || family=4 flows=540
	# shellcheck disable=SC2086
	into soft$v softflowd $soft -v $v
	is "$(exact "$DIR/soft$v" 0 $family)" "0 of $flows differ, one in 1" \
		"softflowd, version $v: octets and packets of every flow"
	quiet soft$v "softflowd, version $v"
	# shellcheck disable=SC2086
	sampled soft$v.10 "softflowd, version $v, sampled" 0 $family softflowd $soft -v $v -s 10
done

# pmacct PLUGIN VERSION RATE: its configuration in DIR/pmacct
pmacct() {
	cat >"$DIR/pmacct" <<-END
	daemonize: false
	pidfile: $DIR/pmacctd.pid
	pcap_savefile: $DIR/pcap
	plugins: $1
	plugin_buffer_size: 102400
	plugin_pipe_size: 102400000
	aggregate: src_host, dst_host, src_port, dst_port, proto, tos
	$1_receiver: 127.0.0.1:2055
	$([ "$1" = sfprobe ] || echo "nfprobe_version: $2
	nfprobe_maxflows: 100000")
	$([ "$3" = 1 ] || echo "sampling_rate: $3")
	END
}
for kind in "nfprobe 9 0" "nfprobe 10 0" "sfprobe 5 18"; do
	read -r plugin v extra <<<"$kind"
	pmacct $plugin $v 1
	into $plugin$v pmacctd -f "$DIR/pmacct"
	is "$(exact "$DIR/$plugin$v" $extra)" "0 of 600 differ, one in 1" \
		"pmacctd, $plugin $v: octets and packets of every flow"
	quiet $plugin$v "pmacctd, $plugin $v"
	pmacct $plugin $v 10
	sampled $plugin$v.10 "pmacctd, $plugin $v, sampled" $extra 6 pmacctd -f "$DIR/pmacct"
done
done_testing
