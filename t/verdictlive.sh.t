#!/bin/bash
# Whose fault it is, through the whole program, over real routers, while the gateway exports
# flows: a line that dies behind it, a far end alone, and a stop of our own, which is a gap
# and nobody's fault.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
perl -MIO::Socket::SSL -e 1 2>"$DIR/which" ||
	skip_all "no IO::Socket::SSL (package libio-socket-ssl-perl)"
world "$@"
. "$SOURCE/t/flowworld.sh"

. "$SOURCE/t/routers.sh"
home
FAR_ENDS="31.1.0.1 32.1.0.1 33.1.0.1 34.1.0.1"
far_ends "$FAR" $FAR_ENDS

# --- measured --------------------------------------------------------------------

# Two that want to hear: one behind the line, which says nothing of what it hears of, and
# one beside this box, which hears of no verdicts.
mkdir "$DIR/got"
RECEIVERS=31.1.0.1 in_node "$FAR" perl "$SOURCE/t/receivers.pl" "$DIR/got" 8090 8025 none none \
	2>"$DIR/receivers.log" &
wait_until 10 test -e "$DIR/got/ready" || bail "the receiver does not start"
cat >"$DIR/pager" <<-END
	#!/bin/sh
	echo "\$1 \$2 \$6" >>"\$0.log"
END
chmod 755 "$DIR/pager"
cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:2055
	allow = 127.0.0.0/8
	local = 192.168.7.0/24
	*** Actions ***
	+ phone
	type = webhook
	url = http://31.1.0.1:8090/phone
	retry = 1
	+ pager
	type = command
	program = $DIR/pager
	kinds = loss
END
config 1 4 <<-END
	+ Net
	menu = Net
	title = Net
	$(target gateway 192.168.7.2)
	$(target edge 100.64.2.2)
	$(target core 20.9.3.2)
	$(n=0; for a in $FAR_ENDS; do n=$((n + 1)); target "far$n" "$a"; done)
END
sed -i 's/^binary = .usr.bin.fping/&\nhostinterval = 0.15\ntimeout = 0.6/' "$DIR/config"
clock_begin
probed_start
wait_until 60 ready || bail "probed does not answer"
# The gateway's NetFlow v5: each second 150000 bytes from 192.168.7.30 to a far end.
n=0
while printf '00050001 00002710 %08x 00000000 %08x 00000000 c0a8071e 1f010001 00000000 0003 0004
	00000064 000249f0 00002328 00002700 c350 01bb 00 12 06 00 0000 0000 18 18 0000' \
	"$(date +%s)" "$n" | tr -d '\n\t '; do
	echo
	n=$((n + 1))
	sleep 1
done | send 2055 127.0.0.1 &
# verdict JQ: of what the status says
verdict() {
	json status ".verdict$1"
}
says() {
	[ "$(verdict "$1")" = "$2" ]
}
wait_until 90 says .fine true
ok $? "all is fine" || {
	verdict "" | sed 's/^/# /'
	json path . | head -40 | sed 's/^/# /'
}
whole() {
	[ "$(verdict '.segments | [.router, .access, .provider, .transit, .far] | join(" ")')" = \
		"fine fine fine fine fine" ]
}
wait_until 60 whole
ok $? "each segment that own probes cross is fine"
like "$(verdict .summary)" "Not measured from here: your wifi" "and the wifi is not measured"
like "$(curl -s -m 10 "$URL/")" "<h1>Fine since " "so says the page"

# Who listens is told by itself.
curl -sN -o "$DIR/events" "$URL/api/v1/stream" &
EAR=$!
# heard JQ: there is an event of a verdict for which it is true
heard() {
	grep -A1 '^event: verdict$' "$DIR/events" | sed -n 's/^data: //p' |
		jq -e -s "map(.verdict) | $1" >"$DIR/heard"
}
greeted() {
	grep -A1 '^event: hello$' "$DIR/events" | sed -n 's/^data: //p' | jq -e .verdict.fine
}
wait_until 20 greeted
ok $? "who begins to listen hears how things stand"
# The line dies: the router has no way out any more.
line_down
# What the page says of the way meanwhile is what its strip shows.
blamed() {
	page / >"$DIR/front.html"
	if grep -q '<li class="bad"><b><a [^>]*>access hop<' "$DIR/front.html"; then
		grep -oE 'Fine since [^<]*|is told once it lasts' "$DIR/front.html" >>"$DIR/meanwhile"
	fi
	says .segment access
}
wait_until 120 blamed
ok $? "the line is dead: it is the line" || verdict "" | sed 's/^/# /'
is "$(sort -u "$DIR/meanwhile")" "is told once it lasts" \
	"and nobody was told that it is fine when it did not answer any more"
