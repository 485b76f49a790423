#!/bin/bash
# An attack on an own host by the whole program: sFlow that sees one packet in a hundred
# becomes an incident with its numbers, who filled the line, and what is done against it:
# announced, only said, or refused. No crash loses what is announced, and it is withdrawn
# when the attack is over.
. "${SOURCE:?}/t/world.sh"
command -v sqlite3 >"$DIR/which" || skip_all "no sqlite3"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
ip link set lo up

cat >"$DIR/act" <<-END
	#!/bin/sh
	echo "\$@" >>"$DIR/acts"
	cat >>"$DIR/acts.in"
END
cat >"$DIR/gobgp" <<-END
	#!/bin/sh
	echo "\$@" >>"$DIR/bgp"
END
cat >"$DIR/pipe" <<-END
	#!/bin/sh
	cat >>"$DIR/lines"
END
cat >"$DIR/bird" <<-END
	#!/bin/sh
	cat >"$DIR/routes.new"
	mv "$DIR/routes.new" "$DIR/routes"
END
cat >"$DIR/nft" <<-END
	#!/bin/sh
	cat >>"$DIR/sets"
END
chmod +x "$DIR/act" "$DIR/pipe" "$DIR/gobgp" "$DIR/bird" "$DIR/nft"
: >"$DIR/acts"
: >"$DIR/lines"
: >"$DIR/bgp"
cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:6343
	allow = 127.0.0.1
	local = 192.0.2.0/24
	*** Detection ***
	attack_hold = 10
	attack_learn = 0
	*** Actions ***
	+ hook
	type = fastnetmon
	program = $DIR/act
	dry_run = no
	+ route
	type = exabgp
	program = $DIR/pipe
	dry_run = no
	+ peer
	type = gobgp
	program = $DIR/gobgp
	arguments = -p 50051
	dry_run = no
	+ file
	type = bird
	program = $DIR/bird
	dry_run = no
	+ set
	type = nftables
	program = $DIR/nft
	dry_run = no
	+ trial
	type = exabgp
	program = $DIR/pipe
	+ kept
	type = nftables
	program = $DIR/pipe
	dry_run = no
	protect = 192.0.2.0/28
END
one_target 1 4

incident() { # incident JQ: of the attack
	json incidents ".incidents[] | select(.kind == \"attack\") | $1" | head -n 1
}
has_incident() {
	[ -n "$(incident .subject)" ]
}
blockade() { # blockade ACTION JQ
	json status ".blockades[] | select(.action == \"$1\") | $2"
}
is_state() { # is_state ACTION STATE
	[ "$(blockade "$1" .state)" = "$2" ]
}
says() { # says FILE TEXT
	grep -q -- "$2" "$DIR/$1"
}
has_talkers() {
	[ "$(incident '.evidence.talkers.during.hosts[0].host')" = 192.0.2.7 ]
}
is_over() {
	[ "$(incident .end)" != null ]
}

due() { # due CONDITION...: it comes, or nothing further can be seen here
	wait_until 60 "$@" || bail "$* does not come"
}
comes() { # comes TEXT CONDITION...: the same, as a test
	local text=$1
	shift
	wait_until 60 "$@"
	ok $? "$text" || done_testing
}

probed_start
wait_until 60 ready || bail "probed does not answer"
flood
due has_incident
is "$(incident .subject)" 192.0.2.7 "a flood at one host is an attack on it"
is "$(incident .evidence.vector)" "SYN flood" "of its kind"
is "$(incident .confidence)" sure "surely"
is "$(incident .evidence.threshold)" 2000 "held against a threshold"
holds "the truth is near" "$(incident .evidence.pps) > 3000 && $(incident .evidence.pps) < 9000"
holds "within its bounds" "$(incident .evidence.low_pps) < $(incident .evidence.pps) && $(incident .evidence.high_pps) > $(incident .evidence.pps)"
is "$(incident .evidence.exporter)" 192.0.2.1 "by whom it is told"
like "$("$BUILD/probectl" --data "$DIR/data" explain "$(incident .id)")" \
	"packets .* \(90 %: .* to .*\), threshold 2000 packets/s" \
	"each number with its interval, how sure that is, and its threshold"
like "$(incident .summary)" "192.0.2.7 is under attack: SYN flood of up to .* packets/s" "in words"

comes "the hook is called" is_state hook announced
like "$(cat "$DIR/acts")" "^192.0.2.7 incoming [0-9]* ban$" "as FastNetMon calls it"
is "$(jq -r .attack_type "$DIR/acts.in")" syn_flood "with JSON to read"
due is_state route announced
is "$(cat "$DIR/lines")" "announce route 192.0.2.7/32 next-hop 192.0.2.1 community [65535:666]" \
	"a route is announced, and no other"
