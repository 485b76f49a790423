#!/bin/bash
# Server-sent events: rounds, incidents and the verdict as they happen; who was away and
# comes back; what is veiled; two hundred listeners at once, and those that do not read.
. "${SOURCE:?}/t/world.sh"
command -v sqlite3 >"$DIR/which" || skip_all "no sqlite3"
world "$@"
network "* delay=2ms
3 loss=1"
{
	printf '+ A\nmenu = A\ntitle = A\n'
	printf '++ one\nmenu = one\ntitle = one\nhost = 10.0.0.2\n'
	printf '++ lost\nmenu = lost\ntitle = lost\nhost = 10.0.0.3\n'
	printf '+ B\nmenu = B\ntitle = B\n'
	for i in $(seq 100); do
		printf '++ t%d\nmenu = t%d\ntitle = t%d\nhost = 10.0.1.%d\n' $i $i $i $i
	done
} >"$DIR/targets"
config 1 3 <"$DIR/targets"
probed_start
wait_until 40 ready || bail "probed does not answer"

# listen NAME [PATH [CURL-OPTION...]]: in the background, to DIR/NAME
listen() {
	local name=$1 path=${2:-}
	shift 2
	rm -f "$DIR/$name"
	curl -sN -D "$DIR/$name.head" -o "$DIR/$name" "$@" "$URL/api/v1/stream$path" &
	EAR=$!
}
# heard NAME EVENT [COUNT]: so many of them
heard() {
	[ "$(grep -c "^event: $2\$" "$DIR/$1")" -ge "${3:-1}" ]
}
# data NAME EVENT JQ: of each, a line
data() {
	grep -A1 "^event: $2\$" "$DIR/$1" | sed -n 's/^data: //p' | jq -r "$3"
}
# A line may still be on its way when it is looked at.
hush() {
	kill "$1"
	wait "$1" 2>"$DIR/wait.err"
}
last_id() {
	sed -n 's/^id: //p' "$DIR/$1" | tail -n 1
}

# --- rounds ---------------------------------------------------------------------------
listen all ''
all=$EAR
listen one '?target=A.one'
one=$EAR
wait_until 20 heard one round 3
ok $? "rounds come"
wait_until 20 heard all round 110
ok $? "of all targets"
hush $one
like "$(cat "$DIR/one.head")" '^Content-Type: text/event-stream' "as server-sent events"
is "$(sed -n 's/^event: //p' "$DIR/one" | head -n 1)" hello "hello comes first"
is "$(data one hello '.resumed')" null "to who was not here before it is all new"
is "$(data one round .target | sort -u)" A.one "of one target where one is asked for"
is "$(data one round .time | awk 'NR > 1 && $1 != last + 1 { n++ } { last = $1 }
	END { print n + 0 }')" 0 "each round once, and none left out"
is "$(data one round '[.state, .loss, .pings, (.median > 0.0019 and .median < 0.05)] | join(" ")' |
	sort -u)" "fine 0 3 true" "with its figures"
like "$(grep -A1 '^event: round$' "$DIR/all" | sed -n 's/^data: //p' |
	jq -r 'select(.target == "A.lost") | "\(.state) \(.median) \(.loss_ratio)"' | sort -u)" \
	'^down null 1$' "and what is lost has none"
like "$(curl -s -o "$DIR/body" -w '%{http_code}' "$URL/api/v1/stream?target=No.where"
	cat "$DIR/body")" '^404.*No.where' "a target that there is not is told"

# --- away, and back -------------------------------------------------------------------
id=$(last_id one)
newer() {
	[ "$(data all round 'select(.target == "A.one") | .time' | tail -n 1)" -gt "$1" ]
}
was=$(data one round .time | tail -n 1)
wait_until 20 newer $((was + 2))
listen back '?target=A.one' -H "Last-Event-ID: $id"
wait_until 20 heard back round 3
ok $? "who comes back"
hush $EAR
is "$(data back hello .resumed)" true "hears that nothing is missing"
is "$(data back round .time | head -n 1)" $((was + 1)) "and goes on behind the last round heard"
for wrong in 1-2 "${id%-*}-99999999" "${id%-*}-" nonsense; do
	listen wrong '?target=A.one' -H "Last-Event-ID: $wrong"
	wait_until 20 heard wrong hello
	hush $EAR
	is "$(data wrong hello .resumed)" false "$wrong: something is missing"
done

