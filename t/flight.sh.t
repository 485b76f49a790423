#!/bin/bash
# Pings in flight: the stream tells of a round while it is under way, of its target only,
# with what was answered and what was lost so far; pages show it with and without scripts.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=12ms
3 loss=1"
probed 10 5 <<-END
	+ A
	menu = A
	title = A
	++ one
	menu = one
	title = one
	host = 10.0.0.2
	++ lost
	menu = lost
	title = lost
	host = 10.0.0.3
END
wait_until 40 known A.one 1
ok $? "a first round is stored"

# listen NAME [QUERY]: in the background, to DIR/NAME
listen() {
	curl -sN -o "$DIR/$1" "$URL/api/v1/stream${2:-}" &
	EAR=$!
}
hush() {
	kill "$1"
	wait "$1" 2>"$DIR/wait.err"
}
# flights NAME JQ: of each, a line
flights() {
	grep -A1 '^event: flight$' "$DIR/$1" | sed -n 's/^data: //p' | jq -r "$2"
}
# seen NAME JQ: is there a flight of which it holds?
seen() {
	[ -n "$(flights "$1" "select($2) | .target")" ]
}

# --- the stream -------------------------------------------------------------------------
listen all
all=$EAR
listen one '?target=A.one'
one=$EAR
wait_until 60 seen one '.answered >= 2 and .sent < .pings'
ok $? "answered pings of a round of which not all are sent yet"
wait_until 60 seen all '.target == "A.lost" and (.lost | length) >= 2 and .sent < .pings'
ok $? "and lost ones of another"
hush $all
hush $one
is "$(flights one .target | sort -u)" A.one "of one target where one is asked for"
is "$(flights one '[.ping[] | select(. != null)] | all(. > 0.012 and . < 0.5)' | sort -u)" true "with their times"
is "$(flights one '(.ping | length) == .sent and .sent <= .pings and
	([.ping[] | select(. != null)] | length) == .answered and
	.answered + (.lost | length) + (.open | length) <= .sent' | sort -u)" true "that add up"
is "$(flights all 'select(.target == "A.lost") | .answered' | sort -u)" 0 "and none where none was answered"
# What was told of as under way was not stored before.
is "$(awk '/^event: round/ { getline; sub("data: ", ""); print "round " $0 }
	/^event: flight/ { getline; sub("data: ", ""); print "flight " $0 }' "$DIR/one" |
	while read -r kind data; do
		case $kind in
		round) stored=$(echo "$data" | jq .time) ;;
		flight) echo "$data" | jq ".begin < ${stored:-0} - 10" ;;
		esac
	done | sort -u)" false "each before its round was stored"
unlike "$(grep -B1 '^event: flight$' "$DIR/one")" '^id:' "it has no id: nobody goes on behind it"

# --- pages ------------------------------------------------------------------------------
dots() {
	page "$1" >"$DIR/page"
	grep -q "data-flight=\"A.one\" role=\"img\" aria-label=\"Round under way: [1-4] of 5 pings sent, [1-4] answered" "$DIR/page"
}
wait_until 60 dots /
ok $? "the first page has it without scripts"
like "$(cat "$DIR/page")" '<i class="answered"></i>(<i class="[a-z]*"></i>)*<i class="to-come"></i>' "as dots that fill in"
wait_until 60 dots /t/A/one
ok $? "the page of the target too"
like "$(cat "$DIR/page")" '>Round under way: [1-4] of 5 pings sent' "in words"
if [ -n "$CHROMIUM" ]; then
	cat >"$DIR/run" <<-'END'
	(async () => {
		const words = () => document.querySelector('[data-flight-words="A.one"]').textContent;
		const dots = () => document.querySelectorAll('.present .flight .answered').length;
		for (let i = 0; i < 300 && !(/, the last in/.test(words()) && dots() > 0); i++)
			await new Promise(later => setTimeout(later, 100));
		return { words: words(), dots: dots() };
	})()
	END
	mkdir -p "$OUT/flight"
	perl "$SOURCE/t/browser.pl" "$OUT/flight" "--run=$DIR/run" "$URL/t/A/one" >"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	for what in '.errors == []' '.failed == []' '.wide <= 0' '.run.dots > 0' \
		'.run.words | test("pings sent, [1-5] answered, the last in 1[0-9.]* ms")'; do
		is "$(jq -c "select(($what) | not) | {url, width, theme, errors, failed, wide, run}" "$DIR/seen")" "" "everywhere $what"
	done
else
	skip "no chromium"
fi
unlike "$(cat "$DIR/probed.log")" "ended with status|not to be believed" "no worker died"
done_testing
