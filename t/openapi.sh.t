#!/bin/bash
# The description of the JSON interface: whatever it names is asked for and answered as it
# says, nothing is answered that it does not name, and no address is left out.
. "${SOURCE:?}/t/world.sh"
world "$@"
/usr/bin/python3 -c 'import jsonschema' 2>"$DIR/python" || skip_all "no python3-jsonschema"
network "* delay=2ms
3 loss=0.6 delay=3ms"
ip link set lo up
cat >"$DIR/smokebox" <<-END
	*** Collector ***
	listen = 127.0.0.1:2055 127.0.0.1:6343
	allow = 127.0.0.0/8
	*** Web ***
	record_browsers = yes
END
two_targets | config 2 3
begin=$(($(date +%s) / 3600 * 3600 - 3 * 3600))
(cd "$DIR/data" && "$BUILD/t/minutemake" "$begin" 60 sampled) || bail "no ring"
probed_start
wait_until 30 ready || bail "probed does not answer"
for protocol in v9 sflow; do
	"$BUILD/t/flowgen" --to 127.0.0.1:2055 --protocol $protocol --rate 200 --seconds 1 \
		--keys 20 >"$DIR/sent" || bail "flowgen failed"
done
# An agent's counters of now.
counters() {
	perl -MSocket -e '
		my $n = time % 1000000;
		my $if = pack("N2 Q> N2 Q> N6 Q> N5 N", 7, 6, 1e9, 1, 3, $n * 1e6, $n * 2e3, 0, 0, 0, 0,
			0, $n * 2e6, $n * 4e3, 0, 0, 0, 0, 0);
		my $sample = pack("N3", $n, 7, 1) . pack("N2", 1, length $if) . $if;
		my $d = pack("N2 a4 N4", 5, 1, inet_aton("198.51.100.9"), 0, $n, $n * 1000, 1) .
			pack("N2", 2, length $sample) . $sample;
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		send($s, $d, 0, sockaddr_in(6343, inet_aton("127.0.0.1"))) or die'
}
told() {
	counters
	[ "$(json status '[.exporters[].protocol] | unique | length')" = 2 ] &&
		[ "$(json interfaces '.interfaces | length')" -gt 0 ] &&
		[ "$(json rounds?target=A.one\&start=now-60s '[.columns.median[] | select(.)] | length')" -gt 2 ]
}
wait_until 20 told || bail "nothing is measured"
curl -s -m 10 -d "count=20&lost=0&median=3&p95=5" "$URL/api/v1/echo" >"$DIR/echo"
curl -s -m 10 -X POST "$URL/api/v1/silences?target=A.two&end=now%2B1d&reason=quiet" >"$DIR/silence"
curl -s -m 10 -X POST "$URL/api/v1/notes?text=cable&target=A.one" >"$DIR/note"
noted() {
	[ "$(json incidents?kind=note '.incidents | length')" -gt 0 ] &&
		[ "$(json silences '.silences | length')" = 1 ]
}
wait_until 5 noted || bail "no note was taken"

# Some of it is for those only who know the password.
echo 'correct horse battery' | "$BUILD/probectl" --data "$DIR/data" password >"$DIR/set"
cookie=$(curl -s -m 10 -D - -o "$DIR/in" -H "Origin: $URL" -d 'password=correct horse battery' "$URL/login" |
	sed -n 's/^Set-Cookie: \(smokebox=[0-9a-f]*\);.*/\1/p')
config() {
	curl -s -m 30 -H "Cookie: $cookie" "$URL/api/v1/config$1" | jq -r "$2"
}
token=$(config '' .token)
kept() {
	[ "$(config '/history?file=smokebox' '.versions | length')" -gt 0 ]
}
wait_until 10 kept || bail "no version is kept"

