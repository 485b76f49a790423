#!/bin/bash
# The JSON interface, the metrics and probectl, asked of a daemon that pings simulated
# hosts: one well, one losing, one dead, one that cannot be.
. "$SOURCE/t/world.sh"
world "$@"
network "* delay=3ms
2 drop=1/4
3 silent=yes"
mkdir -p "$DIR/data/Odd"
: > "$DIR/data/Odd/Empty.rrd"
config 1 5 <<-END
	+ Sim
	menu = Sim
	title = Hosts
	++ Well
	menu = Well
	title = "Well" \\ <b>
	host = 10.0.0.1
	++ Losing
	menu = Losing
	title = Losing
	host = t2.sim
	++ Dead
	menu = Dead
	title = Dead
	host = 10.0.0.3
	+ Odd
	menu = Odd
	title = Odd
	++ Empty
	menu = Empty
	title = Its history was a file of no bytes
	host = 10.0.0.4
	++ Both
	menu = Both
	title = Both
	host = /Sim/Well /Sim/Dead /No/$(printf '\033[7m')
END
probed_start
wait_until 20 ready || bail "probed does not answer"

# fields PATH EXPRESSION WANTED TEXT: jq's answer in one line
fields() {
	is "$(api "$1" | jq -c "$2")" "$3" "$4"
}

# status and type of the answer to a path
answer() {
	curl -s -m 10 -o "$DIR/body" -w '%{http_code} %{content_type}' "$URL$1"
}

# refused PATH STATUS REGEX: a problem that says what
refused() {
	is "$(answer "/api/v1/$1")" "$2 application/problem+json" "$1 is refused"
	like "$(jq -r .detail "$DIR/body")" "$3" "and it says why"
	is "$(jq -r .status "$DIR/body")" "$2" "the status is in the body, too"
}

refused 'rounds?target=%00' 400 '^address: '
is "$(curl -s -m 10 -X PUT -o "$DIR/body" -w '%{http_code} %{content_type}' "$URL/api/v1/targets")" \
	"405 application/problem+json" "a method that is not offered is refused as well"

# --- rounds come ---------------------------------------------------------------------
enough() {
	[ "$(json 'rounds?target=Sim.Dead&start=now-30s' \
		'[.columns.loss[] | select(. != null)] | length')" -ge 4 ]
}
wait_until 30 enough
ok $? "rounds come"

# --- status ---------------------------------------------------------------------------
fields status 'keys - ["time"] | contains(["config", "icmp", "rounds", "uptime", "version", "workers"])' \
	true "status has the members of the contract"
fields status '[.version, .rounds, .config.errors, .config.generation] | map(type)' \
	'["string","object","array","number"]' "of these types"
fields status '[.rounds.scheduled, .rounds.measured, .rounds.unknown] | map(type) | unique' \
	'["number"]' "rounds are counted"
fields status '[.workers[].name] | sort' \
	'["collector","courier","painter","prober","recorder","web"]' "workers are named"
fields status '[.workers[].state] | unique' '["ready"]' "and ready"
fields status '.icmp | [.v4, .v6] | map(. == "datagram" or . == "raw")' '[true,true]' \
	"the ICMP mode is told"

# --- targets --------------------------------------------------------------------------
fields targets '[.targets[].path]' \
	'["Sim.Well","Sim.Losing","Sim.Dead","Odd.Empty","Odd.Both"]' "targets, in order"
fields targets '.next' null "on one page"
fields targets '.targets[0] | [.title, .menu, .probe, .host, .address, .step, .pings, .state]' \
	'["\"Well\" \\ <b>","Well","FPing","10.0.0.1","10.0.0.1",1,5,"fine"]' "one that is well"
fields targets '.targets[0].last | [.time, .median, .loss, .loss_ratio] | map(type) | unique' \
	'["number"]' "with its last round"
holds "its median is that of the network" \
	"$(json targets .targets[0].last.median) > 0.003 && $(json targets .targets[0].last.median) < 0.03"
