#!/bin/bash
# Every header compiles alone, and no room includes one that it may not know: data flows
# one way, and so does knowledge.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v cc >"$DIR/which" || skip_all "no compiler"
cd "$SOURCE" || exit 1

flags="-std=gnu11 -D_GNU_SOURCE -Iprobed -I. -I$BUILD"
for package in libevent_core librrd libmicrohttpd libcurl libcares libcap libnl-genl-3.0; do
	flags="$flags $(pkg-config --cflags $package 2>>"$DIR/pkg")"
done
bad=0
headers=$(find probed probes web -name '*.h' 2>"$DIR/find" | sort)
for header in $headers; do
	echo "#include \"$header\"" >"$DIR/alone.c"
	# shellcheck disable=SC2086
	cc $flags -Wall -Wextra -fsyntax-only "$DIR/alone.c" >"$DIR/cc" 2>&1
	status=$?
	[ ! -s "$DIR/cc" ] || { status=1; show "$DIR/cc" 10; }
	[ $status = 0 ] || echo "# $header"
	bad=$((bad + status))
done
is "$bad" 0 "every header compiles alone ($(echo "$headers" | wc -l))"

# may ROOM REGEX: includes in quotes of ROOM's files all match
may() {
	local found
	[ -d "$1" ] || return 0
	found=$(grep -rnE '^#include "' "$1" --include='*.[ch]' | grep -vE "\"($2)" | head -n 5)
	is "$found" "" "$1 includes only what it may know"
}
ground="base/|config\.h\"|round\.h|flow\.h|interface\.h|ratelist\.h|(wifi|minute|minutering|minutetable|toplist|hops|here|pathfile)\.h|store\.h|(eventsdb|culprit|culpritspan)\.h|cached\.h|raw(ring|code)\.h"
may probed/base "base/|config\.h\""
may probed/alert "base/|alert/"
may probed/config "$ground|alert/|config/|default_text.h"
may probed/infer "$ground|infer/"
may probed/link "$ground|config/|infer/|link/"
may probed/prober "$ground|config/|link/|prober/|probes/"
may probes "$ground|config/|link/|prober/|probes/"
may probed/recorder "$ground|alert/|config/|infer/|link/|recorder/"
may probed/slave "$ground|config/|slave/"
may probed/courier "$ground|config/|link/|slave/|courier/"
may probed/collector "$ground|config/|infer/|link/|collector/"
may probed/runner "$ground|config/|link/|prober/|probes/|runner/"
may probed/fetcher "$ground|config/|infer/|link/|prober/|probes/|fetcher/"
may probed/edit "$ground|config/|link/|edit/|(consult|copies|mirror|reload|rights|roster)\.h"
may web "$ground|config/|infer/|link/|slave/|web/"
done_testing
