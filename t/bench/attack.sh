#!/bin/sh
# Twenty simulated weeks of a home (or DAYS) without a false alarm, and all kinds of
# attacks twenty times each: BUILD=... t/bench/attack.sh [DAYS [SEED]]; without a seed a
# fresh one is drawn; it is printed.
exec "${BUILD:?}/t/attack.t" "${1:-140}" "${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d " ")}"