is "$(verdict .cause)" outage "which is out"
wait_until 20 heard 'any(.segment == "access" and .cause == "outage")'
ok $? "who listens hears of it"
paged() {
	grep -qx "loss Net.far1 $1" "$DIR/pager.log" 2>"$DIR/paged.err"
}
wait_until 90 paged 1
ok $? "who is told of no verdicts is told of what lies behind the line"
like "$(verdict .summary)" "^Since .* your provider.s access line is dead. Router is fine" "the sentence"
wait_until 60 says .confidence sure
ok $? "it is sure"
id=$(verdict .incident)
like "$(curl -s -m 10 "$URL/")" "access line is dead.*href=\"[^\"]*/incidents.id=$id\"" "the page leads to the evidence"
like "$(curl -s -m 10 "$URL/incidents?id=$id")" "Net.far1 loss <b>" "where its numbers are"
front=$(curl -s -m 10 "$URL/")
like "$front" '<li class="bad"><b><a [^>]*>access hop</a></b> <span class="b-value">no answer<' \
	"its strip shows from where on nothing answers"
like "$front" '<li class="good"><b><a [^>]*>(home gateway|container bridge)</a>' "and up to where all is well"
like "$front" '<li class="bad">.*<b>access line</b>.*Since .* access line is dead' "the incident is told in short"
like "$front" '<dt>most loss</dt><dd><a [^>]*>[a-z0-9]*</a> <b>100</b>' "and who loses most"
"$BUILD/probectl" --url "$URL" explain 999999 >"$DIR/explained" 2>&1
is $? 1 "an incident that is none is not explained"
"$BUILD/probectl" --url "$URL" explain "$id" >"$DIR/explained" 2>&1
is $? 0 "probectl explains it"
like "$(tr "\n" " " <"$DIR/explained")" "Net.gateway +loss +0 %.*Net.far1 +loss +[0-9.]+ %" "with every number"
like "$(page "/incidents?id=$id")" '<b>access line</b>' "the page says what it is about"
like "$(page /incidents | tr -d '\n')" '<b>access line</b>.*<h2>Explained by others</h2>.*Net › far1</a>' \
	"what it explains stands below it"
like "$("$BUILD/probectl" --url "$URL" events --kind verdict 2>&1)" "#$id .* verdict +access: Since" \
	"and lists it"
like "$(curl -s -m 10 "$URL/metrics")" 'smokebox_segment_bad\{segment="access"\} 1' "so do the metrics"
suppressed() {
	[ "$(json "incidents?open=yes&kind=loss" "[.incidents[] | select(.suppressed_by == $id)] | length")" -ge 1 ]
}
wait_until 90 suppressed
ok $? "what does not answer behind it is explained by it" ||
	json "incidents?open=yes" '.incidents[] | [.kind, .subject, .suppressed_by] | @tsv' | sed 's/^/# /'
like "$(curl -s -m 10 "$URL/incidents?kind=loss")" "explained by <a href=\"/incidents.id=$id\">" \
	"what lies behind it leads there"
talker() {
	[ "$(json "incidents?id=$id" '.incidents[0].evidence.talkers.during.hosts[0].host')" = 192.168.7.30 ]
}
wait_until 90 talker
ok $? "and who used the line meanwhile, by its flows" ||
	json "incidents?id=$id" '.incidents[0].evidence.talkers' | sed 's/^/# /'
line_up
wait_until 90 says .fine true
ok $? "it is back: all is fine" || verdict "" | sed 's/^/# /'
wait_until 20 heard 'last.fine'
ok $? "and of that"
kill $EAR
wait $EAR 2>"$DIR/wait.err"
heard '[., .[1:]] | transpose | all(.[0] != .[1])'
ok $? "each once: what is repeated is no event"
is "$(json "incidents?id=$id" '.incidents[0].end | type')" number "its incident has an end"
report=$(curl -s -m 60 "$URL/report?target=Net.far1")
like "$report" "Whose fault it was" "a report of what lay behind it has the verdict"
like "$report" "100 % loss: no answer in time .sure., explained by incident $id<" \
	"and what was lost there, as part of it"
