#!/bin/bash
# Every probe module that SmokePing brings, with every variable it has: the configuration
# is accepted, and each target is either measured or says what is missing.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network

echo "host:user:password" >"$DIR/passwords"
echo "10.0.0.2 secret" >"$DIR/secrets"
echo data >"$DIR/file"
chmod 600 "$DIR/passwords" "$DIR/secrets"
: >"$DIR/modules"
: >"$DIR/targets"

# module NAME: variables of the probe from standard input; behind an empty line those of
# the target.
module() {
	local target=
	echo "+ $1" >>"$DIR/modules"
	printf '++ %s\nprobe = %s\n' "$1" "$1" >>"$DIR/targets"
	while read -r line; do
		if [ -z "$line" ]; then
			target=1
		elif [ -z "$target" ]; then
			echo "$line" >>"$DIR/modules"
		else
			echo "$line" >>"$DIR/targets"
		fi
	done
	case $1 in
	FPing6) echo "host = fd00:10::2" ;;
	*) echo "host = 10.0.0.2" ;;
	esac >>"$DIR/targets"
}

fping="packetsize = 100
timeout = 1.5
hostinterval = 1.5
mininterval = 0.01
blazemode = true
usestdout = false
step = 140
pings = 5
offset = 50%"
more="sourceaddress = 10.0.0.1
tos = 0x20
interface = lo
fwmark = 3
protocol = 4"
fork="step = 140
pings = 3
forks = 5
offset = random"
echoping="timeout = 3
waittime = 1
size = 512
udp = yes
fill = A
priority = 6
tos = 0xa0
ipversion = 4
extraopts ="
short="timeout = 3
waittime = 1
priority = 6
tos = 0xa0
ipversion = 4
extraopts ="
curl="agent = Test
timeout = 3
interface = lo
ssl2 = 1
insecure_ssl = 1
follow_redirects = yes
include_redirects = yes
extraargs = --header Host:x
extrare = / /
urlformat = http://%host%/"

module FPing <<<"binary = /usr/bin/fping
$fping
$more"
module FPing6 <<<"binary = /usr/bin/fping
$fping
sourceaddress = fd00::1
protocol = 6"
module FPingContinuous <<<"binary = /usr/bin/fping
packetsize = 100
timeout = 1.5
hostinterval = 1.5
sourceaddress = 10.0.0.1
tos = 0x20
usestdout = true
step = 140
pings = 5"
module RemoteFPing <<<"binary = /bin/true
rhost = far
rbinary = /usr/bin/fping
ruser = me
rport = 22
$fping
$more"
module NFSping <<<"binary = /bin/true
blazemode = true
tcp = true
timeout = 1.5
hostinterval = 1.5
mininterval = 0.01
step = 140
pings = 5"
module TCPPing <<<"binary = /usr/bin/tcpping
timeout = 3
$fork

port = 80"
module DNS <<<"binary = /usr/bin/dig
timeout = 3
$fork

lookup = name.example
server = 10.0.0.2"
module AnotherDNS <<<"$fork

lookup = name.example
mininterval = 0.5
authoritative = 0
require_noerror = 1
require_nxdomain = 0
require_answers = 0
recordtype = A
timeout = 3
port = 53
protocol = udp
ipversion = 4
expect_text = 10."
module SSH <<<"binary = /usr/bin/ssh-keyscan
init_host = 127.0.0.1
timeout = 3
$fork

keytype = ed25519
port = 22
ssh_af = 4"
module AnotherSSH <<<"$fork

greeting = Hello
mininterval = 0.5
interval = established
timeout = 3
port = 22"
module IRTT <<<"binary = /bin/true
tmpdir = $DIR
timeout = 5
$fork

dscp = 46
extraargs = --ttl=32
fill = rand
hmac = key
interval = 0.5
ipversion = 4
length = 172
localaddr = 10.0.0.1:63814
metric = send_ipdv
readfrompollinterval = 2
serverfill = rand
sleep = 0.5
writeto = irtt1"
module TraceroutePing <<<"binary = /usr/bin/traceroute
binaryv6 = /usr/bin/traceroute6
timeout = 3
$fork

desthost = 10.0.0.2
minttl = 1
maxttl = 30
wait = 1"
module Curl <<<"binary = /usr/bin/curl
$fork

$curl
expect = x
require_zero_status = yes"
module AnotherCurl <<<"binary = /usr/bin/curl
$fork

$curl
write_out = time_connect"
module EchoPing <<<"binary = /usr/bin/echoping
$fork

$echoping"
module EchoPingHttp <<<"binary = /usr/bin/echoping
$fork

$short
url = /
port = 80
ignore_cache = yes
revalidate_data = no
accept_redirects = yes"
module EchoPingHttps <<<"binary = /usr/bin/echoping
$fork

$short
url = /
port = 443
prot = 443
ignore_cache = yes
revalidate_data = no
accept_redirects = yes"
module EchoPingSmtp <<<"binary = /usr/bin/echoping
$fork

$short"
module EchoPingChargen <<<"binary = /usr/bin/echoping
$fork

$short
size = 512
fill = A"
module EchoPingDiscard <<<"binary = /usr/bin/echoping
$fork

$echoping"
module EchoPingIcp <<<"binary = /usr/bin/echoping
$fork

$short
url = http://www.example.net/"
module EchoPingPlugin <<<"binary = /usr/bin/echoping
$fork

$short
plugin = random
pluginargs = -p"
module EchoPingDNS <<<"binary = /usr/bin/echoping
$fork

