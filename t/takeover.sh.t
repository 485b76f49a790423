#!/bin/bash
# A data directory that Debian's smokeping has written is taken over, and taken back,
# while both measure the same hosts: no error, no gap longer than the switch, no old row
# changed, and with fping's burst the same distributions of median and loss. ROUNDS_EACH
# makes it longer (t/bench/takeover.sh).
. "${SOURCE:?}/t/world.sh" || exit 1
for tool in smokeping fping rrdtool; do
	command -v $tool >"$DIR/which" || skip_all "no $tool"
done
world "$@"
STEP=${STEP:-2} PINGS=${PINGS:-5} HOSTS=${HOSTS:-40} EACH=${ROUNDS_EACH:-2}
# Wide enough that what a busy machine adds to the times of fping is little beside it.
network "* delay=5ms uniform=40ms loss=0.08"
data=$DIR/data
mkdir -p "$DIR/img"

targets() {
	printf '+ A\nmenu = A\ntitle = A\n'
	for i in $(seq "$HOSTS"); do
		printf '++ h%d\nmenu = h%d\ntitle = h%d\nhost = 10.0.0.%d\n' "$i" "$i" "$i" "$i"
	done
}
targets | config "$STEP" "$PINGS"
# What both read; smokeping would not take our other probes' tools.
sed -i -e '/^+ FPing6/,/^\*\*\* Targets/{/^\*\*\* Targets/!d}' \
	-e '/^binary = .*fping/a hostinterval = 0.1\nmininterval = 0.001\noffset = 0%' "$DIR/config"
sed -i 's,^mailhost = .*,&\nsendmail = /bin/true,' "$DIR/config"

last() {
	rrdtool last "$data/A/h$HOSTS.rrd" 2>/dev/null || echo 0
}
# rounds_behind TIME COUNT: so many were stored since
rounds_behind() {
	[ "$(last)" -ge $(($1 + $2 * STEP)) ]
}
PATIENCE=$((EACH * STEP + 30))

# raw LOG: "LOST MEDIAN" of every round that smokeping gave to librrd
raw() {
	sed -n 's/.*Calling RRDs::update(.*ping[0-9]* [0-9]*:U:\([0-9.e+-]*\):\([^:]*\):.*/\1 \2/p' "$1"
}
# given LOG COUNT: at least so many
given() {
	[ "$(raw "$1" | wc -l)" -ge "$2" ]
}

# theirs LOG ROUNDS: smokeping for so many rounds
theirs() {
	# Its own process group: it forks, and its children are fping's parents.
	setsid smokeping --config="$DIR/config" --nodaemon --debug-daemon --logfile="$1.debug" >"$1" 2>&1 &
	local pid=$!
	wait_until $PATIENCE given "$1.debug" $((HOSTS * $2))
	kill -- -$pid
	wait_until 10 is_gone $pid
}
# all_rows FROM TO: "ROW LOSS MEDIAN" of every target, one behind the other
all_rows() {
	for i in $(seq "$HOSTS"); do
		echo "fetch $data/A/h$i.rrd AVERAGE -r $STEP -s $1 -e $(($2 - 1))"
	done | rrdtool - | awk 'sub(":", "", $1) { print $1, $3, $4 }'
}

begin=$(date +%s)
theirs "$DIR/theirs.log" "$EACH"
unlike "$(cat "$DIR/theirs.log")" "ERROR|rror:" "smokeping measures" || show "$DIR/theirs.log"
raw "$DIR/theirs.log.debug" >"$DIR/theirs.raw"
switch=$(last)
holds "and has written rounds" "$(wc -l <"$DIR/theirs.raw") >= $HOSTS * $EACH * 3 / 4"
# Rows that are complete for sure: the one under way belongs to both.
whole=$(((switch / STEP - 1) * STEP))
before=$(all_rows "$begin" "$whole")
inode=$(stat -c %i "$data/A/h1.rrd")

probed_start
wait_until 20 ready || bail "probed does not answer"
ready=$(date +%s)
wait_until $((3 * STEP + 30)) newer_row A.h1 "$switch" || bail "smokebox stores no round"
ok 0 "smokebox goes on with its files"
first=$(rows A.h1 "$STEP" "$switch" | awk -v s="$switch" '$1 > s && tolower($2) !~ /nan/ { print $1; exit }')
wait_until $PATIENCE rounds_behind "$first" $((EACH + 1))
probed_stop
is $? 0 "and ends"
is "$(stat -c %i "$data/A/h1.rrd")" "$inode" "in the same file"
holds "the gap is the switch ($((first - switch)) s)" "$first <= $ready + 2 * $STEP + 1"
unlike "$(cat "$DIR/probed.log")" "carried over|set-aside|\.rrd" "without a word about files"
is "$(all_rows "$begin" "$whole")" "$before" "no old row is changed"
ours_end=$(last)
# Rows that hold a single round each.
all_rows $(((switch / STEP + 1) * STEP)) "$ours_end" |
	awk 'tolower($2) !~ /nan/ { print $2, $3 }' >"$DIR/ours.raw"
holds "rounds of ours" "$(wc -l <"$DIR/ours.raw") >= $HOSTS * $EACH / 2"
before=$(all_rows "$begin" "$ours_end")

theirs "$DIR/again.log" $((EACH > 2 ? EACH : 1))
unlike "$(cat "$DIR/again.log" "$DIR/again.log.debug")" "ERROR|mismatch|Different" \
	"smokeping takes it back without a complaint" || show "$DIR/again.log"
holds "and goes on" "$(last) > $ours_end"
is "$(stat -c %i "$data/A/h1.rrd")" "$inode" "in the same file"
is "$(all_rows "$begin" "$ours_end")" "$before" "no row of ours is changed"

# ks COLUMN: D and p that both samples are of one distribution
ks() {
	perl -e '
		my ($col, @file) = @ARGV;
		my @s = map { my $f = $_; open my $h, "<", $f or die "$f: $!"; 
			[sort { $a <=> $b } grep { /^[0-9]/ } map { (split)[$col] } <$h>] } @file;
		my ($n, $m) = map { scalar @$_ } @s;
		my ($i, $k, $d) = (0, 0, 0);
		while ($i < $n && $k < $m) {
			my $x = $s[0][$i] < $s[1][$k] ? $s[0][$i] : $s[1][$k];
			# Equal figures step together; what was printed with fewer digits is equal.
			$i++ while $i < $n && $s[0][$i] <= $x * (1 + 1e-9) + 1e-12;
			$k++ while $k < $m && $s[1][$k] <= $x * (1 + 1e-9) + 1e-12;
			my $e = abs($i / $n - $k / $m);
			$d = $e if $e > $d;
		}
		my $r = sqrt($n * $m / ($n + $m));
		my $l = ($r + 0.12 + 0.11 / $r) * $d;
		my ($p, $sign) = (0, 1);
		for (1 .. 100) { $p += 2 * $sign * exp(-2 * $_ ** 2 * $l ** 2); $sign = -$sign }
		$p = 1 if $p > 1 || $l < 0.2;
		printf "%.4f %.4f %d %d\n", $d, $p, $n, $m' "$1" "$DIR/theirs.raw" "$DIR/ours.raw"
}
for what in 0:loss 1:median; do
	read -r d p n m < <(ks "${what%%:*}")
	holds "the distribution of ${what#*:} is the same (D $d, p $p of $n and $m rounds)" \
		"${p:-0} > 0.01"
done
done_testing
