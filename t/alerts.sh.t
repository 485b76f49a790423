#!/bin/bash
# Alerts by the whole program: a target that begins to lose raises one and tells once, a
# killed recorder and a restart neither lose nor repeat it, it is cleared when all is well;
# what the configuration takes away ends. And when it would have been raised, by replay.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v sqlite3 >"$DIR/which" || skip_all "no sqlite3"
world "$@"
network "* delay=2ms"

# targets ALERTS-OF-BAD
targets() {
	config 1 4 <<-END
	+ A
	menu = A
	title = A
	alerts = burst,each
	++ good
	host = 10.0.0.2
	++ bad
	host = 10.0.0.3
	alertee = team@example.net, second@example.net
	alerts = $1
	*** Alerts ***
	to = all@example.net
	from = smokebox@example.net
	+ burst
	type = loss
	pattern = <50%,>=50%,>=50%
	comment = it begins to lose
	to = pager@example.net
	edgetrigger = yes
	+ hold
	type = matcher
	pattern = CheckLoss(l=>50,x=>2)
	comment = it loses
	edgetrigger = yes
	priority = 2
	+ each
	type = loss
	pattern = >0%
	comment = a round with loss
	priority = 3
	END
}
targets burst,hold,each
probed_start
wait_until 20 ready || bail "probed does not answer"
incident() {
	json incidents ".incidents[] | select(.kind == \"alert\" and .source == \"$1\") | .$2"
}
opened() {
	incident "$1" end | grep -qx null
}
over() {
	[ -n "$(incident "$1" end)" ] && ! opened "$1"
}
# letters ALERT [EXPRESSION]: of each letter, in order.
letters() {
	sqlite3 -readonly "$DIR/data/.smokebox/events.db" "SELECT ${2:-what || ' ' || json_extract(body, '\$.state')}
		FROM outbox WHERE json_extract(body, '\$.alert') = '$1' ORDER BY id"
}
many() {
	[ "$(letters "$1" | wc -l)" -ge "$2" ]
}

wait_until 20 known A.bad 2
ok $? "rounds are stored"
is "$(json incidents '[.incidents[] | select(.kind == "alert")] | length')" 0 "no alert"
is "$("$BUILD/probed/probed" --config "$DIR/config" --check 2>&1 | grep -i warning)" "" \
	"alerts are no warning"

# --- raised ---
rules "* delay=2ms
3 silent=yes"
wait_until 15 opened hold
ok $? "a target that loses raises an alert"
is "$(incident hold subject)" A.bad "of that target"
like "$(incident hold summary)" '^hold: it loses \([0-9]+ % lost' "with a sentence"
is "$(incident hold evidence.pattern)" "CheckLoss(l=>50,x=>2)" "its pattern"
like "$(incident hold evidence.loss)" "^[0-9]+%, [0-9]+%, [0-9]+%$" "what it saw of loss"
like "$(incident hold evidence.rtt)" "^.*U$" "and of times"
wait_until 10 many hold 1
is "$(letters hold)" "open was raised" "one letter"
like "$(cat "$DIR/probed.log")" "Alert hold was raised for A.bad loss: .*\(4/4\)  rtt: .*U prevmatch: 0 comment: it loses" \
	"and SmokePing's line in the log"
is "$(letters hold receivers)" \
	'["all@example.net","team@example.net","second@example.net"]' "to whom it concerns"
wait_until 10 many burst 1
ok $? "a pattern of three rounds fires as well"
is "$(letters burst receivers | head -n 1)" \
	'["all@example.net","team@example.net","second@example.net","pager@example.net"]' \
	"and tells its own receiver too"
wait_until 10 many each 2
like "$(letters each | tr '\n' ' ')" "update is active" "without edge trigger each round is told"
is "$(incident hold evidence.judges) $(incident hold worst)" "loss 100" "the worst value is of loss"

# --- killed, restarted ---
pid=$(worker_pid recorder)
kill -9 "$pid"
wait_until 15 newer_row A.bad "$(date +%s)"
ok $? "the recorder is killed, rounds go on"
before=$(letters each | wc -l)
wait_until 10 many each $((before + 1))
ok $? "alerts are judged again"
is "$(letters hold)" "open was raised" "what was raised is not raised again"
opened hold
ok $? "and still holds"
probed_stop
probed_start
wait_until 20 ready || bail "probed does not answer"
before=$(letters each | wc -l)
wait_until 10 many each $((before + 1))
ok $? "after a restart"
is "$(letters hold)" "open was raised" "nor by that"

# --- cleared ---
rules "* delay=2ms"
wait_until 15 over hold
ok $? "it ends when all is well"
wait_until 10 many hold 2
is "$(letters hold | tail -n 1)" "close was cleared" "and that is told"
is "$(letters hold "json_extract(body, '\$.begin') || ' ' || coalesce(json_extract(body, '\$.end'), '-')" |
	tr '\n' ' ')" "$(incident hold begin) - $(incident hold begin) $(incident hold end) " \
	"with when it began and ended"
wait_until 10 over each
is "$(letters each | grep -c close)" 0 "the end of one without edge trigger is not"
is "$(json incidents '[.incidents[] | select(.kind == "alert" and .subject == "A.good")] | length')" 0 \
	"nothing is said of the target that is well"

# --- by replay ---
ctl() {
	"$BUILD/probectl" --data "$DIR/data" events --replay "$@" 2>&1
}
replay=$(ctl 'CheckLoss(l=>50,x=>2)' A.bad)
is "$(grep -vc '^#' <<<"$replay")" 1 "replay: it was raised once"
begin=$(date -d "$(cut -c1-19 <<<"$replay" | head -n 1)" +%s)
holds "when it was" "$begin - $(incident hold begin) <= 2 && $(incident hold begin) - $begin <= 2"
like "$replay" "# [0-9]+ rounds of 1 s, .*: 1 times" "and by how many rounds"
like "$(ctl '>0%,*3*,>0%' A.good)" ": 0 times" "replay: the other one never"
like "$(ctl '>20' A.none)" "no target is called A.none" "replay: no such target"
ctl 'CheckLoss(l=>1)' A.bad >"$DIR/bad"
is "$? $(cat "$DIR/bad")" \
	"2 probectl: matcher CheckLoss without x never matches, expected x =>" \
	"replay: a call that is not complete"

# --- taken away ---
rules "* delay=2ms
3 silent=yes"
wait_until 15 opened each
count=$(incident each id | wc -l)
targets hold
kill -HUP "$PROBED"
wait_until 15 over each
ok $? "an alert that the configuration takes away ends"
like "$(incident each evidence.closed | head -n 1)" "configuration" "and says why"
is "$(incident each id | wc -l)" "$count" "without another"
done_testing
