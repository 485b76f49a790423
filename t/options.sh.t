#!/bin/bash
# SmokePing's options of the command line keep their meaning: --debug measures one round of
# everything and leaves, --nosleep does not wait, a pid file is where SmokePing has it,
# targets that --filter leaves out are said to be.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms
9 loss=1"

targets() {
	cat <<-END
	+ A
	menu = A
	title = A
	++ two
	host = 10.0.0.2
	rawlog = %Y-%m
	++ silent
	host = 10.0.0.9
	++ nameless
	host = fe80::1%nolink
	++ program
	probe = NFSping
	host = 10.0.0.4
	++ page
	probe = Curl
	host = 10.0.0.5
	++ impossible
	probe = DNS
	dns_tls_ca = /nowhere
	dns_over = tls
	host = 10.0.0.3
	END
}

# --- one round
targets | config 300 5
cat >"$DIR/nfsping" <<'END'
#!/bin/sh
for host; do :; done
echo "$host : 1.50 2.50 - 3.50 4.50"
END
chmod +x "$DIR/nfsping"
sed -i "s#^+ FPing6#+ NFSping\nbinary = $DIR/nfsping\n&#" "$DIR/config"
timeout 60 "$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080 --debug \
	>"$DIR/once.out" 2>"$DIR/once.log"
is $? 0 "--debug leaves by itself"
log=$(cat "$DIR/once.log")
like "$log" ' A\.two: 10\.0\.0\.2 :( [0-9.]+){5}$' "it says what came of a round, as fping does"
like "$log" ' A\.silent: 10\.0\.0\.9 :( -){5}$' "and of one that was lost"
like "$log" ' A\.nameless: unknown: ' "and of a name that there is not"
like "$log" ' A\.impossible: unknown: ' "and of what cannot be measured"
like "$log" ' A\.program: 10\.0\.0\.4 : 1\.5 2\.5 - 3\.5 4\.5$' "and of what a program measures"
like "$log" ' A\.page: 10\.0\.0\.5 :( [0-9.]+| -){5}$' "and of pages"
like "$log" ' A/two\.rrd: [0-9]+:U:0:2\.[0-9e-]+:' "it says the row that it writes"
is "$(rows A.two 300 | awk 'tolower($2) !~ /nan/' | wc -l)" 1 "which is in the history"
is "$(grep -c ' A\.two: 10' "$DIR/once.log")" 1 "there was one round"
raw=$(ls "$DIR"/data/A/two.*.csv)
like "$raw" "/A/two\.[0-9]{4}-[0-9]{2}\.csv\$" "rawlog has the name that it asks for"
is "$(sed 's/\t/:/g' "$raw")" "$(sed -n 's,.* A/two\.rrd: \([0-9]\),\1,p' "$DIR/once.log" | tail -n1)" \
	"and the same row"
unlike "$log" 'web is ready|listening' "and nobody served pages"
ok "$([ ! -e "$DIR/smokeping.pid" ]; echo $?)" "nor wrote a pid file"

# --- without waiting
probed_start --nosleep --debug-daemon --filter=/A/t --filter=/A/s
wait_until 60 ready || bail "probed does not answer"
is "$(cat "$DIR/smokeping.pid")" "$PROBED" "the pid file is where SmokePing has it"
several() {
	[ "$(grep -c ' A\.two: 10' "$DIR/probed.log")" -ge 3 ]
}
wait_until 90 several
ok $? "--nosleep: rounds follow each other, not the step"

# --- left out
is "$(state A.nameless)" filtered "what --filter leaves out is said to be left out"
is "$(json targets '.targets[] | select(.path == "A.nameless") | .why')" "left out by --filter" "and by whom"
like "$(page /)" 'left out by --filter' "on pages, too"
unlike "$(page /t/A/nameless)" 'annot' "not that it cannot be measured"

# --- the pid file
"$BUILD/probed/probed" --config "$DIR/config" >"$DIR/second.out" 2>&1
is $? 3 "a second one does not start"
is "$(cat "$DIR/smokeping.pid")" "$PROBED" "and leaves the file alone"
kill -HUP "$(cat "$DIR/smokeping.pid")"
wait_until 20 grep -q 'SIGHUP: looking' "$DIR/probed.log"
ok $? "scripts reach it by that"
probed_stop
ok "$([ ! -e "$DIR/smokeping.pid" ]; echo $?)" "it is gone with it"
cp /usr/bin/sleep "$DIR/smokeping"
(exec -a another "$DIR/smokeping" 600) &
other=$!
echo $other >"$DIR/smokeping.pid"
probed_start
wait_until 60 ready || bail "probed does not answer"
is "$(cat "$DIR/smokeping.pid")" "$other" "that of a smokeping that runs stays"
probed_stop
is "$(cat "$DIR/smokeping.pid")" "$other" "to the end"
kill $other
wait $other
echo 1 >"$DIR/victim"
ln -sf "$DIR/victim" "$DIR/smokeping.pid"
probed_start
wait_until 60 ready || bail "probed does not answer"
is "$(cat "$DIR/victim")" 1 "a link is not followed"
is "$(cat "$DIR/smokeping.pid")" "$PROBED" "but replaced"
probed_stop

