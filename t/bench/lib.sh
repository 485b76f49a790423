# For benchmarks (bash): t/world.sh's world, and what it costs to live in it.
#
#	. "$SOURCE/t/bench/lib.sh"
#	world "$@"
#	network "* delay=1ms" --spin 50
#	bench_config 60 20 60 <<<"$(flat 1000)"
#	probed_start; wait_until 60 ready
#	row "what" OURS THEIRS UNIT "below 0.25" # prints one line of the table
#	bench_done
#
# Every figure of a peer is measured in the same run, at the same priority. The exit
# status is 0 unless something is broken: figures are printed, not judged.
. "${SOURCE:?}/t/world.sh" || exit 1
# The log of a simulated network under load: in memory, so that no disk stalls it.
[ -d /dev/shm ] && TRUTH=/dev/shm/$(basename "$DIR").bin || TRUTH=$DIR/truth.bin
trap 'bench_status=$?; rm -f "$TRUTH"; (exit $bench_status); world_end' EXIT

# need PROGRAM PACKAGE: leave this benchmark out where PROGRAM is missing.
need() {
	command -v "$1" >/dev/null && return
	echo "# skipped: no $1 (package $2)"
	tap_count=-1
	exit 0
}

# --- the world ---------------------------------------------------------------------

# flat COUNT [FIRST]: so many targets, a hundred in a group, of the hosts from FIRST on.
flat() {
	awk -v n="$1" -v first="${2:-256}" 'BEGIN {
		for (i = 0; i < n; i++) {
			h = first + i
			if (i % 100 == 0)
				printf "+ G%d\nmenu = G%d\ntitle = G%d\n", i / 100, i / 100, i / 100
			printf "++ h%d\nhost = 10.%d.%d.%d\n", h,
			    int(h / 65536), int(h / 256) % 256, h % 256
		}
	}'
}

# bench_config STEP PINGS ROWS [DATADIR] <targets: one archive of ROWS rows.
bench_config() {
	config "$1" "$2"
	sed -i -e '/^AVERAGE 0.5 10 /d' -e "s/^AVERAGE 0.5 1 .*/AVERAGE 0.5 1 $3/" \
		"$DIR/config"
	[ -z "${4:-}" ] || sed -i "s,^datadir = .*,datadir = $4," "$DIR/config"
}

# --- what it costs -----------------------------------------------------------------

# pids_of PID: it and all below it.
pids_of() {
	local pid
	for pid in "$@"; do
		echo "$pid"
		# shellcheck disable=SC2046
		pids_of $(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
	done
}

# cpu PID...: nanoseconds of processor that these, and children that they waited for,
# have had.
cpu() {
	local pid
	for pid in "$@"; do
		echo "$(cut -d ' ' -f 1 "/proc/$pid/schedstat") $(cut -d ' ' -f 16,17 "/proc/$pid/stat")"
	done 2>/dev/null |
		awk -v hz="$(getconf CLK_TCK)" '{ n += $1 + ($2 + $3) / hz * 1e9 }
			END { printf "%.0f\n", n }'
}

# pss PID...: kB of memory, shared pages by their share.
pss() {
	local pid
	for pid in "$@"; do
		awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup"
	done 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'
}

# worker NAME: its pid
worker() {
	pgrep -f "probed-$1\$" -P "$PROBED" | head -n1
}

# everyone PID: all of it, for cpu() and pss()
everyone() {
	pids_of "$1" | tr '\n' ' '
}

# --- what is printed ---------------------------------------------------------------

# title TEXT
title() {
	printf '\n%s\n%-38s %12s %12s %8s  %s\n' "$1" "" smokebox peer ratio goal
}

# row TEXT OURS THEIRS GOAL: THEIRS "-" where there is no peer.
row() {
	awk -v t="$1" -v a="$2" -v b="$3" -v g="$4" 'BEGIN {
		r = b != "-" && b + 0 != 0 ? sprintf("%.3f", a / b) : "-"
		printf "%-38s %12s %12s %8s  %s\n", t, a, b, r, g
	}'
}

bench_done() {
	tap_count=-1
	exit 0
}

# over A B [DIGITS]: A / B
over() {
	awk -v a="$1" -v b="$2" -v d="${3:-2}" 'BEGIN { printf "%.*f\n", d, b ? a / b : 0 / 1 }'
}