device=$(json interfaces '.interfaces[0].device')
index=$(json interfaces '.interfaces[0].index')
jq -n --arg text "$(config '/file?file=smokebox' .text)" \
	--argjson of "$(config '/file?file=smokebox' .generation)" \
	--argjson version "$(config '/history?file=smokebox' '.versions[0].version')" \
	--arg device "$device" --argjson index "$index" --argjson begin "$begin" \
	--argjson note "$(json incidents?kind=note '.incidents[0].id')" --argjson silence "$(json silences '.silences[0].id')" '
	{start: $begin, end: ($begin + 3600)} as $span |
	{device: $device, index: $index} as $which |
	["png", "svg", "pdf", "csv", "json"] as $formats |
	{
		"/api/v1/targets": {after: "A.one", limit: 1},
		"/api/v1/stream": {target: "A.one"},
		"/api/v1/effect": {id: $note, target: ["A.one", "A.two"]},
		"/api/v1/figures": {target: ["A.one", "A.two"], start: ["now-1h", "now-10d"], end: "now"},
		"/api/v1/rounds": {target: "A.one", start: ["now-1h", "0"], end: "now", points: 10},
		"/api/v1/pings": {target: "A.two", start: "now-1h", end: "now", limit: 10},
		"/api/v1/charts": {by: "loss", limit: 1, after: 1},
		"/api/v1/incidents": {kind: ["note", "attack"], subject: "A.one", concerning: "A.one", open: ["yes", "no"],
			id: 1, after: 100, limit: 1, start: "now-1d", end: "now"},
		"/api/v1/path": {target: ["A.one", {target: "A.two", start: "now-1h"}], end: "now"},
		"/api/v1/interfaces": {device: $device, index: [$which], month: "2026-01",
			start: [$which + {start: "now-1h", end: "now", points: 5}], limit: 1, after: 1},
		"/api/v1/flows/top": {start: [$span, $span + {limit: 3}],
			by: ("host peer port protocol as dscp interface flow total" / " " |
				map($span + {by: .}))},
		"/api/v1/browsers": {address: ["127.0.0.1", {address: "127.0.0.1", start: "now-1h"}],
			points: [{address: "127.0.0.1", points: 5}]},
		"/badge/{badge}": {badge: "A/one.svg"},
		"/report.{format}": {format: $formats, target: "A.one", start: "now-1h", end: "now", hosts: "no",
			incident: 1, table: "days", theme: "dark"},
		"/traffic.{format}": ($span + {format: $formats, theme: "dark", table: ["course", "dscp"]}),
		"/calendar.{format}": {format: $formats, target: "A.one", what: "loss", days: 7, month: "2026-01",
			year: 2026, table: "hours", theme: "dark"},
		"/compare.{format}": {format: $formats, t: "A.one", with: "yesterday", start: "now-1h", end: "now",
			table: "rounds", theme: "dark"},
		"/path.{format}": {format: $formats, target: "A.one", start: "now-1h", end: "now", table: "hops", theme: "dark"},
		"/status.{format}": {format: $formats, table: "days", theme: "dark"},
		"/charts.{format}": {format: $formats, table: "stddev", theme: "dark"},
		"/effect.{format}": {format: $formats, id: $note, target: "A.one", table: "changes", theme: "dark"},
		"/incidents.{format}": {format: $formats, kind: "note", subject: "A.one", concerning: "A.one", open: "yes",
			id: 1, start: "now-1d", end: "now", table: "incidents", theme: "dark"},
		"/overview.{format}": {format: $formats, below: "A", table: "targets", theme: "dark"},
		"/api/v1/config/file": {file: "smokebox", version: $version},
		"/api/v1/config/history": {file: "smokebox"},
		"POST /api/v1/config/check": {file: "smokebox", generation: $of, text: ($text + "\nwrong = 1")},
		"POST /api/v1/config/save": {file: "smokebox", generation: $of, text: $text},
		"/graph/{picture}": {picture: "A/one.png", start: "now-1h", end: "now", width: 300,
			height: 100, theme: "dark"},
		"POST /api/v1/forget": {address: "203.0.113.77"},
		"POST /api/v1/notes": {text: "new cable", target: "A.one"},
		"POST /api/v1/silences": {end: "now+1h", begin: "now", target: "A.one", reason: "work"},
		"POST /api/v1/silences/end": {id: $silence},
		"POST /api/v1/echo": {count: 20, lost: 1, median: 3, p95: 5}
	}' >"$DIR/values"
/usr/bin/python3 "$SOURCE/t/openapi.py" "$URL" \
	"{\"Cookie\": \"$cookie\", \"X-CSRF-Token\": \"$token\"}" <"$DIR/values" >"$DIR/judged" ||
	bail "the judge ended early"
while read -r status text; do
	if [ "$status" = "#" ]; then
		echo "# $text"
	else
		ok "$status" "$text"
	fi
done <"$DIR/judged"

is "$(curl -s "$URL/api/v1/openapi.json" | jq -r '.paths | keys[] | select(test("^/api"))' |
	grep -v openapi.json | sort)" \
	"$(sed -n 's|^\t{ "\(/api/v1[^"]*\)".*|\1|p' "$SOURCE/web/api.c" | sort)" \
	"every address of the interface is described, and no other"
is "$(curl -s "$URL/api/v1/openapi.json" | jq -r '.paths | keys[] | select(test("^/(-/|healthz|metrics)"))' | sort | paste -sd' ')" \
	"/-/healthy /-/ready /-/reload /healthz /metrics" "nor are those for watchers left out"
like "$(curl -s "$URL/api/v1/nothing" | jq -r .detail)" "/api/v1/openapi.json" \
	"who asks for another is told where they are"
done_testing