due is_state peer announced
is "$(cat "$DIR/bgp")" "-p 50051 global rib add -a ipv4 192.0.2.7/32 nexthop 192.0.2.1 community 65535:666" \
	"GoBGP is called with all its words"
due is_state file announced
is "$(cat "$DIR/routes")" "route 192.0.2.7/32 blackhole { bgp_community.add((65535,666)); };" \
	"BIRD's file has the route"
due is_state set announced
is "$(cat "$DIR/sets")" "add element inet smokebox attacked4 { 192.0.2.7 timeout 14400s }" \
	"the set of nftables the address"
is "$(blockade trial .state)" "dry run" "what is not meant is only said"
is "$(blockade kept .why)" "the address is protected" "what is protected is not touched"
is "$(incident '.evidence.blockades | length')" 7 "the incident tells of all"
like "$("$BUILD/probectl" --data "$DIR/data" status)" "blockade .*route, 192.0.2.7: announced" \
	"as does probectl"
comes "it says who filled the line" has_talkers

# Whoever dies, what is announced is known.
kill -9 "$(worker_pid courier)"
comes "a courier that was killed knows what it announced" is_state route announced
kill -9 "$(worker_pid recorder)"
due has_incident
is "$(grep -c ban "$DIR/acts")" 1 "and announces it once"
kill_all
rm "$DIR/flood"
probed_start
wait_until 60 ready || bail "probed does not answer again"
comes "after all were killed it is withdrawn, when the attack is over" says acts unban
like "$(tail -n 1 "$DIR/acts")" "^192.0.2.7 incoming [0-9]* unban$" "as FastNetMon does"
due says lines withdraw
is "$(tail -n 1 "$DIR/lines")" "withdraw route 192.0.2.7/32 next-hop 192.0.2.1" "the route, too"
no_routes() {
	! [ -s "$DIR/routes" ]
}
comes "and the one in BIRD's file" no_routes
comes "and the address in the set" says sets "delete element inet smokebox attacked4 { 192.0.2.7 }"
is_over
is $? 0 "the incident is closed"

# An address that has become this host's own.
ip address add 192.0.2.7/32 dev lo
: >"$DIR/flood"
is_own() {
	[ "$(blockade route .why)" = "it is this host or its gateway" ]
}
comes "an address that came while it ran is not touched" is_own
ip address del 192.0.2.7/32 dev lo
comes "until it is another's again" is_state route announced
due is_state hook announced
ip address add 192.0.2.7/32 dev lo
two_unbans() {
	[ "$(grep -c unban "$DIR/acts")" = 2 ]
}
comes "what was announced for it before is withdrawn" two_unbans
due is_own
ip -batch - <<-END
	address del 192.0.2.7/32 dev lo
	route add default via 192.0.2.7 dev lo onlink
END
asked=$(date +%s)
decided_again() { # so long that it would have been announced
	[ "$(($(date +%s) - asked))" -ge 4 ]
}
due decided_again
due is_own
is "$(blockade route .why)" "it is this host or its gateway" "nor is a new gateway"
bans=$(grep -c ' ban$' "$DIR/acts")
unbans=$(grep -c unban "$DIR/acts")
withdrawn=$(grep -c withdraw "$DIR/lines")
ip route del default via 192.0.2.7 dev lo

# Killed while it is announced, and no attack any more: the incident is closed behind its back.
one_more_ban() {
	[ "$(grep -c ' ban$' "$DIR/acts")" = $((bans + 1)) ]
}
comes "the next attack is announced again" one_more_ban
due is_state route announced

# An action that a reload takes away while it is in force.
due is_state peer announced
dels=$(grep -c "global rib del" "$DIR/bgp")
sed -i '/^+ peer/,/^dry_run/d' "$DIR/smokebox"
kill -HUP "$PROBED"
more_dels() {
	[ "$(grep -c "global rib del" "$DIR/bgp")" -gt "$dels" ]
}
comes "an action that is taken out of the configuration withdraws before" more_dels
kill_all
kill "$FLOOD"
sqlite3 "$DIR/data/.smokebox/events.db" "UPDATE incident SET \"end\" = \"begin\" + 1 WHERE \"end\" IS NULL"
probed_start
one_more_end() {
	[ "$(grep -c unban "$DIR/acts")" = $((unbans + 1)) ] &&
		[ "$(grep -c withdraw "$DIR/lines")" = $((withdrawn + 1)) ]
}
comes "what is no longer called for is withdrawn at the start" one_more_end
nothing_announced() {
	! [ -e "$DIR/data/.smokebox/state/in-force" ]
}
comes "and nothing is left in the book" nothing_announced
done_testing
