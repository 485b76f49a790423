#!/bin/bash
# Our graphs beside those of Debian's SmokePing for the same history: the elements that
# librrd is given, their order, texts and heights, and the pixels of the plot. One target,
# a slave's view of it, a dynamic host, several hosts together, the overview of box and
# slave; with colours of one's own, and logarithmic.
. "$SOURCE/t/world.sh"

if ! perl -MSmokeping -e1 2> /dev/null || [ ! -e /usr/sbin/smokeping ]; then
	echo "1..0 # SKIP SmokePing is not installed"
	exit 0
fi
cd "$DIR" || exit 1
export TZ=UTC LC_ALL=C
mkdir -p data/G cache html

cat > config <<-END
	*** General ***
	owner = x
	contact = x@y.example
	display_name = box
	cgiurl = http://x.example/smokeping.cgi
	imgcache = $DIR/cache
	imgurl = cache
	datadir = $DIR/data
	piddir = $DIR
	smokemail = /etc/smokeping/smokemail
	tmail = /etc/smokeping/tmail
	*** Alerts ***
	to = x@y.example
	from = x@y.example
	*** Database ***
	step = 10
	pings = 20
	AVERAGE 0.5 1 8640
	AVERAGE 0.5 6 10080
	*** Presentation ***
	template = /etc/smokeping/basepage.html
	graphborders = yes
	+ overview
	width = 600
	height = 100
	range = 3h
	+ multihost
	colors = 804000 0080ff c000c0
	+ detail
	width = 600
	height = 200
	TOLERANCE
	BACKGROUND
	"Last 3 Hours" 3h
	"Last 30 Hours" 30h
	"Last 10 Days" 10d
	"Last 400 Days" 400d
	++ loss_colors
	0 26ff00 0
	1 00b8ff 1
	2 0059ff 2
	3 7e00ff 3
	5 ff00ff 4-5
	10 ff5500 6-10
	19 ff0000 11-19
	++ uptime_colors
	3600 ffd3d3 <1h
	86400 c0ffc0 <1d
	604800 c0c0ff <1w
	*** Probes ***
	+ FPing
	binary = /usr/bin/fping
	*** Slaves ***
	secrets = $DIR/secrets
	+ far
	display_name = Far
	color = c02060
	*** Targets ***
	probe = FPing
	menu = Top
	title = Top
	+ G
	menu = G
	title = Group
	++ T
	menu = T
	title = T of G
	host = 127.0.0.1
	slaves = far
	++ U
	menu = U
	title = U of G
	host = 127.0.0.2
	++ D
	menu = D
	title = D of G
	host = DYNAMIC
	++ M
	menu = M
	title = M of G
	host = /G/T /G/U /G/T~far
END
cp config config.template
echo far:secret > secrets
chmod 600 secrets
echo 127.0.0.3 > data/G/D.adr

# 2000 rows up to now: changing delay and spread, every kind of loss but the total one.
perl -MRRDs -e '
	my $now = int(time / 10) * 10; my $rows = 2000;
	sub make {
		my ($f, $seed, $least, $loss, $born) = @_;
		srand $seed;
		RRDs::create($f, "--start", $now - $rows * 10, "--step", 10,
			"DS:uptime:GAUGE:20:0:U", "DS:loss:GAUGE:20:0:20", "DS:median:GAUGE:20:0:U",
			(map { "DS:ping$_:GAUGE:20:0:U" } 1 .. 20),
			"RRA:AVERAGE:0.5:1:8640", "RRA:AVERAGE:0.5:6:10080");
		my @rows;
		for my $r (1 .. $rows) {
			my $lost = rand() < $loss ? int(rand(20)) : 0;
			my $base = $least + .008 * sin($r / 190);
			my @p = sort { $a <=> $b } map { $base + .006 * rand() ** 3 } 1 .. 20 - $lost;
			my $low = int($lost / 2);
			push @rows, join(":", $now - ($rows - $r) * 10, $born ? $r * $born : "U",
				$lost, $p[int(@p / 2)],
				("U") x $low, @p, ("U") x ($lost - $low));
		}
		RRDs::update($f, @rows);
		die RRDs::error() if RRDs::error();
	}
	make("data/G/T.rrd", 5, .014, .3, 0);
	make("data/G/T~far.rrd", 6, .035, .2, 0);
	make("data/G/U.rrd", 7, .022, 0, 0);
	make("data/G/D.rrd", 8, .018, .1, 100);'

# Write down what SmokePing asks of librrd for G/NAME, and when. Its clock stands still,
# and so does librrd's: no picture is of another second than its elements.
cat > Capture.pm <<'END'
package Capture;
use RRDs;
BEGIN {
	my $now = time;
	*CORE::GLOBAL::time = sub () { $now };
}
my $graph = \&RRDs::graph;
no warnings 'redefine';
*RRDs::graph = sub {
	my ($file) = map { m{/G/(\S+)\.png$} ? $1 : () } @_;
	if (defined $file && grep { /^DEF:(ping1|median1)=/ } @_) {
		open my $f, '>', "theirs.$file" or die;
		print $f join("\n", @_), "\n";
		open my $t, '>', "time.$file" or die;
		print $t time();
	}
	return $graph->(absolute(@_));
};
my $fetch = \&RRDs::fetch;
*RRDs::fetch = sub { return $fetch->(absolute(@_)) };

# A start of so many seconds ago, and no end, are counted from now.
sub absolute {
	my @args = @_;
	for my $i (0 .. $#args - 1) {
		next unless $args[$i] eq '--start' && $args[$i + 1] =~ /^-\d+$/;
		splice @args, $i + 1, 1, time() + $args[$i + 1];
		push @args, '--end', time() unless grep { $_ eq '--end' } @args;
	}
	return @args;
}
1;
END