fields targets '.targets[1].address' '"10.0.0.2"' "a name has its address"
fields targets '.targets[2] | [.state, .last.median, .last.loss, .last.loss_ratio]' \
	'["down",null,5,1]' "a dead one is down, its median null"
fields targets '.targets[4].last' null "hosts drawn together have no round of their own"
fields 'targets?limit=2' '[.targets[].path]' '["Sim.Well","Sim.Losing"]' "a page of two"
fields 'targets?limit=2' .next '"Sim.Losing"' "tells where the next one begins"
fields 'targets?limit=3&after=Sim.Losing' '[[.targets[].path], .next]' \
	'[["Sim.Dead","Odd.Empty","Odd.Both"],null]' "which is the last"
refused 'targets?limit=0' 400 '^parameter limit: '
refused 'targets?limit=x' 400 '^parameter limit: '
refused 'targets?after=No.Body' 400 '^parameter after: '

# --- rounds ---------------------------------------------------------------------------
now=$(date +%s)
fields "rounds?target=Sim.Well&start=$((now - 20))&end=$now" \
	'[.target, .start, .step, .count, .unit, .pings, .end]' \
	"[\"Sim.Well\",$((now - 20)),1,20,\"s\",5,$now]" "rounds of 20 seconds"
fields "rounds?target=Sim.Well&start=$((now - 20))&end=$now" \
	'.columns | [(.median, .loss, .loss_ratio | length), (.ping | length), (.ping[] | length)]' \
	'[20,20,20,5,20,20,20,20,20]' "in columns as long as the count, one a rank"
fields "rounds?target=Sim.Dead&start=$((now - 600))&end=$((now - 300))" \
	'.columns | [.median, .loss, .ping[0]] | map(unique)' '[[null],[null],[null]]' \
	"before the beginning all is null"
fields "rounds?target=Sim.Dead&start=$((now - 4))&end=$((now - 1))" \
	'.columns | [.median, .loss_ratio] | map(unique)' '[[null],[1]]' \
	"a dead host has loss and no median"
