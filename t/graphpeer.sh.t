#!/bin/bash
# Our detail graph beside that of Debian's SmokePing for the same history: the elements
# that librrd is given, their order, texts and heights, and the pixels of the plot.
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
	height = 50
	range = 3h
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
	*** Probes ***
	+ FPing
	binary = /usr/bin/fping
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
END
cp config config.template

# 2000 rows up to now: changing delay and spread, every kind of loss but the total one.
perl -MRRDs -e '
	my $now = int(time / 10) * 10; my $rows = 2000; my $f = "data/G/T.rrd"; srand 5;
	RRDs::create($f, "--start", $now - $rows * 10, "--step", 10,
		"DS:uptime:GAUGE:20:0:U", "DS:loss:GAUGE:20:0:20", "DS:median:GAUGE:20:0:U",
		(map { "DS:ping$_:GAUGE:20:0:U" } 1 .. 20),
		"RRA:AVERAGE:0.5:1:8640", "RRA:AVERAGE:0.5:6:10080");
	my @rows;
	for my $r (1 .. $rows) {
		my $lost = rand() < .3 ? int(rand(20)) : 0;
		my $base = .014 + .008 * sin($r / 190);
		my @p = sort { $a <=> $b } map { $base + .006 * rand() ** 3 } 1 .. 20 - $lost;
		my $low = int($lost / 2);
		push @rows, join(":", $now - ($rows - $r) * 10, "U", $lost, $p[int(@p / 2)],
			("U") x $low, @p, ("U") x ($lost - $low));
	}
	RRDs::update($f, @rows);
	die RRDs::error() if RRDs::error();'

# Write down what SmokePing asks of librrd, and when.
cat > Capture.pm <<'END'
package Capture;
use RRDs;
my $graph = \&RRDs::graph;
no warnings 'redefine';
*RRDs::graph = sub {
	if (grep { /^DEF:ping1=/ } @_) {
		my ($seconds) = $_[0] =~ /_(\d+)\.png$/;
		open my $f, '>', "theirs.$seconds" or die;
		print $f join("\n", @_), "\n";
		open my $t, '>', "time.$seconds" or die;
		print $t time();
	}
	return $graph->(@_);
};
1;
END

# Elements as both write them: what is drawn and written, in order; then the
# expressions, sorted. Names of the loss buckets count from 0 here and go by bound there;
# the column of a total loss is ours alone, and that no data has a colour not by default.
cat > canon.pl <<'END'
my (@draw, @define);
while (<>) {
	chomp;
	next if /dead|nodata|hatch|history|^COMMENT:end|^--|^COMMENT: *\\l$|^(AREA|CDEF):lossbgs?0\b/;
	s/^AREA:(.*):STACK$/STACK:$1/;
	s/:$//;
	s/(\d+\.\d{5,}(e-?\d+)?)/sprintf('%.4g', $1)/ge;
	s/\b(me[LH]?|lossbgs?)\d+/$1/g;
	s{=\S*?(G/T\.rrd)}{=$1};
	s/:start=\d+$//; # ours begins where the file does
	next if /^AREA:\d/;
	push @draw, $_ if /^(AREA|STACK|LINE1|GPRINT|COMMENT|HRULE):/;
	push @define, $_ if /^(CDEF|VDEF|DEF):/;
}
print "$_\n" for @draw, sort @define;
END

# compare WHAT SECONDS: both draw, then elements, scale and pixels are compared.
compare() {
	local seconds=$2 ours theirs pixels
	"$BUILD/t/graphpeer" draw config G.T Label "$seconds" "$(cat "time.$seconds")" \
		"$DIR/ours.png" > "ours.$seconds"
	perl canon.pl "ours.$seconds" > ours.canon
	perl canon.pl "theirs.$seconds" > theirs.canon
	diff ours.canon theirs.canon > diff.out
	ok $? "$1: elements are SmokePing's" || sed 's/^/# /' diff.out | head -30
	ours=$(grep -A1 '^--upper-limit' "ours.$seconds" | tail -1)
	theirs=$(grep -A1 '^--upper-limit' "theirs.$seconds" | tail -1)
	holds "$1: height is SmokePing's ($ours, $theirs)" \
		"$ours / $theirs < 1.0001 && $theirs / $ours < 1.0001"
	# Where the picture was drawn a second later, its edges are.
	pixels=$("$BUILD/t/graphpeer" differ ours.png "cache/G/T_last_$seconds.png" \
		68 34 598 198)
	holds "$1: of 118404 pixels ${pixels:-no} differ" "${pixels:-118404} < 2400"
}

# both TOLERANCE-LINE BACKGROUND-LINE
both() {
	sed -e "s/^TOLERANCE/$1/; s/^BACKGROUND/$2/" config.template > config
	rm -f cache/G/* theirs.* time.*
	perl -I. -MCapture /usr/sbin/smokeping --config="$DIR/config" \
		--static-pages="$DIR/html" > smokeping.out 2>&1
	[ -e theirs.10800 ]
	ok $? "SmokePing draws" || sed 's/^/# /' smokeping.out | head
}

both "" "nodata_color = e0e0ff"
compare "3 hours" 10800
compare "30 hours" 108000
compare "400 days" 34560000
both "unison_tolerance = 1.2" "nodata_color = e0e0ff"
compare "tolerance, 3 hours" 10800
compare "tolerance, 30 hours" 108000
both "unison_tolerance = 2" "loss_background = yes"
compare "backgrounds" 10800
done_testing
