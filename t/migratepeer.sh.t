#!/bin/bash
# Changed step, pings and names while it runs: history stays, rounds go on, and Debian's
# smokeping continues what became of its files. probectl shows it before.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v rrdtool >"$DIR/which" || skip_all "no rrdtool"
world "$@"
network "* delay=2ms"

TABLE="AVERAGE:0.5:1:1000 AVERAGE:0.5:10:1000"
data=$DIR/data
aside=$data/.smokebox/set-aside
mkdir -p "$data"

targets() {
	printf '+ %s\nmenu = A\ntitle = A\n' "$1"
	printf '++ %s\nmenu = a\ntitle = a\nhost = 10.0.0.2\n' "$2"
	printf '++ other\nmenu = b\ntitle = b\nhost = 10.0.0.3\n'
}
# header TARGET WHAT: of its file
header() {
	rrdtool info "$data/${1//.//}.rrd" | sed -n "s/^$2 = //p"
}
has() {
	[ "$(header "$1" step)" = "$2" ] && header "$1" 'ds\[ping'"$3"'\].index' | grep -q . &&
		! header "$1" 'ds\[ping'"$(($3 + 1))"'\].index' | grep -q .
}
ctl() {
	"$BUILD/probectl" --config "$DIR/config" "$@" 2>&1
}

# History of four hundred rounds each 4 s with 20 pings, as of another day's settings.
now=$(($(date +%s) / 4 * 4))
first=$((now - 1600))
for t in A.one A.other; do
	# shellcheck disable=SC2086
	(cd "$data" && "$BUILD/t/rrdwrite" $t 4 20 $first 399 $TABLE) >>"$DIR/rrdwrite.log"
done
old=$(stat -c %i "$data/A/one.rrd")
before=$(known_rows A.one 4 $first $((now - 8)) | awk '{ print $1, $2 / 20, $3 }')

targets A one | config 2 8
out=$(ctl migrate)
is $? 0 "probectl migrate prints a plan"
like "$out" '^A/one\.rrd: has step 4, the configuration says 2: [0-9]+ bytes to [0-9]+$' \
	"of every file, with bytes before and after"
like "$out" 'AVERAGE 1000 x 4 s, 66.67 minutes -> 2000 x 2 s, 66.67 minutes' "and spans"
like "$out" '^2 files to be carried over: ' "and the sum"
is "$(stat -c %i "$data/A/one.rrd")" "$old" "and changes nothing"

probed_start
wait_until 20 ready || bail "probed does not answer"
wait_until 20 has A.one 2 8
ok $? "the running one has carried the file over to another step and other pings"
is "$(stat -c %i "$(find "$aside/A" -name 'one.rrd-*')")" "$old" "the old file is kept, dated"
wait_until 10 newer_row A.one "$now"
ok $? "its rounds go on"
after=$(known_rows A.one 2 $first $((now - 8)) | awk '$1 % 4 == 0 { print $1, $2 / 8, $3 }')
is "$(wc -l <<<"$after")" "$(wc -l <<<"$before")" "as many rows are known as before"
paste -d ' ' <(echo "$before") <(echo "$after") | awk '
	$1 != $4 || ($2 - $5) ^ 2 > 1e-18 || (tolower($3) !~ /nan/ && $3 != $6) { bad++; print }
	END { exit bad != 0 || NR < 300 }' >"$DIR/differ"
ok $? "with the same ratio of loss and the same median" || show "$DIR/differ" 5
wait_until 10 has A.other 2 8
like "$(ctl migrate)" 'every file of history fits' "and the plan is empty"
is "$(json status '.workers[] | select(.name == "recorder") | .restarts')" 0 \
	"the recorder did so locked in"

