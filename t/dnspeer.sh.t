#!/bin/bash
# DNS against BIND's name server: its records read as dig prints them, its answers
# measured over UDP, TCP, TLS and HTTPS by the whole program, locked in.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v named >"$DIR/which" && command -v dig >>"$DIR/which" ||
	skip_all "no name server to compare with (packages bind9, bind9-dnsutils)"
world "$@"
network

# --- the server ------------------------------------------------------------------

mkdir "$DIR/named"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
	-subj /CN=dns.test -addext "subjectAltName=DNS:dns.test,IP:127.0.0.1" \
	-keyout "$DIR/named/key.pem" -out "$DIR/named/cert.pem" 2>"$DIR/openssl"
# The system's authorities, in this world: who signed that one.
mount --bind "$DIR/named/cert.pem" /etc/ssl/certs/ca-certificates.crt
cat >"$DIR/named/named.conf" <<END
options {
	directory "$DIR/named";
	pid-file none;
	session-keyfile none;
	listen-on port 53 { 127.0.0.1; };
	listen-on-v6 port 53 { ::1; };
	listen-on port 853 tls own { 127.0.0.1; };
	listen-on port 443 tls own http default { 127.0.0.1; };
	recursion no;
	dnssec-validation no;
	check-names primary ignore;
	notify no;
	server-id "peer-1";
	max-udp-size 4096;
	tcp-clients 100;
};
tls own { cert-file "cert.pem"; key-file "key.pem"; };
dnssec-policy hashed { nsec3param iterations 0 optout no salt-length 4; };
zone "peer.test" { type primary; file "peer"; dnssec-policy default; inline-signing yes; };
zone "hash.test" { type primary; file "hash"; dnssec-policy hashed; inline-signing yes; };
END
cat >"$DIR/named/hash" <<END
\$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
END
cat >"$DIR/named/peer" <<END
\$TTL 300
@ SOA ns root.peer.test. 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
@ CAA 0 issue "ca.test; policy=ev"
ns A 127.0.0.1
www A 192.0.2.1
www A 192.0.2.2
www AAAA 2001:db8::1:0:0
alias CNAME www
*.any A 192.0.2.9
text TXT "one \"two\"" "" "a;b\\\\c" "t\\009b"
srv SRV 1 2 443 www
naptr NAPTR 100 10 "u" "E2U+sip" "!^.*\$!sip:i@peer.test!" .
hinfo HINFO "PC" "a b"
rp RP root.peer.test. text
afsdb AFSDB 1 ns
dname DNAME www
ds DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
sshfp SSHFP 4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
tlsa TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
cert CERT 65000 1 0 AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8=
key OPENPGPKEY AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8=
uri URI 10 1 "https://peer.test/\"x\""
svcb SVCB 0 www
https HTTPS 1 . mandatory=alpn,port alpn="h2,h3" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=aGVsbG8= ipv6hint=2001:db8::1 key65333="a b"
odd\\.name A 192.0.2.3
raw TYPE65280 \\# 3 0102ff
$(for i in $(seq 20); do echo "long TXT \"$i $(printf 'x%.0s' $(seq 100))\""; done)
END
chmod -R a+rwX "$DIR/named"
named -g -c "$DIR/named/named.conf" -n 1 >"$DIR/named.log" 2>&1 &
NAMED=$!
signed() {
	dig @127.0.0.1 +short peer.test DNSKEY | grep -q . &&
		dig @127.0.0.1 +short www.peer.test RRSIG | grep -q . &&
		dig @127.0.0.1 +short hash.test NSEC3PARAM | grep -q .
}
wait_until 20 signed || bail "named does not serve: $(tail -n 3 "$DIR/named.log")"

# --- what records say ------------------------------------------------------------

# Blanks are one, digests have small digits, records come in any order.
plain() {
	sed -E 's/[[:space:]]+/ /g; s/ $//' | case $1 in
	DS | SSHFP | TLSA | NSEC3PARAM | TYPE*) tr A-Z a-z ;;
	*) cat ;;
	esac | sort
}
# reads NAME TYPE
reads() {
	dig @127.0.0.1 +noall +answer +nosplit +norec "$1" "$2" | grep -v '^;' | plain "$2" >"$DIR/dig.$2"
	"$BUILD/t/dnsask" 127.0.0.1 53 "$1" "$2" >"$DIR/ask.out" 2>&1
	grep -v '^NO\|^NX\|^REF' "$DIR/ask.out" | plain "$2" >"$DIR/ask.$2"
	[ -s "$DIR/dig.$2" ] && cmp -s "$DIR/dig.$2" "$DIR/ask.$2"
	ok $? "$2 reads as dig prints it" || diff "$DIR/dig.$2" "$DIR/ask.$2" | sed 's/^/# /'
}
for type in SOA NS MX CAA DNSKEY NSEC RRSIG; do reads peer.test $type; done
for type in A AAAA; do reads www.peer.test $type; done
reads alias.peer.test CNAME
reads hash.test NSEC3PARAM
for type in SRV NAPTR HINFO RP AFSDB DNAME DS SSHFP TLSA CERT URI SVCB HTTPS; do
	reads "$(echo $type | tr A-Z a-z).peer.test" $type