fields "rounds?target=Sim.Dead&end=100" '[.start, .end]' '[0,100]' "nothing is before 1970"
# Row by row as rrdtool has it.
api "rounds?target=Sim.Losing&start=$((now - 10))&end=$now" | jq -r '. as $r |
	range(.count) | [$r.start + (. + 1) * $r.step,
		($r.columns.loss[.] // "nan"), ($r.columns.median[.] // "nan")] | @tsv' |
	awk '{ printf "%s %.6g %.6g\n", $1, $2, $3 }' > "$DIR/ours"
rrdtool fetch "$DIR/data/Sim/Losing.rrd" AVERAGE -r 1 -s $((now - 10)) -e $((now - 1)) |
	awk 'NR > 2 && sub(":", "", $1) { gsub("-nan", "nan");
		printf "%s %.6g %.6g\n", $1, $3, $4 }' > "$DIR/theirs"
is "$(cat "$DIR/ours")" "$(cat "$DIR/theirs")" "rows are those of rrdtool fetch"
fields "rounds?target=Sim.Well&start=now-1h&end=now&points=60" \
	'[.step >= 60, .count <= 60, (.columns.median | length) <= 60]' '[true,true,true]' \
	"an hour in 60 points"
fields "rounds?target=Sim.Well&start=now-10min" '.count > 500' true \
	"times may be as rrdtool writes them"
fields "rounds?target=Sim.Well" '.count <= 1000 and .count > 500' true \
	"three hours when nothing is said"
fields "rounds?target=Sim.Well;start=now-1min;points=10" '.count <= 10' true \
	"semicolons separate, too"
asked="$URL/api/v1/rounds?target=Sim.Well&start=$((now - 20))&end=$now"
# status and size, asked again with the tag of a moment ago: between two rounds
again() {
	curl -s -m 10 -D "$DIR/headers" -o "$DIR/body" "$asked"
	tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' "$DIR/headers")
	curl -s -m 10 -o "$DIR/again" -w '%{http_code} %{size_download}' \
		-H "If-None-Match: $tag" "$asked$1"
}
unchanged() { [ "$(again)" = "304 0" ]; }
wait_until 10 unchanged
ok $? "rounds that are the same are not sent again"
like "$(again '&ranks=no')" '^200 ' "others are"
refused 'rounds' 400 '^parameter target: is missing'
refused 'rounds?target=' 400 '^parameter target: is missing'
refused 'rounds?target=Sim.Nobody' 404 'Sim.Nobody'
refused 'rounds?target=..%2F..%2Fetc' 404 '^parameter target: '
refused 'rounds?target=Sim.Well~..%2Fx' 404 '^parameter target: '
refused 'rounds?target=Sim' 400 'no rounds of its own'
refused 'rounds?target=Odd.Both' 400 'no rounds of its own'
refused 'rounds?target=Sim.Well&start=yesterdayish' 400 '^parameter start: '
refused 'rounds?target=Sim.Well&end=zzz' 400 '^parameter end: '
refused 'rounds?target=Sim.Well&start=now&end=now-1h' 400 '^parameter start: '
refused 'rounds?target=Sim.Well&points=0' 400 '^parameter points: '
refused 'rounds?target=Sim.Well&points=1e9' 400 '^parameter points: '
refused 'nothing' 404 '/api/v1/nothing does not exist'
fields 'rounds?target=Odd.Empty' '[.target, (.columns | keys)]' \
	'["Odd.Empty",["loss","loss_ratio","median","ping"]]' \
	"where the history was broken a new one begins"
fields status '[.store.set_aside, (.troubles | length > 0)]' '[1,true]' "and status tells of it"
fields echo '.time | type' '"number"' "echo"

# --- single pings ---------------------------------------------------------------------
fields 'pings?target=Sim.Losing' '[.target, .unit, .next, (.end - .start)]' \
	'["Sim.Losing","s",null,600]' "single pings of the last ten minutes"
fields 'pings?target=Sim.Losing' '.rounds[-1] | [.state, .cause, .suspect, .address,
	.duplicates, .late, .forged, .wrong_source, .truncated]' \
	'["measured",null,false,"10.0.0.2",0,0,0,0,0]' "round by round"
fields 'pings?target=Sim.Losing' '[.rounds[] | .ttl_changes, .reordered] | unique' \
	'[0]' "nothing out of order"
fields 'pings?target=Sim.Losing' '[.rounds[] | .jitter | . == null or (. >= 0 and . < 0.02)] | unique' \
	'[true]' "jitter"
fields 'pings?target=Sim.Losing' '.rounds | map([.outcome, .rtt, .stamp | length]) | unique' \
	'[[5,5,5]]' "each ping with its outcome, time and stamps"
fields 'pings?target=Sim.Losing' '[.rounds[] | [.outcome, .rtt, .stamp] | transpose[] |
	(.[0] == "answered") == (.[1] != null and .[1] > 0.003 and .[2] != null)] | unique' \
	'[true]' "answered ones have a time, lost ones none"
fields 'pings?target=Sim.Losing' '[.rounds[].outcome[]] | unique' '["answered","timeout"]' \
	"and a reason"
fields 'pings?target=Sim.Losing' '[.rounds[] | .begin < .end and
	.begin < .row + 1 and .end > .row - 1] | unique' '[true]' "rows are those of their rounds"
