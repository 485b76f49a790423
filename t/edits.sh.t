#!/bin/bash
# Edits in a row, a third of them broken: each is noticed, whichever file it is in and
# however it is written, and costs the other targets nothing. What was in force can be
# had back from its copy. (t/bench/edits.sh does a thousand.)
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
. "$SOURCE/t/edits.sh"
network "* delay=30ms"

EDITS=15
edits_config 2 4 40
probed_start
wait_until 20 ready || bail "probed does not answer"
wait_until 20 known Same.h0 1 || bail "nothing is measured"
copies() {
	find "$DIR/data/.smokebox/state/configurations" -mindepth 1 -maxdepth 1 -type d | sort
}
edits $EDITS
is "$MISSED" 0 "$EDITS edits are noticed, broken ones with file and line"
is "$(grep -c 'is not taken over' "$DIR/probed.log")" $((EDITS / 3)) "each broken one is told once"
is "$(grep -c 'warning: .*host is empty' "$DIR/probed.log")" 1 "a warning is not repeated at every reload"
is "$(json status '[.workers[] | .restarts] | add')" 0 "no worker was restarted"

# The last edit was a broken one: what was in force before is the newest copy.
newest=$(copies | tail -n1)
is "$(copies | wc -l)" $((EDITS * 2 / 3 + 1)) "there is a copy of each good one"
is "$(cd "$newest" && find . -type f | sort)" "$(printf '.%s\n' "$DIR/config" \
	"$DIR/edited/link" "$LIST" | sort)" "with every file that it was read from"
is "$(stat -c %a "$DIR/data/.smokebox/state/configurations")" 700 "for nobody else to read"
before=$(taken)
cp -R "$newest/." /
wait_until 10 taken_more "$before"
ok $? "copied back, it is in force"
is "$(copies | wc -l)" $((EDITS * 2 / 3 + 1)) "and not copied again"
for i in $(seq 12); do
	mkdir -p "$DIR/data/.smokebox/state/configurations/20250101T0000$i.000Z-00"
done
before=$(taken)
sed -i 's/^title = Main$/title = Other/' "$DIR/config"
wait_until 10 taken_more "$before"
few() {
	[ "$(copies | wc -l)" = 20 ] && [ "$(copies | grep -c '/2025')" = 8 ]
}
wait_until 5 few
ok $? "twenty are kept, the newest ones"

"$BUILD/probed/probed" --config "$DIR/config" --reload >"$DIR/out"
ok $? "--reload finds the one that runs"
like "$(cat "$DIR/out")" "pid $PROBED," "by its lock"

last=$(rows Same.h0 | awk 'tolower($2) !~ /nan/ { t = $1 } END { print t }')
wait_until 15 newer_row Same.h0 "$last"
edits_compare 2 4 40
show "$DIR/compared"
holds "rounds of all others were compared" "$(compared rounds) >= 120"
is "$(compared self_loss)" 0 "no ping was lost by us"
is "$(compared unknown)" 0 "or is unknown"
is "$(compared misplaced)" 0 "every round is in its row"
is "$(compared missing)" 0 "none is missing"
done_testing
