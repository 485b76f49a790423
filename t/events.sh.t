#!/bin/bash
# What happened, by the whole program: a target that dies and comes back, what an operator
# says, starts and changes; as the API, the pages and probectl have it.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"

targets() {
	config 1 4 <<-END
	+ A
	menu = A
	title = A
	++ one
	menu = One
	host = 10.0.0.2
	++ two
	menu = Two
	host = $1
	*** Silences ***
	+ party
	targets = A.two
	from = 2020-01-01 00:00
	until = 2020-01-02 00:00
	END
}
targets 10.0.0.3
cat >"$DIR/smokebox" <<-END
	*** Actions ***
	+ diary
	type = command
	program = $DIR/diary
	kinds = gap
END
printf '#!/bin/sh\nprintf "%%s\\n" "$1|$2|$3|$6" >>"$0.log"\n' >"$DIR/diary"
chmod 755 "$DIR/diary"
# A history that SmokePing left.
mkdir -p "$DIR/data/A"
rrdtool create "$DIR/data/A/two.rrd" --step 1 --start "$(($(date +%s) - 100))" \
	DS:uptime:GAUGE:2:0:U DS:loss:GAUGE:2:0:4 DS:median:GAUGE:2:0:180 \
	DS:ping{1,2,3,4}:GAUGE:2:0:180 RRA:AVERAGE:0.5:1:1000 RRA:AVERAGE:0.5:10:1000 ||
	bail "rrdtool makes no file"
probed_start
wait_until 20 ready || bail "probed does not answer"
ctl() {
	"$BUILD/probectl" --data "$DIR/data" "$@"
}
# incident JQ-SELECTION FIELD
incident() {
	json incidents ".incidents[] | select($1) | .$2"
}
there() {
	[ -n "$(incident "$1" id)" ]
}
post() {
	curl -s -m 10 -o "$DIR/post" -w '%{http_code}' -X POST -G "$URL/api/v1/$1" "${@:2}"
}

# --- a start ---
wait_until 10 there '.kind == "note" and .source == "start"'
ok $? "a first start is a note"
is "$(incident '.source == "start"' summary)" "smokebox begins to measure." "that says so"
wait_until 10 there '.source == "takeover"'
ok $? "a history that was there is taken over"
is "$(json incidents '.incidents[] | select(.source == "takeover") | .subject + ": " + .summary')" \
	"A.two: Taken over from SmokePing; its history is continued. The 4 pings are spread \
over the step, one every 0.25 s, where fping sent them close together." "which is said"
wait_until 20 known A.one 2
ok $? "rounds are stored"
is "$(incident '.kind == "loss"' id)" "" "nothing is the matter"

# --- a target that dies ---
began=$(date +%s)
rules "* delay=2ms
2 loss=1"
wait_until 15 there '.kind == "loss" and .end == null'
ok $? "a target that dies is an incident"
id=$(incident '.kind == "loss"' id)
is "$(incident '.kind == "loss"' subject)" A.one "of that target"
is "$(incident '.kind == "loss"' summary)" "100 % loss: no answer in time" "with a sentence"
is "$(incident '.kind == "loss"' worst)" 100 "its worst value"
is "$(incident '.kind == "loss"' evidence.host)" 10.0.0.2 "and evidence"
begin=$(incident '.kind == "loss"' begin)
holds "that began when it did ($((begin - began)) s)" "$begin - $began >= -1 && $begin - $began <= 5"
like "$(page /incidents)" "100 % loss: no answer" "the page of incidents has it"
like "$(page /incidents)" "Open" "as an open one"
like "$(page /incidents)" '>A › One</a>' "by the name that people gave it"
like "$(page /incidents)" 'href="/api/v1/incidents\?format=csv[^"]*" download' "it can be had as a table"
like "$(api "incidents?format=csv&kind=loss")" '^[0-9]+,loss,"A.one",[0-9]+,,sure,"100 % loss: no answer in time",' \
	"with a line for it"
is "$(json incidents?format=xml .status)" 400 "and as nothing else"
like "$(page /incidents)" '<details class="evidence" id="evidence[0-9]+">' "its evidence is folded"
like "$(page "/incidents?id=$(json "incidents?kind=loss" '.incidents[0].id')")" \
	'<details class="evidence" id="evidence[0-9]+" open>' "but where it is asked for"
unlike "$(cat "$DIR/page")" "<h2>Past" "alone, where it goes on"
like "$(page /t/A/one)" "100 % loss: no answer" "the target's page too"
unlike "$(page /t/A/two)" "100 % loss: no answer" "but not another's"
like "$(page /)" 'Incidents <span class="count">1<' "every page counts it"
like "$(ctl events)" "loss +A.one: 100 % loss" "and probectl"
is "$(ctl events --open --format json | jq -r .subject)" A.one "in JSON as well"

