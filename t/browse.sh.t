#!/bin/bash
# Every page as people use it, in Chromium by Playwright, after a login: both themes, wide
# and narrow, with scripts and without, and by keyboard alone; axe-core finds nothing,
# nothing complains, nothing comes from elsewhere. Which pages there are, the links from the
# start tell; none that the server has is left out. Pictures stay in BUILD/t/out/browse-seen
# for whoever looks.
. "${SOURCE:?}/t/world.sh" || exit 1
. "$SOURCE/t/house.sh"
[ -n "$CHROMIUM" ] || skip_all "no chromium"
command -v node >"$DIR/which" || skip_all "no node"
[ -d "$BUILD/t/browser/npm/node_modules/playwright-core" ] || skip_all "no Playwright from npm"
world "$@"
network "$HOUSE_RULES"

# --- the house ------------------------------------------------------------------------
cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:6343
END
# A slave, a hierarchy, and what is drawn of several, besides.
{
	house | sed '/^++ gateway$/a slaves = far
		/^++ wifi$/a parents = places:/Europe/Paris'
	cat <<-END
	++ both
	menu = Both
	title = Both together
	host = /Home/gateway /World/far /Home/gateway~far
	END
} | config 2 10
sed -i "/^\*\*\* Targets/i *** Slaves ***\nsecrets = $DIR/secrets\n+ far\ndisplay_name = Far & away\nlocation = <The Moon>\ncolor = c02030" \
	"$DIR/config"
sed -i '/^"Last 400 Days"/a + hierarchies\n++ places\ntitle = By place' "$DIR/config"
(umask 077 && echo far:one >"$DIR/secrets")
now=$(date +%s)
house_past "now 1800 Home.gateway 10.0.0.2 =/14"
history Home/gateway~far 40
probed_start
wait_until 40 ready || bail "probed does not answer"
echo 'correct horse battery' >"$DIR/word"
"$BUILD/probectl" --data "$DIR/data" password <"$DIR/word" >"$DIR/set" || bail "no password is set"
"$BUILD/probectl" --data "$DIR/data" note World.far "new router, 5 GHz" >"$DIR/note" 2>&1 || bail "no note: $(cat "$DIR/note")"
full() {
	[ "$(json 'incidents?kind=loss' '.incidents | length')" -ge 1 ] && known World.web 4
}
wait_until 40 full
ok $? "there are incidents, and rounds of every probe"

# --- looked at ------------------------------------------------------------------------
seen=$OUT/browse-seen
rm -rf "$seen" && mkdir -p "$seen"
begin=$(date +%s)
HOME=$DIR NODE_PATH=$BUILD/t/browser/npm/node_modules node "$SOURCE/t/browser/look.js" "$seen" "$URL" \
	"$DIR/word" /login /t/Home/wifi /t/Home/dead /t/Home/noname /t/Home/another /t/World/web \
	'/compare?t=Home.gateway&t=World.far' '/config/edit?file=config&saved=1' '/config/edit?file=smokebox#fine' \
	'/config/edit?file=config#broken' '/config/edit?file=config#overtaken' \
	/no/such/page '/search?q=nothing+like+it' '/smokeping.cgi?target=World.far' \
	>"$DIR/seen" 2>"$DIR/browser.err"
ok $? "Chromium looked"
show "$DIR/browser.err"
echo "# at $(jq -r .url "$DIR/seen" | sort -u | wc -l) pages in $(($(date +%s) - begin)) s"
jq -r .url "$DIR/seen" | sed "s,^$URL,," | sort -u >"$DIR/paths"
sed 's/^/# /' "$DIR/paths"
jq -r '.pictures[]' "$DIR/seen" | sort -u >"$DIR/pictures"

# every TEXT JQ-EXPRESSION: no page for which it is not true
every() {
	local found
	found=$(jq -c "select(($2) | not) | {url, way, loaded, text, wide, missing, errors, failed,
		foreign, torn, cut, violations, keys}" "$DIR/seen" | cut -c 1-3000)
	is "$found" "" "$1"
}
every "all were loaded" '.loaded == (.url | if test("/no/such") then 404 elif test("#broken") then 422
	elif test("#overtaken") then 409 else 200 end)'
every "each has a title and something to read" '(.title | length > 3) and .text > 20'
every "no picture is missing" '.missing == []'
every "nothing complains on the console" '.errors == []'
every "no request fails" '.failed == []'
every "nothing comes from elsewhere" '.foreign == []'
every "nothing is wider than the window without showing it" '.wide <= 0'
every "no short word is broken" '.torn == []'
every "nothing is cut off on paper" '.way != "desk" or .cut == []'
every "axe-core finds no violation" '.violations == []'
every "by keyboard the first thing leads to the content" '.way != "desk" or (.keys | .first == "#main" and .skips)'
every "every control is reached by it" '.way != "desk" or .keys.unreached == []'
every "and is to be seen then" '.way != "desk" or .keys.dim == []'
every "nothing is for mice alone" '.way != "desk" or .keys.mouse == []'

# --- none is left out -----------------------------------------------------------------
# What is no page, or was SmokePing's: for programs, files, or what only forms are sent to.
cat >"$DIR/no-pages" <<-END
	/-/healthy
	/-/notify
	/-/ready
	/-/reload
	/api/v1/openapi.json
	/cgi-bin/smokeping.cgi
	/cgi-bin/smokeping.fcgi
	/config/undo
	/css/
	/favicon.ico
	/grafana.json
	/healthz
	/js/
	/loadtest
	/logout
	/note
	/robots.txt
	/smokeping
	/smokeping.fcgi
	/smokeping/
	/static/
END
sed -n '/^const struct route page_routes/,/^}/s/^\t{ "\([^"]*\)".*/\1/p' "$SOURCE/web/routes.c" |
	grep -vxF -f "$DIR/no-pages" >"$DIR/routes"
holds "the server has pages ($(wc -l <"$DIR/routes"))" "$(wc -l <"$DIR/routes") > 8"
is "$(while read -r route; do
	case $route in
	*/) grep -q "^$route" "$DIR/paths" "$DIR/pictures" || echo "$route" ;;
	*) grep -q "^$route\(?\|$\)" "$DIR/paths" || echo "$route" ;;
	esac
done <"$DIR/routes" | grep -vx /)" "" "each of which was looked at"
done_testing
