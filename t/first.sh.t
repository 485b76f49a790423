#!/bin/bash
# The first minute of a newcomer: no configuration, no data. probed writes defaults and
# within 25 seconds smoke is drawn for what can be reached; the rest says what it is.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=4ms"
ip route add default via 10.0.0.1 dev sim0 src 192.0.2.1

begin=$(date +%s)
"$BUILD/probed/probed" --config "$DIR/fresh" --datadir "$DIR/data" --listen 127.0.0.1:8080 \
	>"$DIR/probed.out" 2>>"$DIR/probed.log" &
PROBED=$!
wait_until 10 ready
ok $? "it answers"
# A known round of a host beyond this machine.
smoke() {
	[ "$(json targets '[.targets[] | select(.state == "fine" and .last.median > 0.003)] |
		length')" -ge "${1:-1}" ]
}
wait_until 25 smoke 2
ok $? "there are measured targets"
took=$(($(date +%s) - begin))
holds "within 25 seconds ($took)" "$took <= 25"
like "$(json targets '.targets[].address')" "^10\.0\.0\.1$" "the default gateway is among them"
like "$(json targets '.targets[].address')" "^10\.53\.0\.53$" "and the resolver"
target=$(json targets '[.targets[] | select(.state == "fine" and .last.median > 0.003)][0].path')
is "$(curl -s -o "$DIR/png" -w '%{http_code} %{content_type}' "$URL/graph/${target//.//}.png")" \
	"200 image/png" "its graph is drawn"
holds "with something in it" "$(wc -c <"$DIR/png") > 2000"
page / >"$DIR/html"
is "$(cat "$DIR/page.status")" 200 "the page is there"
like "$(cat "$DIR/html")" '<img ' "with graphs"
like "$(ls "$DIR/fresh")" Targets "the configuration stands there to be edited"
sed -i 's/^menu = .*/&/; $a\
\
+ Mine\
menu = Mine\
title = My own\
host = 10.0.0.77' "$DIR/fresh/Targets"
added() {
	[ "$(state Mine)" = fine ]
}
wait_until 25 added
ok $? "and three more lines are one more target"
is "$("$BUILD/probed/probed" --config "$DIR/fresh" --check 2>&1 | grep -c error)" 0 "it passes its check"
probed_stop
ok $? "it ends well"
done_testing
