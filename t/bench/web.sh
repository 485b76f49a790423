#!/bin/bash
# What one reader waits for, beside Debian's smokeping_cgi under lighttpd's FastCGI with
# the same file: a graph that nobody has drawn yet, a whole page of a target with its
# pictures, a graph that was drawn before, and rounds as JSON. Each figure is the median
# of TRIES=25 (PAGES=8 for pages), ours and theirs in turns. Graphs are as large on both
# sides; where nothing is configured, those of our pages have 1.9 times the pixels, which
# is a row of its own.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
PATH=$PATH:/usr/sbin
need lighttpd lighttpd
CGI=/usr/share/smokeping/smokeping.cgi
need $CGI smokeping
world "$@"
network "* delay=20ms uniform=5ms"
TRIES=${TRIES:-25} PAGES=${PAGES:-8}
STEP=60

# --- one history for both ---------------------------------------------------------------
config $STEP 20 <<END
+ G
menu = G
title = G
$(for i in $(seq "$PAGES"); do printf '++ h%d\nmenu = h\ntitle = host\nhost = 10.0.0.2\n' "$i"; done)
END
sed -i -e 's/^AVERAGE 0.5 1 .*/AVERAGE 0.5 1 28800/' \
	-e 's/^AVERAGE 0.5 10 .*/AVERAGE 0.5 12 9600\nMIN 0.5 12 9600\nMAX 0.5 12 9600\nAVERAGE 0.5 144 2400/' \
	-e 's/^height = 200$/height = 201/' "$DIR/config"
mkdir -p "$DIR/data/G" "$DIR/img"
now=$(($(date +%s) / STEP * STEP))
rrdtool create "$DIR/data/G/h1.rrd" --start $((now - 864000)) --step $STEP \
	DS:uptime:GAUGE:120:0:U DS:loss:GAUGE:120:0:20 DS:median:GAUGE:120:0:180 \
	DS:ping{1..20}:GAUGE:120:0:180 RRA:AVERAGE:0.5:1:28800 RRA:AVERAGE:0.5:12:9600 \
	RRA:MIN:0.5:12:9600 RRA:MAX:0.5:12:9600 RRA:AVERAGE:0.5:144:2400
awk -v now="$now" -v step=$STEP 'BEGIN {
	srand(7)
	for (t = now - 864000 + step; t <= now; t += step) {
		lost = rand() < 0.05 ? int(rand() * 5) : 0
		line = t ":U:" lost ":"
		median = 0.02 * (1 + 0.3 * sin(t / 9000) + 0.1 * rand())
		line = line median
		for (i = 1; i <= 20; i++)
			line = line ":" (i > 20 - lost ? "U" : median * (0.8 + i * 0.02 + rand() * 0.01))
		print line
	}
}' | xargs -n 500 rrdtool update "$DIR/data/G/h1.rrd"

for i in $(seq 2 "$PAGES"); do cp "$DIR/data/G/h1.rrd" "$DIR/data/G/h$i.rrd"; done

# --- theirs ---------------------------------------------------------------------------
sed -e '/^+ DNS$/,/^urlformat/d' \
	-e "s,^cgiurl = .*,cgiurl = http://127.0.0.1:8081/smokeping.fcgi," \
	-e "s,^imgurl = .*,imgurl = http://127.0.0.1:8081/img," \
	-e "s,^template = .*,template = /etc/smokeping/basepage.html," "$DIR/config" \
	>"$DIR/smokeping.config"
printf '#!/bin/sh\nexec %s %s\n' $CGI "$DIR/smokeping.config" >"$DIR/cgi"
chmod 755 "$DIR/cgi"
cat >"$DIR/lighttpd.conf" <<-END
	server.modules = ( "mod_fastcgi", "mod_alias" )
	server.document-root = "$DIR"
	server.bind = "127.0.0.1"
	server.port = 8081
	server.errorlog = "$DIR/lighttpd.log"
	mimetype.assign = ( ".png" => "image/png" )
	fastcgi.server = ( "/smokeping.fcgi" => (( "socket" => "$DIR/fcgi.socket",
		"bin-path" => "$DIR/cgi", "max-procs" => 1, "check-local" => "disable" )) )
END
# As the painter runs.
nice -n 10 lighttpd -D -f "$DIR/lighttpd.conf" >"$DIR/lighttpd.out" 2>&1 &
LIGHTTPD=$!
THEIRS=http://127.0.0.1:8081
they_answer() {
	curl -sf -m 10 -o "$DIR/body" "$THEIRS/smokeping.fcgi?target=G" && grep -q 'img/G/' "$DIR/body"
}
wait_until 20 they_answer || bail "smokeping_cgi does not answer: $(cat "$DIR/lighttpd.log")"

probed_start
wait_until 20 ready || bail "probed does not answer"

