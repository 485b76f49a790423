#!/bin/bash
# Receivers that are away for AWAY=24 seconds while targets die and come back, and all of
# smokebox is killed by signal 9 meanwhile, KILLS=2 times, and once more between the answer
# of a receiver and our mark: does every alert arrive, in order, once they are back? For an
# outage of ten minutes see t/bench/outage.sh.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
AWAY=${AWAY:-24} KILLS=${KILLS:-2}
# Each is down once, and the next one is when it is back: the order is certain.
HOSTS=${HOSTS:-$((AWAY / 12))}
[ "$HOSTS" -ge 1 ] || HOSTS=1
network "* delay=2ms"
for tool in openssl jq; do
	command -v $tool >"$DIR/which" || skip_all "no $tool (package $tool)"
done
perl -MIO::Socket::SSL -e 1 2>"$DIR/which" ||
	skip_all "no IO::Socket::SSL (package libio-socket-ssl-perl)"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 5 \
	-subj /CN=localhost -keyout "$DIR/key" -out "$DIR/cert" >"$DIR/openssl.out" 2>&1
mkdir "$DIR/got"
receivers() {
	rm -f "$DIR/got/ready"
	perl "$SOURCE/t/receivers.pl" "$DIR/got" 8090 8025 "$DIR/cert" "$DIR/key" \
		2>>"$DIR/receivers.log" &
	receivers=$!
	wait_until 20 test -e "$DIR/got/ready" || bail "the receivers do not start"
}

config 2 4 <<-END
	+ Ping
	menu = Ping
	title = Ping
	alerts = down
	++ first
	host = 10.0.0.2
	$(for i in $(seq "$HOSTS"); do printf '++ h%d\nhost = 10.0.1.%d\n' "$i" "$i"; done)
END
sed -i "s/^mailhost = .*/mailhost = 127.0.0.1:8025/
/^\*\*\* Targets/i\\
*** Alerts ***\\
to = me@example.net\\
from = box@example.net\\
+ down\\
type = loss\\
edgetrigger = yes\\
pattern = >0%\\
comment = no answer" "$DIR/config"
cat >"$DIR/smokebox" <<-END
	*** Actions ***
	+ hook
	type = webhook
	url = http://127.0.0.1:8090/hook
	kinds = alert
	retry = 5
END

start() {
	probed_start
	wait_until 60 ready || bail "probed does not answer"
}
everybody() {
	echo "$PROBED $(json status '.workers[].pid | select(. > 1)' | tr '\n' ' ')"
}
gone() {
	local pid
	for pid in "$@"; do wait_until 30 is_gone "$pid" || bail "$pid does not die"; done
	wait "$PROBED" 2>"$DIR/kill"
}
kill_all() {
	local pids
	pids=$(everybody)
	# shellcheck disable=SC2086
	kill -9 $pids 2>"$DIR/kill"
	# shellcheck disable=SC2086
	gone $pids
}

# What a receiver was told so far, in the order of its coming: "NUMBER ID TARGET
# STATUS", number of the request or mail.
posted() {
	local n
	for n in $(seq "$(find "$DIR/got" -name 'post.*' | wc -l)"); do
		jq -r --arg id "$n $(sed -n 's/^Idempotency-Key: //p' "$DIR/got/post.$n")" \
			'.alerts[] | $id + " " + .labels.target + " " + .status' \
			"$DIR/got/body.$n"
	done
}
mailed() {
	local n id
	for n in $(seq "$(find "$DIR/got" -name 'mail.*' | wc -l)"); do
		id=$(tr -d '\r' <"$DIR/got/mail.$n" | sed -n 's/^X-Smokebox-Id: //p')
		tr -d '\r' <"$DIR/got/mail.$n" | sed -nE \
			"s/.*down was (raised|cleared) on ([A-Za-z0-9.]+).*/$n $id \2 \1/p"
	done | sed 's/raised$/firing/; s/cleared$/resolved/'
}
# Without what came before with the same id, as whoever looks at the id sees it.
once() {
	awk '{ if ($1 != last) { again = seen[$2]++; last = $1 } if (!again) print $3, $4 }'
}
# The ids that came again.
again() {
	awk '$1 != last { if (seen[$2]++) print $2; last = $1 }'
}

