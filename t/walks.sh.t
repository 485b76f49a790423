#!/bin/bash
# The daemon walks to its targets: routers of the simulated network are asked as often as
# they should be, and once more when a round goes bad.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=20ms
100-109 hops=6 via=1001
1001-1006 delay=2ms
200 hops=3 via=1201
1201-1203 delay=2ms"

targets() {
	local n
	for n in 100 101 102 103; do
		printf '++ t%s\nhost = 10.0.0.%s\n' $n $n
	done
	printf '++ six\nprobe = FPing6\nhost = fd00:10::c8\n'
}
config 2 4 <<-END
+ A
menu = A
title = A
$(targets)
END
probed_start
wait_until 20 ready || bail "probed does not answer"

# asked ROUTER FAMILY: how often it said that something died there
asked() {
	awk -v h="$1" -v f="$2" '$3 == h && $4 == f && $9 == "error" { n++ } END { print n + 0 }' "$DIR/truth"
}
all_walked() {
	truth
	[ "$(asked 1006 4)" -ge 8 ] && [ "$(asked 1203 6)" -ge 3 ]
}
wait_until 60 all_walked
ok $? "every way is walked to its end, by both protocols" || sed 's/^/# /' "$DIR/probed.log"
first=$(asked 1001 4)
last=$(asked 1006 4)
holds "the first hop is not asked by every walk: $first, the last $last" \
	"$first >= 3 && $first < $last"

# The way breaks behind hop 3: a round goes bad, and it is walked.
before=$(asked 1203 6)
rules "$(sed 's,^200 .*,200 hops=3 via=1201 silent=yes,' "$DIR/rules")"
walked_again() {
	truth
	[ "$(asked 1203 6)" -gt "$before" ]
}
wait_until 40 walked_again
ok $? "a bad round has its way walked"
is "$(json status '[.workers[] | .restarts] | add')" 0 \
	"nobody sends what the others do not believe"

# Switched off.
printf '*** Path ***\nwalk = no\n' >"$DIR/smokebox"
kill -HUP "$PROBED"
off() {
	truth
	local n
	n=$(asked 1203 6)
	sleep 1
	truth
	[ "$(asked 1203 6)" = "$n" ]
}
wait_until 20 off
ok $? "walks can be switched off"
probed_stop
is $? 0 "probed ends well"
done_testing
