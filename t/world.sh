# For shell tests (bash): TAP, and a world of one's own with a simulated network.
#
#	. "$SOURCE/t/world.sh"
#	world "$@"             # this test again, in namespaces of its own
#	network "* delay=2ms"  # lo, names, t/simnet by these rules
#	probed <<-END ... END  # probed on this configuration; waits until it answers
#	is "$(json status .version)" 0.1.0 "it says its version"
#	done_testing
#
# SOURCE and BUILD name the trees. Everything is written to DIR, which vanishes after a
# success; after a failure it stays in BUILD/t/out/NAME.

: "${SOURCE:?}" "${BUILD:?}"
NAME=$(basename "$0" .sh.t)
OUT=$BUILD/t/out
URL=http://127.0.0.1:8080
# No test of a world takes so long, also on a busy machine: what it waits for never comes.
: "${WORLD_MOST_S:=1800}"
[ -n "${DIR:-}" ] || DIR=$(mktemp -d "${TMPDIR:-/tmp}/smokebox-$NAME.XXXXXX")
chmod 755 "$DIR"
# What tests look at pages with: Chromium without windows to draw, else the whole of it.
CHROMIUM=$(command -v chromium-headless-shell || command -v chromium)
export DIR CHROMIUM
tap_count=0 tap_failed=0
trap world_end EXIT

# --- TAP ---------------------------------------------------------------------------

# ok STATUS TEXT
ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
	[ "$1" = 0 ]
}

# is GOT WANTED TEXT
is() {
	[ "$1" = "$2" ]
	ok $? "$3" || printf '#      got: %s\n# expected: %s\n' "$1" "$2"
}

# like GOT EXTENDED-REGEX TEXT
like() {
	printf '%s\n' "$1" | grep -qE -- "$2"
	ok $? "$3" || printf '#      got: %s\n# expected: /%s/\n' "$1" "$2"
}

# unlike GOT EXTENDED-REGEX TEXT
unlike() {
	! printf '%s\n' "$1" | grep -qE -- "$2"
	ok $? "$3" || printf '#          got: %s\n# not expected: /%s/\n' "$1" "$2"
}

# holds TEXT EXPRESSION: arithmetic of awk, with fractions
holds() {
	awk "BEGIN { exit !($2) }"
	ok $? "$1" || echo "# $2 does not hold"
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $1"
}

# Nothing was tested yet: leave the whole file out.
skip_all() {
	echo "1..0 # SKIP $1"
	tap_count=-1
	exit 0
}

# Nothing further can be tested here.
bail() {
	ok 1 "$1"
	done_testing
}

# Whatever was found in this world, of any kind there is or will be, must come with the
# numbers behind it, a threshold (or a rule of one's own), an interval, the quality of the
# data and a sentence. What a test put there itself has a number from 900001 on.
findings_whole() {
	local db=$DIR/data/.smokebox/events.db bad
	[ -n "${WORLD:-}" ] && [ -s "$db" ] && command -v sqlite3 jq >"$DIR/which" || return 0
	bad=$(sqlite3 -readonly -cmd '.timeout 5000' "$db" "SELECT json_object('kind', kind,
		'source', source, 'summary', summary, 'evidence', json(evidence)) FROM incident
		WHERE id < 900000 AND kind NOT IN ('note', 'gap', 'loadtest')" |
		jq -c 'select((try (
			(.summary | length > 10) and (.evidence |
			(.numbers | length > 0) and
			(.numbers | any(.value != null)) and
			((.numbers | any(has("threshold"))) or
				(.facts | any(.name == "rule"))) and
			(.numbers | any(has("interval") and has("level"))) and
			(.quality | has("samples") and has("unknown")))) catch false) | not)')
	[ -z "$bad" ] || { printf '%s\n' "$bad" | sed 's/^/# /'; }
	[ -z "$bad" ] || ok 1 "each finding has numbers, threshold, interval, quality, sentence"
}

done_testing() {
	findings_whole
	echo "1..$tap_count"
	tap_count=-1
	exit $((tap_failed != 0))
}

# A file as comments.
show() {
	[ -s "$1" ] && sed "s,^,# ${1##*/}: ," "$1" | tail -n "${2:-40}"
	return 0
}

# --- waiting -----------------------------------------------------------------------

# wait_until SECONDS COMMAND...: as soon as COMMAND succeeds; 1 when it never did. The
# seconds are those of a machine that has nothing else to do; a busy one has six times
# as many.
wait_until() {
	local end=$(($(date +%s) + 6 * $1))
	shift
	until "$@" >"$DIR/wait.out" 2>&1; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# PID is no more, or only waits to be reaped.
is_gone() {
	local state
	state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null)
	[ -z "$state" ] || [ "$state" = Z ]
}

# --- the world ---------------------------------------------------------------------

