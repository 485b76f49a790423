# For shell tests over real routers (bash), behind world.sh:
#
#	. "$SOURCE/t/world.sh"
#	world "$@"
#	. "$SOURCE/t/routers.sh"
#	nodes ROUTER FAR             # namespaces, by their pid in these variables
#	link 1 $HERE "$ROUTER" 192.168.7.1/24 192.168.7.2/24
#	link 2 "$ROUTER" "$FAR" 20.9.3.1/24 20.9.3.2/24
#	in_node "$ROUTER" ip route add ...

mount --make-rprivate /
ip link set lo up
HERE=$$
in_node() {
	local pid=$1
	shift
	nsenter -t "$pid" -n "$@"
}
# apart PID OTHER: they are in networks of their own
apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink "/proc/$2/ns/net")" ]
}
# forwards PID: as a router does, which tells of each packet that dies there
forwards() {
	in_node "$1" sh -c 'ip link set lo up
		echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
		echo 10000 >/proc/sys/net/ipv4/icmp_msgs_per_sec 2>/dev/null
		true'
}
nodes() {
	local name
	for name; do
		unshare -n sleep 3600 &
		eval "$name=$!"
	done
	for name; do
		wait_until 10 apart "${!name}" self || bail "no namespaces"
		forwards "${!name}"
	done
}
# link N NEAR FAR NEAR-ADDRESS FAR-ADDRESS: interface aN there, bN here
link() {
	ip link add "a$1" type veth peer name "b$1" || skip_all "no veth"
	[ "$2" = "$HERE" ] || ip link set "a$1" netns "$2"
	ip link set "b$1" netns "$3"
	in_node "$2" sh -c "ip addr add $4 dev a$1; ip link set a$1 up"
	in_node "$3" sh -c "ip addr add $5 dev b$1; ip link set b$1 up"
}
# far_ends PID ADDRESS...: they answer there
far_ends() {
	local pid=$1 a
	shift
	for a; do
		in_node "$pid" ip addr add "$a/32" dev lo
	done
}

# home: this box, HOME_ROUTER, the provider's EDGE and CORE, and FAR behind it, where far
# ends are to be added. The line is a2 of HOME_ROUTER.
home() {
	nodes HOME_ROUTER EDGE CORE FAR
	link 1 $HERE "$HOME_ROUTER" 192.168.7.1/24 192.168.7.2/24
	link 2 "$HOME_ROUTER" "$EDGE" 100.64.2.1/24 100.64.2.2/24
	link 3 "$EDGE" "$CORE" 20.9.3.1/24 20.9.3.2/24
	link 4 "$CORE" "$FAR" 20.9.4.1/24 20.9.4.2/24
	ip route add default via 192.168.7.2
	line_up
	in_node "$EDGE" sh -c 'ip route add 192.168.7.0/24 via 100.64.2.1
		ip route add default via 20.9.3.2'
	in_node "$CORE" sh -c 'ip route add 192.168.7.0/24 via 20.9.3.1
		ip route add 100.64.2.0/24 via 20.9.3.1; ip route add default via 20.9.4.2'
	in_node "$FAR" ip route add default via 20.9.4.1
}
line_down() {
	in_node "$HOME_ROUTER" ip link set a2 down
}
line_up() {
	in_node "$HOME_ROUTER" ip link set a2 up
	in_node "$HOME_ROUTER" ip route replace default via 100.64.2.2
}

# target NAME HOST: its lines
target() {
	printf '++ %s\nmenu = %s\ntitle = %s\nhost = %s\n' "$1" "$1" "$1" "$2"
}
