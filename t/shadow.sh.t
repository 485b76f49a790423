#!/bin/bash
# A trial beside SmokePing: --shadow copies history and leaves the old directory alone;
# probectl parity compares both; on the same directory a running smokeping is refused.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v rrdtool >"$DIR/which" || skip_all "no rrdtool"
world "$@"
network "* delay=2ms"
TABLE="AVERAGE:0.5:1:1000 AVERAGE:0.5:10:1000"
data=$DIR/data trial=$DIR/trial

two_targets | config 2 4
now=$(($(date +%s) / 2 * 2))
# shellcheck disable=SC2086
(cd "$data" && "$BUILD/t/rrdwrite" A.one 2 4 $((now - 200)) 95 $TABLE &&
	cp A/one.rrd A/one~far.rrd && echo other >A/note) >"$DIR/rrdwrite.log"
list() {
	(cd "$data" && find . -type f | sort | xargs md5sum)
}
before=$(list)

probed_start --shadow "$trial"
wait_until 20 ready || bail "probed does not answer"
like "$(cat "$DIR/probed.log")" "shadow of $data: 2 files of history copied" "history is copied"
newer() {
	[ "$(rrdtool last "$trial/A/one.rrd")" -gt "$now" ]
}
wait_until 10 newer
ok $? "and goes on in the other directory"
[ -e "$trial/A/one~far.rrd" ] && [ ! -e "$trial/A/note" ]
ok $? "with what belongs to it, and nothing else"
is "$(list)" "$before" "the old directory is as it was"
probed_stop
is $? 0 "it ends"

out=$("$BUILD/probectl" parity "$data" "$trial" 2>"$DIR/parity.err")
like "$out" '^ +7[0-9] +0 +[0-9]+ .* A/one.rrd$' "probectl parity: rows of both, of the one, of the other"
is "$(awk '$NF == "A/one.rrd" { print $5, $6, $8, $9, $11, $12 }' <<<"$out")" \
	"+0.0000 0.0000 +0.0000 0.0000 +0.0000 0.0000" "which do not differ"
is "$("$BUILD/probectl" parity "$data" 2>"$DIR/usage"; echo $?)" 2 "it wants two directories"

refused() {
	timeout 20 "$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:0 "$@" \
		>"$DIR/refused.log" 2>&1
}
refused --shadow "$data"
is $? 3 "a shadow of itself is refused"
refused --shadow "$trial" --datadir "$data"
is $? 2 "and two data directories"

# fake COMMAND...: become what calls itself a smokeping of this configuration.
fake() {
	"$@" bash -c 'exec -a smokeping perl -e "sleep 60" -- "--config=$0"' "$DIR/config" \
		>"$DIR/fake.log" 2>&1 &
	fake=$!
	named() {
		tr '\0' ' ' <"/proc/$fake/cmdline" | grep -q '^smokeping '
	}
	wait_until 10 named || { show "$DIR/fake.log"; bail "no process smokeping"; }
}
fake env
refused
is $? 3 "beside what calls itself smokeping it does not start"
kill $fake
wait_until 10 is_gone $fake
if setpriv --reuid 65534 --clear-groups true 2>"$DIR/which"; then
	fake setpriv --reuid 65534 --clear-groups
	probed_start
	wait_until 20 ready
	ok $? "unless it is of a user who cannot write there"
	probed_stop
	kill $fake
else
	skip "no other user here"
fi

for tool in smokeping fping; do
	command -v $tool >"$DIR/which" || { skip "no $tool"; done_testing; }
done
mkdir -p "$DIR/img"
sed -i -e '/^+ FPing6/,/^\*\*\* Targets/{/^\*\*\* Targets/!d}' \
	-e 's,^mailhost = .*,&\nsendmail = /bin/true,' "$DIR/config"
setsid smokeping --config="$DIR/config" --nodaemon >"$DIR/smokeping.log" 2>&1 &
smokeping=$!
up() {
	tr '\0' ' ' <"/proc/$smokeping/cmdline" | grep -q perl
}
wait_until 10 up
refused
is $? 3 "beside a running smokeping it does not start"
like "$(cat "$DIR/refused.log")" "smokeping \(pid $smokeping, configuration $DIR/config\) writes to $data, and this probed \(pid [0-9]+\) would too" \
	"and names both" || show "$DIR/refused.log"
probed_start --shadow "$trial"
wait_until 20 ready
ok $? "but a shadow does"
probed_stop
kill -- -$smokeping
wait_until 10 is_gone $smokeping
probed_start
wait_until 20 ready
ok $? "and once smokeping has ended the real one"
probed_stop
done_testing
