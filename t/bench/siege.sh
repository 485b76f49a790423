#!/bin/bash
# The collector's decoders and tallies under siege (see siege.c): SECONDS_OF (1200) seconds
# at 20 000 datagrams/s, half of them hostile, while six days pass by their clock.
SECONDS_OF=${SECONDS_OF:-1200}
"${BUILD:?}/t/siege" --seconds "$SECONDS_OF" >"${TMPDIR:-/tmp}/siege.$$"
status=$?
printf '\nsiege of %s s at 20 000 datagrams/s, by a clock of six days\n' "$SECONDS_OF"
sed 's/^/# /' "${TMPDIR:-/tmp}/siege.$$"
rm -f "${TMPDIR:-/tmp}/siege.$$"
exit $status
