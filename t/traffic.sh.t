#!/bin/bash
# Who filled the line: a week's ring that was made up, asked by the JSON interface, by
# probectl and as a page; flows that arrive now, seen while their minute still grows; an
# address that is forgotten; and the page as people see it, in Chromium.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=2ms"
ip link set lo up
cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:6343 127.0.0.1:2055
END
one_target | config 2 3

# Three hours that are over, and of them the middle one with an upload.
hour=$(($(date +%s) / 3600 * 3600))
begin=$((hour - 6 * 3600))
end=$((begin + 3 * 3600))
(cd "$DIR/data" && "$BUILD/t/minutemake" "$begin" 180 sampled) || bail "no ring"
probed_start
wait_until 30 ready || bail "probed does not answer"

# top ARGUMENTS JQ-EXPRESSION
top() {
	api "flows/top?$1" | jq -c "$2"
}
# answer PATH: status and type
answer() {
	curl -s -m 20 -o "$DIR/body" -w '%{http_code} %{content_type}' "$URL$1"
}
# refused ARGUMENTS REGEX
refused() {
	is "$(answer "/api/v1/flows/top?$1")" "400 application/problem+json" "$1 is refused"
	like "$(jq -r .detail "$DIR/body")" "$2" "and it says why"
}

# --- the JSON interface -----------------------------------------------------------------
all="start=$begin&end=$end"
is "$(top "$all" '[.by, .start, .end, .coverage, .covered, .growing, .damaged, .count]')" \
	"[\"host\",$begin,$end,1,10800,false,0,10]" "three hours by host"
is "$(top "$all" '.columns.address[0:2]')" '["192.168.1.30","192.168.1.1"]' \
	"who uploaded for an hour is first"
is "$(top "$all" '.columns | [.[] | length] | unique')" '[10]' \
	"columns are as long as the count"
is "$(top "$all&limit=30" '([.columns.octets[]] | add) == .total.octets')" true \
	"all thirty hosts together are the total"
is "$(top "$all" '([.columns.octets[]] | add) + .rest.octets == .total.octets')" true \
	"so are ten and the rest"
is "$(top "$all" '[range(10) as $i | (.columns | .octets[$i] ==
	.octets_in[$i] + .octets_out[$i] + .octets_other[$i])] | all')" true \
	"in, out and neither add up"
is "$(top "$all" '[range(10) as $i | (.columns | .octets_low[$i] < .octets[$i] and
	.octets[$i] < .octets_high[$i])] | all')" true "what was sampled has an interval"
is "$(top "$all" '.columns.missing | unique')" '[0]' \
	"of tables that list all, nothing is unsure"
is "$(top "$all&by=peer&limit=3" '[.rest.rows >= 240, .rest.unlisted > 0, .rest.octets > 0]')" \
	'[true,true,true]' "peers: many others, and how much they had at most"
for by in host peer port protocol as dscp flow total; do
	is "$(top "$all&by=$by" '[.by, .total.octets]')" \
		"$(top "$all" "[\"$by\", .total.octets]")" "by $by: the same total"
done
is "$(top "$all&by=port" '[.columns.name[0], .columns.port[0], .columns.protocol[0]]')" \
	'["HTTPS",443,6]' "services have names"
is "$(top "$all&by=protocol" '.columns.name[0:2]')" '["TCP","UDP"]' "so have protocols"
is "$(top "$all&by=flow&limit=1" '.columns | keys - ["detail", "flows", "missing", "name",
	"octets", "octets_high", "octets_in", "octets_low", "octets_other", "octets_out",
	"packets", "packets_in", "packets_other", "packets_out", "share", "unknown_octets"]')" \
	'["destination","destination_port","protocol","source","source_port"]' "a flow has five keys"
is "$(top "by=dscp" '[.count, .coverage, .total.octets]')" '[0,0,0]' \
	"of the last hour nothing is known yet"
# By minutes, by hours, and by both the same comes out.
middle="start=$((begin + 1800))&end=$((end - 1800))"
is "$(top "$all&limit=30" '.total.octets')" "$(
	for span in "start=$begin&end=$((begin + 1800))" "$middle" "start=$((end - 1800))&end=$end"; do
		top "$span" .total.octets
	done | jq -s add)" "whole hours and parts of them add up"
is "$(top "start=$((begin + 3700))&end=$((begin + 3710))&limit=1" '[.start, .end, .covered, .columns.address[0]]')" \
	"[$((begin + 3660)),$((begin + 3720)),60,\"192.168.1.30\"]" "ten seconds are answered by their minute"
