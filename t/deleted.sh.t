#!/bin/bash
# Files and directories that vanish while running are made again within one round; what
# is no RRD is set aside, and the rest goes on.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"

config 2 4 <<-END
+ A
menu = A
title = A
++ one
host = 10.0.0.2
++ two
host = 10.0.0.3
+ B
menu = B
title = B
++ three
host = 10.0.0.4
++ four
host = 10.0.0.5
END
mkdir -p "$DIR/data/B"
: >"$DIR/data/B/three.rrd"
head -c 3000 /dev/urandom >"$DIR/data/B/four.rrd"
probed_start
wait_until 20 ready || bail "probed does not answer"

wait_until 20 known A.one 2
ok $? "rounds are stored"
wait_until 20 known B.three 2
ok $? "a file of no bytes was replaced"
wait_until 20 known B.four 2
ok $? "a file of noise was replaced"
is "$(find "$DIR/data/.smokebox/set-aside" -type f | wc -l)" 2 "both were set aside"
like "$(cat "$DIR/probed.log")" "three\.rrd" "the log names the one"
like "$(cat "$DIR/probed.log")" "four\.rrd" "and the other"

rm "$DIR/data/A/one.rrd"
wait_until 8 known A.one 1
ok $? "a deleted file is made again"
rm -r "$DIR/data/A"
wait_until 8 known A.one 1
ok $? "a deleted directory is made again"
wait_until 8 known A.two 1
ok $? "with everything in it"
: >"$DIR/data/A/two.rrd"
wait_until 8 known A.two 1
ok $? "a file cut to nothing while running is replaced"
rm -r "$DIR/data/.smokebox/raw"
wait_until 8 test -d "$DIR/data/.smokebox/raw"
ok $? "the ring of single pings comes back"
rm -r "$DIR/data/.smokebox"
wait_until 8 test -S "$DIR/data/.smokebox/probectl.sock"
ok $? "probectl's socket comes back with everything beside it"
wait_until 8 "$BUILD/probectl" --data "$DIR/data" health
ok $? "and answers"
timeout 20 "$BUILD/probed/probed" --config "$DIR/config" --datadir "$DIR/data" \
	--listen 127.0.0.1:0 >"$DIR/second.log" 2>&1
is $? 3 "a second probed is still refused"
like "$(cat "$DIR/second.log")" "in use by another probed" "and told why"
before=$(known_rows "B.three" | wc -l)
wait_until 10 known B.three $((before + 2))
ok $? "the others went on meanwhile"
is "$(json status '[.workers[] | .restarts] | add')" 0 "no worker died of it"
is "$(curl -s -o "$DIR/png" -w '%{http_code}' "$URL/graph/A/one.png")" 200 "and graphs are drawn"
done_testing
