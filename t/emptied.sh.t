#!/bin/bash
# The whole data folder is emptied while running: within a round all goes on as on a first
# start, down to what workers are locked into: drafts of the configuration, what the
# courier has to remember.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks
network "* delay=2ms"
ip link set lo up
config 2 3 <<-END
	+ A
	menu = A
	title = A
	++ one
	host = 10.0.0.2
END
cat >>"$DIR/smokebox" <<-END
	*** Actions ***
	+ hook
	type = webhook
	url = http://127.0.0.1:9/nobody
	kinds = note
END
probed_start
wait_until 20 ready || bail "probed does not answer"
state=$DIR/data/.smokebox

# local_code PATH [CURL-OPTION...]: as who may use probectl's socket; the status, and DIR/body
local_code() {
	local path=$1
	shift
	curl -s -m 60 -o "$DIR/body" -w '%{http_code}' --unix-socket "$state/probectl.sock" \
		"$@" "http://localhost$path"
}
# saves WORD: the configuration with another title is saved; shows WORD: it has it
saves() {
	[ "$(local_code '/api/v1/config/file?file=config')" = 200 ] || return
	jq -r .text "$DIR/body" | sed "s/^title = A.*/title = A $1/" >"$DIR/text"
	[ "$(local_code /api/v1/config/save -d file=config \
		-d "generation=$(jq -r .generation "$DIR/body")" --data-urlencode "text@$DIR/text")" = 200 ]
}
shows() {
	grep -q "^title = A $1\$" "$DIR/config"
}
# remembers: the courier has written how far it is
remembers() {
	[ -n "$(find "$state/courier" -type f)" ]
}
notes() {
	"$BUILD/probectl" --data "$DIR/data" note "$1"
}

wait_until 20 known A.one 2
ok $? "rounds are stored"
saves first || cat "$DIR/body"
shows first
ok $? "a configuration is saved"
notes before
wait_until 10 remembers
ok $? "the courier remembers what it owes"
pids=$(json status '[.workers[] | select(.name != "web" and .name != "courier") | .pid] | tostring')

emptied=$(date +%s)
find "$DIR/data" -mindepth 1 -delete
wait_until 8 known A.one 1
ok $? "rounds are stored again"
holds "within a few rounds" "$(date +%s) - $emptied < 30"
wait_until 10 saves second
ok $? "a configuration is saved again" || cat "$DIR/body"
shows second
ok $? "which holds"
is "$(find "$state/state/draft" -type f | wc -l)" 0 "no draft stays behind"
wait_until 10 notes after
ok $? "a note is taken"
wait_until 10 remembers
ok $? "the courier remembers again what it owes"
is "$(json status '[.workers[] | .restarts] | add')" 0 "no worker died of it"
is "$(json status '[.workers[] | select(.name != "web" and .name != "courier") | .pid] | tostring')" \
	"$pids" "and only who was locked into what is gone was started anew"
like "$(cat "$DIR/probed.log")" "was deleted in part and is made again" "the log says so"

# Only what one of them is locked into.
rm -r "$state/courier"
again() { [ "$(grep -c 'courier is ready' "$DIR/probed.log")" -ge 3 ]; }
wait_until 10 again
ok $? "the courier alone is started anew"
is "$(grep -c 'web is ready' "$DIR/probed.log")" 2 "and web is not"
notes third
wait_until 10 remembers
ok $? "and remembers"
is "$(curl -s -o "$DIR/png" -w '%{http_code}' "$URL/graph/A/one.png")" 200 "graphs are drawn"
done_testing
