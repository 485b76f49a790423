#!/bin/bash
# Floods that come in tunnels, by the whole program: sFlow shows packets of GRE, VXLAN and
# GTP-U to own hosts, in which there are packets to others, chosen by who floods. Whom the
# tunnel goes to is attacked; nobody is accused, nor blocked, for what is written inside.
. "${SOURCE:?}/t/world.sh"
world "$@"
. "$SOURCE/t/flowworld.sh"
network "* delay=2ms"
ip link set lo up

cat >"$DIR/act" <<-END
	#!/bin/sh
	echo "\$@" >>"$DIR/acts"
END
chmod +x "$DIR/act"
: >"$DIR/acts"
smokebox <<-END
	*** Collector ***
	listen = 127.0.0.1:6343
	allow = 127.0.0.1
	local = 192.0.2.0/24
	telescope = 192.0.2.128/25
	*** Detection ***
	attack_hold = 10
	attack_learn = 0
	*** Actions ***
	+ hook
	type = fastnetmon
	program = $DIR/act
	dry_run = no
END

# exporter: sFlow of one packet in a hundred, 6000 packets a second each of
#   GRE to 192.0.2.7, VXLAN to 192.0.2.8, GTP-U to 192.0.2.9,
# in which a server at 203.0.113.5 seems to answer forged SYNs of an own host, .66, and of
# one where nobody is, .130 and following.
exporter() {
	exec perl -MSocket -e '
		socket(my $s, PF_INET, SOCK_DGRAM, 0) or die;
		my $to = sockaddr_in(6343, inet_aton("127.0.0.1"));
		my ($seq, $n) = (0, 0);
		sub ip {
			my ($src, $dst, $proto, $in) = @_;
			return pack("CCnnnCCn", 0x45, 0, 20 + length $in, 0, 0, 60, $proto, 0) . $src .
				inet_aton($dst) . $in;
		}
		sub udp {
			my ($port, $in) = @_;
			return pack("nnnn", 1024 + rand 60000, $port, 8 + length $in, 0) . $in;
		}
		sub answer {
			my ($dst) = @_;
			return ip(inet_aton("203.0.113.5"), $dst, 6, pack("nnNNCCnnn", 80,
				1024 + rand 60000, 1, 1, 0x50, 0x12, 1000, 0, 0));
		}
		sub sample {
			my ($packet) = @_;
			my $h = pack("H24n", "020000000001020000000002", 0x800) . $packet;
			my $size = 4 + length $h;
			$h .= "\0" x (-length($h) % 4);
			my $r = pack("NNNNNN", 1, 16 + length $h, 1, $size, 4, $size - 4) . $h;
			$n++;
			return pack("NN", 1, 32 + length $r) . pack("NNNNNNNN", $n, 1, 100,
				100 * $n, 0, 1, 2, 1) . $r;
		}
		for (;;) {
			my @all;
			for my $i (1 .. 5) {
				my $src = pack("N", rand 2**32);
				my $in = answer($i % 2 ? "192.0.2.66" : "192.0.2." . int(130 + rand 100));
				my $mac = pack("H24n", "020000000003020000000004", 0x800);
				push @all, sample(ip($src, "192.0.2.7", 47, pack("nn", 0, 0x800) . $in)),
					sample(ip($src, "192.0.2.8", 17, udp(4789, pack("NN", 0x08000000,
						256) . $mac . $in))),
					sample(ip($src, "192.0.2.9", 17, udp(2152, pack("CCnN", 0x30, 255,
						length $in, 1) . $in)));
			}
			send($s, pack("NN", 5, 1) . inet_aton("192.0.2.1") . pack("NNNN", 0, ++$seq,
				1000 * $seq, scalar @all) . join("", @all), 0, $to);
			select undef, undef, undef, 1 / 12;
		}'
}
incidents() { # incidents JQ: of all that have a subject, sorted
	json incidents ".incidents[] | $1" | sort -u | tr '\n' ' '
}
of() { # of SUBJECT JQ
	json incidents ".incidents[] | select(.subject == \"$1\") | $2" | head -n 1
}
all_attacked() {
	[ "$(incidents 'select(.kind == "attack") | .subject')" = "192.0.2.7 192.0.2.8 192.0.2.9 " ]
}
all_banned() {
	[ "$(grep -c ' ban$' "$DIR/acts")" -ge 3 ]
}
has_talkers() {
	[ "$(of 192.0.2.7 '.evidence.talkers.during.hosts | length')" -gt 0 ] 2>/dev/null
}

probed_start
wait_until 60 ready || bail "probed does not answer"
exporter &
EXPORTER=$!
wait_until 60 all_attacked
is "$(incidents 'select(.kind == "attack") | .subject')" "192.0.2.7 192.0.2.8 192.0.2.9 " \
	"those are attacked whom the tunnels go to"
for host in 7 8 9; do
	holds "192.0.2.$host: as many packets as it is sent" \
		"$(of 192.0.2.$host .evidence.pps) > 3000 && $(of 192.0.2.$host .evidence.pps) < 12000"
done
is "$(of 192.0.2.7 .evidence.vector)" "flood of other protocols" "GRE is not what it carries"
like "$(of 192.0.2.8 .evidence.vector) $(of 192.0.2.9 .evidence.vector)" "^UDP [a-z ]+ UDP [a-z ]+$" \
	"nor is what lies in UDP"
wait_until 60 all_banned
is "$(sed -n 's/ incoming .*//p' "$DIR/acts" | sort -u | tr '\n' ' ')" "192.0.2.7 192.0.2.8 192.0.2.9 " \
	"they are blocked, and nobody else"
wait_until 90 has_talkers
is "$(json incidents '.incidents[].evidence.talkers.during.hosts[]?.host' | sort -u | tr '\n' ' ')" \
	"192.0.2.7 192.0.2.8 192.0.2.9 " "no other host has traffic"
kill "$EXPORTER"
is "$(json 'flows/top?by=host&start=now-1h&limit=100' '.columns.address[]' | sort -u | tr '\n' ' ')" \
	"192.0.2.7 192.0.2.8 192.0.2.9 " "nor had"
is "$(json 'flows/top?by=peer&start=now-1h&limit=100' '[.columns.address[] | select(. == "203.0.113.5")] | length')" \
	0 "nor is there a remote host of which is only written inside"
is "$(json incidents '[.incidents[] | select(.kind != "note") | select(.subject | test("^192.0.2.[789]$") | not)] | length')" \
	0 "nor is anybody else in an incident"
probed_stop
done_testing