done
reads text.peer.test TXT
reads key.peer.test OPENPGPKEY
reads raw.peer.test TYPE65280
reads 'odd\.name.peer.test' A

# says NAME: RCODE and flags, as dig has them
says() {
	dig @127.0.0.1 +noall +comments "$1" A >"$DIR/comments"
	wanted=$(sed -n 's/.*status: \([A-Z]*\),.*/\1/p' "$DIR/comments")
	grep -q 'flags:[^;]* aa' "$DIR/comments" && wanted="$wanted aa"
	is "$("$BUILD/t/dnsask" 127.0.0.1 53 "$1" A | tail -n 1)" "$wanted" "$1: $wanted"
}
says www.peer.test
says nothing.peer.test
says www.elsewhere.test

# --- measured --------------------------------------------------------------------

# one NAME PROBE [LINE...]
one() {
	printf '++ %s\nprobe = %s\n' "$1" "$2"
	shift 2
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'host = %s\n' "${host:-127.0.0.1}"
}
config 5 4 <<-END
+ One
menu = One
title = One of each
$(one udp DNS "lookup = www.peer.test")
$(host=::1 one udp6 DNS "lookup = www.peer.test")
$(one tcp AnotherDNS "lookup = www.peer.test" "protocol = tcp" "require_answers = 2")
$(one each DNS "lookup = www.peer.test" "dns_over = tcp")
$(one tls DoT "lookup = www.peer.test" "require_answers = 2")
$(one tlskept AnotherDNS "lookup = www.peer.test" "dns_over = tls" "dns_reuse = yes")
$(one tlswrong DoT "lookup = www.peer.test" "dns_tls_name = other.test")
$(one https DoH "lookup = https.peer.test" "recordtype = HTTPS" 'expect_text = alpn="h2,h3"')
$(one httpskept DoH "lookup = www.peer.test" "dns_reuse = yes")
$(one fresh AnotherDNS "dns_mode = uncached" "dns_zone = any.peer.test" "require_answers = 1" "dns0x20 = yes")
$(one who DNS "dns_mode = serverid")
$(one cookie DNS "lookup = www.peer.test" "dns_cookie = yes")
$(one nowhere AnotherDNS "lookup = nothing.peer.test" "require_nxdomain = 1" "authoritative = 1")
$(one refused DNS "lookup = www.elsewhere.test")
$(one strict DNS "lookup = www.elsewhere.test" "dns_success = valid")
$(one cut AnotherDNS "lookup = long.peer.test" "recordtype = TXT")
END
sed -i 's/^+ TCPPing$/+ DoT\n+ DoH\n&/' "$DIR/config"
probed_start
wait_until 20 ready || bail "probed does not answer"

told() {
	[ "$(json targets '[.targets[] | select(.kind == "measured" and .last.time == null)] | length')" = 0 ]
}
wait_until 30 told
ok $? "every target has its first round"

last() {
	json targets ".targets[] | select(.path == \"One.$1\") | .last.$2"
}
why() {
	json targets ".targets[] | select(.path == \"One.$1\") | .why"
}
# round NAME JQ: of the last round with its pings
round() {
	json "pings?target=One.$1" ".rounds[-1]$2"
}

for t in udp udp6 tcp each tls tlskept https httpskept fresh who cookie nowhere refused cut; do
	is "$(last $t loss)" 0 "$t: nothing is lost" || why $t | sed 's/^/# /'
	holds "$t: within a fifth of a second ($(last $t median))" \
		"$(last $t median) > 0 && $(last $t median) < 0.2"
done
is "$(last strict loss)" 4 "REFUSED is loss where it is no success"
like "$(why strict)" "the server answers REFUSED" "and said so"
is "$(last tlswrong loss)" 4 "another name than the certificate's is loss"
like "$(why tlswrong)" "certificate of other.test" "and said so"
is "$(round udp .extras.rcode)" 0 "RCODE of an answer"
is "$(round refused .extras.rcode)" 5 "RCODE of a refusal"
is "$(round nowhere .extras.rcode)" 3 "RCODE of a name that does not exist"
is "$(round who .extras.instance_changes)" 0 "the answering server stays"
holds "TLS: connect, handshake and query are told" \
	"$(round tls .extras.connect) > 0 && $(round tls .extras.tls) > 0 && $(round tls .extras.query) > 0"
holds "HTTPS: likewise" \
	"$(round https .extras.connect) > 0 && $(round https .extras.tls) > 0 && $(round https .extras.query) > 0"
holds "the certificate's days" "$(round tls .extras.certificate_days) > 29 && $(round tls .extras.certificate_days) < 31"
holds "truncated answers are counted" "$(round cut .truncated) > 0"
is "$(round https .extras.status)" 200 "and the status"
holds "a connection that is kept makes it faster" "$(last tlskept median) < $(last tls median)"
like "$(round udp '.stamp[0]')" "^kernel" "UDP is stamped by the kernel"

probed_stop
is $? 0 "probed ends well"
kill "$NAMED"
done_testing
