#!/bin/bash
# Debian's rrdtool and smokeping read and continue our files, and we continue theirs.
. "$SOURCE/t/world.sh"

command -v rrdtool >"$DIR/which" || skip_all "no rrdtool"
world "$@"

STEP=2 PINGS=5
TABLE="AVERAGE:0.5:1:1008 AVERAGE:0.5:12:432 MIN:0.5:12:432 MAX:0.5:12:432"
mkdir -p "$DIR/data"
cd "$DIR/data" || bail "no data directory"
now=$(($(date +%s) / STEP * STEP))
first=$((now - 200))

# ours TARGET FIRST-ROW COUNT
ours() {
	# shellcheck disable=SC2086
	"$BUILD/t/rrdwrite" "$1" $STEP $PINGS "$2" "$3" $TABLE
}

# fetch FILE ROW: its finest row, NaN as rrdtool prints it
fetch() {
	rrdtool fetch "$1" AVERAGE -r 1 -s "$(($2 - STEP))" -e "$(($2 - 1))" |
		sed -n "s/^$2: //p"
}

# layout FILE: what rrdtool info says of its structure, without times and values
layout() {
	rrdtool info "$1" | grep -vE \
		'^(filename|last_update|header_size) |\.(last_ds|value|unknown_sec|cur_row|unknown_datapoints) '
}

# --- rrdtool -----------------------------------------------------------------------

is "$(ours World.Ours $first 50)" "World/Ours.rrd made" "a file of fifty rounds"
is "$(rrdtool lastupdate World/Ours.rrd | tail -n1)" \
	"$((first + 49 * STEP)): U U U U U U U U" "rrdtool lastupdate: an unknown round"
all="1.0000000000e-03 2.0000000000e-03 3.0000000000e-03 4.0000000000e-03 5.0000000000e-03"
is "$(fetch World/Ours.rrd $first | sed 's/^-nan/nan/')" \
	"nan 0.0000000000e+00 3.0000000000e-03 $all" "rrdtool fetch: all answered"
is "$(fetch World/Ours.rrd $((first + 2 * STEP)) | sed 's/-nan/nan/g')" \
	"nan 2.0000000000e+00 4.0000000000e-03 nan 3.0000000000e-03 4.0000000000e-03 5.0000000000e-03 nan" \
	"two lost: one empty rank in front, one behind"
is "$(fetch World/Ours.rrd $((first + 3 * STEP)) | sed 's/-nan/nan/g')" \
	"nan 5.0000000000e+00 nan nan nan nan nan nan" "all lost"
is "$(fetch World/Ours.rrd $((first + 4 * STEP)) | sed 's/-nan/nan/g')" \
	"nan nan nan nan nan nan nan nan" "unknown"
rrdtool dump World/Ours.rrd dump.xml && rrdtool restore dump.xml restored.rrd
ok $? "rrdtool dump and restore"
is "$(layout restored.rrd)" "$(layout World/Ours.rrd)" "the same after it"
rrdtool update World/Ours.rrd "$((first + 51 * STEP)):U:0:.1:.1:.1:.1:.1:.1"
ok $? "rrdtool update goes on with it"

# --- smokeping ---------------------------------------------------------------------

for tool in smokeping fping; do
	command -v $tool >"$DIR/which" || { skip "no $tool"; done_testing; }
done
ip link set lo up
mkdir -p "$DIR/img"
cat >"$DIR/config" <<END
*** General ***
owner = Test
contact = test@example.net
mailhost = localhost
sendmail = /bin/true
datadir = $DIR/data
imgcache = $DIR/img
imgurl = img
piddir = $DIR
cgiurl = http://localhost/smokeping.cgi
smokemail = /etc/smokeping/smokemail
tmail = /etc/smokeping/tmail
*** Database ***
step = $STEP
pings = $PINGS
$(printf '%s\n' $TABLE | tr : ' ')
*** Presentation ***
template = /etc/smokeping/basepage.html
+ overview
width = 600
height = 50
range = 10h
+ detail
width = 600
height = 200
unison_tolerance = 2
"Last 10 Minutes" 10m
"Last 3 Hours" 3h
*** Probes ***
+ FPing
binary = $(command -v fping)
*** Targets ***
probe = FPing
menu = Top
title = Top
+ World
menu = World
title = World
++ Ours
menu = Ours
title = Ours
host = 127.0.0.1
++ Theirs
menu = Theirs
title = Theirs
host = 127.0.0.1
END
smokeping --config="$DIR/config" --check >"$DIR/check.log" 2>&1
ok $? "smokeping takes the configuration" || { show "$DIR/check.log"; done_testing; }

before=$(stat -c %i World/Ours.rrd)
timeout 60 smokeping --config="$DIR/config" --debug >"$DIR/smokeping.log" 2>&1
ok $? "smokeping runs a round on our data directory" || show "$DIR/smokeping.log"
unlike "$(cat "$DIR/smokeping.log")" "mismatch|ERROR|Different" "without a complaint"
is "$(stat -c %i World/Ours.rrd)" "$before" "it goes on with our file"
holds "and has written a row to it" \
	"$(rrdtool last World/Ours.rrd) >= $now && $(rrdtool last World/Ours.rrd) < $now + 120"
is "$(layout World/Theirs.rrd)" "$(layout World/Ours.rrd)" \
	"a file that it makes has the layout of ours"
is "$(stat -c %a World/Theirs.rrd)" "$(stat -c %a World/Ours.rrd)" "and the mode"

# Ours goes on with theirs: off the grid at first, exact from the second row on.
last=$(rrdtool last World/Theirs.rrd)
row=$(((last / STEP + 1) * STEP))
before=$(stat -c %i World/Theirs.rrd)
is "$(ours World.Theirs $row 2)" "World/Theirs.rrd continued" "we go on with it"
is "$(stat -c %i World/Theirs.rrd)" "$before" "in the same file"
is "$(fetch World/Theirs.rrd $((row + STEP)) | sed 's/^-nan/nan/')" \
	"nan 0.0000000000e+00 3.0000000000e-03 $all" "with exact rows"

# Its pages draw from our file.
QUERY_STRING='target=World.Ours' REQUEST_METHOD=GET SCRIPT_NAME=/smokeping.cgi \
	perl -I/usr/share/perl5 -MSmokeping -MCGI \
	-e 'Smokeping::cgi($ARGV[0], CGI->new)' "$DIR/config" \
	>"$DIR/cgi.html" 2>"$DIR/cgi.log"
like "$(cat "$DIR/cgi.html")" 'SRC="img/World/Ours_last_[0-9]+\.png' \
	"smokeping's CGI shows graphs of ours" || show "$DIR/cgi.log"
png=$(find "$DIR/img" -name 'Ours_last_*.png' -size +2k | wc -l)
holds "and has drawn them ($png)" "$png >= 1"

# Round and round: smokeping again, once our rows are past.
wait_until 20 sh -c "[ \$(date +%s) -gt $((row + STEP)) ]"
timeout 60 smokeping --config="$DIR/config" --debug >"$DIR/again.log" 2>&1
ok $? "smokeping starts on a file that both have written" || show "$DIR/again.log"
unlike "$(cat "$DIR/again.log")" "mismatch|ERROR|Different" "without a complaint"
holds "and goes on with it" "$(rrdtool last World/Theirs.rrd) > $row + $STEP"
is "$(fetch World/Theirs.rrd $((row + STEP)) | sed 's/^-nan/nan/')" \
	"nan 0.0000000000e+00 3.0000000000e-03 $all" "our row is still exact"
done_testing