# Run this test again in namespaces of its own: whatever it starts dies with it.
world() {
	[ -z "${WORLD:-}" ] || return 0
	local how="-n -m -p -f --mount-proc --kill-child"
	[ "$(id -u)" = 0 ] || how="-Ur $how"
	# shellcheck disable=SC2086
	unshare $how true 2>"$DIR/unshare" ||
		skip_all "no namespaces of our own: $(head -n1 "$DIR/unshare")"
	[ -c /dev/net/tun ] && [ -r /dev/net/tun ] && [ -w /dev/net/tun ] ||
		skip_all "no /dev/net/tun"
	command -v ip >"$DIR/ip" || skip_all "no ip (package iproute2)"
	# shellcheck disable=SC2086
	WORLD=1 unshare $how "$0" "$@" &
	local world=$! ended
	sleep "$WORLD_MOST_S" >"$DIR/most" 2>&1 &
	local most=$!
	# Whoever ends this test early ends the world as well.
	# shellcheck disable=SC2064
	trap "kill -9 $world $most; exit 1" HUP INT TERM
	wait -n -p ended "$world" "$most"
	local status=$?
	if [ "$ended" = "$most" ]; then
		kill -9 "$world"
		echo "# $NAME did not end within $WORLD_MOST_S s"
		status=1
	else
		kill "$most"
	fi
	tap_count=-1
	[ $status = 0 ] || keep
	exit $status
}

# Leave what was written for whoever looks into the failure.
keep() {
	mkdir -p "$OUT" && rm -rf "$OUT/$NAME" && cp -a "$DIR" "$OUT/$NAME" &&
		echo "# see $OUT/$NAME"
}

