#!/bin/bash
# The ladder, the ways to targets and their history as people, programs and Prometheus
# see them: ways that were kept from before, and a home network that the prober finds
# out about by itself.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
mount --make-rprivate /
ip link set lo up
ip link add home type veth peer name other || skip_all "no veth"
ip addr add 192.168.1.20/24 dev home
ip link set home up
ip link set other up
# in a container, too, it is a home's card
export SMOKEBOX_TEST="card seccomp=kill"
ip route add default via 192.168.1.1
printf 'nameserver 192.168.1.53\nnameserver fe80::53%%lo\n' >"$DIR/resolv.conf"
mount --bind "$DIR/resolv.conf" /etc/resolv.conf

config 5 3 <<-END
+ Home
menu = Home
title = Home
++ gateway
menu = Router & <b>switch</b>
title = Router
host = 192.168.1.1
+ Far
menu = Far
title = Far
++ one
menu = One
title = One
host = 8.8.8.8
++ two
menu = Two
title = Two
host = 8.8.4.4
END
mkdir -p "$DIR/data"
"$BUILD/t/pathmake" "$DIR/data" <<-END || bail "no ways"
now 9000 Home.gateway 192.168.1.1 =/0.4
now 9000 Far.one 8.8.8.8 192.168.1.1/0.4 100.64.0.1/8 * 203.0.113.5/11 =/14
change 7200 Far.one 8.8.8.8 192.168.1.1/0.4 100.64.0.1/8 * 203.0.113.9/11 =/14
bad 3600 Far.one 8.8.8.8 192.168.1.1/0.4 * *
now 60 Far.two 8.8.4.4 192.168.1.1/0.4 100.64.0.1|100.64.0.2/8 * 203.0.113.9/11 =/15
END
probed_start
wait_until 20 ready || bail "probed does not answer"

# --- programs ----------------------------------------------------------------------

anchor() {
	json path ".anchors[] | select(.family == \"IPv4\" and .rung == \"$1\") | $2"
}
knows_home() {
	[ "$(anchor gateway .state)" = seen ] &&
		[ "$(json path '.targets | length')" = 3 ]
}
wait_until 15 knows_home
ok $? "the prober tells what this host is in, the recorder what ways it kept"
is "$(anchor host '.addresses[0]')" 192.168.1.20 "this host's address"
is "$(anchor gateway '.addresses[0]')" 192.168.1.1 "its gateway"
is "$(anchor gateway .target)" Home.gateway "which a target measures"
is "$(anchor bridge .state)" absent "no container's bridge"
is "$(anchor access '.addresses | join(" ")')" "100.64.0.1 100.64.0.2" \
	"the access hop: two routers that share the load"
is "$(anchor access .distance)" 2 "two hops away"
is "$(anchor provider .state)" unknown "one far network tells no core"
like "$(anchor provider .why)" "three networks" "which is said"
is "$(json 'path?target=Far.one' .rung)" far "the role of a target"
is "$(json 'path?target=Home.gateway' .rung)" gateway "and of the gateway"
is "$(json 'path?target=Far.one' '[.hops[] | .addresses[0] // "-"] | join(" ")')" \
	"192.168.1.1 100.64.0.1 - 203.0.113.9 8.8.8.8" "the hops of a way"
is "$(json 'path?target=Far.one' '.hops[1] | "\(.rung) \(.sent) \(.answered) \(.median)"')" \
	"access 20 20 0.008" "with rung, probes and delay"
is "$(json 'path?target=Far.one' .changes)" 1 "it changed once"
is "$(json 'path?target=Far.one' '[.history[].kind] | join(" ")')" "change bad" \
	"and once a bad round had it walked"
is "$(json 'path?target=Far.one' '.history[0].summary')" \
	"changed at hop 4, from 203.0.113.5 to 203.0.113.9" "what changed"
is "$(json 'path?target=Far.one' '.history[1].summary')" \
	"ends behind 192.168.1.1: 100.64.0.1, hop 2, is silent" "where it ended"
is "$(json 'path?target=Far.one&start=now-5000s' '[.history[].kind] | join(" ")')" bad \
	"a span of the history"
is "$(json 'path?target=Far.two' '.history | length')" 0 "nothing happened to another"
is "$(json 'path?target=Nobody' .status)" 404 "no such target"
is "$(json 'path?target=Far.one&start=soon' .status)" 400 "no such time"

"$BUILD/probectl" --url "$URL" path Far.one >"$DIR/path.out" 2>&1
is "$?" 0 "probectl path of a target"
like "$(cat "$DIR/path.out")" '^  2    0\.0%       8\.00 +7\.20 +16\.00  access +100\.64\.0\.1$' \
	"shows its hops"
like "$(cat "$DIR/path.out")" 'bad: ends behind 192\.168\.1\.1: 100\.64\.0\.1' \
	"and what was"
page /metrics >"$DIR/metrics"
like "$(cat "$DIR/metrics")" '^smokebox_path_hops\{target="Far.one"\} 5$' "metrics: hops"
like "$(cat "$DIR/metrics")" '^smokebox_path_changes_total\{target="Far.one"\} 1$' \
	"and changes"

# --- people ------------------------------------------------------------------------

