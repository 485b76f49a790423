#!/bin/bash
# Flow captures of real exporters (FLOWS, a directory of directories), against what
# reference decoders made of them.
flows=${FLOWS:-${SOURCE:?}/../shared/data/flows}
[ -d "$flows" ] || { echo "1..0 # SKIP no flow captures"; exit 0; }
exec perl "$SOURCE/t/flowdata.pl" "${BUILD:?}/probectl" "$flows"