world_end() {
	local status=$?
	if [ $tap_count -ge 0 ]; then
		echo "not ok $((tap_count + 1)) - $NAME ended early with status $status"
		status=1
	fi
	if [ -n "${WORLD:-}" ]; then
		[ -z "${PROBED:-}" ] || stop_process "$PROBED"
		[ $status = 0 ] || for f in "$DIR"/*.log; do show "$f"; done
		exit $status
	fi
	[ $status = 0 ] || [ -n "$(ls "$OUT/$NAME" 2>/dev/null)" ] || keep
	rm -rf "$DIR"
	exit $status
}

stop_process() {
	kill "$1" 2>/dev/null
	wait_until 10 is_gone "$1" || kill -9 "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# network [RULES [SIMNET-OPTION...]]: the simulated network, and its resolver for all.
network() {
	mount --make-rprivate /
	ip link set lo up
	[ "$(id -u)" = 0 ] && [ -z "$(awk '$1 == 0 && $3 == 1' /proc/self/uid_map)" ] &&
		echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range ||
		echo "0 0" >/proc/sys/net/ipv4/ping_group_range
	echo "nameserver 10.53.0.53" >"$DIR/resolv.conf"
	mount --bind "$DIR/resolv.conf" /etc/resolv.conf
	printf '%s\n' "${1:-* delay=1ms}" >"$DIR/rules"
	shift
	"$BUILD/t/simnet" --rules "$DIR/rules" --log "$DIR/simnet.bin" \
		--stats "$DIR/simnet.stats" --ready "$DIR/simnet.ready" --fifo "$@" \
		2>"$DIR/simnet.log" &
	SIMNET=$!
	wait_until 10 test -e "$DIR/simnet.ready" ||
		bail "simnet does not start: $(cat "$DIR/simnet.log")"
}

# Other rules from now on.
rules() {
	printf '%s\n' "$1" >"$DIR/rules"
	simnet_signal HUP
}

simnet_signal() {
	local before
	before=$(sed -n 's/^flushes //p' "$DIR/simnet.stats" 2>/dev/null)
	kill "-$1" "$SIMNET"
	wait_until 10 simnet_flushed "${before:-0}" || bail "simnet does not listen"
}

simnet_flushed() {
	[ "$(sed -n 's/^flushes //p' "$DIR/simnet.stats")" -gt "$1" ]
}

# The truth so far: the log as text in DIR/truth, counters in DIR/simnet.stats.
truth() {
	simnet_signal USR1
	"$BUILD/t/simnet" --print "$DIR/simnet.bin" >"$DIR/truth"
}

# truth_count HOST WHAT [PROTO [FROM_NS [TO_NS]]]: lines of the truth.
truth_count() {
	awk -v h="$1" -v w="$2" -v p="${3:-1}" -v a="${4:-0}" -v b="${5:-9e18}" \
		'$3 == h && $9 == w && $5 == p && $1 >= a && $1 < b { n++ }
		END { print n + 0 }' "$DIR/truth"
}

# --- probed ------------------------------------------------------------------------

# Every echo request that the network sees is a ping: before probed_start.
no_walks() {
	printf '*** Path ***\nwalk = no\n' >"$DIR/smokebox"
}

# The part of a configuration that every test needs; Targets come from the test.
# config STEP PINGS <<targets
config() {
	mkdir -p "$DIR/data"
	cat >"$DIR/config" <<-END
	*** General ***
	owner = Test
	contact = test@example.net
	mailhost = localhost
	datadir = $DIR/data
	imgcache = $DIR/img
	imgurl = img
	piddir = $DIR
	cgiurl = http://localhost/smokeping.cgi
	smokemail = /etc/smokeping/smokemail
	tmail = /etc/smokeping/tmail
	*** Database ***
	step = $1
	pings = $2
	AVERAGE 0.5 1 1000
	AVERAGE 0.5 10 1000
	*** Presentation ***
	template = /etc/smokeping/basepage.html
	+ overview
	width = 600
	height = 50
	range = 10h
	+ detail
	width = 600
	height = 200
	unison_tolerance = 2
	"Last 3 Hours" 3h
	"Last 30 Hours" 30h
	"Last 10 Days" 10d
	"Last 400 Days" 400d
	*** Probes ***
	+ FPing
	binary = /usr/bin/fping
	+ FPing6
	binary = /usr/bin/fping
	protocol = 6
	+ DNS
	binary = /usr/bin/dig
	lookup = name.example
	+ AnotherDNS
	lookup = name.example
	+ TCPPing
	binary = /usr/bin/tcpping
	+ Curl
	binary = /usr/bin/curl
	urlformat = http://%host%/
	*** Targets ***
	probe = FPing
	menu = Top
	title = The simulated network
	END
	cat >>"$DIR/config"
}

# Target A.one at 10.0.0.2, for config to read.
one_target() {
	printf '%s\n' '+ A' 'menu = A' 'title = A' '++ one' 'menu = one' 'title = one' \
		'host = 10.0.0.2'
}

# The same, and A.two at 10.0.0.3.
two_targets() {
	one_target
	printf '%s\n' '++ two' 'menu = two' 'title = two' 'host = 10.0.0.3'
}

# Start probed on DIR/config; more arguments are its own. Returns at once.
probed_start() {
	"$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080 "$@" \
		>"$DIR/probed.out" 2>>"$DIR/probed.log" &
	PROBED=$!
}

# config and probed_start, and wait until it is ready.
# probed STEP PINGS <<targets
probed() {
	config "$1" "$2"
	probed_start
	wait_until 20 ready || bail "probed does not answer"
}

ready() {
	curl -sf -m 5 -o "$DIR/ready" "$URL/-/ready"
}

probed_stop() {
	kill "$PROBED"
	wait_until 10 is_gone "$PROBED" || bail "probed does not end"
	wait "$PROBED"
	local status=$?
	PROBED=
	return $status
}

# api PATH: what /api/v1/PATH says.
api() {
	curl -s -m 10 "$URL/api/v1/$1"
}

# json PATH JQ-EXPRESSION
json() {
	api "$1" | jq -r "$2"
}

# page PATH: the body; DIR/page.status has the number.
page() {
	curl -s -m 10 -o "$DIR/page" -w '%{http_code}\n' "$URL$1" >"$DIR/page.status"
	cat "$DIR/page"
}

# get PATH [CURL-OPTION...]: the status; DIR/head and DIR/body have the rest. PATH goes as
# it is, and what is slow is waited for.
get() {
	curl -s -m 60 --path-as-is "${@:2}" -D "$DIR/head" -o "$DIR/body" -w '%{http_code}' "$URL$1"
}
# header NAME: of what get() got; likewise body_has TEXT WHAT and body_lacks TEXT WHAT.
header() {
	sed -n "s/^$1: *//Ip" "$DIR/head" | tr -d '\r'
}
body_has() {
	grep -qF -- "$1" "$DIR/body"
	ok $? "$2" || show "$DIR/body" 60
}
body_lacks() {
	! grep -qF -- "$1" "$DIR/body"
	ok $? "$2"
}

# state TARGET: its state word; look in the API.
state() {
	json targets ".targets[] | select(.path == \"$1\") | .state"
}

# worker_pid NAME
worker_pid() {
	json status ".workers[] | select(.name == \"$1\" and .pid > 0) | .pid"
}

# Rounds of TARGET in its finest archive: "ROW LOSS MEDIAN" lines, NaN for unknown.
rows() {
	local file=$DIR/data/${1//.//}.rrd now
	now=$(date +%s)
	rrdtool fetch "$file" AVERAGE -r "${2:-1}" -s "${3:-$((now - 900))}" -e "${4:-now}" |
		awk 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i + 1 }
		NR > 2 && sub(":", "", $1) { print $1, $col["loss"], $col["median"] }'
}

# Those of them that are known.
known_rows() {
	rows "$@" 2>/dev/null | awk 'tolower($2) !~ /nan/'
}

# known TARGET COUNT: at least so many rows are
known() {
	[ "$(known_rows "$1" | wc -l)" -ge "$2" ]
}

# newer_row TARGET TIME: there is a known row behind TIME
newer_row() {
	[ "$(known_rows "$1" | awk 'END { print $1 + 0 }')" -gt "$2" ]
}