page /path >"$DIR/path.html"
is "$(cat "$DIR/page.status")" 200 "the page is there"
text=$(cat "$DIR/path.html")
like "$text" 'home gateway' "the strip names the gateway"
like "$text" 'access hop' "and the access hop"
like "$text" '2 in 1 network<' "and counts far ends"
like "$text" 'Router &amp; switch<' "a menu's name is text"
unlike "$text" '<b>switch' "and no markup"
like "$text" 'changed at hop 4, from 203.0.113.5 to 203.0.113.9' "what changed"
like "$text" 'a round was bad: the way ends behind 192.168.1.1' "and what was bad"
like "$text" 'never answers' "a silent hop"
like "$(page '/path?target=Far.one')" '100\.64\.0\.1' "one way alone"
like "$(page '/path?target=Far.one')" '<span class="unit">%</span> <span class="sub">of [1-9]' \
	"with how many that loss is of"
page '/path?target=Nobody' >"$DIR/nobody"
is "$(cat "$DIR/page.status")" 404 "nobody's way is not there"
like "$(page /t/Far/one)" 'changed at hop 4, from 203.0.113.5' \
	"a target's page has its way and what changed"

# --- what is proposed --------------------------------------------------------------

suggestion=$(json path .suggestion)
like "$suggestion" '^host  = 100\.64\.0\.1$' "proposed: the access hop"
like "$suggestion" '^host  = 192\.168\.1\.53$' "the resolver"
like "$suggestion" '^host  = 9\.9\.9\.9$' "and far ends"
is "$(printf '%s\n' "$suggestion" | grep -c '^++ ')" 4 "until there are three networks"
unlike "$suggestion" '= 192\.168\.1\.1$' "not what is measured already"
unlike "$suggestion" 'fe80' "nor what only this host can reach, by an interface's number"
like "$text" 'Add these lines to Targets' "the page shows it"
printf '%s\n' "$suggestion" >>"$DIR/config"
"$BUILD/probed/probed" --check --config "$DIR/config" >"$DIR/check" 2>&1
is "$?" 0 "added to Targets it is a configuration" || show "$DIR/check"
kill -HUP "$PROBED"
nothing_missing() {
	[ "$(json path .suggestion)" = null ]
}
wait_until 15 nothing_missing
ok $? "then nothing is proposed any more"
is "$(json 'path?target=Anchors.Access' .rung)" access "and the access hop has its role"
timeout 3 "$BUILD/probectl" --url "$URL" path Anchors.Access >"$DIR/path.out" 2>&1
like "$(cat "$DIR/path.out")" 'nothing is known yet of the way to Anchors\.Access: walking to 100\.64\.0\.1$' \
	"to which probectl path walks, as long as nothing is known of the way"

# --- another start -----------------------------------------------------------------

probed_stop
is "$?" 0 "it ends"
probed_start
wait_until 20 ready || bail "probed does not answer"
looked_far() {
	page / | grep -o '<b>far ends*</b> <span class="b-value">[^<]*' >>"$DIR/far"
	knows_home
}
wait_until 15 looked_far
ok $? "another start knows the ways at once"
unlike "$(cat "$DIR/far")" '>[0-9]+ of [0-9]+ answer' "and counts no far end that waits for its first round"
unlike "$(page /path)" 'The ways to targets' "each of a few ways has its hops"

# --- two families ------------------------------------------------------------------

unlike "$(page /)" '<b>this host</b> <span class="b-value">IPv' "one way out needs no name"
ip -6 addr add 2001:db8:1::20/64 dev home nodad
ip -6 route add default via 2001:db8:1::1
both_told() {
	page / >"$DIR/now.html"
	[ "$(grep -c '<b>this host</b> <span class="b-value">IPv[46]<' "$DIR/now.html")" = 2 ]
}
wait_until 40 both_told
ok $? "two say which is which"

# --- many targets ------------------------------------------------------------------

probed_stop
printf '+ More\nmenu = More\ntitle = More\n' >>"$DIR/config"
for n in 1 2 3 4; do
	printf '++ more%s\nmenu = Way %s\ntitle = More\nhost = 9.1.1.%s\n' $n $n $n
	echo "now 60 More.more$n 9.1.1.$n 192.168.1.1/0.4 =/15" >&3
done >>"$DIR/config" 3>"$DIR/more"
"$BUILD/t/pathmake" "$DIR/data" <"$DIR/more" || bail "no more ways"
# These answer, unlike the others; to walk there would tell how near they are.
no_walks
unshare -n sleep 600 &
beyond=$!
apart() { [ "$(readlink /proc/$beyond/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
wait_until 5 apart || bail "no namespace beyond"
ip link set other netns $beyond
nsenter -t $beyond -n sh -c 'ip link set lo up; ip link set other up
	ip addr add 192.168.1.1/24 dev other
	for a in 8.8.8.8 9.1.1.1 9.1.1.2 9.1.1.3 9.1.1.4; do ip addr add $a/32 dev lo; done'
probed_start
wait_until 20 ready || bail "probed does not answer"
knows_more() {
	page /path >"$DIR/path.html"
	grep -q 'Way 4' "$DIR/path.html"
}
wait_until 15 knows_more
ok $? "another start knows more of them"
text=$(cat "$DIR/path.html")
like "$text" 'The ways to targets' "many have a line each"
like "$text" 'href="/path\?target=More.more4"' "from which their hops are reached"
unlike "$text" 'never answers' "and show none at once"

# --- some of many are down ---------------------------------------------------------

some_down() {
	page / | tr -d '\n' >"$DIR/now.html"
	grep -qE '<b>far ends</b> <span class="b-value">3 of 8 down<' "$DIR/now.html"
}
wait_until 30 some_down
ok $? "three of eight far ends are down" || show "$DIR/now.html"
like "$(cat "$DIR/now.html")" '<li class="warn"><b>far ends</b>' "which shows, although most answer"
like "$(page /path | tr -d '\n')" 'class="warn">.{0,400}far ends' "on the page of the path as well"
done_testing
