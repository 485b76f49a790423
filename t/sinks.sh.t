#!/bin/bash
# Rounds that are sent on, to Debian's influxdb and victoria-metrics: every row arrives
# with its values, an outage at the other end costs nothing here and loses nothing there.
. "${SOURCE:?}/t/world.sh" || exit 1
for program in influxd:influxdb victoria-metrics:victoria-metrics; do
	command -v "${program%%:*}" >"$DIR/which" || skip_all "no package ${program##*:}"
done
world "$@"
network "* delay=3ms
6 delay=3ms loss=1"

cat >"$DIR/influx.conf" <<-END
reporting-disabled = true
bind-address = "127.0.0.1:8088"
[meta]
dir = "$DIR/influx/meta"
[data]
dir = "$DIR/influx/data"
wal-dir = "$DIR/influx/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:8086"
log-enabled = false
END
influx_start() {
	influxd -config "$DIR/influx.conf" >>"$DIR/influx.log" 2>&1 &
	INFLUX=$!
	wait_until 20 curl -sf -m 2 http://127.0.0.1:8086/ping || bail "influxd does not answer"
}
# influx QUERY: what the database says
influx() {
	curl -s -m 10 -G http://127.0.0.1:8086/query --data-urlencode db=smoke \
		--data-urlencode epoch=ms --data-urlencode "q=$1"
}
influx_start
victoria-metrics -storageDataPath="$DIR/vm" -httpListenAddr=127.0.0.1:8428 \
	-search.latencyOffset=0s -memory.allowedBytes=64MB >"$DIR/vm.log" 2>&1 &
wait_until 20 curl -sf -m 2 http://127.0.0.1:8428/health || bail "victoria-metrics does not answer"

config 1 4 <<-END
+ A
menu = A
title = A
++ one
host = 10.0.0.2
title = Host one, the first
influx_location = Zürich, CH
++ lossy
host = 10.0.0.6
++ silent
host = 10.0.0.7
interface = absent0
*** InfluxDB ***
host = 127.0.0.1
database = smoke
username = writer
password = sesame
END
echo correct-horse >"$DIR/token"
cat >"$DIR/smokebox" <<-END
*** Sinks ***
+ metrics
url = http://127.0.0.1:8428/
+ second
url = http://127.0.0.1:8428
org = home
bucket = smoke
token_file = token
+ nobody
url = http://127.0.0.1:9
END
SMOKEBOX_TEST=seccomp=kill probed_start
wait_until 20 ready || bail "probed does not answer"

# sink NAME MEMBER
sink() {
	json status ".sinks[] | select(.name == \"$1\") | .$2"
}
sink_has() {
	sink "$1" "$2" | grep -qE "$3"
}
sent() {
	[ "$(sink "$1" sent)" -ge "$2" ]
}

# A database that is not there yet: what it refuses waits.
wait_until 15 sink_has InfluxDB error "status 404.*not found"
ok $? "a database that is missing is told" || api status
like "$(sink InfluxDB waiting)" '^[1-9]' "and lines wait for it"
influx "CREATE DATABASE smoke" >"$DIR/created"
curl -s -m 5 -XPOST http://127.0.0.1:8086/query --data-urlencode "q=CREATE DATABASE smoke" \
	>"$DIR/created"
wait_until 20 sent InfluxDB 6
ok $? "once it is there they arrive" || api status
is "$(sink InfluxDB dropped)" 0 "and none was dropped"
sent metrics 4 && sent second 4
ok $? "the other sinks did not wait for it"
wait_until 5 sink_has nobody error "onnect"
ok $? "one that nobody listens for is told"