is "$(top "start=$((begin - 3600))&end=$((begin + 3600))" .coverage)" 0.5 "half of two hours is known"
refused 'by=name' '^parameter by: expected host, peer'
refused 'start=later' '^parameter start: '
refused 'start=now&end=now-1h' '^parameter start: '
refused 'limit=0' '^parameter limit: '
refused 'limit=1001' '^parameter limit: '
is "$(top 'start=now%2B1d&end=now%2B2d' '[.covered, .coverage]')" '[0,null]' \
	"of the future nothing is known"

# --- the page ---------------------------------------------------------------------------
html=$(page "/traffic?$all")
is "$(cat "$DIR/page.status")" 200 "the page"
like "$html" '192\.168\.1\.30' "names hosts"
like "$html" 'HTTPS' "and services"
like "$html" 'All of this time was tallied' "says how much of the time is known"
like "$html" 'within ±[0-9.]+ % with 99 % confidence' "and how far estimates are to be trusted"
like "$html" '<svg class="course"' "draws the course"
unlike "$html" 'http-equiv' "what is over is not loaded again"
like "$html" 'No router tells of its traffic yet' "while nobody exports, what to do"
like "$html" 'softflowd -i 1:br-lan -v 9' "in lines to type"
like "$html" 'UDP ports 127.0.0.1:6343 127.0.0.1:2055' "and where to send"
like "$html" 'No device tells how full its lines are' "nor is any interface known"
unlike "$html" '<table class="plain ports">' "which no empty table says"
like "$(page /)" 'href="/traffic"' "the pages lead to it"
like "$(page '/traffic?start=2001-01-01&end=2001-01-02')" 'Nothing is known of this time' \
	"where nothing is known it says so"
page '/traffic?start=x' >"$DIR/bad"
is "$(cat "$DIR/page.status")" 400 "a time that is none is refused"
page '/traffic?start=%3Cb%3E&end=now' >"$DIR/bad"
unlike "$(cat "$DIR/bad")" '<b>' "and escaped"
like "$(page '/t/A/one?start=now-1h&end=now')" 'href="/traffic\?start=[0-9]+&amp;end=[0-9]+"' \
	"a target's graph leads to who filled the line then"

unlike "$(page '/traffic?start=now-20m')" '192\.168\.1\.30' "an m is minutes: what was hours ago is not of them"
like "$(page '/traffic?start=now-1mon')" '192\.168\.1\.30' "which have a word of their own"

# --- flows that arrive now ---------------------------------------------------------------
# send FROM: each line of standard input, hexadecimal, is a datagram.
send() {
	perl -MSocket -e '
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		bind($s, sockaddr_in(0, inet_aton($ARGV[0]))) or die "$!";
		while (<STDIN>) {
			s/\s//g;
			send($s, pack("H*", $_), 0, sockaddr_in(2055, inet_aton("127.0.0.1")))
				or die "$!";
		}' "$1"
}
# v5 SEQUENCE: a flow of the last second, 150000 octets from 198.51.100.7 to 10.1.2.3
v5() {
	printf '00050001 00002710 %08x 00000000 %08x 00000000 c6336407 0a010203 00000000 0003 0004
		00000064 000249f0 00002328 00002700 01bb c350 00 12 06 00 0000 0000 18 18 0000' \
		"$(date +%s)" "$1" | tr -d '\n\t '
	echo
}
sequence=0
live() {
	v5 $sequence | send 127.0.0.1
	sequence=$((sequence + 1))
	[ "$(top "start=now-5min" '[.columns.address[] | select(. == "10.1.2.3")] | length')" = 1 ]
}
wait_until 60 live
ok $? "a flow is seen while its minute grows"
holds "m is minutes here, not months" "$(top "start=now-5m&end=now-1m" '.end - .start') <= 360"
is "$(top "start=now-5min" '[.growing, .covered > 0]')" '[true,true]' "and it says that it grows"
like "$(page /traffic)" '10\.1\.2\.3' "the page has it"
unlike "$(page /traffic)" 'In the last five minutes' "what is the same of all its time is said once"
like "$(curl -s -m 10 -b smokebox-look=::renew "$URL/traffic")" 'http-equiv="refresh"' "and loads again"
like "$(page /traffic)" 'last heard' "exporters are listed"
unlike "$(page /traffic)" 'No router tells' "no help is needed any more"