# Another name for a group and a target.
has_moved() {
	[ "$(stat -c %i "$data/B/first.rrd" 2>/dev/null)" = "$1" ] &&
		[ "$(stat -c %i "$data/B/other.rrd" 2>/dev/null)" = "$2" ] &&
		[ -e "$data/B/first~far.rrd" ]
}
one=$(stat -c %i "$data/A/one.rrd") other=$(stat -c %i "$data/A/other.rrd")
cp "$data/A/one.rrd" "$data/A/one~far.rrd"
targets B first | config 2 8
kill -HUP "$PROBED"
wait_until 10 has_moved "$one" "$other"
ok $? "renamed targets find their files, and those of slaves" || find "$data" -name '*.rrd' | sed 's/^/# /'
[ ! -e "$data/A/one.rrd" ]
ok $? "and leave nothing behind"
wait_until 10 newer_row B.first "$(date +%s)"
ok $? "and go on in them"
is "$(find "$data/A" -name '*.rrd')" "" "nothing begins anew at the old place"
mkdir "$data/F"
mv "$data/B/other.rrd" "$data/F/gone.rrd"
wait_until 10 known B.other 1
ctl migrate --apply F.gone=B.other >"$DIR/apply"
is $? 0 "the running one is told what belongs together" || show "$DIR/apply"
joined() {
	[ ! -e "$data/F/gone.rrd" ] &&
		[ "$(known_rows B.other 2 $first $((now - 8)) | wc -l)" -gt 300 ]
}
wait_until 10 joined
ok $? "and lays the one under the other"
other=$(stat -c %i "$data/B/other.rrd")
ctl migrate --apply X.nobody=B.other >"$DIR/apply"
nobody() {
	grep -q "X.nobody has no history" "$DIR/probed.log"
}
wait_until 10 nobody
ok $? "or says why not"
noted() {
	[ "$(json incidents '[.incidents[] | select(.summary | test("carried over|goes on as")) | .subject] | unique | tostring')" = \
		'["A.one","A.other","B.first","B.other"]' ]
}
wait_until 10 noted
ok $? "all of that is noted"
# Another table.
sed -i 's/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 3000/' "$DIR/config"
kill -HUP "$PROBED"
longer() {
	[ "$(header B.first 'rra\[0\].rows')" = 3000 ] && [ "$(header B.other 'rra\[0\].rows')" = 3000 ]
}
wait_until 10 longer
ok $? "a changed table is what files become"
is "$(known_rows B.first 2 $first $((now - 8)) | awk '$1 % 4 == 0' | wc -l)" \
	"$(wc -l <<<"$before")" "with their history"
one=$(stat -c %i "$data/B/first.rrd") other=$(stat -c %i "$data/B/other.rrd")
probed_stop
is $? 0 "it ends"
unlike "$(cat "$DIR/probed.log")" "set-aside.*new file begins" "no file was set aside"

# What cannot be known is asked.
mv "$data/B/first.rrd" "$data/lost.rrd"
targets C first | config 2 8
sed -i "s/^AVERAGE 0.5 1 1000/AVERAGE 0.5 1 3000/" "$DIR/config"
like "$(ctl migrate)" '^B.other goes on as C.other: the same host, probe and parameters' \
	"a plan of names"
(cd "$data" && mkdir D && mv lost.rrd D/first.rrd)
like "$(ctl migrate)" 'D\.first may go on as C\.first: the same name; if so: probectl migrate --apply D\.first=C\.first' \
	"a file that nobody knows is asked about"
ctl migrate --apply D.first=C.first >"$DIR/apply"
is $? 0 "and moved when told" || show "$DIR/apply"
is "$(stat -c %i "$data/C/first.rrd")" "$one" "to its place"
# History of a target that was thought to be new is laid under what it has by now.
mkdir "$data/E"
cp "$data/C/first.rrd" "$data/E/gone.rrd"
rm "$data/C/first.rrd"
# shellcheck disable=SC2086
(cd "$data" && "$BUILD/t/rrdwrite" C.first 2 8 $(($(date +%s) / 2 * 2)) 3 $TABLE) >"$DIR/rrdwrite.log"
ctl migrate --apply E.gone=C.first >"$DIR/apply"
is $? 0 "two files become one when told" || show "$DIR/apply"
joined=$(known_rows C.first 2 $first $((now - 8)) | awk '$1 % 4 == 0' | wc -l)
is "$joined" "$(wc -l <<<"$before")" "with the history of the one"
[ ! -e "$data/E/gone.rrd" ]
ok $? "which is put away"
one=$(stat -c %i "$data/C/first.rrd")
ctl migrate --apply >"$DIR/apply"
is "$?:$(stat -c %i "$data/C/other.rrd")" "0:$other" "--apply does what is certain"
targets C first | config 4 5
out=$(ctl migrate --apply)
is $? 0 "without a daemon --apply carries files over" || echo "$out"
has C.first 4 5
ok $? "to what the configuration says"

# Smokeping goes on with what came out of it.
for tool in smokeping fping; do
	command -v $tool >"$DIR/which" || { skip "no $tool"; done_testing; }
done
mkdir -p "$DIR/img"
sed -i -e '/^+ FPing6/,/^\*\*\* Targets/{/^\*\*\* Targets/!d}' "$DIR/config"
inode=$(stat -c %i "$data/C/first.rrd")
rows_before=$(rows C.first 4 $first $((now - 8)) | md5sum)
# Its time is to be behind the last row, which the test wrote a moment ahead.
past() {
	[ "$(date +%s)" -gt "$(rrdtool last "$data/C/first.rrd")" ]
}
wait_until 20 past
timeout 60 smokeping --config="$DIR/config" --debug >"$DIR/smokeping.log" 2>&1
ok $? "smokeping runs a round on it" || show "$DIR/smokeping.log"
unlike "$(cat "$DIR/smokeping.log")" "ERROR|Error|Different number|Wrong value|You must delete" "without an error"
is "$(stat -c %i "$data/C/first.rrd")" "$inode" "in our file"
holds "and has written to it" "$(rrdtool last "$data/C/first.rrd") >= $(date +%s) - 60"
is "$(rows C.first 4 $first $((now - 8)) | md5sum)" "$rows_before" "no old row has changed"
done_testing
