#!/bin/bash
# The same figures as fping's? Our burst, set as SmokePing would call fping, and fping
# itself, on the same veth pair whose far kernel answers; by both kinds of stamps. The
# mean of differences would hide what it is about: the median of the rounds' medians is
# compared, and loss. ROUNDS=12.
. "${SOURCE:?}/t/bench/lib.sh" || exit 1
need fping fping
world "$@"

HOSTS=20 PINGS=20 STEP=5 ROUNDS=${ROUNDS:-12}
mount --make-rprivate /
mount -t tmpfs none /run
mkdir -p /run/netns
ip link set lo up
echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
ip netns add far
ip link add near type veth peer name far netns far
ip addr add 10.77.0.254/24 dev near
ip link set near up
ip -n far link set far up
for i in $(seq $HOSTS); do
	ip -n far addr add "10.77.0.$i/24" dev far
done

# targets NAME STAMP
targets() {
	printf '+ %s\nmenu = %s\ntitle = %s\nstamp = %s\n' "$1" "$1" "$1" "$2"
	for i in $(seq $HOSTS); do
		printf '++ h%d\nhost = 10.77.0.%d\n' "$i" "$i"
	done
}
bench_config $STEP $PINGS 600 < <(targets Fping fping; targets Kernel kernel)
sed -i '/^+ FPing$/a hostinterval = 0.1\nmininterval = 0.001' "$DIR/config"
probed_start
wait_until 60 ready || bail "probed does not answer"
nice=$(cut -d ' ' -f 19 "/proc/$(worker prober)/stat")
begin=$(date +%s)
for _ in $(seq "$ROUNDS"); do
	next=$(($(date +%s) / STEP * STEP + STEP))
	sleep $((next - $(date +%s)))
	nice -n "$nice" fping -q -C $PINGS -B1 -r1 -i 1 -p 100 $(seq -f '10.77.0.%g' $HOSTS) \
		>>"$DIR/fping.out" 2>&1
done
sleep $((STEP + 1))

# "LOST MEDIAN-US" of every round
awk '{ n = 0; lost = 0
	for (i = 3; i <= NF; i++) if ($i == "-") lost++; else v[n++] = $i * 1000
	for (i = 1; i < n; i++) for (k = i; k > 0 && v[k - 1] > v[k]; k--) {
		x = v[k]; v[k] = v[k - 1]; v[k - 1] = x }
	if ($2 == ":") print lost, n ? v[int(n / 2)] : "nan" }' "$DIR/fping.out" >"$DIR/theirs"
for group in Fping Kernel; do
	for i in $(seq $HOSTS); do
		known_rows "$group.h$i" $STEP $((begin + 2 * STEP))
	done | awk '{ print $2, $3 * 1e6 }' >"$DIR/$group"
done
middle() {
	awk '{ print $2 }' "$1" | sort -g | awk '{ v[NR] = $1 }
		END { print NR ? v[int(NR / 2) + 1] : "nan" }'
}
lost() {
	awk '{ n += $1 } END { printf "%d of %d\n", n, NR * '$PINGS' }' "$1"
}
apart() {
	awk -v a="$(middle "$1")" -v b="$(middle "$2")" 'BEGIN { printf "%.2f\n", a - b }'
}
title "parity with fping on a veth pair, $(wc -l <"$DIR/theirs") rounds"
row "median of medians, us; stamp = fping" "$(middle "$DIR/Fping")" \
	"$(middle "$DIR/theirs")" "$(apart "$DIR/Fping" "$DIR/theirs") us apart, within 10"
row "median of medians, us; stamp = kernel" "$(middle "$DIR/Kernel")" \
	"$(middle "$DIR/theirs")" "$(apart "$DIR/Kernel" "$DIR/theirs") us apart, within 10"
row "lost" "$(lost "$DIR/Fping")" "$(lost "$DIR/theirs")" "equal"
[ -s "$DIR/Fping" ] && [ -s "$DIR/theirs" ] || bail "nothing could be compared"
probed_stop
bench_done
