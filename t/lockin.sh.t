#!/bin/bash
# Every worker, as the kernel sees it: user, capabilities, filters, open descriptors.
. "${SOURCE:?}/t/world.sh"
world "$@"
network "* delay=2ms"

user=0
config 2 3 <<-END
+ A
menu = A
title = A
++ one
menu = one
title = one
host = 10.0.0.2
++ two
menu = two
title = two
probe = Curl
host = 10.0.0.3
*** Alerts ***
to = |/bin/true
from = smokebox@example.net
END
if [ "$(awk '$1 == 0 { print $3 }' /proc/self/uid_map)" != 1 ] && [ "$(id -u)" = 0 ]; then
	user=65534
	rm -rf "$DIR/data"
fi
# What is not for workers.
HTTPS_PROXY=http://192.0.2.1 LD_BIND_NOW=1 probed_start --user $user

ALL="prober fetcher recorder web painter courier collector runner"

all_ready() {
	local w
	for w in $ALL; do
		[ "$(json status ".workers[] | select(.name == \"$w\") | .state")" = ready ] ||
			return 1
	done
}

# field NAME: of /proc/PID/status
field() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '
}

# Where each descriptor leads, sockets by what they are.
descriptors() {
	local fd to inode
	for fd in "/proc/$pid/fd"/*; do
		to=$(readlink "$fd") || continue
		case $to in
		socket:*)
			inode=${to//[!0-9]/}
			echo "$(socket_kind "$inode")"
			;;
		*) echo "$to" ;;
		esac
	done | sort -u
}

# What /proc/net says about the socket with this inode.
socket_kind() {
	local f
	for f in icmp icmp6 raw raw6 tcp tcp6 udp udp6 netlink unix packet; do
		if [ "$f" = unix ]; then
			awk -v i="$1" '$7 == i { exit 1 }' /proc/net/unix || {
				awk -v i="$1" '$7 == i { print "unix", $5, $8 }' \
					/proc/net/unix
				return
			}
		else
			grep -qw "$1" "/proc/net/$f" && { echo "${f%6}" && return; }
		fi
	done
	echo "unknown socket"
}

wait_until 30 all_ready
ok $? "all workers are ready" || show "$DIR/probed.log" 20

# What any worker may have open.
common="/dev/null|$DIR/probed.log|$DIR/data|anon_inode:\[(eventpoll|timerfd|eventfd)\]"
common="$common|pipe:\[[0-9]+\]|unix 0005 |/dev/urandom"
seccomp=2
json status '.workers[].sandbox' | grep -q "no seccomp" && seccomp=0
landlock=1
json status '.workers[].sandbox' | grep -q "no landlock" && landlock=0
[ $seccomp = 2 ] || echo "# no seccomp in this build"
[ $landlock = 1 ] || echo "# no landlock in this kernel"

for w in $ALL; do
	pid=$(worker_pid "$w")
	is "$(field Uid)" "$user $user $user $user" "$w: its user"
	is "$(field Gid)" "$user $user $user $user" "$w: its group"
	is "$(field Groups | tr -d ' ')" "" "$w: no other groups"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		is "$(field $set)" 0000000000000000 "$w: $set is empty"
	done
	case $w in
	runner) filters="0 0" ;;
	*) filters="1 $seccomp" ;;
	esac
	is "$(field NoNewPrivs) $(field Seccomp)" "$filters" "$w: its filters"
	is "$(readlink "/proc/$pid/cwd")" "$DIR/data" "$w: is in the data directory"
	is "$(tr '\0' '\n' <"/proc/$pid/environ" | sed 's/=.*//' | sort | tr '\n' ' ' |
		sed 's/ASAN_OPTIONS //; s/LSAN_OPTIONS //; s/UBSAN_OPTIONS //; s/TZ //')" \
		"HOME LC_ALL PATH " "$w: its environment is clean"
	events="$DIR/data/.smokebox/events.db(-wal|-shm)?" # to read
	brokers=$DIR/data/.smokebox/state/configurations/brokers
	case $w in
	prober) own="|icmp|raw|udp|tcp|netlink" ;;
	fetcher) own="|udp|tcp|netlink|unix 0001 " ;; # the pair by which libcurl wakes itself
	recorder) own="|$DIR/data/.*" ;;
	web) own="|tcp|unix 0001 .*probectl.sock|/memfd:.*|$events" ;;
	courier) own="|udp|tcp|netlink|unix 0001 |$events|$brokers" ;; # libcurl's pair, as above
	painter) own="|/memfd:.*" ;;
	collector) own="|udp|netlink" ;; # and what asks the kernel for radios
	*) own= ;;
	esac
	is "$(descriptors | grep -vE "^($common$own)$")" "" \
		"$w: no descriptor that is not its own"
	for s in icmp raw; do
		[ "$w" = prober ] || unlike "$(descriptors)" "^$s$" "$w: no $s socket"
	done
done
is "$(stat -c '%u %a' "$brokers" "${brokers%/*}" | paste -sd,)" "0 600,0 700" \
	"courier: what it knows of brokers no other worker can open"
pid=$(worker_pid prober)
like "$(descriptors)" "^(icmp|raw)$" "prober: has its ICMP sockets"
pid=$(worker_pid web)
like "$(descriptors)" "^tcp$" "web: has its listener"
like "$(descriptors)" "probectl.sock" "web: has probectl's"
pid=$(worker_pid collector)
like "$(descriptors)" "^udp$" "collector: has its ports"
if [ "$user" != 0 ]; then
	pid=$(worker_pid prober)
	is "$(awk '{ print $19 }' "/proc/$pid/stat")" -10 "prober: goes first"
	pid=$(worker_pid painter)
	is "$(awk '{ print $19 }' "/proc/$pid/stat")" 10 "painter: goes last"
else
	skip "needs rights over priorities"
	skip "needs rights over priorities"
fi
probed_stop
is $? 0 "the end"
done_testing
