#!/bin/bash
# The pages as people see them: every link answers, every graph is there, a page follows
# what happens, in headless Chromium at desktop and phone width, light and dark. (All other
# pages, and what else is to be seen of them: browse.sh.t.)
. "${SOURCE:?}/t/world.sh" || exit 1
. "$SOURCE/t/house.sh"
[ -n "$CHROMIUM" ] || skip_all "no chromium"
world "$@"
network "$HOUSE_RULES"

probed 2 10 < <(house)
wait_until 40 known Home.wifi 8
ok $? "rounds are stored"
wait_until 20 known World.web 4
ok $? "by every probe"

# Every page that can be reached by links from the start answers, without a browser.
echo / >"$DIR/todo"
bad='' number=0
while [ $number -lt 40 ]; do
	number=$((number + 1))
	path=$(sed -n "${number}p" "$DIR/todo")
	[ -n "$path" ] || break
	page "$path" >"$DIR/html"
	read -r code <"$DIR/page.status"
	[ "$code" = 200 ] || bad="$bad $code:$path"
	grep -oE '(href|src)="/[^"#]*' "$DIR/html" | sed 's/^[^"]*"//; s/&amp;/\&/g' |
		grep -vE '^/(/|graph/)' | sort -u | grep -vxF -f "$DIR/todo" >"$DIR/new"
	cat "$DIR/new" >>"$DIR/todo"
done
holds "the pages lead on ($number links)" "$number > 10"
is "$bad" "" "every link answers"
page / >"$DIR/html"
unlike "$(cat "$DIR/html")" "<around>" "titles are escaped"
is "$(json targets '.targets[] | select(.path == "World.path") | .state + ": " + .why')" \
	"cannot: www.example.net/en is not the name of a host" "that it cannot is said once"
like "$(page /t/Home/wifi)" "timed by the kernel" "whose clock it was stands with an echo"
unlike "$(page /t/World/web)" "timed by the kernel" "not with what the kernel never times"
like "$(cat "$DIR/html")" "Typo, Other typo: name does not resolve: no such name" \
	"what is the same for several is said once"
like "$(page /t/Home/wifi)" 'Home &amp; around</a> › <span aria-current="page">Wifi</span></div>' \
	"a page is called by its title, and by the name that lists have"
unlike "$(page /t/World/tcp)" 'aria-current="page">[^<]*</span></div>' "not twice where they are the same"
like "$(page /targets)" 'look-cannot"[^>]*>cannot measure<' "a list says what cannot be measured"
holds "graphs need no script" "$(grep -oE '<img ' "$DIR/html" | wc -l) >= 5"

# A page renews itself when the box tells of a round.
cat >"$DIR/run" <<'END'
(async () => {
	const clock = () => document.querySelector('#clock time').textContent;
	const before = clock();
	for (let i = 0; i < 400; i++) {
		if (document.body.classList.contains('live') && clock() !== before)
			return true;
		await new Promise(done => setTimeout(done, 100));
	}
	return false;
})()
END
mkdir -p "$OUT/pages"
perl "$SOURCE/t/browser.pl" "$OUT/pages" "--run=$DIR/run" "$URL/" "$URL/t/Home/wifi" "$URL/t/Home/another" \
	>"$DIR/seen" 2>"$DIR/browser.err"
ok $? "Chromium looked"
show "$DIR/browser.err"
is "$(wc -l <"$DIR/seen")" 8 "at three pages, each in two widths and both themes"

# every TEXT JQ-EXPRESSION: no page for which it is not true
every() {
	local found
	found=$(jq -c "select(($2) | not) | {url, width, theme, images, errors, failed,
		foreign, wide}" "$DIR/seen")
	is "$found" "" "$1"
}
every "all were loaded" '.loaded == 1'
every "all follow what happens" '.run'
every "each has a title" '.title | length > 3'
every "each shows graphs, but for what was never measured" \
	'((.images | length) + .plots > 0) == (.url | test("another") | not)'
every "no graph is missing" '[.images[] | .complete and .width > 0] | all'
every "every graph has words for who cannot see it" '[.images[] | .alt | length > 0] | all'
every "nothing complains on the console" '.errors == []'
every "no request fails" '.failed == []'
every "nothing comes from elsewhere" '.foreign == []'
every "no page is wider than its window" '.wide <= 0'
is "$(page /t/Home/gateway | grep -c '<img class="graph"')" 5 "without scripts the detail page shows its ranges"
done_testing