$short
dns_request = name.example
dns_type = AAAA
dns_tcp = yes"
module EchoPingLDAP <<<"binary = /usr/bin/echoping
$fork

$short
ldap_request = (objectclass=*)
ldap_base = dc=example
ldap_scope = sub"
module EchoPingWhois <<<"binary = /usr/bin/echoping
$fork

$short
whois_request = example.net"
module LDAP <<<"passwordfile = $DIR/passwords
$fork

filter = (objectclass=*)
port = 389
scheme = ldap
version = 3
start_tls = 1
timeout = 3
base = dc=example
attrs = a,b
binddn = cn=x
password = secret
mininterval = 1
scope = sub
verify = none"
module Radius <<<"passwordfile = $DIR/passwords
secretfile = $DIR/secrets
$fork

username = user
password = pw
secret = s
nas_ip_address = 10.0.0.1
mininterval = 0.5
timeout = 3
port = 1812
allowreject = true"
module TacacsPlus <<<"passwordfile = $DIR/passwords
secretfile = $DIR/secrets
$fork

username = user
password = pw
secret = s
mininterval = 0.5
timeout = 3
port = 49
authtype = PAP"
module FTPtransfer <<<"srcfile = $DIR/file
mode = put
timeout = 3
destfile = x
min_interval = 1
passwordfile = $DIR/passwords
$fork

username = user
password = pw
port = 21
localaddr = 10.0.0.1
passive = yes"
module SendEmail <<<"from = me@example.net
to = you@example.net
subject = Test
bodysize = 100
timeout = 3
$fork

port = 25"
module SipSak <<<"binary = /bin/true
timeout = 3
$fork

user = me
port = 5060
params = --numeric
keep_second = yes
sipsak_timeout = 2"
module Qstat <<<"binary = /bin/true
game = q3s
port = 27960
timeout = 2
mininterval = 0.5
sourceaddress = 10.0.0.1
sourceport = 9923-9943
$fork
"
module WebProxyFilter <<<"min_interval = 1
useragent = Test
maxsize = 2000
$fork

timeout = 2
deny_re = denied
more_hosts = a.example,b.example"
module IOSPing <<<"binary = /bin/true
packetsize = 56
timeout = 3
$fork

ioshost = router
iosuser = me
iosint = 10.0.0.1"
module TelnetIOSPing <<<"packetsize = 56
timeout = 3
$fork

source = 10.0.0.3
iosuser = me
iospass = secret
psource = Loopback0
vrf = V1"
module TelnetJunOSPing <<<"packetsize = 100
timeout = 3
$fork

source = 10.0.0.3
junosuser = me
junospass = secret
psource = 10.0.0.1"
module OpenSSHJunOSPing <<<"packetsize = 100
tos = 96
timeout = 3
$fork

source = 10.0.0.3
junosuser = me
junospass = secret
psource = 10.0.0.1"
module OpenSSHEOSPing <<<"packetsize = 100
timeout = 3
$fork

source = 10.0.0.3
eosuser = me
eospass = secret
psource = Loopback0
unpriv = 1"
module CiscoRTTMonEchoICMP <<<"$fork

ioshost = community@10.0.0.3
timeout = 15
iosint = 10.0.0.1
tos = 160
packetsize = 56
vrf = V1"
module CiscoRTTMonTcpConnect <<<"$fork

ioshost = community@10.0.0.3
timeout = 15
iosint = 10.0.0.1
tos = 160
port = 80"
module CiscoRTTMonDNS <<<"$fork

ioshost = community@10.0.0.3
timeout = 15
iosint = 10.0.0.1
name = www.example.net"
module DismanPing <<<"step = 140
pings = 15

pinghost = community@10.0.0.3
ownerindex = smokeping
pingsrc = 10.0.0.1
packetsize = 56"

config 140 5 <<-END
+ All
menu = All
title = All
$(cat "$DIR/targets")
END
awk -v probes="$(cat "$DIR/modules")" '
	/^\*\*\* Probes/ { print; print probes; skip = 1; next }
	/^\*\*\* Targets/ { skip = 0 }
	!skip { print }' "$DIR/config" >"$DIR/config.new" && mv "$DIR/config.new" "$DIR/config"

"$BUILD/probed/probed" --config "$DIR/config" --check >"$DIR/check" 2>&1
is $? 0 "every module is accepted with its variables" || show "$DIR/check"
probed_start
wait_until 20 ready || bail "probed does not answer"

path() {
	json targets ".targets[] | select(.path == \"All.$1\") | .$2"
}
# Whoever measures it has said something of it, or it was said beforehand.
told() {
	[ "$(json targets '[.targets[] | select(.kind == "measured" and .state == "waiting" and .last.time == null and (.why | test("waiting") | not))] | length')" = 0 ]
}
wait_until 20 told
measured=0
names=$(sed -n 's/^+ //p' "$DIR/modules")
for m in $names; do
	state=$(path "$m" state)
	why=$(path "$m" why)
	if [ "$state" = cannot ]; then
		like "$why" ".{12}" "$m: cannot be measured, and says why: $why"
		unlike "$why" "not built in yet|not measured yet" "which is not that nobody does"
	else
		like "$state" "^(waiting|fine|loss|down|unknown)$" "$m is measured"
		measured=$((measured + 1))
	fi
done
is "$(echo "$names" | wc -l)" 42 "that was all of them"
is "$measured" 41 "all but a plugin of somebody's own are measured"
done_testing
