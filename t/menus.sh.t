#!/bin/bash
# Configurations from the wild (CONFIGS, a directory of trees): their menus, groups,
# targets and charts are shown, each of them, one configuration after the other.
. "${SOURCE:?}/t/world.sh" || exit 1
configs=${CONFIGS:-$SOURCE/../shared/data/smokeping-configs}
[ -d "$configs" ] || skip_all "no configurations from the wild"
configs=$(cd "$configs" && pwd)
world "$@"
network "* delay=3ms"
dir=$DIR

# codes FILE-OF-PATHS: paths that do not answer 200
codes() {
	sed "s,^,url = \"$URL,; s,\$,\"\noutput = /dev/null," "$1" >"$DIR/urls"
	curl -s -m 10 -K "$DIR/urls" -w '%{http_code} %{url_effective}\n' | grep -v '^200 ' | head -n 3
}

# tree NAME HOSTS PATH
tree() {
	"$BUILD/t/conftool" checked "$3" 2>"$DIR/said" |
		sed "s,^datadir = .*,datadir = $DIR/data," >"$DIR/config.next"
	mv "$DIR/config.next" "$DIR/config"
	# From the start each time: what another configuration left behind is not to help.
	[ -z "${PROBED:-}" ] || probed_stop || bail "$1: the one before ended badly"
	rm -rf "$DIR/data"
	mkdir -p "$DIR/data"
	probed_start
	wait_until 20 ready || bail "$1: probed does not answer"
	api "targets?limit=10000" >"$DIR/targets"
	is "$(jq '.targets | length' "$DIR/targets")" "${2%% *}" "$1: every host is there"
	jq -r '.targets[] | select(.hidden | not) | .path' "$DIR/targets" | tr . / >"$DIR/seen"
	jq -r '.targets[].path' "$DIR/targets" >"$DIR/paths"
	page /targets | grep -oE 'href="/t/[^"]*"' | sed 's,^href="/t/,,; s,"$,,' | sort -u >"$DIR/linked"
	is "$(sort -u "$DIR/seen" | comm -23 - "$DIR/linked" | head -n 3)" "" "$1: its menu leads to all"
	{
		printf '%s\n' / /targets /charts /config "/smokeping.cgi?target=_charts" "/search?q=a"
		sed 's,^,/t/,' "$DIR/linked"
		sed 's,^,/smokeping/smokeping.cgi?target=,' "$DIR/paths"
	} >"$DIR/wanted"
	is "$(codes "$DIR/wanted")" "" "$1: all $(wc -l <"$DIR/wanted") pages answer"
	# What is in titles and menus is text by then.
	unlike "$(page /targets)" '<(script|img|iframe)[ >][^>]*(on[a-z]+=|javascript:)' "$1: nothing that runs"
}
cd "$configs" || exit 1
. "$SOURCE/t/realconfs.sh"
probed_stop
ok $? "it ends cleanly"
done_testing