# --- what is measured -----------------------------------------------------------------
# took NAME URL...: ms from first to last, all at once on kept connections, as browsers do
took() {
	local name=$1 url arguments=()
	shift
	for url; do arguments+=(-o "$DIR/body.$name" "$url"); done
	curl -s -m 20 -Z --parallel-max 6 --no-progress-meter -w '%{time_total} %{http_code}\n' "${arguments[@]}" 2>"$DIR/curl.err" |
		awk -v name="$name" '$2 != 200 { bad = 1 } $1 > most { most = $1 }
			END { print bad ? "failed" : most * 1000 }' >>"$DIR/$name.ms"
}
median() {
	! grep -q failed "$DIR/$1.ms" || { echo failed; return; }
	sort -g "$DIR/$1.ms" | awk '{ v[NR] = $1 } END { printf "%.2f\n", v[int((NR + 1) / 2)] }'
}
# pictures BASE: those of DIR/page.html that a desktop's browser fetches
pictures() {
	grep -oiE '<img [^>]* src="[^"]*\.png[^"]*"' "$DIR/page.html" |
		sed -E 's/.* src="([^"]*)"/\1/I; s/&amp;/\&/g' | sort -u | while read -r at; do
		case $at in http*) echo "$at" ;; *) echo "$1$at" ;; esac
	done
}
# page NAME BASE URL: the page, and then its pictures: ms of both
page_took() {
	local html
	html=$(curl -s -m 20 -o "$DIR/page.html" -w '%{time_total}' "$3")
	pictures "$2" >"$DIR/$1.urls"
	# shellcheck disable=SC2046
	took "$1.pictures" $(cat "$DIR/$1.urls")
	awk -v a="$html" -v b="$(tail -n 1 "$DIR/$1.pictures.ms")" \
		'BEGIN { print b == "failed" ? b : a * 1000 + b }' >>"$DIR/$1.ms"
}
# Processor that each side has had so far: on a busy machine more to be trusted than
# times, in which others' turns are.
WEB=$(worker web) PAINTER=$(worker painter)
# shellcheck disable=SC2046
spent_ours() { cpu "$WEB" $(everyone "$PAINTER"); }
# shellcheck disable=SC2046
spent_theirs() { cpu $(everyone "$LIGHTTPD"); }
# cost NAME WHOSE COMMAND...: what it takes and costs, once more
cost() {
	local name=$1 whose=$2 before
	shift 2
	before=$("spent_$whose")
	"$@"
	over $(($("spent_$whose") - before)) 1000000 3 >>"$DIR/$name.cpu"
}
# cpu_of NAME: ms of processor, on average
cpu_of() { awk '{ n += $1 } END { printf "%.2f\n", n / NR }' "$DIR/$1.cpu"; }

end=$((now - 300))
for i in $(seq "$TRIES"); do
	# Ranges that nobody saw before, of the same length.
	from=$((end - 10800 - i * 60)) to=$((end - i * 60))
	cost theirs theirs took theirs \
		"$THEIRS/smokeping.fcgi?displaymode=a&target=G.h1&start=$from&end=$to"
	cost ours ours took ours "$URL/graph/G/h1.png?start=$from&end=$to&width=600&height=201"
	cost again ours took again "$URL/graph/G/h1.png?start=$from&end=$to&width=600&height=201"
	cost rounds ours took rounds "$URL/api/v1/rounds?target=G.h1&start=$from&end=$to"
done
# Another target each time: nobody has drawn anything of it yet.
for i in $(seq "$PAGES"); do
	cost their_page theirs page_took their_page "$THEIRS" "$THEIRS/smokeping.fcgi?target=G.h$i"
	cost our_page ours page_took our_page "$URL" "$URL/t/G/h$i"
done
sed -i 's/^height = 201$/height = 200/' "$DIR/config"
usual_size() { curl -sf "$URL/t/G/h1" | grep -q 'width=960&amp;height=240'; }
wait_until 20 usual_size || bail "the configuration is not taken over"
for i in $(seq "$PAGES"); do
	cost large_page ours page_took large_page "$URL" "$URL/t/G/h$i"
done

title "three hours of 20 pings, one reader: ms (load $(cut -d' ' -f1 /proc/loadavg))"
row "a graph" "$(median ours)" "$(median theirs)" "below 0.8"
row "a graph that was drawn before" "$(median again)" "$(median theirs)" "below 0.05"
row "a whole page, with its pictures" "$(median our_page)" "$(median their_page)" "below 0.5"
row "the same, pictures of our usual size" "$(median large_page)" "$(median their_page)" ""
row "rounds as JSON" "$(median rounds)" - "below 3"
title "processor for each of them, ms"
row "a graph" "$(cpu_of ours)" "$(cpu_of theirs)" "below 0.8"
row "a graph that was drawn before" "$(cpu_of again)" "$(cpu_of theirs)" "below 0.05"
row "a whole page, with its pictures" "$(cpu_of our_page)" "$(cpu_of their_page)" "below 0.5"
row "the same, pictures of our usual size" "$(cpu_of large_page)" "$(cpu_of their_page)" ""
row "rounds as JSON" "$(cpu_of rounds)" - "below 3"
row "pictures of a page" "$(wc -l <"$DIR/our_page.urls")" "$(wc -l <"$DIR/their_page.urls")" ""
bench_done
