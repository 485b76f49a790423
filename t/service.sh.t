#!/bin/bash
# The unit for systemd: whole, and its restrictions leave every worker what it needs.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
unit=$BUILD/etc/smokebox.service

unlike "$(cat "$unit" "$BUILD/etc/sysusers.conf" "$BUILD/etc/tmpfiles.conf")" '@[a-z]+@' "everything is filled in"
like "$(grep ^ExecStart= "$unit")" '^ExecStart=/.*/probed$' "it starts probed on the installed configuration"
if command -v systemd-analyze >"$DIR/out"; then
	# Programs that are not installed here are no fault of the unit.
	sed -e "s,^ExecStart=[^ ]*,ExecStart=$BUILD/probed/probed," "$unit" >"$DIR/smokebox.service"
	systemd-analyze --man=no verify "$DIR/smokebox.service" >"$DIR/verify" 2>&1
	is "$(grep -F smokebox.service "$DIR/verify")" "" "systemd finds nothing wrong with it"
	sed -i 's/^LockPersonality=.*/LockPersonality=perhaps/' "$DIR/smokebox.service"
	systemd-analyze --man=no verify "$DIR/smokebox.service" >"$DIR/verify" 2>&1
	like "$(cat "$DIR/verify")" 'smokebox.service:.*perhaps' "and would where something is"
else
	skip "no systemd-analyze"
fi

network "* delay=2ms"
config 2 3 <<-END
+ A
menu = A
title = A
host = 10.0.0.2
+ Web
probe = Curl
host = 10.0.0.3
END
# With the capabilities that the unit leaves, and as its user's workers where we may.
caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
user=
[ "$(id -u)" != 0 ] || [ -z "$(awk '$3 > 65535' /proc/self/uid_map)" ] || user="--user nobody"
# A manager that listens: it hears READY=1.
perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, sockaddr_un($ARGV[0])) or die;
	$| = 1; while (defined recv($s, my $m, 4096, 0)) { print "$m\n" }' "$DIR/notify" >"$DIR/heard" &
manager=$!
wait_until 20 test -S "$DIR/notify"
chmod 777 "$DIR/notify"
# shellcheck disable=SC2086
NOTIFY_SOCKET=$DIR/notify setpriv --bounding-set="-all,$caps" --inh-caps=-all \
	"$BUILD/probed/probed" --config "$DIR/config" --listen 127.0.0.1:8080 $user \
	>"$DIR/probed.out" 2>"$DIR/probed.log" &
PROBED=$!
wait_until 60 ready || bail "probed does not answer"
wait_until 60 grep -q '^READY=1' "$DIR/heard"
ok $? "it tells when it is ready"
is "$(json status '[.workers[] | select(.state != "ready")] | length')" 0 "every worker is"
wait_until 60 known A 2
ok $? "and echoes are measured"
if [ -n "$user" ]; then
	is "$(stat -c %U "/proc/$(worker_pid recorder)")" nobody "by a user of their own"
else
	skip "no other user here"
fi
kill $manager
probed_stop
ok $? "it ends"
done_testing