# --- a first alert, while all is well ---------------------------------------------------
expected=
# down TARGET HOST, back TARGET: from now on, and it is to be told.
told() {
	[ "$(grep -cE "Alert down was $2 for $1 " "$DIR/probed.log")" -gt 0 ]
}
down() {
	rules "$2 loss=1
* delay=2ms"
	expected="$expected$1 firing
"
}
back() {
	rules "* delay=2ms"
	expected="$expected$1 resolved
"
}
receivers
start
wait_until 60 known Ping.first 2
down Ping.first 2
wait_until 60 told Ping.first raised
back Ping.first
wait_until 60 told Ping.first cleared
arrived() {
	[ "$($1 | once)" = "${expected%
}" ]
}
wait_until 60 arrived posted
ok $? "a receiver that is there is told at once" || posted
wait_until 60 arrived mailed
ok $? "by mail, too" || mailed

# --- the outage -------------------------------------------------------------------------
kill "$receivers"
wait "$receivers"
began=$(date +%s) killed=0
for i in $(seq "$HOSTS"); do
	down "Ping.h$i" "$((256 + i))"
	# Some of the kills fall where it has just been seen, or has not been yet.
	if [ $((i * KILLS / HOSTS)) -gt "$killed" ]; then
		sleep "$(awk -v i="$i" 'BEGIN { printf "%.1f", i * 0.7 % 3 }')"
		kill_all
		killed=$((killed + 1))
		start
	fi
	wait_until 90 told "Ping.h$i" raised || bail "Ping.h$i is down, and nobody saw it"
	# For an equal part of the time.
	rest=$((began + AWAY * (2 * i - 1) / (2 * HOSTS) - $(date +%s)))
	[ $rest -le 0 ] || sleep $rest
	back "Ping.h$i"
	wait_until 90 told "Ping.h$i" cleared || bail "Ping.h$i is back, and nobody saw it"
	rest=$((began + AWAY * i / HOSTS - $(date +%s)))
	[ $rest -le 0 ] || sleep $rest
done
took=$(($(date +%s) - began))
holds "nobody was reached for $took s, killed $killed times" "$took >= $AWAY && $killed == $KILLS"

# --- back, and killed between its answer and our mark -----------------------------------
pids=$(everybody)
echo "kill $pids" >"$DIR/got/mode"
receivers
# shellcheck disable=SC2086
gone $pids
start
wait_until 120 arrived posted
ok $? "every alert has arrived at the webhook, in order" || {
	show <(posted)
	show "$DIR/probed.log"
}
wait_until 120 arrived mailed
ok $? "and by mail" || show <(mailed)
nothing_waits() {
	[ "$("$BUILD/probectl" --data "$DIR/data" status 2>&1 |
		grep -cE '^(hook|me@example.net) .* 0 +[0-9]+ s')" = 2 ]
}
wait_until 60 nothing_waits
ok $? "nothing waits any more" || "$BUILD/probectl" --data "$DIR/data" status
arrived posted && arrived mailed
ok $? "and nothing else came"
repeats=$({
	posted | again
	mailed | again
} | wc -l)
# The other receiver's may have been on its way just then, too.
holds "what was taken before the kill came again, under its id" \
	"$repeats >= 1 && $repeats <= 2"
same=0
for what in post body mail; do
	for n in $(seq "$(find "$DIR/got" -name "$what.*" | wc -l)"); do
		for m in $(seq $((n - 1))); do
			[ $what = post ] || ! cmp -s "$DIR/got/$what.$n" "$DIR/got/$what.$m" ||
				same=$((same + 1))
		done
	done
done
is $same "$repeats" "and is the same to the last byte"
echo "# away $took s, killed $((killed + 1)) times, $(posted | once | wc -l) alerts to each" \
	"of two receivers, $(find "$DIR/got" -name 'post.*' | wc -l) requests," \
	"$(find "$DIR/got" -name 'mail.*' | wc -l) mails, $repeats repeat"
probed_stop
ok $? "it ends cleanly"
kill "$receivers"
unlike "$(cat "$DIR/probed.log")" "AddressSanitizer|runtime error|LeakSanitizer" \
	"without a complaint"
done_testing
