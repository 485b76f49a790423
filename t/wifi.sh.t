#!/bin/bash
# Wifi, through the whole program, where there is none: that is said in one place, and
# nowhere else. What a radio tells is in t/wifi.c, its history in t/recorder.c.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
world "$@"
network "* delay=2ms"
probed 1 5 <<-END
	+ near
	menu = near
	title = near
	host = 10.0.0.2
END
looked() {
	json status .wifi.text | grep -q "is visible from here"
}
wait_until 20 looked
ok $? "the kernel was asked"
is "$(json status '.wifi.radios | length')" 0 "a namespace of its own has no radio"
"$BUILD/probectl" --data "$DIR/data" status >"$DIR/status" 2>&1
like "$(grep '^wifi' "$DIR/status")" "no wifi interface is visible from here: " \
	"probectl status says so"
is "$(json interfaces '.wifi.radios | length')" 0 "so does the API of interfaces"
is "$(json 'interfaces?radio=wlan0&start=-1h' .history_wifi)" null \
	"there is no history of what was never there"
is "$(json 'interfaces?radio=../../x&start=-1h' .history_wifi)" null \
	"nor by a name that leads elsewhere"
is "$(json 'interfaces?radio=wlan0&start=-1h&format=csv' .status)" 404 "nor a table of it"
is "$(json 'interfaces?start=-1h' .status)" 400 "whose history has to be said"
unlike "$(page /metrics)" smokebox_wifi "no metrics of none"
unlike "$(page /path)" "Wifi <b>" "no line on the page of the path"
is "$(ls "$DIR/data/.smokebox/traffic/wifi" 2>/dev/null)" "" "no files"
ok "$([ "$(json status '[.workers[] | select(.name == "collector") | .restarts][0]')" = 0 ]
	echo $?)" "the collector lives"
probed_stop
unlike "$(cat "$DIR/probed.log")" "wifi|nl80211|netlink" "and not a word of it in the log"
done_testing
