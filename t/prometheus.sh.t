#!/bin/bash
# Debian's Prometheus scrapes /metrics, and every panel of the dashboard that /grafana.json
# is asks it for something that is there.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v prometheus promtool >"$DIR/out" || skip_all "no prometheus"
world "$@"
network "* delay=5ms
4 loss=1"
probed 1 5 <<-END
+ A
menu = A
title = A
host = 10.0.0.2
+ Dead
menu = Dead
title = Dead
host = 10.0.0.4
END
cat >"$DIR/prometheus.yml" <<-END
	global:
	  scrape_interval: 1s
	  scrape_timeout: 1s
	scrape_configs:
	  - job_name: smokebox
	    static_configs:
	      - targets: ["127.0.0.1:8080"]
END
prometheus --config.file="$DIR/prometheus.yml" --storage.tsdb.path="$DIR/tsdb" \
	--web.listen-address=127.0.0.1:9090 --log.level=warn >"$DIR/prometheus.log" 2>&1 &
PROMETHEUS=$!
# ask PATH [CURL-OPTION...]: Prometheus
ask() {
	local path=$1
	shift
	curl -s -m 10 -G "$@" "http://127.0.0.1:9090/api/v1/$path"
}
scraped() {
	[ "$(ask targets | jq -r '.data.activeTargets[].health')" = up ]
}
wait_until 30 scraped
ok $? "it is scraped" || ask targets >"$DIR/targets.log"

# --- what is there -----------------------------------------------------------------------
curl -s "$URL/metrics" >"$DIR/metrics"
promtool check metrics <"$DIR/metrics" >"$DIR/lint" 2>&1
is "$(cat "$DIR/lint")" "" "promtool finds no fault"
# value QUERY: of its first series
value() {
	ask query --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // "none"'
}
rounds_are() {
	[ "$(value 'smokeping_response_duration_seconds_count{target="A"} >= bool 15')" = 1 ]
}
wait_until 60 rounds_are
ok $? "rounds come through"
is "$(value 'smokebox_target_loss_ratio{target="A"}') $(value 'smokebox_target_loss_ratio{target="Dead"}')" \
	"0 1" "loss is what the network does"
median=$(value 'smokebox_target_median_seconds{target="A"}')
holds "the median, $median s, is the network's" "$median >= 0.005 && $median < 0.05"
is "$(value 'smokebox_target_median_seconds{target="Dead"}')" NaN "a median that is not known is none"

# --- the dashboard -----------------------------------------------------------------------
curl -s -D "$DIR/head" -o "$DIR/dashboard" "$URL/grafana.json"
like "$(tr -d '\r' <"$DIR/head")" '^Content-Type: application/json' "the dashboard is JSON"
is "$(jq -r '[.panels[].id] | length == (unique | length)' "$DIR/dashboard")" true \
	"its panels have numbers of their own"
# No panel over another one: rectangles of a grid 24 wide.
is "$(jq '[.panels[].gridPos | . as $p | range($p.x; $p.x + $p.w) as $x |
	range($p.y; $p.y + $p.h) as $y | [$x, $y]] |
	(length == (unique | length)) and all(.[]; .[0] < 24)' "$DIR/dashboard")" true \
	"and places of their own"
jq -r '.panels[] | .title as $t | .targets[]? | [$t, .expr] | @tsv' "$DIR/dashboard" |
	sed 's/\$__rate_interval/1m/g; s/\$instance/.*/g; s/\$target/.*/g; s/\\\\/\\/g' >"$DIR/panels"
holds "it asks much: $(wc -l <"$DIR/panels") queries" "$(wc -l <"$DIR/panels") > 20"
# ask_all: each of them, into DIR/refused and DIR/empty.
ask_all() {
	: >"$DIR/refused"
	: >"$DIR/empty"
	while IFS=$'\t' read -r title expr; do
		ask query --data-urlencode "query=$expr" >"$DIR/answer"
		[ "$(jq -r .status "$DIR/answer")" = success ] ||
			printf '%s: %s\n' "$title" "$(cat "$DIR/answer")" >>"$DIR/refused"
		[ "$(jq '.data.result | length' "$DIR/answer")" != 0 ] || echo "$title" >>"$DIR/empty"
	done <"$DIR/panels"
}
# The others tell of interfaces, exporters, receivers and parts of a path, which are not here.
# A rate wants two scrapes, and a way to a target wants to be walked first.
here_are_told() {
	ask_all
	! grep -qE '^(Median|Loss|Smoke|95 of.*|Jitter|Hops.*|Attacks|Targets without.*|Workers.*|Rounds)$' \
		"$DIR/empty"
}
wait_until 30 here_are_told
ok $? "those that are about what is here have an answer" || show "$DIR/empty"
is "$(cat "$DIR/refused")" "" "Prometheus understands every one"
curl -s "$URL/metrics" >"$DIR/metrics"
# Every name in it is a family that /metrics declares, or a part of one.
sed -n 's/^# TYPE \([a-z_]*\) \([a-z]*\)$/\1 \2/p' "$DIR/metrics" |
	awk '{ print $1 } $2 == "histogram" { print $1 "_bucket"; print $1 "_sum"; print $1 "_count" }' |
	sort -u >"$DIR/names"
grep -oE 'smoke(box|ping)_[a-z_]+' "$DIR/dashboard" | sort -u >"$DIR/asked"
# Said only where there are parts of a path that can be told apart.
is "$(comm -23 "$DIR/asked" "$DIR/names" | grep -vE '^smokebox_(segment_bad|verdict_fine)$')" "" \
	"every name in it is one that is told"
is "$(value 'count(smokebox_target_loss_ratio{instance=~".*",target=~".*"} == 1) or vector(0)')" 1 \
	"one target is dead"

stop_process $PROMETHEUS
probed_stop
ok $? "and it ends"
done_testing
