#!/bin/bash
# Several pictures that are wanted at once are drawn side by side where there are processors
# for it, and are the same as those drawn one by one. One that cannot be drawn is one.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=2ms"
one_target | config 1 3
SMOKEBOX_TEST="seccomp=kill hands=2" probed_start --debug-daemon
wait_until 20 ready || bail "probed does not answer"
# Ranges that are over and written, and some rounds behind them as well, so that who draws
# them again draws the same.
last=$(($(date +%s) + 14))
written() {
	[ "$(rrdtool last "$DIR/data/A/one.rrd")" -gt $((last + 6)) ]
}
wait_until 30 written || bail "nothing is measured"
url() {
	echo "$URL/graph/A/one.png?start=$((last - 60 - $1))&end=$((last - $1))&width=900&height=400"
}
at_once() {
	local i ask=()
	for i in $(seq 12); do ask+=(-o "$DIR/$1.$i" "$(url "$i")"); done
	curl -s -m 60 -Z --parallel-immediate --no-progress-meter -w '%{http_code} %{content_type}\n' "${ask[@]}" |
		sort | uniq -c | sed 's/^ *//'
}
is "$(at_once together)" "12 200 image/png" "twelve at once"
drew() {
	grep -oE 'picture [0-9]+: .*, by [0-9]+$' "$DIR/probed.log" | sed 's/.* by //' | sort -u | grep -c .
}
holds "by several" "$(drew) > 1 && $(drew) <= 3"
painter=$(worker_pid painter)
children() {
	cat "/proc/$1/task/$1/children"
}
# One who held a line of another would keep it open after the other let go.
sockets() {
	readlink "/proc/$1/fd/"* | grep socket: | sort -u
}
# shellcheck disable=SC2046
shared=$(for pid in "$painter" $(children "$painter"); do sockets "$pid"; done | sort | uniq -d)
is "$shared" "" "each holds lines of its own only"

# Another configuration, and all is drawn anew.
sed -i 's/^title = one$/title = one and only/' "$DIR/config"
told() {
	get /t/A/one >"$DIR/status" && grep -q 'one and only' "$DIR/body"
}
wait_until 20 told || bail "the configuration is not taken over"
sed -i 's/^title = one and only$/title = one/' "$DIR/config"
untold() {
	get /t/A/one >"$DIR/status" && ! grep -q 'one and only' "$DIR/body"
}
wait_until 20 untold || bail "the configuration is not taken over"
# What the painter draws before it knows as well is not kept.
for i in $(seq 12); do
	curl -s -m 20 -o "$DIR/early" "$(url "$i")"
done
knows() {
	[ "$(json status '[.config.generation] + [.workers[] | select(.name == "painter") |
		.generation] | unique | length')" = 1 ]
}
wait_until 20 knows || bail "the painter does not take it over"
# Whoever helped knew the one before.
no_child() {
	[ -z "$(children "$painter")" ]
}
wait_until 2 no_child
ok $? "who helped has gone, at once"
same=0
for i in $(seq 12); do
	curl -s -m 20 -o "$DIR/alone" "$(url "$i")"
	cmp -s "$DIR/alone" "$DIR/together.$i" && same=$((same + 1))
done
is $same 12 "drawn one by one they are the same"
is "$(worker_pid painter)" "$painter" "by the same painter"
# wide ARGUMENTS: of the picture that is drawn by them, in pixels
wide() {
	get "/graph/A/one.png?start=$((last - 60))&end=$last&$1" >"$DIR/status"
	od -An -tu1 -j16 -N4 "$DIR/body" | awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }'
}
holds "twice as large as pixels are dense" "$(wide 'width=1000&height=400&zoom=2') > 2000"
is "$(wide 'width=4000&height=2000&zoom=2')" "$(wide 'width=4000&height=2000')" \
	"but not one that takes a hundred megabytes"
probed_stop
ok $? "it ends"

# --- a document among many graphs
SMOKEBOX_TEST="hands=0" probed_start
wait_until 20 ready || bail "probed does not answer"
many=()
for i in $(seq 300); do many+=(-o "$DIR/many" "$(url $((i % 40)))&top=$((1000 + i))"); done
curl -s -m 120 -Z --parallel-max 20 --no-progress-meter "${many[@]}" >"$DIR/many.out" 2>&1 &
crowd=$!
wait_until 10 test -s "$DIR/many"
is "$(get /incidents.pdf)" 200 "a document is there"
kill -0 $crowd
ok $? "before all graphs are"
wait $crowd
ok $? "which are as well"
probed_stop
ok $? "it ends"

# --- each that helps dies
SMOKEBOX_TEST="hand=die hands=1" probed_start --debug-daemon
wait_until 20 ready || bail "probed does not answer"
painter=$(worker_pid painter)
at_once dying >"$DIR/answers"
unlike "$(cat "$DIR/answers")" "^[0-9]+ [^25]|^[0-9]+ 503" "each is answered, and soon"
like "$(cat "$DIR/answers")" "500 image/svg" "some cannot be drawn"
grep -qa "who tried ended over it" "$DIR"/dying.*
ok $? "and say why"
like "$(cat "$DIR/probed.log")" "who drew it ended over it" "as the log does"
like "$(cat "$DIR/answers")" "200 image/png" "the painter's own are there"
is "$(worker_pid painter)" "$painter" "and it is the same"
probed_stop
ok $? "it ends"

# --- each that helps hangs
SMOKEBOX_TEST="hand=hang hands=1" probed_start --debug-daemon
wait_until 20 ready || bail "probed does not answer"
painter=$(worker_pid painter)
before=$(grep -c "who drew it ended over it" "$DIR/probed.log")
at_once hanging >"$DIR/answers"
like "$(cat "$DIR/answers")" "^11 200 image/png" "all others are drawn beside it"
ended_over() {
	[ "$(grep -c "who drew it ended over it" "$DIR/probed.log")" -gt "$before" ]
}
wait_until 5 ended_over
ok $? "it has its time, and is ended"
is "$(worker_pid painter)" "$painter" "the painter is the same"
probed_stop
ok $? "it ends"

# --- lives are short, and a painter is killed
# No picture meets the ends of two painters: no more than four are with one.
SMOKEBOX_TEST="life=5 hands=1" probed_start --debug-daemon
wait_until 20 ready || bail "probed does not answer"
is "$(at_once short)" "12 200 image/png" "all are there, whoever has to draw anew"
fresh() {
	grep -q "making room for a fresh painter" "$DIR/probed.log"
}
wait_until 5 fresh
ok $? "while lives end"
probed_stop
ok $? "it ends"
SMOKEBOX_TEST="hands=2" probed_start --debug-daemon
wait_until 20 ready || bail "probed does not answer"
at_once before >"$DIR/answers"
painter=$(worker_pid painter)
helped=$(children "$painter")
like "$helped" "[0-9]" "one draws beside the painter"
begin=$(date +%s)
kill -9 "$painter"
all_gone() {
	local pid
	for pid in $painter $helped; do is_gone "$pid" || return 1; done
}
wait_until 2 all_gone
ok $? "killed, it takes them with it"
is "$(curl -s -m 20 -o "$DIR/alone" -w '%{http_code} %{content_type}' "$(url 30)")" \
	"200 image/png" "another draws"
holds "soon" "$(date +%s) - $begin <= 12"
probed_stop
ok $? "it ends"
done_testing