like "$(curl -s -m 60 "$URL/report" | tr -d '\n')" "<tbody>.*>edge<.*>core<.*>far1<.*>far4<" \
	"a report of the connection has what lies along it"
# Whose telephone was behind the line has it in the end, in one thing and not in seven.
phoned() {
	local body
	for body in "$DIR"/got/body.*; do
		jq -r '.alerts[] | [.labels.kind, .labels.target, .status] | join(" ")' "$body"
	done 2>"$DIR/phoned.err" | sort | uniq -c | sed 's/^ *//' | paste -sd,
}
wait_until 60 gets "1 verdict access firing,1 verdict access resolved" phoned
ok $? "who was away hears of it once it is over" || phoned | sed 's/^/# /'
wait_until 20 paged 0
ok $? "who was told of what lay behind the line is told that it is back"
is "$(sort "$DIR/pager.log" | uniq -d)" "" "each once"
is "$(grep -c verdict "$DIR/pager.log")" 0 "and of nothing else"

# One far end alone.
in_node "$FAR" ip addr del 33.1.0.1/32 dev lo
in_node "$FAR" ip route add blackhole 33.1.0.1/32
wait_until 120 says .segment far
ok $? "a far end alone: it is that one" || verdict "" | sed 's/^/# /'
like "$(verdict .summary)" "Net.far3" "by name"
like "$(curl -s -m 10 "$URL/")" 'far ends</b> <span class="b-value">1 of 4 down<' "the strip counts it"
in_node "$FAR" ip route del blackhole 33.1.0.1/32
in_node "$FAR" ip addr add 33.1.0.1/32 dev lo
wait_until 90 says .fine true
ok $? "it is back"

# Our own stop is nobody's fault.
before=$(json "incidents?kind=verdict" '.incidents | length')
probed_stop
# A gap is one from a second on.
stopped=$(date +%s)
passed() {
	[ "$(date +%s)" -ge $((stopped + 2)) ]
}
wait_until 10 passed
probed_start
wait_until 60 ready || bail "probed does not come back"
wait_until 120 whole
ok $? "after a stop of our own all is fine"
is "$(json "incidents?kind=verdict" '.incidents | length')" "$before" "which is no verdict"
holds "but a gap" "$(json "incidents?kind=gap" '.incidents | length') >= 1"

# The wall clock goes back by two hours while the line is dead: history has rows of those
# already, and what is the matter is told all the same, and that it ends.
line_down
wait_until 120 says .cause outage
ok $? "the line is dead again"
why_down() { # in the words of a page: since when nothing answers
	json targets '[.targets[] | select(.state == "down") | .why][0]'
}
why=$(why_down)
like "$why" "100 % loss since" "its ends are down since a time"
perl -e 'open my $f, "+<", $ARGV[0] or die; syswrite $f, pack("qq", -7200e9, 0)' "$DIR/clock"
set_back() {
	local begin
	begin=$(verdict .begin)
	[ "${begin:-null}" != null ] && [ "$begin" -le $(($(date +%s) - 7190)) ]
}
wait_until 60 set_back
ok $? "set back by two hours, it is since a time of the new clock" ||
	verdict "" | sed 's/^/# /'
is "$(verdict .cause)" outage "and goes on"
[ "$(why_down)" != "$why" ]
ok $? "what is down is so since a time of the new clock, too"
line_up
wait_until 90 says .fine true
ok $? "its end is seen, too" || verdict "" | sed 's/^/# /'
nothing_open() {
	[ "$(json "incidents?open=yes" '[.incidents[] | select(.kind == "loss" or
		.kind == "verdict")] | length')" = 0 ]
}
wait_until 90 nothing_open
ok $? "nothing stays open" ||
	json "incidents?open=yes" '.incidents[] | [.kind, .subject, .summary]' | sed 's/^/# /'
probed_stop
ok $? "it ends"
done_testing