# Elements as both write them: what is drawn and written, in order; then the
# expressions, sorted. Names of the loss buckets count from 0 here and go by bound there;
# the column of a total loss is ours alone, and that no data has a colour not by default.
# So are the zero line and the probe below several lines.
cat > canon.pl <<'END'
my (@draw, @define);
my $lines = grep { /^DEF:median1=/ } my @all = <>;
for (@all) {
	chomp;
	next if /dead|nodata|hatch|history|^COMMENT:end|^--|^COMMENT: *\\l$|^(AREA|CDEF):lossbgs?0\b/;
	next if $lines && /^HRULE|^COMMENT:ICMP|^COMMENT:.*\\[jr]$|^CDEF:pings/;
	s/^AREA:(.*):STACK$/STACK:$1/;
	s/:$//;
	s/(\d+\.\d{5,}(e-?\d+)?)/sprintf('%.4g', $1)/ge;
	s/\b(me[LH]?|lossbgs?)\d+(d\d+)?/$1/g;
	s/\b(ups?)\d+/$1/g;
	s/\bpings\d/20/ if $lines;
	s{=\S*?(G/[A-Z~a-z]+\.rrd)}{=$1};
	s/:(start|end)=\d+//g; # ours begins and ends where the file does
	next if /^AREA:\d/;
	push @draw, $_ if /^(AREA|STACK|LINE1|GPRINT|COMMENT|HRULE):/;
	push @define, $_ if /^(CDEF|VDEF|DEF):/;
}
print "$_\n" for @draw, sort @define;
END

# compare WHAT NAME KIND SECONDS [IGNORED]: both draw G/NAME, then elements but those
# that match IGNORED, scale and pixels are compared.
compare() {
	local target=G.$2 kind=$3 seconds=$4 name="$2_last_$4" ours theirs pixels
	[ "$kind" != overview ] || name=$2_mini
	"$BUILD/t/graphpeer" "$kind" config "$target" Label "$seconds" "$(cat "time.$name")" \
		"$DIR/ours.png" > "ours.$name"
	perl canon.pl "ours.$name" | grep -vE "${5:-^\$}" > ours.canon
	perl canon.pl "theirs.$name" | grep -vE "${5:-^\$}" > theirs.canon
	[ -s ours.canon ] && diff ours.canon theirs.canon > diff.out
	ok $? "$1: elements are SmokePing's" || sed 's/^/# /' diff.out | head -30
	if [ "$kind" != overview ]; then
		ours=$(grep -A1 '^--upper-limit' "ours.$name" | tail -1)
		theirs=$(grep -A1 '^--upper-limit' "theirs.$name" | tail -1)
		holds "$1: height is SmokePing's ($ours, $theirs)" \
			"$ours / $theirs < 1.0001 && $theirs / $ours < 1.0001"
	fi
	# Where the picture was drawn a second later, its edges are.
	read -r left upper width height < ours.png.plot
	pixels=$("$BUILD/t/graphpeer" differ ours.png "cache/G/$name.png" \
		"$left" "$upper" "$width" "$height")
	holds "$1: of $((width * height)) pixels ${pixels:-no} differ" \
		"${pixels:-$((width * height))} < $((width * height)) / 50"
}

# both TOLERANCE-LINE BACKGROUND-LINE [SED-SCRIPT]
both() {
	sed -e "s/^TOLERANCE/$1/; s/^BACKGROUND/$2/" -e "${3:-}" config.template > config
	rm -rf cache/G theirs.* time.*
	perl -I. -MCapture /usr/sbin/smokeping --config="$DIR/config" \
		--static-pages="$DIR/html" > smokeping.out 2>&1
	[ -e theirs.T_last_10800 ]
	ok $? "SmokePing draws" || sed 's/^/# /' smokeping.out | head
}

both "" "nodata_color = e0e0ff"
compare "3 hours" T detail 10800
compare "30 hours" T detail 108000
compare "400 days" T detail 34560000
compare "a slave, 3 hours" T~far detail 10800
compare "a dynamic host, 3 hours" D detail 10800
compare "several hosts, 3 hours" M detail 10800
compare "several hosts, 30 hours" M detail 108000
compare "overview of box and slave" T overview 10800
compare "overview of one" U overview 10800
compare "overview of several hosts" M overview 10800
both "unison_tolerance = 1.2" "nodata_color = e0e0ff" "/^++ U/,\$d; /^slaves =/d"
compare "tolerance, 3 hours" T detail 10800
compare "tolerance, 30 hours" T detail 108000
# Colours of one's own, with a fraction and a bound that no round reaches.
both "unison_tolerance = 2" "loss_background = yes" "s/^2 0059ff 2/2.5 336600 few/
	s/^5 ff00ff 4-5/7 aa5500 some/; s/^19 ff0000 11-19/&\n1000 123456 never/
	/^++ U/,\$d; /\" 10d$/d; /\" 400d$/d"
compare "backgrounds" T detail 10800
compare "backgrounds of a slave" T~far detail 10800
# Two pixels of the median are a ratio here and a difference there.
both "logarithmic = yes" "nodata_color = e0e0ff" "/^++ D/,/DYNAMIC/d; /\" 30h$/d; /\" 10d$/d; /\" 400d$/d"
compare "logarithmic" T detail 10800 '^CDEF:me[LH]='
compare "logarithmic, several hosts" M detail 10800
done_testing
