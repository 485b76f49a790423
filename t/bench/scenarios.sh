#!/bin/bash
# Whose fault it is: every scenario of t/scenarios.c with SEEDS (20) networks and onsets,
# how often segment and cause are right, and what the three words of confidence hold; and
# attacks elsewhere as telescopes of several sizes see them.
SEEDS=${SEEDS:-20}
FIRST=${FIRST:-1}
out=${TMPDIR:-/tmp}/scenarios.$$
begin=$(date +%s)
"${BUILD:?}/t/scenarios.t" "$SEEDS" "$FIRST" >"$out"
status=$?
printf '\nscenarios of the verdict, %s seeds from %s on: %s s\n' "$SEEDS" "$FIRST" \
	$(($(date +%s) - begin))
grep -v '^ok.*sure within\|^1\.\.' "$out" | sed 's/^ok [0-9]* - //'
rm -f "$out"
exit $status
