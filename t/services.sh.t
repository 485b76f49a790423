#!/bin/bash
# Dialogs with services as the world has them, through the whole locked-in program: an
# OpenSSH server, a FreeRADIUS server, and how the prober comes to their secrets.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
PATH=$PATH:/usr/sbin
for program in sshd ssh-keygen freeradius; do
	command -v $program >"$DIR/which" ||
		skip_all "no $program (packages openssh-server, freeradius)"
done
network "* delay=1ms"
mount -t tmpfs none /run && mkdir /run/sshd

# --- the servers -------------------------------------------------------------------
ssh-keygen -q -t ed25519 -N '' -f "$DIR/key"
"$(command -v sshd)" -D -e -f /dev/null -h "$DIR/key" -p 2222 \
	-o ListenAddress=127.0.0.1 -o PidFile=none 2>"$DIR/sshd.log" &
SSHD=$!

mkdir "$DIR/raddb"
cat >"$DIR/raddb/radiusd.conf" <<END
libdir = /usr/lib/freeradius
logdir = $DIR
security {
	allow_vulnerable_openssl = yes
}
client here {
	ipaddr = 127.0.0.1
	secret = xyzzy5461
	require_message_authenticator = yes
}
modules {
	pap { }
}
server default {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = 1812
	}
	authorize {
		if (&User-Name == "nemo") {
			update control {
				&Cleartext-Password := "arctangent"
			}
		}
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
	}
}
END
freeradius -f -l stdout -d "$DIR/raddb" >"$DIR/radius.log" 2>&1 &
RADIUS=$!
trap 'kill $SSHD $RADIUS 2>/dev/null; world_end' EXIT
listening() {
	grep -q "$2" "/proc/net/$1"
}
wait_until 10 listening tcp "0100007F:08AE 00000000:0000 0A" || bail "no sshd"
wait_until 10 listening udp "0100007F:0714" || bail "no freeradius"

# --- what is measured --------------------------------------------------------------
printf '127.0.0.1:nemo:arctangent\n127.0.0.1:guest:nothing\n' >"$DIR/passwords"
printf '127.0.0.1 xyzzy5461\n' >"$DIR/secrets"
printf '127.0.0.1:nemo:sine\n' >"$DIR/late"
chmod 600 "$DIR/passwords" "$DIR/secrets" "$DIR/late"

# single NAME PROBE [LINE...]
single() {
	local name=$1 probe=$2
	shift 2
	printf '++ %s\nprobe = %s\n' "$name" "$probe"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'host = 127.0.0.1\n'
}
config 8 3 <<-END
+ One
menu = One
title = One of each
$(single ssh SSH "port = 2222")
$(single another AnotherSSH "port = 2222")
$(single wrong SSH "port = 8080")
$(single radius Radius1 "username = nemo")
$(single reject Radius1 "username = guest")
$(single allowed Radius1 "username = guest" "allowreject = true")
$(single nobody Radius1 "username = nobody")
$(single late RadiusLate "username = nemo")
$(single plugin EchoPingPlugin "plugin = random")
END
sed -i "/^+ TCPPing/i \\
+ SSH\\
binary = /usr/bin/ssh-keyscan\\
+ AnotherSSH\\
+ EchoPingPlugin\\
+ Radius\\
secretfile = $DIR/secrets\\
mininterval = 0.1\\
++ Radius1\\
passwordfile = $DIR/passwords\\
++ RadiusLate\\
passwordfile = $DIR/late" "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"

told() {
	[ "$(json targets '[.targets[] | select(.kind == "measured" and .state != "cannot" and .last.time == null)] | length')" = 0 ]
}
wait_until 25 told
ok $? "every target has its first round"
last() {
	json targets ".targets[] | select(.path == \"One.$1\") | .last.$2"
}
why() {
	json targets ".targets[] | select(.path == \"One.$1\") | .why"
}

for t in ssh another radius allowed; do
	is "$(last $t loss)" 0 "$t: nothing is lost"
	holds "$t: a time ($(last $t median))" "$(last $t median) > 0 && $(last $t median) < 1"
done
is "$(last reject loss)" 3 "a wrong password is loss"
like "$(why reject)" "rejects the login .Access-Reject" "and said so"
is "$(last wrong loss)" 3 "what does not greet as SSH is loss"
like "$(why wrong)" "connected, but no greeting within 4 s" "and said so"
like "$(why nobody)" "a line for nobody at 127.0.0.1 in $DIR/passwords" \
	"a password that is nowhere"
like "$(why plugin)" "plugin = random: .* not built in" "a plugin that is not built in"
holds "the handshake is among the figures" \
	"$(json 'pings?target=One.ssh' '[.rounds[].extras.connect // 0] | max') > 0"
for secret in arctangent xyzzy5461; do
	grep -rqs "$secret" "$DIR/probed.log" "$DIR/data"
	is $? 1 "$secret: neither logged nor kept"
	unlike "$(curl -s "$URL/api/v1/targets") $(curl -s "$URL/config")" "$secret" \
		"nor shown"
done
is "$(last late loss)" 3 "a password that was changed on the server"
printf '127.0.0.1:nemo:arctangent\n' >"$DIR/late"
kill -HUP "$PROBED"
late_works() {
	[ "$(last late loss)" = 0 ]
}
wait_until 25 late_works
ok $? "and then in the file, is read anew after SIGHUP"
probed_stop
is $? 0 "probed ends well"
done_testing
