#!/bin/bash
# Reload by difference: targets that did not change lose no ping, a changed file is
# noticed, a bad one changes nothing but is spoken of.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks
network "* delay=2ms"

tree() {
	cat <<-END
	+ A
	menu = A
	title = A
	++ same
	host = 10.0.0.2
	++ other
	host = 10.0.0.3
	$1
	END
}
tree "" >"$DIR/targets"
probed 4 4 <"$DIR/targets"

generation() {
	[ "$(json status .config.generation)" -gt "$1" ]
}
wait_until 30 known A.same 3
ok $? "rounds are stored"

before=$(json status .config.generation)
workers=$(json status '[.workers[] | .pid] | sort | tostring')
tree "++ added
host = 10.0.0.4" >"$DIR/targets"
config 4 4 <"$DIR/targets"
kill -HUP "$PROBED"
wait_until 10 generation "$before"
ok $? "SIGHUP takes the new file over"
wait_until 10 known A.added 1
ok $? "a new target is measured soon"

before=$(json status .config.generation)
tree "++ added
host = 10.0.0.5
++ more
host = 10.0.0.6" >"$DIR/targets"
config 4 4 <"$DIR/targets"
wait_until 20 generation "$before"
ok $? "a changed file is noticed without a signal"
wait_until 20 known A.more 1
ok $? "and its new target measured"
truth
holds "a changed host is measured instead" "$(truth_count 5 answered) > 0"

# Ten bad lines: nothing changes, everything is said.
before=$(json status .config.generation)
tree "++ bad one
hots = 10.0.0.7
++++ deep
host = 10.0.0.8" >"$DIR/targets"
config 4 4 <"$DIR/targets"
kill -HUP "$PROBED"
refused() {
	[ "$(json status '.config.errors | length')" -gt 0 ]
}
wait_until 10 refused
ok $? "a bad file is refused"
is "$(json status .config.generation)" "$before" "the old configuration goes on"
like "$(json status '.config.errors | tostring')" "config:[0-9]+" "the status names file and line"
like "$(page /)" "config:[0-9]+|refused|not in force" "the page says so"
like "$(cat "$DIR/probed.log")" "config:[0-9]+: " "the log says so"
last=$(rows A.same | awk 'tolower($2) !~ /nan/ { t = $1 } END { print t }')
wait_until 15 newer_row A.same "$last"
ok $? "and rounds go on"

tree "" >"$DIR/targets"
config 4 4 <"$DIR/targets"
kill -HUP "$PROBED"
mended() {
	[ "$(json status '.config.errors | length')" = 0 ]
}
wait_until 10 mended
ok $? "a mended file is taken over"
is "$(json targets '[.targets[] | select(.path == "A.added")] | length')" 0 \
	"a target that was taken out is gone"
is "$(json status '[.workers[] | .pid] | sort | tostring')" "$workers" "no worker was restarted"

wait_until 20 known A.same 8
truth
echo "A.same 2" |
	perl "$SOURCE/t/compare.pl" "$DIR/data" "$DIR/truth" 4 4 "$DIR/rounds" >"$DIR/compared"
show "$DIR/compared"
is "$(sed -n 's/^misplaced //p' "$DIR/compared")" 0 "an unchanged target kept every round"
is "$(sed -n 's/^self_loss //p' "$DIR/compared")" 0 "and lost nothing"
is "$(rows A.same | awk 'tolower($2) !~ /nan/ { if (last && $1 != last + 4 && n > 1) gap++
	last = $1; n++ } END { print gap + 0 }')" 0 "not one of its rows is missing"

# A configuration that is replaced as a whole, by turning a link.
probed_stop
mkdir "$DIR/v1" "$DIR/v2"
mv "$DIR/config" "$DIR/v1/config"
tree "++ turned
host = 10.0.0.7" >"$DIR/targets"
config 4 4 <"$DIR/targets"
printf '*** %s ***\nlisten = 127.0.0.1:2055\n' Collector Web >>"$DIR/config"
mv "$DIR/config" "$DIR/v2/config"
ln -s v1 "$DIR/current"
ln -s current/config "$DIR/config"
probed_start
wait_until 20 ready
before=$(json status .config.generation)
ln -s v2 "$DIR/next"
mv -T "$DIR/next" "$DIR/current"
wait_until 15 generation "$before"
ok $? "a link that leads elsewhere now is noticed"
is "$(json targets '[.targets[] | select(.path == "A.turned")] | length')" 1 \
	"and followed"
like "$(cat "$DIR/probed.log")" "Collector: listen changed: takes a restart" \
	"what takes a restart is said"
unlike "$(cat "$DIR/probed.log")" "Web: listen changed" "unless --listen settles it"
done_testing
