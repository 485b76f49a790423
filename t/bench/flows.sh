#!/bin/bash
# What a flow record costs the collector, decoded and tallied, beside pmacct's nfacctd
# and sfacctd with a table of 5-tuples, and beside nfdump's nfcapd and sfcapd, which only
# store: the same generator, one after the other, at a rate that all of them can follow
# (RATE records/s for SECONDS). Then what the collector loses at 1.5 million NetFlow
# records/s and at 500 000 sFlow samples/s for LOAD seconds, and the memory that it takes
# with 1000 exporters and a million keys.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
need nfacctd pmacct
need sfacctd pmacct
need nfcapd nfdump
need sfcapd nfdump-sflow
world "$@"
ip link set lo up
RATE=${RATE:-100000} SAMPLES=${SAMPLES:-40000} SECONDS_OF=${SECONDS_OF:-20} LOAD=${LOAD:-60}
KEYS=${KEYS:-20000}

cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:2055 127.0.0.1:6343
	allow = 127.0.0.0/8
END
config 60 3 <<-END
	+ A
	menu = A
	title = A
	++ one
	menu = one
	title = one
	host = 127.0.0.1
END

# generate PORT PROTOCOL RATE SECONDS [OPTION...]: sets records and datagrams sent
generate() {
	local port=$1 protocol=$2 rate=$3 seconds=$4
	shift 4
	"$BUILD/t/flowgen" --to "127.0.0.1:$port" --protocol "$protocol" --rate "$rate" \
		--seconds "$seconds" --keys "$KEYS" "$@" >"$DIR/sent" || bail "flowgen failed"
	records=$(sed -n 's/^records //p' "$DIR/sent")
	datagrams=$(sed -n 's/^datagrams //p' "$DIR/sent")
}

# dropped PORT: datagrams that the sockets of PORT had no room for
dropped() {
	awk -v port="$(printf ':%04X' "$1")" '$2 ~ port "$" { n += $NF } END { print n + 0 }' \
		/proc/net/udp /proc/net/udp6
}

# cost PORT PROTOCOL RATE PID...: us of processor for each record that PIDs took; sets
# microseconds, and lost (datagrams)
cost() {
	local port=$1 protocol=$2 rate=$3 before drops
	shift 3
	# Templates are learned, and every key is in every table.
	generate "$port" "$protocol" "$rate" 3
	# shellcheck disable=SC2046
	before=$(cpu $(pids_of "$@")) drops=$(dropped "$port")
	generate "$port" "$protocol" "$rate" "$SECONDS_OF"
	sleep 1
	lost=$(($(dropped "$port") - drops))
	# shellcheck disable=SC2046
	microseconds=$(awk -v ns=$(($(cpu $(pids_of "$@")) - before)) -v n="$records" \
		-v d="$datagrams" -v lost="$lost" 'BEGIN { printf "%.3f", ns / 1e3 / (n * (1 - lost / d)) }')
}

# listens PORT: somebody does
listens() {
	grep -qi "$(printf ':%04X' "$1") " /proc/net/udp /proc/net/udp6
}

# pmacct PROGRAM PORT: one of its collectors, with a table of 5-tuples in memory
pmacct() {
	cat >"$DIR/$1.conf" <<-END
		daemonize: false
		$1_ip: 127.0.0.1
		$1_port: $2
		$1_pipe_size: 16777216
		plugins: memory[table]
		aggregate[table]: src_host, dst_host, src_port, dst_port, proto
		imt_path[table]: $DIR/$1.imt
		imt_buckets[table]: 65537
		imt_mem_pools_number[table]: 0
		plugin_pipe_size[table]: 67108864
		plugin_buffer_size[table]: 65536
	END
	"$1" -f "$DIR/$1.conf" >"$DIR/$1.log" 2>&1 &
	PEER=$!
	wait_until 20 listens "$2" || { show "$DIR/$1.log"; bail "$1 does not start"; }
}

# nfdump PROGRAM PORT: one of its collectors, into files
nfdump() {
	mkdir -p "$DIR/$1"
	"$1" -b 127.0.0.1 -p "$2" -w "$DIR/$1" -B 16777216 >"$DIR/$1.log" 2>&1 &
	PEER=$!
	wait_until 20 listens "$2" || { show "$DIR/$1.log"; bail "$1 does not start"; }
}

probed_start
wait_until 60 ready || bail "probed does not answer"
COLLECTOR=$(worker collector)
[ -n "$COLLECTOR" ] || bail "there is no collector"

declare -A ours
for protocol in v5 v9 ipfix sflow; do
	rate=$RATE
	[ $protocol != sflow ] || rate=$SAMPLES
	cost 2055 $protocol "$rate" "$COLLECTOR"
	ours[$protocol]=$microseconds
	echo "# smokebox, $protocol: $microseconds us a record, $lost of $datagrams datagrams lost"
done

title "processor per NetFlow record ($RATE/s, $KEYS keys), us"
pmacct nfacctd 9001
for protocol in v5 v9 ipfix; do
	cost 9001 $protocol "$RATE" "$PEER"
	row "$protocol, tallied; nfacctd" "${ours[$protocol]}" "$microseconds" "0.3 or less"
	[ "$lost" = 0 ] || echo "# nfacctd lost $lost of $datagrams datagrams"
done
stop_process "$PEER"
nfdump nfcapd 9002
for protocol in v5 v9 ipfix; do
	cost 9002 $protocol "$RATE" "$PEER"
	row "$protocol; nfcapd, which only stores" "${ours[$protocol]}" "$microseconds" ""
done
stop_process "$PEER"

title "processor per sFlow sample ($SAMPLES/s, $KEYS keys), us"
pmacct sfacctd 9003
cost 9003 sflow "$SAMPLES" "$PEER"
row "tallied; sfacctd" "${ours[sflow]}" "$microseconds" "0.4 or less"
[ "$lost" = 0 ] || echo "# sfacctd lost $lost of $datagrams datagrams"
stop_process "$PEER"
nfdump sfcapd 9004
cost 9004 sflow "$SAMPLES" "$PEER"
row "sfcapd, which only stores" "${ours[sflow]}" "$microseconds" ""
stop_process "$PEER"

# carries PROTOCOL RATE: what it loses under load
carries() {
	local before=$(cpu "$COLLECTOR") drops
	drops=$(dropped 2055)
	generate 2055 "$1" "$2" "$LOAD"
	sleep 1
	row "$1: datagrams lost of $datagrams" $(($(dropped 2055) - drops)) - "0"
	echo "# $((records / LOAD)) records/s sent for $LOAD s; the collector took" \
		"$(over $(($(cpu "$COLLECTOR") - before)) $((LOAD * 1000000000)) 2) cores"
}
title "under load"
carries v5 1500000
carries v9 1500000
carries sflow 500000
KEYS=1000000 generate 2055 v9 300000 30 --exporters 1000
row "1000 exporters, a million keys, MB" "$(over "$(pss "$COLLECTOR")" 1024 1)" - "below 64"
bench_done
