#!/bin/bash
# A newcomer's second look: the first configuration measures this host's gateway and some
# far ends; what lies between is found and proposed as lines for Targets, which are measured
# once they are taken.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
world "$@"
# In a container, too, it is a home's card.
export SMOKEBOX_TEST=card
. "$SOURCE/t/routers.sh"
home
far_ends "$FAR" 1.1.1.1 8.8.8.8 9.9.9.9
printf 'nameserver 9.9.9.9\n' >"$DIR/resolv.conf"
mount --bind "$DIR/resolv.conf" /etc/resolv.conf

"$BUILD/probed/probed" --config "$DIR/fresh" --datadir "$DIR/data" --listen 127.0.0.1:8080 \
	>"$DIR/probed.out" 2>>"$DIR/probed.log" &
PROBED=$!
wait_until 20 ready || bail "probed does not answer"
propose() {
	"$BUILD/probectl" --url "$URL" path --targets
}
like "$(cat "$DIR/fresh/Targets")" "^#     probectl path --targets >>Targets$" \
	"the first configuration says where lines for it come from"
propose >"$DIR/proposal" 2>"$DIR/proposal.err"
status=$?
holds "before the way is walked, or after, it is said" \
	"$status == 1 && $(grep -c "nothing is known yet" "$DIR/proposal.err") == 1 || $status == 0"
complete() {
	propose >"$DIR/proposal" 2>"$DIR/proposal.err" &&
		grep -q "^#++ Access" "$DIR/proposal" && grep -q "^#++ Provider" "$DIR/proposal"
}
wait_until 120 complete
ok $? "then the access hop and the provider's core are proposed" || show "$DIR/proposal"
is "$(grep -c "^[^#]" "$DIR/proposal")" 0 "behind hashes"
is "$(grep "^#host" "$DIR/proposal" | tr -s " " | tr "\n" ",")" "#host = 100.64.2.2,#host = 20.9.3.2," \
	"those two, and nothing that is measured already"
check() {
	"$BUILD/probed/probed" --config "$DIR/fresh" --check >"$DIR/check" 2>&1
}
cp "$DIR/fresh/Targets" "$DIR/before"
cat "$DIR/proposal" >>"$DIR/fresh/Targets"
check
is $? 0 "put behind Targets as it is, it is a configuration" || show "$DIR/check"
targets() {
	json targets '.targets | length'
}
had=$(targets)
{
	cat "$DIR/before"
	sed 's/^#//' "$DIR/proposal"
} >"$DIR/fresh/Targets"
check
is $? 0 "and so it is without the hashes" || show "$DIR/check"
taken() {
	[ "$(targets)" = $((had + 2)) ]
}
wait_until 30 taken
ok $? "which is noticed: two more targets"
roles() {
	[ "$(json path '[.targets[] | select(.target | startswith("Anchors")) | .rung] | join(" ")')" = \
		"access provider" ]
}
wait_until 60 roles
ok $? "in their places" || json path '.targets[] | [.target, .rung] | @tsv' | sed 's/^/# /'
nothing_more() {
	! propose >"$DIR/proposal" 2>"$DIR/proposal.err" &&
		grep -q "nothing is proposed" "$DIR/proposal.err"
}
wait_until 30 nothing_more
ok $? "then nothing is proposed any more" || show "$DIR/proposal"
probed_stop
ok $? "it ends"
done_testing
