#!/bin/bash
# Receivers that are away for ten minutes, and smokebox killed by signal 9 meanwhile:
# t/outage.sh.t at length. AWAY=600 seconds, HOSTS=20 that are down in turn, KILLS=5.
# shellcheck disable=SC2093
AWAY=${AWAY:-600} HOSTS=${HOSTS:-20} KILLS=${KILLS:-5} exec "${SOURCE:?}/t/outage.sh.t"
