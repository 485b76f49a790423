#!/bin/bash
# Debian's SmokePing as the judge: what it accepts is accepted here, and what it refuses
# is refused here, except where "lenient" says that we know better.
shopt -s lastpipe
: "${SOURCE:?}" "${BUILD:?}"
command -v smokeping >/dev/null || { echo "1..0 # SKIP no smokeping to compare with"; exit 0; }
[ -x /usr/bin/fping ] && [ -x /usr/bin/curl ] ||
	{ echo "1..0 # SKIP smokeping needs fping and curl"; exit 0; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/smokebox-confpeer.XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/data" "$dir/img" "$dir/pid"
: >"$dir/mail"
: >"$dir/page"
cases=0

# The parts that a case does not care about.
cat >"$dir/G" <<-END
	*** General ***
	owner = o
	contact = a@b
	imgcache = $dir/img
	imgurl = i
	datadir = $dir/data
	piddir = $dir/pid
	smokemail = $dir/mail
	cgiurl = http://h/x
END
cat >"$dir/D" <<-END
	*** Database ***
	step = 300
	pings = 20
	AVERAGE 0.5 1 100
END
cat >"$dir/P" <<-END
	*** Presentation ***
	template = $dir/page
	+ overview
	width = 600
	height = 50
	+ detail
	width = 600
	height = 200
	"Last 3 Hours" 3h
END
cat >"$dir/R" <<-END
	*** Probes ***
	+ FPing
	binary = /usr/bin/fping
	+ Curl
	binary = /usr/bin/curl
	++ Web
	urlformat = http://%host%/
	++ Any
END
cat >"$dir/T" <<-END
	*** Targets ***
	probe = FPing
	menu = m
	title = t
END

# case_ NAME [lenient] <text; @G @D @P @R @T alone in a line stand for those parts
case_() {
	cases=$((cases + 1))
	mkdir "$dir/$cases"
	cp "$dir"/inc "$dir/$cases/" 2>/dev/null
	sed -e "/^@[GDPRT]\$/{s#@\(.\)#$dir/\1#;s#.*#cat &#e}" >"$dir/$cases/main"
	printf '%s\n' "$1" >"$dir/$cases/name"
	printf '%s\n' "${2:-}" >"$dir/$cases/mode"
}
# targets NAME [lenient] <what follows the Targets header
targets() { { printf '@G\n@D\n@P\n@R\n@T\n'; cat; } | case_ "$@"; }
# probes NAME [lenient] <the Probes section
probes() { { printf '@G\n@D\n@P\n'; cat; printf '@T\n'; } | case_ "$@"; }
# database NAME <the Database section
database() { { printf '@G\n'; cat; printf '@P\n@R\n@T\n'; } | case_ "$@"; }
# presentation NAME <the Presentation section
presentation() { { printf '@G\n@D\n'; cat; printf '@R\n@T\n'; } | case_ "$@"; }

# --- lines -------------------------------------------------------------------------
targets 'nothing below Targets' </dev/null
targets 'lines with CR' < <(printf '+ A\r\nhost = 127.0.0.1\r\n')
targets 'indentation' <<<'     +   A
  	host   =   127.0.0.1   # comment'
targets 'comment after a continuation' <<<'+ A
title = a \   # comment
b
host = 127.0.0.1'
targets 'hash in a continued line' <<<'+ A
title = a \
b # c
host = 127.0.0.1'
targets 'file ends with a backslash' < <(printf '+ A\nhost = 127.0.0.1\ntitle = x \\')
targets 'key without blanks' <<<'+ A
host=127.0.0.1'
targets 'a=b=c is the key a=b' <<<'+ A
title=b=c'
targets 'equals signs in a value' <<<'+ A
title = b=c d=e'
targets 'two equals signs' <<<'+ A
title == b'
targets 'empty value' <<<'+ A
title ='
targets 'text that is no pair' <<<'+ A
hello world'
targets 'three stars only' <<<'***'
targets 'six stars' <<<'******'
targets 'section without a name' <<<'+'
targets 'stars without blanks' <<<'+ A
***Alerts***
to = a@b
from = a@b'
case_ 'empty file' </dev/null
case_ 'key before any section' <<<'owner = x'

# --- defines and includes ----------------------------------------------------------
targets 'define in a value' <<<'@define LOOP 127.0.0.1
+ A
host = LOOP'
targets 'define in a section name' <<<'@define NAME Xyz
+ NAME
host = 127.0.0.1
+ Xyz2'
targets 'define makes two sections one' <<<'@define NAME Xyz
+ NAME
+ Xyz'
targets 'define by an expression' <<<'@define N\d+ menu
+ A
N17 = x'
targets 'define with a dollar never matches' <<<'@define $M menu
+ A
$M = x'
targets 'define without a value is a row' <<<'@define M'
printf '++ B\nhost = 127.0.0.1\n' >"$dir/inc"
targets 'include splices at its level' <<<'+ A
@include inc
++ C'
targets 'include twice makes a section twice' <<<'+ A
@include inc
@include inc'
targets 'include of nothing' <<<'@include nothing-here'
targets 'include in quotes keeps the closing one' <<<'+ A
@include "inc"'
targets 'include with an opening quote only' <<<'+ A
@include "inc'
targets 'include is seen before defines' <<<'@define FILE inc
+ A
@include FILE'

# --- sections ----------------------------------------------------------------------
targets 'nesting' <<<'+ A
++ B
+++ C
++ D
+ E'
targets 'a level left out' <<<'+ A
+++ B'
targets 'two siblings of one name' <<<'+ A
+ A'
targets 'one name under two parents' <<<'+ A
++ X
+ B
++ X'
targets 'a section named like a variable of its parent' <<<'+ A
menu = x
++ menu'
targets 'a section named like a variable that is not set' <<<'+ A
++ menu'
targets 'a section named like an inherited variable' <<<'+ A
++ probe'
targets 'a dot in a name' <<<'+ A.b'
targets 'a blank in a name' <<<'+ A b'
targets 'digits, minus, underscore' <<<'+ -1_a'
targets 'PROBE_CONF' <<<'+ PROBE_CONF'
targets 'Targets twice' <<<'*** Targets ***'
targets 'an unknown top section' <<<'*** Nonsense ***'
targets 'a variable after its section was left' <<<'+ A
++ B
host = 127.0.0.1
menu = x'

# --- target variables --------------------------------------------------------------
targets 'all the common ones' <<<'+ A
menu = m
title = t
remark = r <b>x</b>
alerts = a,b
slaves = s1 s2.x
alertee = a@b, |/bin/x
menuextra = x
parents = h:/a/b g:/
hide = yes
nomasterpoll = no
rawlog = %Y
email = A B <a@b>
note = n
host = 127.0.0.1'
for key in host alertee hide nomasterpoll rawlog note email; do
	targets "$key at the top" <<<"$key = yes"
done
targets 'variable twice' <<<'+ A
menu = a
menu = b'
targets 'an inherited one again' <<<'alerts = a
+ A
alerts = b'
targets 'taking an inherited one away' <<<'alerts = a
slaves = s
+ A
alerts =
slaves ='
targets 'a blank in alerts' <<<'+ A
alerts = a, b'
targets 'hide = maybe' <<<'+ A
hide = maybe'
targets 'hide = YES' <<<'+ A
hide = YES'
targets 'bad parents' <<<'+ A
parents = a/b'
targets 'parents with two blanks' <<<'+ A
parents = a:/b  c:/d'
targets 'bad alertee' <<<'+ A
alertee = nobody'
targets 'bad email' <<<'+ A
email = a@b'
targets 'unknown variable' <<<'+ A
colour = red'
targets 'a variable of no probe in force' <<<'+ A
urlformat = x'
targets 'pings of a probe that has them by itself' <<<'+ A
pings = 10'
targets 'pings per target where the probe allows' <<<'+ A
probe = Web
pings = 10'
targets 'two pings' <<<'+ A
probe = Web
pings = 2'
targets 'an unknown probe' <<<'+ A
probe = Nothing'
targets 'a template is no probe' <<<'+ A
probe = Curl'
targets 'probe behind host' <<<'+ A
host = 127.0.0.1
probe = Web'
targets 'probe behind a probe variable' <<<'+ A
probe = Web
+ B
++ C'
targets 'probe variable, then probe in the inner section' <<<'+ A
probe = Web
pings = 5
++ B
probe = FPing'
targets 'probe behind menu' <<<'+ A
menu = x
probe = Web
host = 127.0.0.1'
targets 'probe twice' <<<'+ A
probe = Web
probe = FPing'
targets 'mandatory variable given by the instance' <<<'+ A
probe = Web
host = 127.0.0.1'
targets 'mandatory variable missing' <<<'+ A
probe = Any
host = 127.0.0.1'
targets 'mandatory variable missing without a host' <<<'+ A
probe = Any'
targets 'mandatory variable from an outer section' <<<'+ A
probe = Any
urlformat = http://%host%/
++ B
host = 127.0.0.1'
targets 'mandatory variable inherited through a group' <<<'+ A
probe = Any
urlformat = http://%host%/
++ B
+++ C
host = 127.0.0.1
++++ D
host = 127.0.0.1'
targets 'multihost' <<<'+ A
host = 127.0.0.1
+ B
host = /A /A~slave   /C'
targets 'dynamic host' <<<'+ A
host = DYNAMIC/abc'
targets 'host with a path' <<<'+ A
host = www.sbb.ch/en'
targets 'IPv6 host' <<<'+ A
host = 2001:db8::1'
targets 'a quoted agent' <<<'+ A
probe = Web
agent = "x"'
targets 'extrare without slashes' <<<'+ A
probe = Web
extrare = x'
{ printf '@G\n@D\n@P\n@R\n'; echo '*** Targets ***
menu = m
title = t'; } | case_ 'Targets without probe'
{ printf '@G\n@D\n@P\n@R\n'; echo '*** Targets ***
probe = FPing'; } | case_ 'Targets without menu and title'
{ printf '@G\n@D\n@P\n@T\n@R\n'; } | case_ 'Probes behind Targets'
{ printf '@T\n'; } | case_ 'Targets alone'
{ printf '@G\n@D\n@P\n@R\n'; } | case_ 'no Targets'
{ printf '@R\n@T\n@D\n@G\n@P\n'; } | case_ 'another order of sections'

# --- Database ----------------------------------------------------------------------
for step in 300 0 -5 1.5 5.0 1e2 abc 60s ''; do
	database "step = $step" <<<"*** Database ***
step = $step
pings = 20
AVERAGE 0.5 1 100"
done
for pings in 20 3 2 abc 5.0 ''; do
	database "pings = $pings" <<<"*** Database ***
step = 300
pings = $pings
AVERAGE 0.5 1 100"
done
for row in 'AVERAGE 0.5 1 100' 'LAST 0.5 1 100' 'AVERAGE 0 1 100' 'AVERAGE 1 1 100' \
	'AVERAGE 1.1 1 100' 'AVERAGE 0.5 0 100' 'AVERAGE 0.5 1' 'AVERAGE 0.5 1 100 7' \
	'"AVERAGE" "0.5" 1 100' 'AVERAGE .5 1 0x10' 'average .5 1 1' 'MIN 0.5 1 1.5'; do
	database "row $row" <<<"*** Database ***
step = 300
pings = 20
$row"
done
database 'a key that does not exist' <<<'*** Database ***
step = 300
pings = 20
stop = 1'
database 'a section in it' <<<'*** Database ***
step = 300
pings = 20
+ x'
database 'no step' <<<'*** Database ***
pings = 20'
database 'nothing in it' <<<'*** Database ***'

# --- Presentation ------------------------------------------------------------------
detail() { printf '*** Presentation ***\ntemplate = %s/page\n+ overview\nwidth = 60\nheight = 50\n+ detail\nwidth = 60\nheight = 50\n' "$dir"; cat; }
presentation 'all of detail' < <(detail <<<'loss_background = yes
logarithmic = no
unison_tolerance = 1.5
max_rtt = 1
strftime = %Y
nodata_color = 00ff00
"Last 3" 3h
'\''x y'\'' 10m
a\ b 2y
++ loss_colors
1 00ff00 "<1"
1. 00ff00 x
++ uptime_colors
3600 00ff00 "<1h"')
presentation 'colour with a hash' < <(detail <<<'nodata_color = #00ff00')
presentation 'upper case colour' < <(detail <<<'nodata_color = 00FF00')
presentation 'tolerance of 1' < <(detail <<<'unison_tolerance = 1')
presentation 'a range without unit' < <(detail <<<'x 30')
presentation 'a row of three' < <(detail <<<'Last 3 h')
presentation 'loss colour that is none' < <(detail <<<'++ loss_colors
1 green x')
presentation 'loss bound that is none' < <(detail <<<'++ loss_colors
x 00ff00 x')
presentation 'short loss colour' < <(detail <<<'++ loss_colors
1 0f0 x')
presentation 'short uptime colour' < <(detail <<<'++ uptime_colors
1 0f0 x')
presentation 'charts' < <(detail <<<'+ charts
menu = m
title = t
++ loss
menu = m
title = t
sorter = Loss(entries=>5)
format = %f')
presentation 'charts without a title' < <(detail <<<'+ charts
menu = m')
presentation 'sorter with a blank' < <(detail <<<'+ charts
menu = m
title = t
++ loss
menu = m
title = t
sorter = Loss(entries => 5)')
presentation 'multihost colours' < <(detail <<<'+ multihost
colors = ff0000 00ff00')
presentation 'bad multihost colours' < <(detail <<<'+ multihost
colors = red')
presentation 'hierarchies' < <(detail <<<'+ hierarchies
++ owner
title = x
++ place
title = y')
presentation 'hierarchy without title' < <(detail <<<'+ hierarchies
++ owner')
presentation 'no detail' <<<"*** Presentation ***
template = $dir/page
+ overview
width = 60
height = 50"
presentation 'width of 9' <<<"*** Presentation ***
template = $dir/page
+ overview
width = 9
height = 50
+ detail
width = 60
height = 50"

# --- Probes ------------------------------------------------------------------------
fping() { printf '*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n'; cat; }
for line in 'packetsize = 56' 'packetsize = 11' 'packetsize = 64001' 'timeout = 1.5' \
	'timeout = .5' 'timeout = 1s' 'hostinterval = 2' 'mininterval = 0.001' \
	'offset = 50%' 'offset = random' 'offset = 50' 'step = 60' 'step = x' \
	'pings = 10' 'pings = 2' 'blazemode = true' 'blazemode = yes' 'tos = 0x20' \
	'tos = x' 'protocol = 6' 'protocol = 5' 'sourceaddress = 127.0.0.1' \
	'sourceaddress = ::1' 'usestdout = false' 'forks = 5' 'lookup = x'; do
	probes "FPing: $line" < <(fping <<<"$line")
done
probes 'an instance makes a template' < <(fping <<<'++ FPingHigh
pings = 10')
probes 'two instances' < <(fping <<<'++ Big
packetsize = 1000
++ FPing')
probes 'a variable in *** Probes ***' <<<'*** Probes ***
step = 60
+ FPing
binary = /usr/bin/fping'
probes 'an inner section of an instance' < <(fping <<<'++ FPing
+++ Deeper')
probes 'module twice' < <(fping <<<'+ FPing
binary = /usr/bin/fping')
probes 'a variable twice' < <(fping <<<'binary = /usr/bin/fping')
probes 'an instance overrides' < <(fping <<<'pings = 5
++ FPing
pings = 10')
probes 'FPing6' < <(fping <<<'+ FPing6
binary = /usr/bin/fping
sourceaddress = ::1')
probes 'FPingContinuous' < <(fping <<<'+ FPingContinuous
binary = /usr/bin/fping
timeout = 1')
probes 'Curl without urlformat' < <(fping <<<'+ Curl
binary = /usr/bin/curl')
probes 'no binary' lenient <<<'*** Probes ***
+ FPing'
probes 'a binary that is not there' lenient <<<'*** Probes ***
+ FPing
binary = /nonexistent/fping'
probes 'a module from elsewhere' lenient < <(fping <<<'+ speedtest
binary = /usr/bin/speedtest')

# --- Alerts, Slaves ----------------------------------------------------------------
targets 'Alerts' <<<'*** Alerts ***
to = a@b
from = c@d
edgetrigger = yes
+ some.loss
type = loss
pattern = >0%,*12*,>0%
comment = c
priority = 1
to = |/bin/true'
for to in a@b nobody '|/bin/mail x' 'snpp:' 'snpp:x' 'xmpp:' 'a@b,c@d' 'a@b c'; do
	targets "Alerts: to = $to" <<<"*** Alerts ***
to = $to
from = a@b"
done
targets 'Alerts without from' <<<'*** Alerts ***
to = a@b'
targets 'alert without type' <<<'*** Alerts ***
to = a@b
from = a@b
+ x
pattern = >0%
comment = c'
targets 'alert of a bad type' <<<'*** Alerts ***
to = a@b
from = a@b
+ x
type = nothing
pattern = >0%
comment = c'
targets 'alert with a priority of 0' <<<'*** Alerts ***
to = a@b
from = a@b
+ x
type = loss
pattern = >0%
comment = c
priority = 0'
targets 'alert with an empty element' <<<'*** Alerts ***
to = a@b
from = a@b
+ x
type = loss
pattern = >0%,,>0%
comment = c'
echo 'a:b' >"$dir/secrets"
chmod 600 "$dir/secrets"
targets 'Slaves' <<<"*** Slaves ***
secrets = $dir/secrets
+ s1.x
display_name = S
color = 0000ff
location = here
++ override
Probes.FPing.binary = /x
a = b"
targets 'slave without a colour' <<<"*** Slaves ***
secrets = $dir/secrets
+ s1
display_name = S"
targets 'Slaves with a timeout' <<<"*** Slaves ***
secrets = $dir/secrets
timeout = 5"
targets 'Slaves whose secrets are not there' lenient <<<'*** Slaves ***
secrets = /nonexistent'

# --- General -----------------------------------------------------------------------
for line in 'contact = nobody' 'cgiurl = x' 'linkstyle = odd' 'offset = 5' \
	'concurrentprobes = maybe' 'syslogfacility = a b' 'precreateperms = 9' \
	'nonsense = 1'; do
	{ grep -v "^${line%% *} " "$dir/G"; printf '%s\n@D\n@P\n@R\n@T\n' "$line"; } |
		case_ "General: $line"
done
{ grep -v '^datadir' "$dir/G"; printf '@D\n@P\n@R\n@T\n'; } | case_ 'no datadir'
{ grep -v '^datadir' "$dir/G"; printf 'datadir = /nonexistent\n@D\n@P\n@R\n@T\n'; } |
	case_ 'a datadir that is not there yet' lenient
{ grep -v '^imgcache' "$dir/G"; printf '@D\n@P\n@R\n@T\n'; } | case_ 'no imgcache' lenient
{ grep -v '^owner' "$dir/G"; printf '@D\n@P\n@R\n@T\n'; } | case_ 'no owner' lenient

# --- the default configuration -----------------------------------------------------
"$BUILD/t/conftool" default "$dir/default" "$dir/data"
sed -i -e "s#^imgcache.*#imgcache = $dir/img#" -e "s#^piddir.*#piddir = $dir/pid#" \
	-e "s#^smokemail.*#smokemail = $dir/mail#" "$dir/default/General"
sed -i "s#^template.*#template = $dir/page#" "$dir/default/Presentation"
# no name server is asked: its probe would want one at once
sed -i '/^+ DNS/,/^lookup/d' "$dir/default/Probes"
awk 'BEGIN{RS="";ORS="\n\n"} !/probe *= DNS/' "$dir/default/Targets" >"$dir/targets" &&
	mv "$dir/targets" "$dir/default/Targets"
sed -i '/^host/s/=.*/= 127.0.0.1/' "$dir/default/Targets"
for f in General Alerts Database Presentation Probes Slaves Targets; do
	echo "@include $dir/default/$f"
done | case_ 'the default configuration'

# --- the judge ---------------------------------------------------------------------
# One SmokePing, forked for every case: starting it takes longer than asking it.
perl -e '
	use strict;
	$| = 1;
	use POSIX ();
	use Smokeping;
	my ($dir, $cases) = @ARGV;
	for my $case (1 .. $cases) {
		my $pid = fork;
		if ($pid == 0) {
			open STDIN, "<", "/dev/null";
			open STDOUT, ">", "$dir/$case/theirs";
			open STDERR, ">&", \*STDOUT;
			@ARGV = ("--check", "--config=$dir/$case/main");
			eval { Smokeping::main("") };
			print $@;
			POSIX::_exit(1);
		}
		waitpid $pid, 0;
		open my $out, ">", "$dir/$case/status";
		print $out ($? == 0 ? "accepted" : "refused"), "\n";
	}' "$dir" "$cases"

echo "1..$cases"
failed=0
for case in $(seq "$cases"); do
	read -r name <"$dir/$case/name"
	read -r mode <"$dir/$case/mode"
	read -r theirs <"$dir/$case/status"
	ours=refused
	"$BUILD/t/conftool" check "$dir/$case/main" >"$dir/$case/ours" 2>&1 &&
		ours=accepted
	want=$theirs
	if [ "$mode" = lenient ]; then
		want=accepted
		[ "$theirs" = refused ] || want="accepted by both: not lenient"
	fi
	if [ "$ours" = "$want" ]; then
		echo "ok $case - $name: $ours"
		continue
	fi
	echo "not ok $case - $name: $ours"
	sed 's/^/# theirs: /' "$dir/$case/theirs"
	sed 's/^/# ours: /' "$dir/$case/ours"
	failed=1
done
exit $failed