# --- probectl ------------------------------------------------------------------------------
ctl() {
	"$BUILD/probectl" --data "$DIR/data" "$@" 2>&1
}
table=$(ctl traffic --since "$begin" --until "$end" --limit 2)
like "$table" '192\.168\.1\.30 +[0-9.]+ GB +[0-9.]+ MB +[0-9.]+ GB +[0-9.]+ % \+-' "probectl traffic"
like "$table" '100 % of the time was tallied' "and how much is known"
unlike "$(ctl traffic --since now-20m)" '192\.168\.1\.30' "an m is minutes"
like "$(ctl traffic --since now-400d)" 'less than 1 % of the time was tallied' "hours of a year are less than 1 %"
like "$(ctl traffic --by name)" 'parameter by: expected' "a key that is none"
like "$(ctl forget)" 'expected forget ADDRESS' "forget whom?"
like "$(ctl forget 10.0.0.300)" 'expected a prefix' "an address that is none"
missing=$(top "$all&limit=40" '.columns.missing | max')
like "$(ctl forget 192.168.1.30)" '^192.168.1.30 is forgotten: it stood in [0-9]{3,} rows' \
	"an address is forgotten"
is "$(top "$all&limit=40" '[.columns.address[] | select(. == "192.168.1.30")] | length')" 0 \
	"nobody finds it any more"
is "$(top "$all&limit=40" '([.columns.octets[]] | add) + .rest.octets == .total.octets')" true \
	"what it had is others'"
is "$(top "$all&limit=40" '.rest.forgotten > 1e9 and (.columns.missing | max) <= '"$missing")" true \
	"and nobody else's"
like "$(page "/traffic?$all")" 'others and forgotten.* GB forgotten' "the page says so"
like "$(ctl traffic --since "$begin" --until "$end" --limit 2)" 'others and forgotten' "so does probectl traffic"
is "$(top "$all&by=flow&limit=1000" '[.columns.source[], .columns.destination[] |
	select(. == "192.168.1.30")] | length')" 0 "nor among the flows"
ticket() {
	curl -s -m 5 -H 'Host: localhost:8080' "$URL/api/v1/forget" | jq .ticket
}
before=$(ticket)
like "$(ctl forget 10.1.2.3)" 'is forgotten: it stood in [1-9][0-9]* rows?$' "one of a minute that still grows, too"
is "$(top "start=now-10min" '[.columns.address[] | select(. == "10.1.2.3")] | length')" 0 \
	"is gone at once"
is "$(ticket)" $((before + 1)) "each that is asked for has a ticket"
like "$(ctl forget 10.9.9.9)" 'it stood in 0 rows' "whom nobody knows"
# A daemon that is done with one address and asked for another while nobody looks.
perl -MIO::Socket::INET -e '
	$| = 1;
	my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => 0)
		or die "listen: $!\n";
	print $s->sockport, "\n";
	for my $answer (q({"state": "working", "ticket": 7}),
	    q({"state": "done", "ticket": 8, "rows": 3})) {
		my $c = $s->accept or die "accept: $!\n";
		while (<$c>) { last if /^\r?\n$/ }
		printf $c "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" .
		    "Connection: close\r\n\r\n%s", length $answer, $answer;
		close $c;
	}' >"$DIR/port" &
other=$!
wait_until 20 test -s "$DIR/port"
like "$("$BUILD/probectl" --url "http://127.0.0.1:$(cat "$DIR/port")" forget 10.9.9.9 2>&1)" \
	'^probectl: perhaps not all of 10.9.9.9 .*another address' \
	"what became of another address is not what became of this one"
wait "$other"
is "$(curl -s -m 5 -o "$DIR/body" -w '%{http_code}' -X POST -H 'Host: localhost:8080' \
	-H 'Origin: http://elsewhere.example' "$URL/api/v1/forget?address=10.9.9.9")" 403 \
	"no other site makes us forget"
is "$(stat -c %a "$DIR/data/.smokebox/flows" "$DIR"/data/.smokebox/flows/*.minutes | sort -u |
	tr '\n' ' ')" "600 700 " "only its owner reads the ring"

# --- as people see it ------------------------------------------------------------------
if [ -n "$CHROMIUM" ]; then
	mkdir -p "$OUT/traffic-pages"
	perl "$SOURCE/t/browser.pl" "$OUT/traffic-pages" "$URL/traffic?$all" "$URL/traffic" \
		"$URL/traffic?start=2001-01-01&end=2001-01-02" >"$DIR/seen" 2>"$DIR/browser.err"
	ok $? "Chromium looked"
	show "$DIR/browser.err"
	is "$(wc -l <"$DIR/seen")" 8 "at three pages"
	every() {
		local found
		found=$(jq -c "select(($2) | not) | {url, width, theme, errors, failed, foreign,
			wide}" "$DIR/seen")
		is "$found" "" "$1"
	}
	every "all were loaded" '.loaded == 1'
	every "nothing complains on the console" '.errors == []'
	every "no request fails" '.failed == []'
	every "nothing comes from elsewhere" '.foreign == []'
	every "no page is wider than its window" '.wide <= 0'
else
	skip 7 "no chromium"
fi
probed_stop
ok $? "it ends"
done_testing