# --- the recorder is killed meanwhile ---
pid=$(worker_pid recorder)
kill -9 "$pid"
replaced() {
	local now
	now=$(worker_pid recorder)
	[ -n "$now" ] && [ "$now" != "$pid" ] && [ "$now" != 0 ]
}
wait_until 15 replaced
ok $? "the recorder is killed and comes back"
wait_until 15 there '.source == "restart"'
ok $? "which is a note"
is "$(incident '.kind == "loss" and .end == null' id)" "$id" "the incident is open still"
rules "* delay=2ms"
back=$(date +%s)
wait_until 15 there '.kind == "loss" and .end != null'
ok $? "the target is back: closed"
is "$(incident '.kind == "loss"' id)" "$id" "the same one, and no other"
end=$(incident '.kind == "loss"' end)
holds "that ended when it did ($((end - back)) s)" "$end - $back >= -1 && $end - $back <= 5"
like "$(page /incidents)" "No incident is open" "the page says that none is open"
unlike "$(page /)" 'class="count"' "and none is counted"

# --- words ---
ctl note "a new <b>switch</b>" >"$DIR/out" 2>&1
ok $? "probectl note"
ctl note "only here" --target A.two >"$DIR/out" 2>&1
ok $? "of one target"
wait_until 5 there '.summary == "only here"'
ok $? "is there"
is "$(incident '.summary == "only here"' subject)" A.two "of that target"
like "$(page /t/A/one)" "a new &lt;b&gt;switch" "one is on every page, as text"
unlike "$(page /t/A/one)" "only here" "the other is not"
like "$(page /t/A/two)" "only here" "but on its own"
ctl note --target A.none "nowhere" >"$DIR/out" 2>&1
is $? 1 "of a target that is not there"
like "$(cat "$DIR/out")" "no target or group is called A.none" "says so"
is "$(post notes)" 400 "no words"
is "$(post notes --data-urlencode "text=$(head -c 1500 /dev/zero | tr '\0' x)")" 400 "too many"
is "$(curl -s -o "$DIR/post" -w '%{http_code}' "$URL/api/v1/notes?text=x")" 405 "not by GET"
is "$(post notes -d text=x -H 'Origin: http://evil.example')" 403 "not from another site"
ctl silence --target A.one 2h some work >"$DIR/out" 2>&1
ok $? "probectl silence"
some_work() {
	ctl silence 2>&1 | grep -q " now .* A.one: some work"
}
wait_until 10 some_work
ok $? "which it lists" || ctl silence
is "$(json silences '[.silences[] | .target + " " + .reason + " " + (.active | tostring)] | join("|")')" \
	"A.one some work true" "as does the API; a window of years ago is none"
is "$(api 'silences?format=csv' | tr -d '\r' | sed 's/,[0-9]*,[0-9]*,/,*,*,/')" \
	"$(printf 'id,begin,end,name,target,reason,active\n1,*,*,"","A.one","some work",yes')" "as a table, too"
like "$(page /incidents)" 'href="/api/v1/silences\?format=csv" download' "to which the page leads"
like "$(page /incidents)" "Nobody is told: some work.*probectl silence --end 1 " "and the page"
ctl silence --end 7 >"$DIR/out" 2>&1
is $? 1 "one that is not there cannot be ended"
like "$(cat "$DIR/out")" "no silence 7 lasts" "which is said"
ctl silence --end 1 >"$DIR/out" 2>&1
ok $? "another one can"
nothing_silent() {
	[ "$(json silences '.silences | length')" = 0 ]
}
wait_until 10 nothing_silent
ok $? "and is over"
unlike "$(page /incidents)" "some work" "on the page, too"
is "$(post silences/end -d id=1)" 404 "which happens once"
is "$(post silences -d end=now-1h)" 400 "a silence that is over"
is "$(post silences -d end=now+400d)" 400 "one without end"
ctl silence soon >"$DIR/out" 2>&1
is $? 2 "a length that is none"

# --- asking ---
is "$(json 'incidents?kind=loss' '.incidents | length')" 1 "by kind"
is "$(json 'incidents?subject=A&kind=note' '[.incidents[].subject] | unique | join(" ")')" \
	A.two "by group"
is "$(json 'incidents?open=yes' '.incidents | length')" 0 "open ones"
is "$(json 'incidents?end=now-1h' '.incidents | length')" 0 "by time"
next=$(json 'incidents?limit=2' .next)
one=$(json 'incidents?limit=2' '[.incidents[].id] | join(" ")')
rest=$(json "incidents?limit=100&after=$next" '[.incidents[].id] | join(" ")')
is "$one $rest" "$(json incidents '[.incidents[].id] | join(" ")')" "page by page"
is "$(json "incidents?limit=100&after=$next" .next)" null "up to the last"
for bad in kind=x open=maybe after=x start=soon limit=0 "start=now&end=now-1h"; do
	is "$(curl -s -o "$DIR/post" -w '%{http_code}' "$URL/api/v1/incidents?$bad")" 400 "$bad"
