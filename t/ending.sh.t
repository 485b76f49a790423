#!/bin/bash
# SIGTERM: probed is gone within five seconds, and every finished round is on disk; the
# next start goes on with the same files.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks
network "* delay=2ms
50-99 delay=3s"

probed 2 4 <<-END
+ A
menu = A
title = A
$(for i in $(seq 2 11); do printf '++ h%d\nhost = 10.0.0.%d\n' "$i" "$i"; done)
+ Slow
menu = Slow
title = answers come too late
$(for i in $(seq 50 59); do printf '++ h%d\nhost = 10.0.0.%d\n' "$i" "$i"; done)
END
wait_until 30 known A.h2 4
ok $? "rounds are stored"

begin=$(date +%s%N)
kill -TERM "$PROBED"
wait_until 10 is_gone "$PROBED"
took=$((($(date +%s%N) - begin) / 1000000))
wait "$PROBED"
is $? 0 "SIGTERM ends it well"
PROBED=
holds "within five seconds ($took ms)" "$took < 5000"
now=$((begin / 1000000000))
late=0
for i in $(seq 2 11); do
	# A round that ended in this step or the one before is the last one finished.
	row=$(rows "A.h$i" | awk 'tolower($2) !~ /nan/ { t = $1 } END { print t + 0 }')
	[ "$row" -ge $(((now / 2) * 2 - 4)) ] || { late=1; echo "# A.h$i: $row, now $now"; }
done
ok $late "every finished round is on disk"
truth
for i in $(seq 2 11); do echo "A.h$i $i"; done |
	perl "$SOURCE/t/compare.pl" "$DIR/data" "$DIR/truth" 2 4 "$DIR/rounds" >"$DIR/compared"
show "$DIR/compared"
is "$(sed -n 's/^missing //p' "$DIR/compared")" 0 "by the network's log, too"
is "$(sed -n 's/^self_loss //p' "$DIR/compared")" 0 "and an end is no loss"

probed_start
wait_until 20 ready
ok $? "it starts again"
rows_before=$(known_rows "A.h2" | wc -l)
wait_until 20 known A.h2 $((rows_before + 2))
ok $? "and goes on with the same file"

# --restart: the next one ends it and takes its place.
before=$PROBED
probed_start --restart
wait_until 15 is_gone "$before"
ok $? "--restart ends the one that runs"
wait "$before"
wait_until 20 ready
ok $? "and takes its place"

begin=$(date +%s%N)
kill -INT "$PROBED"
wait_until 10 is_gone "$PROBED"
took=$((($(date +%s%N) - begin) / 1000000))
wait "$PROBED"
PROBED=
holds "SIGINT ends it as well ($took ms)" "$took < 5000"
is "$(find "$DIR/data" -name core -o -name '*.tmp' | head -n1)" "" "nothing half made stays behind"
done_testing