# points TARGET: "TIME LOSS MEDIAN" of each in the database, as rows() has them
points() {
	influx "SELECT loss, median FROM FPing WHERE path = '/${1//.//}'" |
		jq -r '.results[0].series[0].values[]? | "\(.[0] / 1000) \(.[1]) \(.[2] // "nan")"'
}
# agree TARGET: every known row but the newest two is a point with the same values, from
# the first point on
agree() {
	local first
	points "$1" >"$DIR/points"
	first=$(head -n1 "$DIR/points" | cut -d' ' -f1)
	known_rows "$1" | head -n -2 | awk -v first="${first:-0}" '$1 >= first' >"$DIR/rows"
	awk 'NR == FNR { loss[$1] = $2; median[$1] = $3; next }
		{ n++ }
		!($1 in loss) { print "row", $1, "is missing"; bad++; next }
		loss[$1] - $2 > 1e-9 || $2 - loss[$1] > 1e-9 { print $0, "loss", loss[$1]; bad++ }
		tolower($3) ~ /nan/ { if (median[$1] != "nan") { print $0, median[$1]; bad++ }; next }
		median[$1] - $3 > 1e-8 || $3 - median[$1] > 1e-8 { print $0, median[$1]; bad++ }
		END { exit bad > 0 || n < 3 }' "$DIR/points" "$DIR/rows"
}
wait_until 10 agree A.one
ok $? "every row is a point with its values" || show "$DIR/wait.out"
wait_until 10 agree A.lossy
ok $? "losses, too" || show "$DIR/wait.out"
is "$(points A.silent)" "" "what is unknown is not sent"
is "$(influx 'SHOW TAG KEYS FROM FPing' | jq -c '[.results[0].series[0].values[][0]]')" \
	'["host","loss","loss_percent","path","slave","tag_location","title"]' \
	"tags are SmokePing's"
is "$(influx "SHOW TAG VALUES FROM FPing WITH KEY IN (title, tag_location) WHERE path = '/A/one'" |
	jq -c '[.results[0].series[0].values[][1]] | sort')" \
	'["Host one, the first","Zürich, CH"]' "with what the configuration says"

# export MATCH: series of victoria-metrics
export_vm() {
	curl -s -m 5 http://127.0.0.1:8428/internal/force_flush
	curl -s -m 5 -G http://127.0.0.1:8428/api/v1/export --data-urlencode "match[]=$1"
}
is "$(export_vm 'FPing_loss{path="/A/lossy"}' | jq -c '[.metric.host, .metric.slave, .values[0]]' | head -n1)" '["10.0.0.6","master",4]' \
	"victoria-metrics has the same" || export_vm '{__name__=~".+"}' | head -c 2000
is "$(export_vm 'FPing_loss' | jq -r '.metric.loss // "none"' | sort -u)" none \
	"without a series for each loss"
like "$(curl -s -m 5 "$URL/metrics")" '^smokebox_sink_lines_total\{sink="metrics",outcome="sent"\} [1-9]' \
	"metrics count"
like "$("$BUILD/probectl" --data "$DIR/data" status)" 'sink +nobody.*waiting [1-9]' \
	"probectl status tells"
unlike "$(api status; cat "$DIR/probed.log"; page /config)" 'correct-horse|sesame' \
	"secrets are not shown"

# An outage.
stop_process "$INFLUX"
before=$(known_rows A.one | wc -l)
wait_until 10 known A.one $((before + 2))
ok $? "history goes on while the database is down"
wait_until 10 sink_has InfluxDB waiting '^[1-9]'
ok $? "its lines wait"
influx_start
none_waits() {
	[ "$(sink InfluxDB waiting)" -le 3 ]
}
wait_until 20 none_waits
ok $? "and go out when it is back"
wait_until 10 agree A.one
ok $? "without a gap" || show "$DIR/wait.out"
is "$(sink InfluxDB dropped)" 0 "or a drop"

# A reload keeps what waits for a sink that did not change, and takes out another.
waiting=$(sink nobody waiting)
sed -i '/^+ second/,/^token_file/d' "$DIR/smokebox"
gone() {
	[ -z "$(sink second name)" ]
}
wait_until 10 gone
ok $? "a sink that is taken out is gone"
holds "another keeps what waits" "$(sink nobody waiting) >= $waiting"

before=$(points A.one | wc -l)
kill -9 "$(worker_pid courier)"
more_points() {
	[ "$(points A.one | wc -l)" -ge $((before + 3)) ]
}
wait_until 15 more_points
ok $? "a courier that was killed goes on"
is "$(json status '[.workers[] | select(.name != "courier") | .restarts] | add')" 0 \
	"and took nobody along"
probed_stop
ok $? "it ends in time"
done_testing
