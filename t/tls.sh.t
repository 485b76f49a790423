#!/bin/bash
# Our own HTTPS: who is served, a certificate that is renewed while clients come, one that
# is no good, and whom the key is not shown to.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"
command -v openssl >"$DIR/which" || skip_all "no openssl (package openssl)"

# certificate NAME SERIAL: DIR/NAME.pem of 127.0.0.1 and its key
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 \
		-subj "/CN=box $1" -set_serial "$2" -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$DIR/$1.key" -out "$DIR/$1.pem" 2>"$DIR/openssl.log" ||
		bail "no certificate: $(tail -n 1 "$DIR/openssl.log")"
	chmod 600 "$DIR/$1.key"
}
certificate first 11
certificate second 22
cp "$DIR/first.pem" "$DIR/cert.pem"
cp "$DIR/first.key" "$DIR/key.pem"
chmod 600 "$DIR/key.pem"
config 2 4 <<-END
	+ A
	menu = A
	title = A
	++ one
	host = 10.0.0.2
END
web() {
	printf '*** Web ***\nlisten_tls = 127.0.0.1:8443\n%s\n' "$1" >"$DIR/smokebox"
}
check() {
	"$BUILD/probed/probed" --config "$DIR/config" --check 2>&1
}
web ""
like "$(check)" "smokebox:2: listen_tls needs 'certificate' and 'certificate_key'" \
	"HTTPS without a certificate is an error at its line"
web "certificate = $DIR/none.pem
certificate_key = $DIR/first.pem"
like "$(check)" "smokebox:3: warning: certificate $DIR/none.pem: No such file" "a file that is not there"
like "$(check)" "smokebox:4: warning: certificate_key .*: expected a private key in PEM" "one of another kind"
chmod 644 "$DIR/first.key"
web "certificate = cert.pem
certificate_key = first.key"
like "$(check)" "smokebox:4: warning: $DIR/first.key can be read by everybody" "a key for everybody"
chmod 600 "$DIR/first.key"
web "certificate = cert.pem
certificate_key = key.pem"

SMOKEBOX_TEST=seccomp=kill probed_start
wait_until 40 ready || bail "probed does not answer"
S=https://127.0.0.1:8443
# get CURL-ARGUMENT...: the status
get() {
	curl -s -m 20 -o "$DIR/body" -w '%{http_code}' "$@"
}
is "$(get --cacert "$DIR/first.pem" $S/-/ready)" 200 "pages come by HTTPS"
is "$(get "$URL/-/ready")" 200 "and by HTTP beside it"
get $S/-/ready >"$DIR/status"
is $? 60 "the certificate is the one that was set: nobody else believes it"
is "$(get --cacert "$DIR/first.pem" --tlsv1.3 $S/)" 200 "TLS 1.3"
is "$(get --cacert "$DIR/first.pem" --tls-max 1.2 $S/)" 200 "TLS 1.2"
echo quit | openssl s_client -connect 127.0.0.1:8443 -tls1_1 -cipher ALL:@SECLEVEL=0 \
	>"$DIR/old" 2>&1
isnt=$(grep -c '^ *Protocol *: TLSv1.1' "$DIR/old")
[ "$isnt" = 0 ] || grep -q 'Cipher is (NONE)' "$DIR/old"
ok $? "nothing older"
is "$(get http://127.0.0.1:8443/)" 000 "no HTTP where HTTPS is spoken"
wait_until 60 known A.one 2
is "$(curl -s -m 30 --cacert "$DIR/first.pem" -o "$DIR/page" -o "$DIR/png" -o "$DIR/targets" \
	-w '%{http_code} %{num_connects} ' "$S/t/A/one" "$S/graph/A/one.png" \
	"$S/api/v1/targets")" "200 1 200 0 200 0 " \
	"many requests on one connection, one of them waiting for the painter"
is "$(head -c 4 "$DIR/png" | tail -c 3)" PNG "whose picture arrives whole"
is "$(jq -r '.targets | length' "$DIR/targets")" 1 "as does JSON"
head -c 3000000 /dev/zero >"$DIR/large"
is "$(get --cacert "$DIR/first.pem" --data-binary "@$DIR/large" $S/api/v1/slave)" 413 \
	"a large body that nobody wants is refused, not cut off"

# --- renewal ---------------------------------------------------------------------------
serial() {
	echo | openssl s_client -connect 127.0.0.1:8443 2>"$DIR/s_client" |
		openssl x509 -noout -serial 2>"$DIR/x509"
}
is "$(serial)" "serial=0B" "the first certificate is shown"
pid=$(worker_pid web)
cp "$DIR/second.pem" "$DIR/cert.pem"
refused() {
	json status .tls.error | grep -q "is not the key of the first certificate"
}
wait_until 60 refused
ok $? "a certificate whose key is not there yet is not taken, and the status says so" ||
	api status
is "$(serial)" "serial=0B" "the one before goes on"
cp "$DIR/second.key" "$DIR/key.pem"
renewed() {
	[ "$(serial)" = "serial=16" ]
}
wait_until 60 renewed
ok $? "with its key it is shown, without a word to anybody" || serial
is "$(worker_pid web)" "$pid" "by the same process"
is "$(get --cacert "$DIR/second.pem" $S/)" 200 "and pages come"
is "$(json status .tls.error)" null "nothing is wrong any more"
end=$(date -d "$(openssl x509 -noout -enddate -in "$DIR/second.pem" | cut -d= -f2)" +%s)
is "$(json status .tls.valid_until)" "$end" "the status has its end"
kill -9 "$pid"
back() {
	[ "$(get --cacert "$DIR/second.pem" $S/-/ready)" = 200 ]
}
wait_until 40 back
ok $? "after web was killed, too"

# --- a session ---------------------------------------------------------------------------
echo 'correct horse battery' | "$BUILD/probectl" --data "$DIR/data" password >"$DIR/set" 2>&1
is "$(get --cacert "$DIR/second.pem" -D "$DIR/head" --data-urlencode 'password=correct horse battery' $S/login)" \
	303 "a password by HTTPS"
like "$(cat "$DIR/head")" 'Set-Cookie: .*; Secure' "gives a cookie for HTTPS alone"
"$BUILD/probectl" --data "$DIR/data" password --remove >"$DIR/set" 2>&1

# --- who is shown the key ---------------------------------------------------------------
key=$(sed -n 2p "$DIR/second.key")
unlike "$(cat "$DIR/probed.log"; page /config; api status; page /about)" "${key//+/.}" \
	"the key is shown to nobody"
grep -rqF "$key" "$DIR/data"
is $? 1 "nor kept with the data"
probed_stop
ok $? "it ends cleanly"
unlike "$(cat "$DIR/probed.log")" "signal 31|AddressSanitizer|runtime error|LeakSanitizer" \
	"locked in, without a complaint"
done_testing
