#!/bin/bash
# make check: all.sh [PROVE-OPTION...] -- TEST... runs the tests with PROVE. Those that
# fail are run once more, each alone: one that holds then is unsteady, which is said,
# and is let pass while there are at most three of them; a fault fails again.
set -u
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	options+=("$1")
	shift
done
shift
state=$(mktemp "${TMPDIR:-/tmp}/smokebox-state.XXXXXX")
trap 'rm -f "$state"' EXIT
: "${PROVE:=prove}"

$PROVE "${options[@]}" --statefile="$state" --state=save "$@" && exit 0
mapfile -t failed < <($PROVE --statefile="$state" --state=failed --dry 2>/dev/null)
[ ${#failed[@]} -gt 0 ] || exit 1

echo "once more, alone: ${failed[*]}"
unsteady=0 status=0
for test in "${failed[@]}"; do
	if $PROVE "${options[@]}" --jobs 1 "$test"; then
		echo "unsteady: $test failed among the others, and held alone"
		unsteady=$((unsteady + 1))
	else
		echo "failed twice: $test"
		status=1
	fi
done
if [ $unsteady -gt 3 ]; then
	echo "$unsteady tests are unsteady, expected at most 3"
	status=1
fi
exit $status
