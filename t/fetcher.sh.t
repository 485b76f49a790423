#!/bin/bash
# The fetcher in the whole program, locked in: TLS, LDAP; it dies, and what was in flight is
# unknown, never loss; and whatever it does, the prober's loop is not disturbed.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"
for tool in openssl /usr/sbin/slapd; do
	command -v $tool >"$DIR/which" || skip_all "no $tool (package $(basename $tool))"
done

# A web server and a directory on this host's own loopback.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 5 \
	-subj /CN=web.test -addext subjectAltName=DNS:web.test \
	-keyout "$DIR/key" -out "$DIR/cert" >"$DIR/openssl.out" 2>&1
openssl s_server -www -accept 127.0.0.1:8443 -key "$DIR/key" -cert "$DIR/cert" \
	>"$DIR/server.out" 2>&1 &
server=$!
mkdir "$DIR/ldap"
cat >"$DIR/slapd.conf" <<-END
include /etc/ldap/schema/core.schema
TLSCertificateFile $DIR/cert
TLSCertificateKeyFile $DIR/key
database ldif
directory $DIR/ldap
suffix dc=test
END
printf 'dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\ndc: test\no: T\n' \
	>"$DIR/ldif"
/usr/sbin/slapadd -f "$DIR/slapd.conf" -l "$DIR/ldif" >"$DIR/slapadd.out" 2>&1 ||
	show "$DIR/slapadd.out"
/usr/sbin/slapd -d 0 -f "$DIR/slapd.conf" -h ldap://127.0.0.1:3389/ >"$DIR/slapd.out" 2>&1 &
slapd=$!
seq 100000 >"$DIR/file"
chmod 644 "$DIR/file"

# TLS costs, and a server that is too slow for the timeout is loss, rightly: eight targets
# with 2.5 s.
config 5 4 <<-END
+ Ping
menu = Ping
title = Ping
$(for i in $(seq 2 11); do printf '++ h%d\nhost = 10.0.0.%d\n' "$i" "$i"; done)
+ Web
menu = Web
title = Web
probe = AnotherCurl
$(for i in $(seq 8); do printf '++ w%d\nhost = 127.0.0.1\n' "$i"; done)
+ Directory
menu = Directory
title = Directory
probe = LDAP
++ plain
host = 127.0.0.1
++ tls
host = 127.0.0.1
start_tls = 1
verify = none
++ strict
host = 127.0.0.1
start_tls = 1
+ Transfer
menu = Transfer
title = Transfer
probe = FTPtransfer
host = 127.0.0.1
username = me
password = s3cret
END
sed -i "/^\*\*\* Targets/i\\
+ AnotherCurl\\
urlformat = https://%host%:8443/\\
insecure_ssl = 1\\
expect_status = 200\\
+ LDAP\\
filter = (objectClass=*)\\
base = dc=test\\
port = 3389\\
+ FTPtransfer\\
mode = put\\
srcfile = $DIR/file\\
timeout = 2" "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"

# figure TARGET JQ: of its last round
figure() {
	json targets ".targets[] | select(.path == \"$1\") | $2"
}

for t in Web.w1 Web.w8 Directory.plain Directory.tls Ping.h2; do
	wait_until 30 known $t 2
	ok $? "$t: rounds are stored"
	is "$(figure $t .last.loss)" 0 "$t: without loss" ||
		api targets | jq ".targets[] | select(.path == \"$t\")" | sed 's/^/# /'
done
strict() {
	page /t/Directory/strict | grep -q "certificate of 127.0.0.1"
}
wait_until 20 strict
ok $? "a certificate that nobody signed is named on the page"
# nobody listens at port 21
refused() {
	[ "$(figure Transfer .last.loss)" = 4 ]
}
wait_until 20 refused
ok $? "FTPtransfer has read its file before the lock, and is refused by nobody but the server"
for e in connect tls first_byte transfer status certificate_days; do
	v=$(figure Web.w1 ".last.extras.$e // .extras.$e")
	unlike "$v" '^(null|)$' "Web.w1: its rounds have $e ($v)"
done

# What is refused has been refused by the lock: nothing but what is known.
unlike "$(cat "$DIR/probed.log")" "fetcher.*(fatal|Bad system call|GnuTLS: no)" \
	"the lock keeps it from nothing that it needs"

# --- it dies ---
replaced() {
	local now
	now=$(json status \
		'.workers[] | select(.name == "fetcher" and .state == "ready") | .pid')
	[ -n "$now" ] && [ "$now" != "$1" ] && [ "$now" -gt 1 ]
}
for i in 1 2 3; do
	pid=$(worker_pid fetcher)
	[ "$pid" -gt 1 ] || bail "the fetcher is not there"
	kill -9 "$pid"
	wait_until 20 replaced "$pid"
	ok $? "killed, and started again ($i)"
	wait_until 30 newer_row Web.w1 "$(date +%s)"
	ok $? "its rounds go on"
done
lossy() {
	local t
	for t in Web.w{1..8} Directory.plain Directory.tls Ping.h{2..11}; do
		rows "$t" | awk -v t="$t" 'tolower($2) !~ /nan/ && $2 > 0 { print t, $0 }'
	done
}
is "$(lossy)" "" "no row of anybody speaks of loss"

kill "$server" "$slapd"
probed_stop
ok $? "it ends cleanly"
unlike "$(cat "$DIR/probed.log")" "AddressSanitizer|runtime error|LeakSanitizer" \
	"without a complaint"
done_testing
