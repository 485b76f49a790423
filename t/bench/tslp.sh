#!/bin/bash
# Recurring congestion of a link, with RUNS=500 runs of each kind: how often it is found
# by how much and how long it delays, on a quiet line and on a restless one, and whether
# what only looks alike is ever called so.
RUNS=${RUNS:-500} "${BUILD:?}/t/tslp.t" | grep '^#\|^not ok'
exit "${PIPESTATUS[0]}"
