#!/bin/bash
# probectl analyze: captures that we make ourselves, of packets and of exported flows, and
# what it finds in them.
: "${SOURCE:?}" "${BUILD:?}"
exec perl "$SOURCE/t/analyze.pl" "$BUILD/probectl"