enough() {
	[ "$(json 'pings?target=Sim.Losing' '.rounds | length')" -gt 10 ]
}
wait_until 20 enough
# The ring agrees with the file, as far as both go.
end=$(json 'pings?target=Sim.Losing' '.rounds[-1].row')
is "$(json "pings?target=Sim.Losing&start=$((end - 5))&end=$((end + 3))" \
	".rounds[] | select(.row > $end - 5 and .row < $end) |
	[.row, ([.outcome[] | select(. != \"answered\")] | length)] | @tsv")" \
	"$(rows Sim.Losing 1 $((end - 5)) $((end - 1)) |
		awk -v e="$end" '$1 > e - 5 && $1 < e { printf "%d\t%d\n", $1, $2 }')" \
	"what was lost is what the rows say"
fields 'pings?target=Sim.Losing&limit=10&start=now-10m' \
	'[(.rounds | length), (.rounds[-1].end <= .next + 1)]' '[10,true]' \
	"a limited answer tells where the next begins"
fields 'pings?target=Odd.Empty&end=1000' '[.rounds, .next]' '[[],null]' "none is none"
refused 'pings' 400 '^parameter target: is missing'
refused 'pings?target=No.Body' 404 'no target is called No.Body'
refused 'pings?target=Odd.Both' 400 'no rounds of its own'
refused 'pings?target=Sim.Well&start=now-4h' 400 'at most 10800 s before it'
refused 'pings?target=Sim.Well&start=now&end=now-1m' 400 '^parameter start: '
refused 'pings?target=Sim.Well&limit=9' 400 '^parameter limit: '

# --- metrics --------------------------------------------------------------------------
is "$(answer /metrics)" "200 text/plain; version=0.0.4; charset=utf-8" "metrics"
cp "$DIR/body" "$DIR/metrics"
like "$(cat "$DIR/metrics")" \
	'^smokeping_requests_total\{ip="10.0.0.2",host="t2.sim",source="",tos="[0-9x]+",target="Sim.Losing"\} [1-9]' \
	"requests, with smokeping_prober's labels"
like "$(cat "$DIR/metrics")" \
	'^smokeping_response_duration_seconds_bucket\{.*host="10.0.0.1".*,le="5e-05"\} 0$' "buckets"
like "$(cat "$DIR/metrics")" 'host="10.0.0.1".*,le="26.2144"\} [1-9]' "up to 26 s"
like "$(cat "$DIR/metrics")" '^smokebox_rounds_total\{outcome="measured"\} [1-9]' "rounds"
like "$(cat "$DIR/metrics")" '^smokebox_rounds_skipped_total [0-9]' "rounds skipped"
like "$(cat "$DIR/metrics")" '^smokebox_pings_total\{verdict="timeout"\} [1-9]' "pings by verdict"
like "$(cat "$DIR/metrics")" '^smokebox_prober_loop_seconds\{quantile="0.99"\} 0\.' "the loop"
like "$(cat "$DIR/metrics")" '^smokebox_target_median_seconds\{.*Sim.Dead"\} NaN$' \
	"no median is NaN"
# Every sample has its type, families stand together, buckets add up.
check='
	function base(n) {
		if (n in type) return n
		sub(/_(bucket|sum|count|total|info)$/, "", n)
		return n
	}
	/^# TYPE / { if ($3 in type) bad = bad " twice:" $3; type[$3] = $4; now = $3; next }
	/^#/ || /^$/ { next }
	!/^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? ([-+0-9.e]+|NaN|\+Inf)$/ { bad = bad " form:" $0 }
	{ n = $1; sub(/\{.*/, "", n); if (base(n) != now) bad = bad " family:" n }
	/_bucket\{/ {
		key = $0; sub(/,le=.*/, "", key); sub(/_bucket/, "", key)
		if ($NF < last[key]) bad = bad " falls:" key
		last[key] = $NF
	}
	/_count\{/ { key = $0; sub(/\}.*/, "", key); sub(/_count/, "", key)
		if ($NF != last[key]) bad = bad " count:" key }
	END { print bad }'
is "$(awk "$check" "$DIR/metrics")" "" "the text is well formed"
curl -s -m 10 -o "$DIR/open" -w '%{content_type}' -H \
	'Accept: application/openmetrics-text; version=1.0.0,text/plain;q=0.5' "$URL/metrics" > "$DIR/type"
is "$(cat "$DIR/type")" "application/openmetrics-text; version=1.0.0; charset=utf-8" \
	"OpenMetrics when asked for"
is "$(tail -n1 "$DIR/open")" "# EOF" "which ends with its mark"
is "$(awk "$check" "$DIR/open")" "" "and is well formed"
is "$(grep -c '^# TYPE .*_total' "$DIR/open")" 0 "families of counters without _total"
is "$(grep -c '^$' "$DIR/open")" 0 "no empty line"
if command -v promtool > "$DIR/promtool"; then
	promtool check metrics < "$DIR/metrics" > "$DIR/promtool.out" 2>&1
	ok $? "promtool has nothing to say" || show "$DIR/promtool.out"
fi

# --- probectl -------------------------------------------------------------------------
ctl() {
	"$BUILD/probectl" --data "$DIR/data" "$@" > "$DIR/ctl.out" 2> "$DIR/ctl.err"
	echo $? > "$DIR/ctl.status"
	cat "$DIR/ctl.out" "$DIR/ctl.err"
}
status() {
	is "$(cat "$DIR/ctl.status")" "$1" "$2"
}
out=$(ctl status)
status 0 "probectl status"
like "$out" '^smokebox [0-9.]+, up ' "tells version and age"
like "$out" '^prober +ready +[0-9]+ +[0-9]+ ' "workers with pid and uid"
like "$out" '^icmp v4 +(datagram|raw) sockets' "the ICMP mode"
like "$out" '^config +generation 1' "the configuration"
like "$out" '^overload ' "overload"
like "$out" 'Odd' "and the file set aside"
like "$out" 'no target /No/[?]\[7m' "complaints, which do not steer the terminal"
is "$(ctl health)" "" "probectl health says nothing"
status 0 "and succeeds"
out=$(ctl targets)
status 0 "probectl targets"
like "$out" '^PATH +PROBE +HOST +ADDRESS +MEDIAN +LOSS +AGE +STATE$' "has a heading"
like "$out" '^Sim.Well +FPing +10.0.0.1 +10.0.0.1 +[0-9.]+ ms +0/5 0% +[0-9]+ s +fine' "a row"
like "$out" '^Sim.Dead .* - +5/5 100% +[0-9]+ s +down' "a dead host"
out=$(ctl targets Sim.Losing)
is "$(printf '%s\n' "$out" | wc -l)" 2 "only what is asked for"
like "$(ctl targets Sim.Nobody)" "no target is called Sim.Nobody" "or nothing of that name"
status 1 "which is a failure"
"$BUILD/probectl" --url "$URL" targets > "$DIR/ctl.url"
ok $? "over HTTP"
"$BUILD/probectl" --config "$DIR/config" health
ok $? "found by its configuration"
like "$(ctl frobnicate)" "unknown command 'frobnicate'" "an unknown command"
status 2 "is bad usage"
like "$(ctl frobnicate)" '^ +targets' "and the commands are listed"
like "$(ctl --frob)" "unrecognized option" "an unknown option"
status 2 "is, too"
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --clear-groups true 2> "$DIR/setpriv"; then
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$BUILD/probectl" \
		--data "$DIR/data" status 2>&1)
	like "$out" 'probectl.sock: permission denied, expected |Permission denied' \
		"no permission: says which file"
fi
probed_stop
ok $? "probed ends well"
like "$(ctl status)" "no daemon works on $DIR/data: " "nobody there: says so"
status 1 "status fails"
is "$(ctl health)" "" "health still says nothing"
status 1 "and fails"
like "$("$BUILD/probectl" --data /nonexistent status 2>&1)" \
	'^probectl: /nonexistent: No such file' "a directory that is not"
like "$("$BUILD/probectl" --url http://127.0.0.1:1 status 2>&1)" '^probectl: http://127.0.0.1:1: ' \
	"an address where nobody listens"
done_testing
