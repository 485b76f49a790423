#!/bin/bash
# Every step and count of pings of the matrix at once: files of one kind become the other
# by probectl, and one run of Debian's smokeping continues them all.
. "${SOURCE:?}/t/world.sh" || exit 1
for tool in smokeping fping rrdtool; do
	command -v $tool >"$DIR/which" || skip_all "no $tool"
done
world "$@"
network "* delay=2ms"
TABLE="AVERAGE:0.5:1:300 AVERAGE:0.5:12:300 MIN:0.5:12:300 MAX:0.5:12:300"
data=$DIR/data
mkdir -p "$DIR/img" "$data"
now=$(date +%s)

matrix() { # "NAME OLD-STEP STEP OLD-PINGS PINGS" lines
	local steps pings
	for steps in "300 60" "60 300" "300 5" "30 5"; do
		for pings in "20 10" "5 20" "20 20"; do
			echo "m${steps/ /_}x${pings/ /_} $steps $pings"
		done
	done
}
last() {
	rrdtool last "$data/M/$1.rrd"
}
# spans NAME: seconds that each archive covers
spans() {
	rrdtool info "$data/M/$1.rrd" | awk -F' = ' '
		$1 == "step" { step = $2 }
		/^rra.*\.rows/ { rows[++n] = $2 }
		/^rra.*\.pdp_per_row/ { print rows[n] * $2 * step }'
}
median() { # NAME RESOLUTION
	rrdtool fetch "$data/M/$1.rrd" AVERAGE -r "$2" -s $((now / 3600 * 3600 - 7200)) \
		-e $((now / 3600 * 3600 - 1)) | awk 'sub(":", "", $1) { print $1, $4 }'
}

config 60 20 </dev/null
sed -i -e '/^+ FPing/,$d' -e '/^AVERAGE/d' -e 's,^mailhost = .*,&\nsendmail = /bin/true,' "$DIR/config"
# shellcheck disable=SC2086
sed -i "s/^\*\*\* Presentation/$(printf '%s\\n' $TABLE | tr : ' ')&/" "$DIR/config"
{
	echo "+ FPing"
	echo "binary = /usr/bin/fping"
	echo "hostinterval = 0.01"
	matrix | awk '{ print "++ P" $1; print "step = " $3; print "pings = " $5 }'
	printf '*** Targets ***\nprobe = Pm60_300x20_20\nmenu = Top\ntitle = Top\n+ M\nmenu = M\ntitle = M\n'
	matrix | awk '{ print "++ " $1; print "menu = m"; print "title = m"
		print "probe = P" $1; print "host = 10.0.0." NR }'
} >>"$DIR/config"

while read -r name old _ old_pings _; do
	# shellcheck disable=SC2086
	(cd "$data" && "$BUILD/t/rrdwrite" "M.$name" "$old" "$old_pings" \
		$(((now / old - 250) * old)) 250 $TABLE) || bail "no file of $old s"
	spans "$name" >"$DIR/$name.spans"
	median "$name" 3600 >"$DIR/$name.median"
	last "$name" >"$DIR/$name.last"
done < <(matrix) >"$DIR/rrdwrite.log"
"$BUILD/probectl" --config "$DIR/config" migrate --apply >"$DIR/apply" 2>&1
is "$?:$(grep -c 'carried over' "$DIR/apply")" 0:12 "twelve files become others" || show "$DIR/apply"
good=0
while read -r name old new _ pings; do
	paste "$DIR/$name.spans" <(spans "$name") | awk '$2 < $1 { exit 1 }' &&
		[ "$(last "$name")" = "$(cat "$DIR/$name.last")" ] &&
		rrdtool info "$data/M/$name.rrd" | grep -q "^step = $new\$" &&
		rrdtool info "$data/M/$name.rrd" | grep -q "^ds\[ping$pings\]" &&
		good=$((good + 1)) || echo "# $name"
	[ $((old % new)) != 0 ] || {
		[ "$(median "$name" 3600)" = "$(cat "$DIR/$name.median")" ] &&
			grep -qv nan "$DIR/$name.median"
	} || { good=0; echo "# the median of $name differs"; }
done < <(matrix)
is "$good" 12 "with the wanted step and pings, spans that are not shorter, the same median"

smokeping --config="$DIR/config" --check >"$DIR/check.log" 2>&1
ok $? "smokeping takes all of them" || show "$DIR/check.log"
timeout 100 smokeping --config="$DIR/config" --debug >"$DIR/smokeping.log" 2>&1
ok $? "and measures a round" || show "$DIR/smokeping.log"
unlike "$(cat "$DIR/smokeping.log")" "ERROR|Error|Wrong value|Different number|You must delete" \
	"without an error"
good=0
while read -r name _; do
	[ "$(last "$name")" -ge "$now" ] && good=$((good + 1)) || echo "# $name: $(last "$name")"
done < <(matrix)
is "$good" 12 "which is in every file"
done_testing