# --- pages as files
"$BUILD/probed/probed" --config "$DIR/config" --static-pages >"$DIR/out" 2>&1
is $? 2 "--static-pages without a place"
like "$(cat "$DIR/out")" 'pagedir.*--static-pages=DIR' "says what is missing"
"$BUILD/probed/probed" --config "$DIR/config" --static-pages="$DIR/still" >"$DIR/out" 2>&1
is $? 0 "--static-pages=DIR" || show "$DIR/out"
is "$(cd "$DIR/still" && ls -d -- *.html | tr '\n' ' ')" \
	"A.html A.impossible.html A.nameless.html A.page.html A.program.html A.silent.html A.two.html index.html " \
	"writes a page for everything"
is "$(file -b --mime-type "$DIR/still/A/two_last_10800.png" "$DIR/still/A/two_mini.png" | sort -u)" \
	image/png "and pictures under SmokePing's names"
missing=
for page in "$DIR/still"/*.html; do
	for name in $(grep -oE '(src|href)="[^"#:]*"' "$page" | cut -d'"' -f2); do
		[ -s "$DIR/still/$name" ] || missing="$missing $name"
	done
done
is "$missing" "" "whatever a page names is there"
like "$(cat "$DIR/still/A.two.html")" '10\.0\.0\.2' "a page tells its host"
sed -i "s#^datadir.*#&\npagedir = $DIR/pages#" "$DIR/config"
mkdir -p "$DIR/pages"
echo kept >"$DIR/bait"
ln -s "$DIR/bait" "$DIR/pages/index.html.new"
"$BUILD/probed/probed" --config "$DIR/config" --static-pages >"$DIR/out" 2>&1
is $? 0 "General's pagedir is where they go otherwise"
ok "$([ -s "$DIR/pages/index.html" ]; echo $?)" "there they are"
is "$(cat "$DIR/bait")" kept "a link that lay in the way is not followed"
ok "$([ -s "$DIR/img/A/two_mini.png" ]; echo $?)" "and graphs in its imgcache"
mkdir "$DIR/lure"
cp -r "$DIR/img" "$DIR/img.kept" && rm -r "$DIR/img/A" && ln -s "$DIR/lure" "$DIR/img/A"
"$BUILD/probed/probed" --config "$DIR/config" --static-pages >"$DIR/out" 2>&1
is $? 3 "a directory that is a link fails"
is "$(ls "$DIR/lure")" "" "and nothing is written behind it"
rm "$DIR/img/A" && mv "$DIR/img.kept/A" "$DIR/img/A"
like "$(cat "$DIR/pages/A.html")" 'src="img/A/two_mini\.png"' "which pages know by its imgurl"
if [ -x /usr/sbin/smokeping ] && mkdir -p "$DIR/img" "$DIR/theirs" &&
	sed -e '/^++ program/,$d' -e '/^+ NFSping/,/^binary/d' -e '/^+ DNS/,/^urlformat/d' -e '/^pagedir/d' \
		"$DIR/config" >"$DIR/peer" &&
	rm -rf "$DIR/data" && mkdir "$DIR/data" &&
	timeout 100 smokeping --config="$DIR/peer" --static-pages="$DIR/theirs" >"$DIR/out" 2>&1; then
	"$BUILD/probed/probed" --config "$DIR/peer" --static-pages="$DIR/ours" >"$DIR/out" 2>&1
	is "$(cd "$DIR/ours" && ls -d -- *.html)" "$(cd "$DIR/theirs" && ls -d -- *.html)" \
		"the names are SmokePing's"
else
	skip "no smokeping that writes pages: $(tail -n1 "$DIR/out")"
fi

# --- handing out
cd "$DIR" || exit 1
"$BUILD/probed/probed" --gen-examples >"$DIR/out" 2>&1
is $? 0 "--gen-examples"
"$BUILD/probed/probed" --config "$DIR/smokebox-examples" --check >"$DIR/out" 2>&1
is $? 0 "writes a configuration that is good"
"$BUILD/probed/probed" --gen-examples="$DIR/elsewhere" --datadir /history >"$DIR/out" 2>&1
like "$(cat "$DIR/elsewhere/General")" '^datadir *= /history$' "for the history of --datadir"
"$BUILD/probed/probed" --gen-examples >"$DIR/out" 2>&1
is $? 3 "over which it does not write"
mkdir -p "$DIR/man/man5"
cp "$SOURCE/etc/smokebox.5" "$DIR/man/man5"
if command -v man >"$DIR/out"; then
	MANPATH=$DIR/man "$BUILD/probed/probed" --makepod >"$DIR/out" 2>&1
	is $? 0 "--makepod"
	like "$(cat "$DIR/out")" 'configuration of' "gives the manual"
else
	skip "no man here"
	PATH=$DIR "$BUILD/probed/probed" --makepod >"$DIR/out" 2>&1
	is $? 3 "without man --makepod says so"
fi
done_testing
