#!/bin/bash
# What is announced against an attack is withdrawn though all of smokebox is killed and its
# configuration edited before the next start: by the program, with the arguments and in the
# words that announced it. What cannot be run any more is told, and done when it is back.
. "${SOURCE:?}/t/world.sh"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
ip link set lo up

for name in act speaker other gone; do
	cat >"$DIR/$name" <<-END
		#!/bin/sh
		in=\$(cat)
		printf "%s <%s>\\n" "\$*" "\$in" >>"$DIR/$name.calls"
	END
	: >"$DIR/$name.calls"
done
chmod +x "$DIR/act" "$DIR/speaker" "$DIR/other" "$DIR/gone"
# slow: an announcement that is under way for as long as there is a file of that name
cat >"$DIR/slow" <<-END
	#!/bin/sh
	line=\$(cat)
	echo "began \$line" >>"$DIR/slow.calls"
	case "\$line" in announce*)
		while [ -e "$DIR/slow.wait" ]; do sleep 0.1; done ;;
	esac
	echo "ended \$line" >>"$DIR/slow.calls"
END
chmod +x "$DIR/slow"
: >"$DIR/slow.calls"
: >"$DIR/slow.wait"
cat >"$DIR/collector" <<-END
	*** Collector ***
	listen = 127.0.0.1:6343
	allow = 127.0.0.1
	local = 192.0.2.0/24
	*** Detection ***
	attack_hold = 10
	attack_learn = 0
