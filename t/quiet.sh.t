#!/bin/bash
# Who is not told, by the whole program: what lies behind a target that is down, and what
# an operator or the configuration has silenced.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"

cat >"$DIR/tell" <<-END
	#!/bin/sh
	echo "\$2 \$6" >>$DIR/told
END
chmod 755 "$DIR/tell"
: >"$DIR/told"
config 1 4 <<-END
	+ Home
	menu = Home
	title = Home
	alerts = gone
	++ gate
	host = 10.0.0.2
	$(for i in 3 4 5 6 7; do printf '++ leaf%d\nhost = 10.0.0.%d\n' "$i" "$i"; done)
	+ Quiet
	menu = Quiet
	title = Quiet
	alerts = gone
	++ asked
	host = 10.0.0.8
	++ written
	host = 10.0.0.9
	*** Alerts ***
	to = |$DIR/tell
	from = box@example.net
	+ gone
	type = loss
	pattern = >50%,>50%
	comment = it does not answer
	edgetrigger = yes
	*** Silences ***
	+ work
	targets = Quiet.written
	days = mon-sun
	*** Overrides ***
	+ Home
	behind = Home.gate
END
probed_start
wait_until 20 ready || bail "probed does not answer"
wait_until 20 known Quiet.written 2
ok $? "rounds are stored"
"$BUILD/probectl" --data "$DIR/data" silence --target Quiet.asked 1h >"$DIR/out" 2>&1
ok $? "an operator asks for silence"

told() {
	grep -cx "$1" "$DIR/told"
}
was_told() {
	[ "$(told "$1")" -ge 1 ]
}
# count JQ-SELECTION: incidents of alerts
count() {
	json "incidents?kind=alert&limit=1000" "[.incidents[] | select($1)] | length"
}
are() {
	[ "$(count "$1")" = "$2" ]
}

rules "* delay=2ms
2-9 loss=1"
wait_until 15 was_told "Home.gate 1"
ok $? "the gate is down, which is told"
wait_until 15 are '.suppressed_by != null and .end == null' 5
ok $? "what lies behind it is explained by that"
wait_until 15 are '.end == null' 8
ok $? "all are incidents"
gate=$(json "incidents?kind=loss&subject=Home.gate" '.incidents[0].id')
is "$(count ".suppressed_by == $gate")" 5 "by that one"

rules "* delay=2ms"
wait_until 20 are '.end != null' 8
ok $? "all come back"
wait_until 10 was_told "Home.gate 0"
ok $? "which is told of the gate"

# One of them alone is its own fault, and told when it is known that the gate is well.
rules "* delay=2ms
3 loss=1"
wait_until 30 was_told "Home.leaf3 1"
ok $? "a leaf alone is told, later"
rules "* delay=2ms"
wait_until 20 was_told "Home.leaf3 0"
ok $? "and to be over"
is "$(sort "$DIR/told" | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ',')" \
	"1 Home.gate 0,1 Home.gate 1,1 Home.leaf3 0,1 Home.leaf3 1," "nobody else was told of"
is "$(count '.end != null and (.subject | startswith("Quiet"))')" 2 \
	"though what was silenced is recorded"
done_testing
