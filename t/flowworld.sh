# For shell tests in which flows arrive (bash), behind world.sh:
#
#	. "$SOURCE/t/world.sh"
#	world "$@"
#	. "$SOURCE/t/flowworld.sh"
#	network
#	smokebox <<-END ... END    # our part of the configuration, and one target
#	probed_start
#	v5 0 | send 2055 127.0.0.1 # a datagram

# one_target [STEP PINGS]: the configuration, with A.one.
one_target() {
	config "${1:-2}" "${2:-3}" <<-END
	+ A
	menu = A
	title = A
	++ one
	menu = one
	title = one
	host = 10.0.0.2
	END
}
# smokebox <<*** Collector *** and what else is ours: the same with that.
smokebox() {
	cat >"$DIR/smokebox"
	one_target
}

# send [PORT [FROM]]: each line of standard input, hexadecimal, is a datagram; FROM need
# not be an address of ours.
send() {
	perl -MSocket -e '
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		setsockopt($s, 0, 19, 1) or die "$!" if $ARGV[1] !~ /^127/; # IP_TRANSPARENT
		bind($s, sockaddr_in(0, inet_aton($ARGV[1]))) or die "$!";
		while (<STDIN>) {
			s/\s//g;
			send($s, pack("H*", $_), 0, sockaddr_in($ARGV[0], inet_aton("127.0.0.1")))
				or die "$!";
		}' "${1:-2055}" "${2:-127.0.0.1}"
}

# v5 SEQUENCE [OCTETS [SECONDS]]: NetFlow v5 with one flow that ended just now (or so many
# seconds ahead): 100 packets from 198.51.100.7 to 10.1.2.3, from interface 3 to 4.
v5() {
	printf '00050001 00002710 %08x 00000000 %08x 00000000 c6336407 0a010203 00000000 0003 0004
		00000064 %08x 00002328 00002700 01bb c350 00 12 06 00 0000 0000 18 18 0000' \
		$(($(date +%s) + ${3:-0})) "$1" "${2:-150000}" | tr -d '\n\t '
	echo
}

# What the status says of the collector, of an exporter by its PROTOCOL.
collector() {
	json status ".collector.$1"
}
exporter() {
	json status ".exporters[] | select(.protocol == \"$1\") | .$2"
}
# top ARGUMENTS JQ-EXPRESSION: who filled the line
top() {
	api "flows/top?$1" | jq -c "$2"
}

# gets WANTED COMMAND...: it prints WANTED
gets() {
	local want=$1
	shift
	[ "$("$@")" = "$want" ]
}
# reaches NUMBER COMMAND...: it prints NUMBER or more
reaches() {
	local want=$1 got
	shift
	got=$("$@")
	[ "${got:-null}" != null ] && [ "$got" -ge "$want" ]
}

# fresh NAME PID: the worker is ready, and another process than PID.
fresh() {
	local pid state
	read -r pid state <<<"$(json status ".workers[] | select(.name == \"$1\") |
		\"\(.pid) \(.state)\"")"
	[ -n "$pid" ] && [ "$pid" != "${2:-}" ] && [ "$state" = ready ]
}

# The wall clock of all workers can be set on, from before probed_start.
turned=0
clock_begin() {
	perl -e 'print pack("qq", 0, 0)' >"$DIR/clock"
	export SMOKEBOX_TEST=clock=$DIR/clock
}
# turn SECONDS: it is so much later; v5 takes "$turned" as its third argument.
turn() {
	turned=$((turned + $1))
	perl -e 'open my $f, "+<", $ARGV[0] or die; syswrite $f, pack("qq", 1e9 * $ARGV[1], 1e9 * $ARGV[1])' \
		"$DIR/clock" "$turned"
}

# flood: flood.pl is heard, and floods 192.0.2.7 from now on; FLOOD is its pid.
flood() {
	perl "$SOURCE/t/flood.pl" "$DIR" &
	FLOOD=$!
	wait_until 60 reaches 1 json status '.exporters | length' || bail "no exporter"
	: >"$DIR/flood"
}
knows_workers() {
	workers=$(json status '.workers[] | select(.pid > 0) | .pid')
	[ -n "$workers" ]
}
# kill_all: the daemon with all its workers, at once.
kill_all() {
	# A busy machine may take its time to list them.
	wait_until 60 knows_workers
	# shellcheck disable=SC2086
	kill -9 "$PROBED" $workers 2>"$DIR/kill"
	wait_until 60 is_gone "$PROBED"
	wait "$PROBED" 2>"$DIR/wait"
}