END
# action NAME TYPE PROGRAM [LINE...]
action() {
	printf '+ %s\ntype = %s\nprogram = %s/%s\ndry_run = no\n' "$1" "$2" "$DIR" "$3"
	shift 3
	[ $# = 0 ] || printf '%s\n' "$@"
}
actions() { # the file smokebox with the actions on standard input
	{ cat "$DIR/collector"; echo "*** Actions ***"; cat; } >"$DIR/smokebox"
}
{
	action removed fastnetmon act "arguments = -x y"
	action changed exabgp speaker
	action same exabgp speaker "announce = same {ip}" "withdraw = no same {ip}"
	action lost gobgp gone
	action under exabgp slow
} | actions
one_target

BOOK="$DIR/data/.smokebox/state/in-force"
is_state() { # is_state ACTION STATE
	[ "$(json status ".blockades[] | select(.action == \"$1\") | .state")" = "$2" ]
}
says() { # says FILE TEXT: so many calls of FILE had it
	grep -c -- "$2" "$DIR/$1.calls"
}
called() { # called FILE TEXT
	[ "$(says "$1" "$2")" -ge 1 ]
}
no_book() {
	! [ -e "$BOOK" ]
}

probed_start
wait_until 60 ready || bail "probed does not answer"
flood
for name in removed changed same lost; do
	wait_until 60 is_state "$name" announced || bail "$name is not announced"
done
wait_until 60 called slow "began announce" || bail "nothing is under way"
# is_booked ACTIONS: these are in the book, and no others
is_booked() {
	[ "$(jq -r '[.[] | .action] | sort | join(" ")' "$BOOK")" = "$1" ]
}
wait_until 60 is_booked "changed lost removed same under"
ok $? "what is announced is written down, and so is what is under way"
is "$(jq -r '.[] | select(.action == "under") | .arrived' "$BOOK")" false \
	"which nobody knows to have arrived"
is "$(stat -c %a "$BOOK")" 600 "for nobody else"

# --- killed, and edited meanwhile ---------------------------------------------------------
kill_all
rm "$DIR/gone" "$DIR/slow.wait"
{
	action changed exabgp other
	action same exabgp speaker "announce = same {ip}" "withdraw = no same {ip}"
} | actions
probed_start
wait_until 60 ready || bail "probed does not answer again"
wait_until 60 called act "unban"
is $? 0 "an action that was taken out while nothing ran is withdrawn at the next start"
like "$(grep unban "$DIR/act.calls")" '^-x y 192.0.2.7 incoming [0-9]* unban <{"action":"unban","ip":"192.0.2.7"' \
	"by its program, with its arguments, in its words"
wait_until 60 called speaker "withdraw route 192.0.2.7/32"
is $? 0 "one that was changed is withdrawn by the program that announced it"
wait_until 60 called other "announce route 192.0.2.7/32"
is $? 0 "and announced by the one that it has now"
wait_until 60 called slow "ended withdraw route 192.0.2.7/32"
is $? 0 "what was under way when all were killed is withdrawn, since it may have arrived"
wait_until 60 is_state same announced
is "$(says speaker "same 192.0.2.7")" 1 "what is wanted as it was stays as it is"

stranded() {
	json 'incidents?kind=note' '.incidents[] | select(.source == "blockade") | .summary'
}
is_stranded() {
	[ -n "$(stranded)" ]
}
wait_until 60 is_stranded
is "$(stranded)" "lost: what was announced against an attack on 192.0.2.7 stays in force: $DIR/gone, which has to withdraw it, cannot be run (No such file or directory). Put it back, or withdraw by hand: $DIR/gone global rib del -a ipv4 192.0.2.7/32 nexthop 192.0.2.1" \
	"a program that is gone is an event that says what to do by hand"
is "$(grep -c 'lost: what was announced .* stays in force' "$DIR/probed.log")" 1 "as does the log, once"

# --- killed again, and nothing is left in the configuration -----------------------------------
wait_until 60 is_state changed announced
# What was called and is not written down yet would be called again.
wait_until 60 is_booked "changed lost same"
ok $? "what was withdrawn is in the book no more"
kill_all
: >"$DIR/smokebox"
printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>%s\n' "$DIR/gone.calls" >"$DIR/gone"
chmod +x "$DIR/gone"
probed_start
wait_until 60 called speaker "no same 192.0.2.7"
is $? 0 "without any action in the configuration there is one who withdraws"
wait_until 60 called other "withdraw route 192.0.2.7/32"
is $? 0 "everything"
wait_until 60 called gone "global rib del"
is $? 0 "also by the program that is back"
wait_until 60 no_book
is $? 0 "then the book is closed"
is "$(cat "$DIR"/*.calls | grep -c "withdraw\|no same\|del\|unban")" 7 \
	"each was withdrawn once: six, and one began and ended"

# --- the list of an earlier version ----------------------------------------------------------
probed_stop
OLD="$DIR/data/.smokebox/courier/announced"
: >"$DIR/speaker.calls"
: >"$DIR/act.calls"
# old ACTION TYPE HOST PROGRAM ANNOUNCE WITHDRAW
old() {
	jq -n --arg a "$1" --arg t "$2" --arg h "$3" --arg p "$DIR/$4" --arg on "$5" --arg off "$6" \
		'{action: $a, type: $t, host: $h, out: false, incident: 1, begin: 1, state: "announced",
		pps: 1, announce: $on, withdraw: $off, program: $p, arguments: ""}'
}
{
	old same exabgp 192.0.2.9 speaker "announce old" "withdraw old"
	old netmon fastnetmon 192.0.2.9 act "$(printf '192.0.2.9 incoming 1 ban\n{}')" \
		"192.0.2.9 incoming 1 unban"
} | jq -s . >"$OLD"
chmod 600 "$OLD"
{
	action same exabgp speaker
	action netmon fastnetmon act
} | actions
probed_start
wait_until 60 called speaker "withdraw old"
is $? 0 "what an earlier version has announced is withdrawn"
wait_until 60 called act "unban"
is $? 0 "by each program"
no_old() {
	! [ -e "$OLD" ]
}
wait_until 60 no_old
is $? 0 "then its list is gone"
is "$(cat "$DIR/speaker.calls" "$DIR/act.calls" | grep -c "withdraw old\|192.0.2.9 ")" 2 "once each"
: >"$DIR/smokebox"
wait_until 60 no_book

# --- a book that is not ours -----------------------------------------------------------------
probed_stop
cat >"$DIR/evil" <<-END
	#!/bin/sh
	: >"$DIR/evil.ran"
END
chmod +x "$DIR/evil"
jq -n --arg p "$DIR/evil" '[{action: "a", type: "exabgp", host: "192.0.2.7", out: false,
	arrived: true, settings: "0", incident: 1, begin: 1, pps: 1, program: $p,
	arguments: "", announce: "x", withdraw: "y"}]' >"$BOOK"
chmod 666 "$BOOK"
probed_start
wait_until 60 ready || bail "probed does not answer with a hostile book"
wait_until 60 no_book
like "$(cat "$DIR/probed.log")" "in-force: others may write to it.* has to be withdrawn by hand" \
	"a book that others may write to is not believed"
[ -e "$BOOK.broken" ]
is $? 0 "but set aside"
! [ -e "$DIR/evil.ran" ]
is $? 0 "and nobody runs what it names"
probed_stop
done_testing
