#!/bin/bash
# Alerts are decided as SmokePing decides them: ten thousand sequences of rounds, drawn
# by mutating what each pattern and matcher asks for, through SmokePing's own modules and
# through ours.
: "${SOURCE:?}" "${BUILD:?}"
command -v smokeping >/dev/null || { echo "1..0 # SKIP no smokeping to compare with"; exit 0; }
# The same sequences every time: Perl shuffles its hashes otherwise.
export PERL_HASH_SEED=0
exec perl "$SOURCE/t/alertpeer.pl" "$BUILD/t/ruletool" "$BUILD/t/lettertool"
