#!/bin/bash
# Slaves: Debian's smokeping as the slave of a smokebox.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
command -v smokeping >"$DIR/which" || skip_all "no smokeping (package smokeping)"
network "* delay=2ms
3 loss=1"
printf 'attic:topsecret\nother:x\n' >"$DIR/secrets"
chmod 600 "$DIR/secrets"

# tree LINES: the configuration of a master, with these among its targets
tree() {
	config 2 3 <<-END
	+ A
	menu = A
	title = The "master's" \$group @{[ 1 ]}
	slaves = attic
	++ both
	host = 10.0.0.2
	++ lost
	host = 10.0.0.3
	nomasterpoll = yes
	++ ours
	host = 10.0.0.4
	slaves =
	$1
	*** Slaves ***
	secrets = $DIR/secrets
	+ attic
	display_name = The attic
	color = 00ff00
	++ override
	Targets.A.both.title = seen from the attic
	+ mute
	display_name = Not called
	color = ff0000
	END
	sed -i 's,^binary = /usr/bin/fping,hostinterval = 0.2\n&,' "$DIR/config"
}
tree ""
probed_start
wait_until 60 ready || bail "probed does not answer"
is "$(json status '[.slaves[] | .name] | join(" ")')" "attic mute" "the status names the slaves"
like "$(cat "$DIR/probed.log")" "there is no secret for slave mute in $DIR/secrets" \
	"a slave without a secret is named"

# slave NAME SECRET [OPTION...]: Debian's, in the foreground of a process of its own
slave() {
	local name=$1
	mkdir -p "$DIR/cache.$name"
	printf '%s\n' "$2" >"$DIR/secret.$name"
	chmod 600 "$DIR/secret.$name"
	shift 2
	smokeping --master-url="$URL/smokeping.cgi" --cache-dir="$DIR/cache.$name" \
		--shared-secret="$DIR/secret.$name" --slave-name="$name" --nodaemon "$@" \
		>"$DIR/slave.$name" 2>&1 &
	SLAVE=$!
	echo $SLAVE >"$DIR/cache.$name/smokeping.pid" # only a daemon writes it by itself
}
fault() {
	[ "$(json status "[.slaves[] | select(.name == $1) | .errors.$2] | add")" -ge 1 ]
}

# --- who is let in -----------------------------------------------------------------
slave attic wrong
wait_until 60 fault '"attic"' signature
ok $? "a wrong secret is counted"
wait_until 30 is_gone $SLAVE
like "$(cat "$DIR/slave.attic")" "signed with [0-9a-f]{32} which does not match" \
	"and the slave hears of it"
slave nobody topsecret
wait_until 60 fault null unknown_slave
ok $? "so is one that nobody knows"
wait_until 30 is_gone $SLAVE
like "$(cat "$DIR/slave.nobody")" "I don't know the slave nobody" "and it hears of it"
curl -s -o "$DIR/page" -w '%{http_code}\n' -F slave=attic -F protocol=1 -F key=x -F data= \
	"$URL/smokeping.cgi" >"$DIR/code"
like "$(cat "$DIR/page")" "I expected protocol 2 and got 1 from slave attic" "another protocol"
is "$(curl -s -o "$DIR/page" -w '%{http_code}' -d 'x=y' "$URL/")" 405 \
	"a post elsewhere is as before"

# --- what it measures --------------------------------------------------------------
slave attic topsecret
slave_rows() {
	known "A.both~attic" 3
}
wait_until 60 slave_rows
ok $? "rows of the slave are stored" || show "$DIR/slave.attic"
is "$(json status '.slaves[] | select(.name == "attic") | .current')" true \
	"it has the configuration in force"
like "$(json status '.slaves[] | select(.name == "attic") | .agent')" "smokeping-slave" \
	"the status says what it is"
is "$(known_rows A.both~attic | awk '{ print $2 }' | sort -u)" 0.0000000000e+00 "nothing is lost"
holds "a time of the simulated network" \
	"$(known_rows A.both~attic | awk 'END { print $3 }') > 0.0019"
is "$(rows A.lost~attic | awk '$2 > 2.99 { n++ } END { print (n > 0) }')" 1 \
	"what does not answer is lost"
is "$(rows A.both~attic | awk '$1 % 2 { n++ } END { print n + 0 }')" 0 "rows are in the grid"
ok "$([ ! -e "$DIR/data/A/ours~attic.rrd" ]; echo $?)" "no row of what is not its"
ok "$([ ! -e "$DIR/data/A/lost.rrd" ]; echo $?)" "nomasterpoll: nothing is polled here"
json targets '.targets[] | select(.path == "A.both") | .slaves[0] | .name, .last.loss' >"$DIR/seen"
is "$(tr '\n' ' ' <"$DIR/seen")" "attic 0 " "the API has its last round"
page /metrics >"$DIR/metrics"
holds "the metrics count its rounds" \
	"$(sed -n 's/^smokebox_slave_rounds_total{slave="attic"} //p' "$DIR/metrics") > 5"
like "$("$BUILD/probectl" --data "$DIR/data" status)" \
	"attic .*called .* ago from 127.0.0.1 .smokeping 2., [0-9]+ rounds; [1-9]" "so does probectl"
rrdtool info "$DIR/data/A/both.rrd" | grep -v -e last_update -e filename -e cur_row -e _ds -e value \
	-e unknown_sec -e cdp_prep >"$DIR/info"
rrdtool info "$DIR/data/A/both~attic.rrd" | grep -v -e last_update -e filename -e cur_row -e _ds \
	-e value -e unknown_sec -e cdp_prep | diff "$DIR/info" - >"$DIR/diff"
ok $? "its file has the same data sources and archives as ours" || show "$DIR/diff"

# --- another configuration ---------------------------------------------------------
tree "++ second
host = 10.0.0.5"
kill -HUP "$PROBED"
told_again() {
	[ "$(json status '.slaves[0].configurations')" -ge 2 ] && grep -q "new config for me" "$DIR/slave.attic"
}
wait_until 60 told_again
ok $? "a changed configuration is told" || show "$DIR/slave.attic"
# Perl's Safe takes the handlers of signals from this SmokePing, so that it ends instead
# of going over (with a master of its own kind as well): what watches it starts it again.
wait_until 30 is_gone $SLAVE
unlike "$(cat "$DIR/slave.attic")" "evaluating|Global symbol|syntax error" "as Perl that is good"
is "$(json status '.slaves[] | select(.name == "attic") | .errors |
	.target + .row + .line + .time + .busy + .protocol - 1')" 0 "and nothing else was wrong"
slave attic topsecret
wait_until 60 known A.second~attic 1
ok $? "and its new target measured" || show "$DIR/slave.attic"
stop_process $SLAVE
done_testing
