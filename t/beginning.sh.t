#!/bin/bash
# Before the first result: every page says that it is being found out and by when, and
# none says that all is well or shows an empty box.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* loss=1"
# Nothing comes back, and that is known after a minute at the earliest.
two_targets | config 300 5
sed -i '0,/^binary = .*fping$/s//&\ntimeout = 60/' "$DIR/config"
probed_start
wait_until 30 ready || bail "probed does not answer"
heard() {
	[ "$(json targets '[.targets[].state] | unique | join(" ")')" = waiting ]
}
wait_until 20 heard
ok $? "two targets wait for their first round"

# says PATH TEXT WHAT: where HH:MM:SS stands for a time
by='[0-9]{2}:[0-9]{2}:[0-9]{2}'
says() {
	page "$1" | tr '\n' ' ' | sed 's/<[^>]*>//g' >"$DIR/text"
	like "$(cat "$DIR/text")" "${2//HH:MM:SS/$by}" "$3"
}
says / 'Measuring begins: the first round of 2 targets is under way' "the first page says that it begins"
like "$(cat "$DIR/text")" "The first results are there by $by, and smoke from then on" "and by when"
like "$(cat "$DIR/text")" "first result by $by" "for each target"
when=$(grep -oE "first result by $by" "$DIR/text" | head -n 1 | sed 's/first result by //')
left=$((($(date -d "$when" +%s) - $(date +%s) + 86400) % 86400))
holds "which is to come, within two steps ($left s)" "$left <= 603"
says /t/A/one 'the first result is there by HH:MM:SS' "the page of a target"
unlike "$(cat "$DIR/text")" "Between two rounds" "does not speak of rounds that were not"
says /status 'It is being found out.*The first results are there by HH:MM:SS' "status"
says /incidents 'Nothing is measured yet: the first results are there by HH:MM:SS' "incidents"
unlike "$(cat "$DIR/text")" "No incident is open" "which do not say that all is well"
says /calendar 'Nothing is measured yet: the first results are there by HH:MM:SS' "the calendar"
says '/compare?t=A.one&t=A.two' 'Nothing is measured yet: the first results are there by HH:MM:SS' "what is compared"
says /charts 'Nothing is measured yet: the first results are there by HH:MM:SS' "charts"
says /path 'it takes a far target whose way was walked|Nothing is known yet of what lies between' "the path"
says /traffic 'No router tells of its traffic yet' "traffic"
flown() {
	page /t/A/one | grep -q 'Round under way: 5 of 5 pings sent, 0 answered'
}
wait_until 30 flown
ok $? "meanwhile its pings are seen under way"
says /t/A/one 'first result by' "and still it has no result"
done_testing
