#!/bin/bash
# probectl ping without a daemon: lines, statuses and times as fping has them, on the
# simulated network whose log is the truth.
. "$SOURCE/t/world.sh"
command -v fping >"$DIR/which" || skip_all "no fping"
world "$@"
network "* delay=2ms
4 drop=1/2
5 error=host
6 delay=900ms
7 dup=1
8 error=big mtu=1400
11 silent=yes"

# A timeout that only a machine that stands still reaches, but where it is the subject.
ping() {
	"$BUILD/t/pinger" -t 10000 "$@" >"$DIR/out" 2>"$DIR/err"
}

ping -c 3 -p 20 127.0.0.1 ::1
is $? 0 "lo answers, by both protocols"
is "$(wc -l <"$DIR/out")" 2 "a line for each"
like "$(head -n 1 "$DIR/out")" '^127\.0\.0\.1 :( [0-9]+\.[0-9]{4}){3}$' "as fping -C"
like "$(tail -n 1 "$DIR/out")" '^::1       :( [0-9]+\.[0-9]{4}){3}$' "in columns"

ping -c 20 -p 20 -t 5000 10.0.0.2 fd00:10::2 10.0.0.4
is $? 0 "a host that answers now and then is alive"
line() {
	awk -v h="$1" '$1 == h' "$DIR/out"
}
is "$(line 10.0.0.2 | grep -c -- -)" 0 "nothing is lost without a rule"
is "$(line 10.0.0.4 | tr ' ' '\n' | grep -cx -- -)" 10 "every other packet is lost"
truth
median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int(NR / 2) + 1] }'
}
mine=$(line 10.0.0.2 | tr ' ' '\n' | sed 1,2d | median)
real=$(awk '$3 == 2 && $5 == 1 && $9 == "answered" { print ($2 - $1) / 1e6 }' \
	"$DIR/truth" | median)
holds "the median, $mine ms, is the network's, $real ms" \
	"$mine - $real < 0.3 && $mine >= $real - 0.01"
fping -q -C 20 -p 20 -i 1 10.0.0.2 2>"$DIR/fping"
theirs=$(sed 's/.*: //' "$DIR/fping" | tr ' ' '\n' | median)
holds "fping's, $theirs ms, is near" "$mine - $theirs < 0.3 && $theirs - $mine < 0.3"

ping -c 2 -p 20 -t 500 10.0.0.11
is $? 1 "a silent host: status 1"
is "$(cat "$DIR/out")" "10.0.0.11 : - -" "a dash for each"
ping -c 2 -p 20 10.0.0.5
is "$?:$(cat "$DIR/out")" "1:10.0.0.5 : - -" "an unreachable one too"
like "$(cat "$DIR/err")" "^10\.0\.0\.5: host unreachable: says [0-9.]+$" "with its reason, and who says so"
ping -c 2 -p 20 10.0.0.8 fd00:10::8
like "$(cat "$DIR/err")" "^10\.0\.0\.8: packet too big for the path: says [0-9.]+, MTU 1400$" \
	"a path MTU is told"
like "$(cat "$DIR/err")" "^fd00:10::8: packet too big for the path: says [0-9a-f:]+, MTU 1400$" \
	"for IPv6 too"
ping -c 1 -t 300 10.0.0.6
is $? 1 "an answer behind the timeout is none"
ping -c 1 10.0.0.6
is $? 0 "unless one waits for it"
ping -c 3 -p 20 10.0.0.7
is "$?:$(awk '{ print NF }' "$DIR/out")" 0:5 "duplicates do not show"
ping -c 1 nobody.sim 127.0.0.1
is $? 2 "a name that is not found: status 2"
like "$(cat "$DIR/err")" '^nobody\.sim: ' "which is told"
like "$(cat "$DIR/out")" '^127\.0\.0\.1 : [0-9]' "the others are pinged"
ping -c 1 t300.sim
is $? 0 "a name is found"

ping
is $? 3 "no host: status 3"
like "$(cat "$DIR/err")" '^usage: probectl ping ' "and the usage"
ping -c 0 127.0.0.1
is $? 3 "a count of 0: status 3"
like "$(cat "$DIR/err")" 'count 0, expected 1 to 1000' "and what is right"
done_testing
