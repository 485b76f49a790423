#!/bin/bash
# How exporters sample, by what they tell and by what the operator says: figures are
# scaled by the one that counts, and it is shown where that is from.
. "${SOURCE:?}/t/world.sh"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
begin='*** Collector ***
	listen = 127.0.0.1:6343 127.0.0.1:2055
	allow = 127.0.0.0/8'
smokebox <<<"$begin"

# What is wrong is said at its line, with what is expected.
check() {
	printf '%s\n' "$begin" "$1" >"$DIR/smokebox"
	"$BUILD/probed/probed" --config "$DIR" --check 2>&1
}
like "$(check 'sampling_default = 0')" 'smokebox:4: .*sampling_default.* 1 to 16777216' \
	"a rate of 0 is refused at its line"
like "$(check 'sampling_default = 1:1000')" 'smokebox:4: .*1 to 16777216' "so is a ratio"
like "$(check 'sampling_default = 16777217')" 'smokebox:4: .*1 to 16777216' "and too many"
like "$(check $'+ exporters\n++ a\nsampling = 10')" "smokebox:5: .*mandatory.*'address'|smokebox:5: .*'address'" \
	"an exporter without an address"
like "$(check $'+ exporters\n++ a\naddress = router\nsampling = 10')" \
	'smokebox:6: .*addresses such as 192.0.2.1' "one by name"
like "$(check $'+ exporters\n++ a\naddress = 192.0.2.1')" \
	"smokebox:5: a: nothing is said of it, expected 'sampling' or 'sampling_default'" \
	"one of which nothing is said"
like "$(check $'+ exporters\n++ a\naddress = 192.0.2.1\nsampling = 10\n++ b\naddress = 192.0.2.9 192.0.2.1\nsampling = 9')" \
	"smokebox:9: b: an address of it is in 'a', too" "one that is there twice"
like "$(check $'+ exporters\n++ a\naddress = 192.0.2.0/24\nsampling = 10\n++ b\naddress = 192.0.2.1\nsampling = 9')" \
	"smokebox:9: b: an address of it is in 'a', too" "or within a prefix of another"

# said SAMPLING: of one exporter
said() {
	check $'+ exporters\n++ a\naddress = 192.0.2.1\nsampling = '"$1"
}
like "$(said 0)" "smokebox:7: a: 'sampling': '0': expected .* 1 to 16777216" "a rate of 0, at its line"
like "$(said '1000, 3:')" "smokebox:7: a: 'sampling': '3:': expected .* such as 3:100" \
	"an interface without a rate"
like "$(said '0:10')" "smokebox:7: .*'0:10': before ':' .*1 to 2147483647" "an interface that is none"
like "$(said '3:10 3:20')" "smokebox:7: .*interface 3 is there twice" "one that is there twice"
like "$(said '10, 20')" "smokebox:7: .*10 and 20: one rate for all" "two rates for all"
unlike "$(said '1000, 3:100')" "smokebox:[0-9]" "one for all and another for an interface is right"

smokebox <<-END
	$begin
	+ exporters
	++ wrong
	address = 127.0.0.3
	sampling = 50
	++ ports
	address = 127.0.0.5
	sampling = 50, 3:20
	++ port
	address = 127.0.0.6
	sampling = 4:20
	++ both
	address = 127.0.0.4
	sampling_default = 7
END
probed_start
wait_until 30 ready || bail "probed does not answer"

# quiet FROM [SAMPLING]: NetFlow v5 of 1000 octets from an address to one of its own
next=0
quiet() {
	printf '00050001 00002710 %08x 00000000 %08x 0000%04x c6336407 0a0102%02x 00000000 0003 0004
		0000000a 000003e8 00002328 00002700 01bb c350 00 12 06 00 0000 0000 18 18 0000' \
		"$(date +%s)" $((next++)) "$((${2:-0}))" "${1##*.}" | tr -d '\n\t ' | send 2055 "$1"
}
# of FROM: what its host has, and what its exporter's rate is and where from
octets() {
	top "by=host&start=now-1h&limit=30" "[.columns | range(.address | length) as \$i |
		select(.address[\$i] == \"10.1.2.${1##*.}\") | .octets[\$i]] | add"
}
rate() {
	json status ".exporters[] | select(.address == \"$1\") | \"\(.sampling) \(.sampling_from)\""
}
quiet 127.0.0.2
quiet 127.0.0.2 0x4064
quiet 127.0.0.3 0x4064
quiet 127.0.0.4
quiet 127.0.0.5 0x4064
quiet 127.0.0.6 0x4064
wait_until 30 gets '"50 operator"' eval 'rate 127.0.0.3 | jq -R .'
wait_until 30 gets '"7 default"' eval 'rate 127.0.0.4 | jq -R .'
wait_until 30 gets 101000 octets 127.0.0.2
wait_until 30 gets 50000 octets 127.0.0.3
wait_until 30 gets 7000 octets 127.0.0.4
wait_until 30 gets 20000 octets 127.0.0.5
wait_until 30 gets 100000 octets 127.0.0.6
is "$(rate 127.0.0.2)" "100 protocol" "what an exporter tells"
is "$(octets 127.0.0.2)" 101000 "is what its flow is scaled by, and what nobody scaled counts as it is"
is "$(rate 127.0.0.3)" "50 operator" "the operator's word goes before it"
is "$(octets 127.0.0.3)" 50000 "and is what figures are scaled by"
is "$(rate 127.0.0.4)" "7 default" "a default where nothing is told"
is "$(octets 127.0.0.4)" 7000 "scales as well"
is "$(rate 127.0.0.5)" "20 interface" "what is said of its interface goes before that"
is "$(octets 127.0.0.5)" 20000 "and scales"
is "$(rate 127.0.0.6)" "100 protocol" "what is said of another interface does not count"
quiet 127.0.0.4 0x4064
wait_until 30 gets 107000 octets 127.0.0.4
is "$(octets 127.0.0.4)" 107000 "what is told goes before a default"
status=$("$BUILD/probectl" --data "$DIR/data" status)
like "$status" '127.0.0.3/0 +netflow5 +1 +0 +0 +50 +operator' "probectl says so"
like "$status" '127.0.0.5/0 +netflow5 +1 +0 +0 +20 +interface' "and so of an interface"
like "$(page /traffic)" '1 in 20[^&]*as configured for the interface' "and the page"
like "$(page /traffic)" '1 in 50[^&]*as configured' "the page says so"

# Another word holds from the next datagram on, without a restart.
pid=$(json status '.workers[] | select(.name == "collector") | .pid')
smokebox <<-END
	$begin
	sampling_default = 3
	+ exporters
	++ wrong
	address = 127.0.0.3
	sampling = 20
END
kill -HUP "$PROBED"
turns_to() { # WANTED FROM: one more of its datagrams, until it is told
	quiet "$2"
	gets "$1" rate "$2"
}
wait_until 30 turns_to "20 operator" 127.0.0.3
is "$(rate 127.0.0.3)" "20 operator" "after a reload another word counts"
wait_until 30 turns_to "3 default" 127.0.0.4
is "$(rate 127.0.0.4)" "3 default" "and another default"
is "$(json status '.workers[] | select(.name == "collector") | .pid')" "$pid" "and nothing was restarted"
done_testing
