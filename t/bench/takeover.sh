#!/bin/bash
# Taken over from smokeping and taken back, at length: t/takeover.sh.t with a quarter of an
# hour for each, step 10. ROUNDS=90.
# shellcheck disable=SC2093
STEP=${STEP:-10} PINGS=${PINGS:-20} HOSTS=${HOSTS:-20} ROUNDS_EACH=${ROUNDS:-90} \
	exec "${SOURCE:?}/t/takeover.sh.t"
