#!/bin/bash
# A smokebox as a slave: of Debian's smokeping, and of another smokebox.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
[ -x /usr/share/smokeping/smokeping.cgi ] || skip_all "no smokeping.cgi (package smokeping)"
network "* delay=2ms
3 loss=1"
mkdir -p "$DIR/img" "$DIR/data" "$DIR/cache"
printf 'attic:topsecret\n' >"$DIR/secrets"
printf 'topsecret\n' >"$DIR/secret"
chmod 600 "$DIR/secrets" "$DIR/secret"

# --- Debian's smokeping as the master ----------------------------------------------
# master [LINES]: its configuration, with these among its targets
master() {
	cat >"$DIR/master" <<-END
	*** General ***
	owner = Test
	contact = test@example.net
	mailhost = localhost
	sendmail = /bin/true
	datadir = $DIR/data
	imgcache = $DIR/img
	imgurl = img
	piddir = $DIR
	cgiurl = http://localhost/smokeping.cgi
	smokemail = /etc/smokeping/smokemail
	tmail = /etc/smokeping/tmail
	*** Database ***
	step = 2
	pings = 3
	AVERAGE 0.5 1 1000
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
	*** Probes ***
	+ FPing
	binary = /usr/bin/fping
	hostinterval = 0.1
	+ DNS
	binary = /usr/bin/dig
	lookup = name.example
	++ DNSa
	lookup = a.example
	*** Slaves ***
	secrets = $DIR/secrets
	+ attic
	display_name = The attic
	color = 00ff00
	*** Targets ***
	probe = FPing
	menu = Top
	title = It's \\ "quoted" \$x @y
	+ A
	menu = A
	title = Zürich
	slaves = attic
	nomasterpoll = yes
	++ both
	host = 10.0.0.2
	++ lost
	host = 10.0.0.3
	++ named
	probe = DNSa
	host = 10.53.0.53
	pings = 3
	$1
	END
}
master
smokeping --config="$DIR/master" --nodaemon >"$DIR/smokeping.log" 2>&1 &
SMOKEPING=$!
"$SOURCE/t/slave.pl" 8081 /usr/share/smokeping/smokeping.cgi "$DIR/master" 2>"$DIR/cgi.log" &
CGI=$!

# slave URL [OPTION...]: this one, its cache in DIR/cache
slave() {
	local url=$1
	shift
	"$BUILD/probed/probed" --master-url="$url" --shared-secret="$DIR/secret" \
		--slave-name=attic --cache-dir="$DIR/cache" --nodaemon "$@" \
		>"$DIR/probed.out" 2>>"$DIR/probed.log" &
	PROBED=$!
}
chmod 644 "$DIR/secret"
slave http://127.0.0.1:8081/smokeping.cgi
wait_until 5 is_gone "$PROBED"
wait "$PROBED"
is $? 3 "a secret that everybody can read is refused"
like "$(cat "$DIR/probed.log")" "secret file .* is world-readable" "and said so"
chmod 600 "$DIR/secret"

slave http://127.0.0.1:8081/smokeping.cgi
wait_until 60 ready || bail "the slave does not answer"
wait_until 60 known A.both~attic 2
ok $? "rows of ours are in the master's files" || show "$DIR/probed.log"
is "$(json targets '[.targets[] | .path] | sort | join(" ")')" "A.both A.lost A.named" \
	"the master says what to measure"
is "$(known_rows A.both~attic | awk '{ print $2 }' | sort -u)" 0.0000000000e+00 "nothing is lost"
wait_until 60 known A.lost~attic 1
is "$(known_rows A.lost~attic | awk 'END { print $2 }')" 3.0000000000e+00 "what is lost is"
wait_until 60 known A.named~attic 1
ok $? "an instance of a probe"
holds "a time of the simulated network" \
	"$(known_rows A.both~attic | awk 'END { print $3 }') > 0.0019"
like "$(cat "$DIR/probed.log")" "the master told what to measure" "the log says so"

# What is measured while the master is away comes when it is back, in order.
kill $CGI
away=$(date +%s)
wait_until 40 grep -q "cannot be told" "$DIR/probed.log"
ok $? "a master that is away is noticed"
sleep_until() {
	[ "$(date +%s)" -ge $((away + 6)) ]
}
wait_until 15 sleep_until
"$SOURCE/t/slave.pl" 8081 /usr/share/smokeping/smokeping.cgi "$DIR/master" 2>"$DIR/cgi.log" &
CGI=$!
wait_until 60 newer_row A.both~attic $((away + 6))
ok $? "it is told again when it is back" || show "$DIR/probed.log"
is "$(rows A.both~attic 1 $((away - 2)) $((away + 6)) | awk 'tolower($2) ~ /nan/ { n++ } END { print n + 0 }')" 0 \
	"no row of that time is missing" || rows A.both~attic | sed 's/^/# /'

stop_process $SMOKEPING
stop_process $CGI
probed_stop
ok $? "it ends"
done_testing
