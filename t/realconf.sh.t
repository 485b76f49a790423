#!/bin/bash
# Configurations from the wild (CONFIGS, a directory of trees): what SmokePing accepts
# must be accepted, with as many targets and the probes that its parser counts.
: "${SOURCE:?}" "${BUILD:?}"
shopt -s lastpipe
configs=${CONFIGS:-$SOURCE/../shared/data/smokeping-configs}
[ -d "$configs" ] || { echo "1..0 # SKIP no configurations from the wild"; exit 0; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/smokebox-realconf.XXXXXX")
trap 'rm -rf "$dir"' EXIT
count=0 failed=0

result() { # STATUS TEXT
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failed=1
	fi
}

# tree NAME WANT PATH: PATH passes, and its hosts are WANT
tree() {
	"$BUILD/t/conftool" targets "$3" >"$dir/targets" 2>"$dir/said"
	status=$?
	result $status "$1 is accepted"
	[ $status = 0 ] || sed 's/^/# /' "$dir/said"
	got=$(counts "$dir/targets")
	[ "$got" = "$2" ]
	result $? "$1 has the hosts that SmokePing finds: $2"
	[ "$got" = "$2" ] || echo "# got $got"
	# What workers read says the same.
	[ $status = 0 ] || return
	"$BUILD/t/conftool" checked "$3" >"$dir/checked" 2>/dev/null
	result $? "$1 is written as checked text ($(wc -c <"$dir/checked") bytes)"
}

. "$SOURCE/t/realconfs.sh"
# Generated files that are not in the repository: each one is named.
"$BUILD/t/conftool" check 10-*/smokeping/config >"$dir/said" 2>&1
result $((! $?)) "wilsonchai8 is refused"
[ "$(grep -c "can't open /opt/ips/" "$dir/said")" = 31 ]
result $? "and all of its 31 missing files are named"

echo "1..$count"
exit $failed