# --- incidents, the verdict, and what is veiled ----------------------------------------
curl -s -m 10 -X POST "$URL/api/v1/notes?target=A.one&text=new+router" >"$DIR/note"
noted() {
	data all incident .summary | grep -q 'new router'
}
wait_until 10 noted
ok $? "a note is an event"
is "$(data all incident 'select(.summary == "new router") | .subject, has("evidence")' | tr '\n' ' ')" \
	"A.one false " "as in the list, without its evidence"
attacked() { # ID TEXT [END]
	sqlite3 -cmd '.timeout 5000' "$DIR/data/.smokebox/events.db" "INSERT OR REPLACE INTO incident
		VALUES($1, 'attack', '192.0.2.77', 'attack', $(date +%s), ${3:-NULL}, 'sure',
			'192.0.2.77 $2', NULL, '{}', NULL, NULL)"
}
told() {
	data all incident .summary | grep -q "$1"
}
attacked 900001 'is flooded'
wait_until 10 told '192.0.2.77 is flooded'
ok $? "an attack is told to who may see hosts"
attacked 900001 'was flooded' "$(date +%s)"
wait_until 10 told '192.0.2.77 was flooded'
ok $? "and that it is over"
echo 'correct horse battery' | "$BUILD/probectl" --data "$DIR/data" password >"$DIR/set"
attacked 900002 'is flooded again'
wait_until 10 told 'under attack'
ok $? "once there is a password, who has not logged in hears less"
unlike "$(data all incident .summary)" 'flooded again' "on the line that is open already"
is "$(data all incident 'select(.id == 900002) | .subject')" "" "nor whose it is"
rm "$DIR/data/.smokebox/state/password"

# --- many -----------------------------------------------------------------------------
web=$(worker_pid web)
memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$web/status"
}
before=$(memory)
mkfifo "$DIR/stop"
perl "$SOURCE/t/listeners.pl" 8080 200 60 <"$DIR/stop" >"$DIR/many" 2>&1 &
exec 7>"$DIR/stop"
says() {
	grep -q "^$2" "$DIR/$1"
}
wait_until 60 says many rounds
is "$(tr '\n' ' ' <"$DIR/many")" "open 200 refused 0 rounds 200 " \
	"two hundred listen at once, and all hear rounds"
is "$(curl -s -m 10 -o "$DIR/body" -w '%{http_code}' "$URL/")" 200 "pages go on meanwhile"
holds "memory for them ($before kB, then $(memory))" "$(memory) - $before < 32768"
mkfifo "$DIR/stop2"
perl "$SOURCE/t/listeners.pl" 8080 60 30 <"$DIR/stop2" >"$DIR/more" 2>&1 &
exec 8>"$DIR/stop2"
wait_until 60 says more rounds
is "$(head -n 2 "$DIR/more" | tr '\n' ' ')" "open 55 refused 5 " "there are 256 places"
is "$(curl -s -m 10 -o "$DIR/body" -w '%{http_code}' "$URL/api/v1/stream"; jq -r .detail "$DIR/body")" \
	"503256 listen already, which is the most that may" "then one is told so"
exec 7>&- 8>&-
free_again() {
	[ "$(curl -s -m 2 -o "$DIR/body" -w '%{http_code}' "$URL/api/v1/stream")" = 200 ]
}
wait_until 40 free_again
ok $? "who leaves makes room"

# --- and slow -------------------------------------------------------------------------
# Lines on our side of the server's port that are open: ours, and those of the slow.
lines() {
	awk '$2 ~ /:1F90$/ && $4 == "01" { n++ } END { print n + 0 }' /proc/net/tcp
}
quiet() {
	[ "$(lines)" -le 1 ]
}
wait_until 60 quiet || bail "lines stay open"
mkfifo "$DIR/stop3"
perl "$SOURCE/t/listeners.pl" 8080 20 30 slow <"$DIR/stop3" >"$DIR/slow" 2>&1 &
exec 9>"$DIR/stop3"
many_lines() {
	[ "$(lines)" -ge 20 ]
}
wait_until 20 says slow open && wait_until 20 many_lines
ok $? "twenty listen and read nothing"
wait_until 90 quiet
ok $? "they are let go"
exec 9>&-
is "$(kill -0 $all; echo $?)" 0 "who reads is not"
hush $all
is "$(grep -A1 '^event: round$' "$DIR/all" | sed -n 's/^data: //p' |
	jq -r 'select(.target == "A.one") | .time' |
	awk 'NR > 1 && $1 != last + 1 { n++ } { last = $1 } END { print n + 0 }')" 0 \
	"and has missed no round in all that time"
is "$(json status '.workers[] | select(.name == "web") | .restarts')" 0 "the server has lived through it"
done_testing
