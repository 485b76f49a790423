#!/bin/bash
# Thousands of lines on which nothing is asked, all from one address as from a proxy: who
# asks something is answered at once, from the same address too; it costs no more memory
# than is set aside for it, nobody who listens is cut off, and measuring goes on.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks
network "* delay=2ms"
ip link set lo up
COUNT=${COUNT:-3000}
ulimit -n $((COUNT + 200)) || bail "not so many files are allowed"
config 1 4 <<-END
	+ A
	menu = A
	title = A
	++ one
	host = 10.0.0.2
END
probed_start
wait_until 20 ready || bail "probed does not answer"
wait_until 20 known A.one 2
ok $? "rounds are stored"

curl -s -N -m 300 -o "$DIR/stream" "$URL/api/v1/stream" &
LISTENER=$!
heard() { grep -c '^event: round$' "$DIR/stream"; }
hears() { [ "$(heard)" -gt "$1" ]; }
wait_until 20 hears 0
ok $? "somebody listens"
pss() { awk '$1 == "Pss:" { print $2 }' "/proc/$1/smaps_rollup"; }
web=$(worker_pid web)
before=$(pss "$web")
mkfifo "$DIR/stay"
perl "$SOURCE/t/loris.pl" 8080 "$COUNT" <"$DIR/stay" >"$DIR/loris" 2>&1 &
exec 7>"$DIR/stay"
wait_until 60 grep -q '^open' "$DIR/loris"
ok $? "$COUNT lines were opened" || sed 's/^/# /' "$DIR/loris"
wait_until 60 grep -q '^closed' "$DIR/loris"
holds "most of them were closed" "$(sed -n 's/^closed //p' "$DIR/loris") >= $((COUNT - 1100))"

# took PATH: ms until it is answered, or the status that is none of success
took() {
	curl -s -m 20 -o "$DIR/body" -w '%{http_code} %{time_total}' "$URL$1" |
		awk '{ print $1 == 200 ? int($2 * 1000) : "status " $1 }'
}
for path in /healthz / /t/A/one /api/v1/targets /incidents /healthz / /t/A/one /api/v1/targets; do
	took "$path"
done >"$DIR/took"
is "$(grep status "$DIR/took")" "" "who asks is answered meanwhile"
# One of them may be late for what else this machine does.
sed 's/^/# ms: /' "$DIR/took"
holds "within a second" "$(sort -g "$DIR/took" | sed -n 5p) < 1000"
echo "# memory of web: $before kB before, $(pss "$web") kB with them"
most=40000
grep -q libasan "/proc/$web/maps" && most=400000 # what sanitizers keep of what was freed
holds "with no more than $most kB of memory" "$(pss "$web") - $before < $most"
rounds=$(known_rows A.one | wc -l)
wait_until 20 known A.one $((rounds + 3))
ok $? "measuring goes on"
is "$(known_rows A.one | awk '$2 > 0' | wc -l)" 0 "without a loss"
count=$(heard)
wait_until 20 hears $((count + 2))
ok $? "who listens goes on listening"
kill -0 $LISTENER
ok $? "on the same line"
exec 7>&-
few() { [ "$(awk '$2 ~ /:1F90$/ && $4 == "01"' /proc/net/tcp | wc -l)" -le 5 ]; }
wait_until 60 few
ok $? "when they are gone nothing is left of them"
is "$(worker_pid web)" "$web" "web has lived through it"
kill $LISTENER
done_testing