done

# --- on graphs ---
# The colours of a band and of a note's line, as librrd writes them.
band="70\.58[0-9]*%,13\.72[0-9]*%,9\.41[0-9]*%"
line="11\.37[0-9]*%,30\.98[0-9]*%,56\.86[0-9]*%"
graph() {
	curl -s -m 10 "$URL/graph/A/$1.svg?start=$((began - 60))&end=$(date +%s)" | tr -d ' '
}
like "$(graph one)" "$band" "an incident is a band on the graph"
unlike "$(graph two)" "$band" "but not on another's"
like "$(graph two)" "$line" "a note is a line"
same="$URL/graph/A/two.svg?start=$((began - 60))&end=$(($(date +%s) + 300))"
lines() { curl -s -m 10 "$same" | tr -d ' ' | grep -cE "stroke.*$line|$line.*stroke"; }
# Far enough from the others not to fall into their pixel.
noted=$(json 'incidents?kind=note' '[.incidents[].begin] | max')
apart() { [ "$(date +%s)" -ge $((noted + 5)) ]; }
wait_until 10 apart
before=$(lines)
ctl note "of just now" --target A.two >"$DIR/out" 2>&1
more_lines() { [ "$(lines)" -gt "$before" ]; }
wait_until 10 more_lines
ok $? "a later one as well, on the picture of the same range" || show "$DIR/out"

# --- changes ---
targets 10.0.0.4
wait_until 20 there '.source == "setting"'
ok $? "another host is a note"
is "$(incident '.source == "setting"' summary)" "host 10.0.0.4, before it was 10.0.0.3." \
	"that says what changed"
rules "* delay=2ms
4 loss=1"
wait_until 20 there '.subject == "A.two" and .kind == "loss" and .end == null'
ok $? "a target that dies"
probed_stop
sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" \
	"UPDATE incident SET \"begin\" = \"begin\" - 120 WHERE \"end\" IS NULL AND kind = 'loss'"
targets 10.0.0.4
sed -i 's/^pings = 4/pings = 5/' "$DIR/config"
sleep 2
probed_start
wait_until 20 ready || bail "probed does not come back"
wait_until 10 there '.kind == "gap"'
ok $? "a restart is a gap"
like "$(incident '.kind == "gap"' summary)" \
	"smokebox was started: nothing was measured for [0-9]+ s" "that says how long"
holds "with begin and end" "$(incident '.kind == "gap"' end) - $(incident '.kind == "gap"' begin) >= 2"
gap_told() {
	[ "$(cat "$DIR/diary.log")" = "gap||$(incident '.kind == "gap"' summary)|1" ]
}
wait_until 20 gap_told
ok $? "who asks for gaps is told of it, and of nothing else" || show "$DIR/diary.log"
since=$(date -d "@$(incident '.subject == "A.two" and .kind == "loss"' begin)" +%H:%M)
down_since() {
	page / | grep -q "100 % loss since $since<"
}
wait_until 20 down_since
ok $? "and what was down before goes on being so" || show "$DIR/page"
rules "* delay=2ms
2 loss=1
4 loss=1"
both_dead() {
	page / | grep -q 'Of 2 targets, <span class="wrong">2 do not answer'
}
wait_until 20 both_dead
like "$(page /)" "<p>One, Two: no answer in time: 100 % loss since $since and later</p>" \
	"who dies later of the same is told with it"
wait_until 10 there '.summary == "pings 5, before it was 4."'
ok $? "what was changed meanwhile is noted"

# --- the same of many ---
for name in one two; do
	ctl note --target A.$name "the same of both" >"$DIR/out" 2>&1
done
both_noted() {
	page /incidents | grep -qE '<b>(One, Two|Two, One)</b>'
}
wait_until 10 both_noted
ok $? "a note that many have is one line" || show "$DIR/page"
is "$(grep -c 'the same of both' "$DIR/page")" 1 "and no more"

# --- a broken file ---
probed_stop
rm "$DIR/data/.smokebox/events.db-wal"
head -c 20000 /dev/urandom >"$DIR/data/.smokebox/events.db"
probed_start
wait_until 20 ready || bail "probed does not come back"
wait_until 10 there '.kind == "gap" or .kind == "note"'
ok $? "a broken file is replaced"
like "$(json status '.troubles[].text')" "events.db: .*it is kept as .smokebox/set-aside" "and told"
ls "$DIR"/data/.smokebox/set-aside/.smokebox/events.db-* >"$DIR/out" 2>&1
ok $? "and kept"
unlike "$(cat "$DIR/probed.log")" "signal 31|AddressSanitizer|runtime error" "no lock was hit"
done_testing
