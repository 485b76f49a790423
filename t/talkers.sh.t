#!/bin/bash
# From datagrams to who filled the line: every octet that exporters told of is in every
# table, what is of no concern to others nowhere; and a minute that had begun outlives an
# end of the daemon.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=2ms"
ip link set lo up
one_target | config 2 3
# collector LINE...: run with these in *** Collector ***
collector() {
	{
		echo '*** Collector ***'
		echo 'listen = 127.0.0.1:2055'
		echo 'allow = 127.0.0.1'
		echo 'local = 10.0.0.0/8'
		printf '%s\n' "$@"
	} >"$DIR/smokebox"
	probed_start
	wait_until 60 ready || bail "probed does not answer"
}
# send ENGINE RECORD...: NetFlow v5 of now. A record: SRC DST SPORT DPORT PROTO IN OUT
# PACKETS OCTETS, all of them within the last second.
sequence=0
send() {
	perl -MSocket -e '
		my ($engine, $sequence, @all) = @ARGV;
		my $data = pack("nnNNNNnn", 5, scalar @all, 3600000, time, 0, $sequence,
		    $engine, 0);
		for (@all) {
			my ($src, $dst, $sport, $dport, $proto, $in, $out, $packets, $octets)
			    = split;
			$data .= pack("a4a4NnnNNNNnnCCCCnnCCn", inet_aton($src),
			    inet_aton($dst), 0, $in, $out, $packets, $octets, 3599500,
			    3599900, $sport, $dport, 0, 0x18, $proto, 0, 0, 0, 0, 0, 0);
		}
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		bind($s, sockaddr_in(0, inet_aton("127.0.0.1"))) or die "$!";
		send($s, $data, 0, sockaddr_in(2055, inet_aton("127.0.0.1"))) or die "$!";
	' "$1" "$sequence" "${@:2}"
	sequence=$((sequence + $# - 1))
}
# top BY JQ-EXPRESSION: of the last ten minutes
top() {
	local now=$(date +%s)
	api "flows/top?by=$1&limit=50&start=$((now - 600))&end=$((now + 60))" | jq -c "$2"
}
has_octets() { # has_octets BY OCTETS
	[ "$(top "$1" .total.octets)" = "$2" ]
}

# --- all of it ---------------------------------------------------------------------------
collector
send 1 "203.0.113.5 10.0.0.9 443 50000 6 3 4 10 14000" \
	"10.0.0.9 203.0.113.5 50000 443 6 4 3 5 300" \
	"10.0.0.9 10.0.0.8 40000 445 6 4 5 20 20000" \
	"198.51.100.7 10.0.0.8 53 33333 17 3 5 1 120"
send 1 "127.0.0.1 10.0.0.1 40000 2055 17 3 4 7 7777"
wait_until 60 has_octets total 34420
is "$(top total .total.octets)" 34420 "all records are there, and no datagrams of flows"
for by in peer port protocol dscp flow; do
	is "$(top $by '([.columns.octets[]] | add) + .rest.octets')" 34420 \
		"by $by: rows and rest are all of it"
done
is "$(top host '[.columns.address, .columns.octets]')" \
	'[["10.0.0.9","10.0.0.8"],[34300,20120]]' "hosts: what is between two is of both"
is "$(top host '[.columns.octets_in, .columns.octets_out, .columns.octets_other]')" \
	'[[14000,120],[300,0],[20000,20000]]' "in, out and neither"
is "$(top peer '[.columns.address, .columns.octets]')" \
	'[["203.0.113.5","198.51.100.7"],[14300,120]]' "peers"
is "$(top port '[.columns.port, .columns.octets]')" '[[445,443,53],[20000,14300,120]]' "services"
is "$(top flow '[.columns.source[0:2], .columns.destination_port[0:2]]')" \
	'[["10.0.0.9","203.0.113.5"],[445,50000]]' "flows"
is "$(top flow '[.columns.name[0], .columns.detail[0]]')" \
	'["10.0.0.9:40000 → 10.0.0.8:445","SMB, TCP"]' "a flow is named with both ports, and its service"
# The counters come every two seconds.
has_counted() { # has_counted OWN RECORDS
	[ "$(json status '.collector.tally | "\(.own) \(.records)"')" = "$1 $2" ]
}
wait_until 60 has_counted 1 4
is "$(json status .collector.tally.own)" 1 "the datagram of flows is counted apart"
is "$(json status .collector.tally.records)" 4 "four records are tallied"

# --- an end, and less to be told -----------------------------------------------------------
# A minute that is told in halves, since the daemon ended meanwhile, has both.
has_tallied() { # has_tallied RECORDS
	[ "$(json status .collector.tally.records)" = "$1" ]
}
probed_stop
collector "talkers = totals"
is "$(top total .total.octets)" 34420 "a minute that had begun is kept over an end"
send 2 "192.0.2.99 10.0.0.77 443 50000 6 3 4 10 5000"
wait_until 60 has_tallied 1
probed_stop
collector "cut_remote = yes"
is "$(top total .total.octets)" 39420 "so is the rest of it"
like "$(top host .columns.address)" '"10.0.0.77"' "talkers = totals: own hosts"
unlike "$(top peer .columns.address)" '192\.0\.2' "but no peers"
unlike "$(top flow .columns.source)" '192\.0\.2' "and no flows"
send 3 "192.0.2.99 10.0.0.77 443 50000 6 3 4 10 700"
wait_until 60 has_tallied 1
is "$(top peer '[.columns.name[] | select(startswith("192.0"))]')" '["192.0.2.0/24"]' \
	"cut_remote: a peer is called a network"
is "$(top flow '[.columns.name[] | select(startswith("192.0"))]')" \
	'["192.0.2.0/24:443 → 10.0.0.77:50000"]' "in flows, too, which have both ports"
probed_stop
collector "talkers = off"
like "$(top peer .columns.address)" '"192\.0\.2\.0"' "cut_remote: a peer is a network"
like "$(top flow .columns.source)" '"192\.0\.2\.0"' "in flows, too"
send 4 "192.0.2.99 10.0.0.78 443 50000 6 3 4 10 60"
wait_until 60 has_tallied 1
probed_stop
collector
is "$(top total .total.octets)" 40180 "talkers = off: all is counted"
unlike "$(top host .columns.address)" '10\.0\.0\.78' "and no host is told of"

# --- interfaces: what they carried, and nothing of flows that name none -------------------
send 5 "10.0.0.9 10.0.0.8 40001 445 6 0 0 20 40000"
wait_until 60 has_octets total 80180
is "$(top interface '[.columns.interface, .columns.octets, .columns.share, .rest.octets]')" \
	'[[4,3,5],[40060,20180,20120],[null,null,null],0]' "interfaces carry what is no share of the total"
table=$("$BUILD/probectl" --data "$DIR/data" traffic --by interface)
like "$table" '^127\.0\.0\.1 interface 4 +40.1 kB' "probectl: interfaces"
unlike "$table" 'share|others|^[^ ]+ interface.*%|^all.*%' "without shares, and no others"
like "$("$BUILD/probectl" --data "$DIR/data" traffic --by flow)" \
	'10\.0\.0\.9:40000 → 10\.0\.0\.8:445 SMB, TCP  *20.0 kB' "probectl: a flow has ports and protocol"
probed_stop
done_testing
