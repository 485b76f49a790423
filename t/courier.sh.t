#!/bin/bash
# The courier in the whole program, locked in: every way that news go, who may know what,
# receivers that are away while the daemon is killed, and what is told again and what not.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms"
for tool in openssl sqlite3; do
	command -v $tool >"$DIR/which" || skip_all "no $tool (package $tool)"
done
perl -MIO::Socket::SSL -e 1 2>"$DIR/which" ||
	skip_all "no IO::Socket::SSL (package libio-socket-ssl-perl)"

# --- receivers ------------------------------------------------------------------------
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 5 \
	-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$DIR/key" -out "$DIR/cert" >"$DIR/openssl.out" 2>&1
mkdir "$DIR/got"
receivers() {
	rm -f "$DIR/got/ready"
	perl "$SOURCE/t/receivers.pl" "$DIR/got" 8090 8025 "$DIR/cert" "$DIR/key" 8444 \
		2>>"$DIR/receivers.log" &
	receivers=$!
	wait_until 10 test -e "$DIR/got/ready" || bail "the receivers do not start"
}
mode() {
	echo "$*" >"$DIR/got/mode"
}
receivers
echo "127.0.0.1 localhost receivers.test" >"$DIR/hosts"
mount --bind "$DIR/hosts" /etc/hosts
cat >"$DIR/told" <<-END
	#!/bin/sh
	{ echo "args \$#"; for a; do echo "\$a"; done; echo "id \$SMOKEBOX_ID"; } >>"\$0.log"
	case \$1 in bad) echo "it hurts" >&2; exit 3 ;; esac
END
cat >"$DIR/sendmail" <<-END
	#!/bin/sh
	{ echo "args \$*"; cat; } >>$DIR/sendmail.log
END
for program in bell diary; do cp "$DIR/told" "$DIR/$program"; done
chmod 755 "$DIR/told" "$DIR/bell" "$DIR/diary" "$DIR/sendmail"
cat >"$DIR/template" <<-END
	Subject: <##ALERT##> <##WHAT##> at <##LINE##>
	X-Mine: yes

	<##COMMENT##>; <##LOSS##>; <##RTT##>; <##URL##>
END
printf 'Very Secret #1\n' >"$DIR/secret"
chmod 600 "$DIR/secret"

# --- the configuration ------------------------------------------------------------------
config 2 4 <<-END
	+ Ping
	menu = Ping
	title = Ping
	++ h2
	host = 10.0.0.2
END
sed -i "s/^mailhost = .*/mailhost = 127.0.0.1:8026, 127.0.0.1:8025\\nsnpphost = receivers.test:8444/
/^\*\*\* Targets/i\\
*** Alerts ***\\
to = me@example.net\\
from = box@example.net\\
+ someloss\\
type = loss\\
pattern = >0%\\
comment = some\\
+ templated\\
type = loss\\
pattern = >0%\\
comment = some\\
mailtemplate = $DIR/template\\
to = |$DIR/told" "$DIR/config"
cat >"$DIR/smokebox" <<-END
	*** Actions ***
	+ hook
	type = webhook
	url = http://127.0.0.1:8090/hook
	secret_file = $DIR/secret
	retry = 1
	+ phone
	type = ntfy
	url = http://receivers.test:8090/topic
	token_env = COURIER_TEST_TOKEN
	retry = 1
	+ office
	type = mail
	to = office@example.net
	url = smtp://127.0.0.1:8025
	user = box
	password = Pass Word
	ca = $DIR/cert
	retry = 1
	+ doubtful
	type = mail
	to = office@example.net
	url = smtp://127.0.0.1:8025
	tls = required
	+ bell
	type = command
	program = $DIR/bell
	+ downs
	type = webhook
	kinds = loss
	url = http://127.0.0.1:8090/downs
	+ diary
	type = command
	program = $DIR/diary
	kinds = gap, note
	+ away
	type = slack
	url = http://t2.sim:9/services/T0/VerySecretPath
	+ nowhere
	type = gotify
	url = https://t0x.sim/
	token = VerySecretToo
END

# --- the outbox: what the recorder writes -------------------------------------------------
events=$DIR/data/.smokebox/events.db
sql() {
	sqlite3 -cmd '.timeout 5000' "$events" "$1" >"$DIR/sql.out" 2>&1 ||
		{ show "$DIR/sql.out"; bail "sqlite3: $1"; }
}
# put RECEIVERS ALERT [AGE [MORE]]: one row, so many seconds old
put() {
	sql "INSERT INTO outbox (time, incident, what, receivers, body) VALUES
		($(date +%s) - ${3:-0}, 1, 'open', '$1', '{\"kind\":\"alert\",
		\"target\":\"Ping.h2\",\"alert\":\"$2\",\"pattern\":\">0%\",
		\"loss\":[\"S\",0,40],\"rtt\":[\"S\",0.004,null],\"host\":\"10.0.0.2\",
		\"comment\":\"some\"${4:-}}')"
}
edge=',"edge":"raised"'
count() {
	find "$DIR/got" -name "$1.*" | wc -l
}
counts() {
	[ "$(count "$1")" -ge "$2" ]
}
arrived() {
	wait_until 15 counts "$1" "$2"
}
# Names of the alerts in DIR/got/body.N
alerts_in() {
	jq -r '[.alerts[].labels.alertname] | join(" ")' "$DIR/got/body.$1"
}
head_of() {
	sed -n "s/^$1: //p" "$DIR/got/post.$2"
}
start() {
	COURIER_TEST_TOKEN=tk_VerySecretToken SMOKEBOX_TEST=seccomp=kill probed_start "$@"
	wait_until 20 ready || bail "probed does not answer"
}
receiver() {
	"$BUILD/probectl" --data "$DIR/data" status 2>&1 | grep -E "^$1 "
}
ctl() {
	"$BUILD/probectl" --data "$DIR/data" "$@" 2>&1
}

like "$("$BUILD/probed/probed" --config "$DIR/config" --check 2>&1)" \
	"COURIER_TEST_TOKEN" "a secret that the environment lacks is missed at its line"
start

# --- tests ----------------------------------------------------------------------------
knows() {
	receiver "$1" >"$DIR/knows"
}
wait_until 10 knows hook
ok $? "probectl status shows the receivers"
is "$(ctl notify --test hook)" "hook took a test" "a receiver is tried"
is "$(jq -r '.alerts[0].labels.alertname' "$DIR/got/body.1")" test "it got the test"
like "$(ctl notify --test nobody)" "no receiver nobody, expected one of .*hook.*phone" \
	"one that is none is told who is"
like "$(ctl notify --test away)" "away did not take a test: .*(refused|connect)" \
	"why one is not reached is told, its name resolved behind the lock"
like "$(ctl notify --test nowhere)" "nowhere did not take a test: .*resolve.* t0x.sim" \
	"a name that there is not"
like "$(ctl notify --test doubtful)" "certificate" \
	"nothing goes to a mail server that cannot prove who it is"
is "$(ctl notify --test office)" "office took a test" "mail with TLS and a password"
like "$(head -n 6 "$DIR/got/mail.1" | tr '\n' ' ')" \
	"STARTTLS EHLO .* AUTH PLAIN .* MAIL FROM:<box@example.net>" \
	"the password goes behind STARTTLS"
is "$(sed -n 's/^AUTH PLAIN *//p' "$DIR/got/mail.1" | tail -c 30 | base64 -d | tr '\0' ' ')" \
	" box Pass Word" "it is the one of the configuration"
post=$(curl -s -o "$DIR/status" -w '%{http_code}' -X POST -H 'Origin: http://evil.example' \
	"$URL/-/notify?receiver=hook")
is "$post" 403 "other sites' pages do not try receivers"

# --- one alert, every way ---------------------------------------------------------------
rm -f "$DIR"/got/{post,body,mail}.* && kill $receivers && wait $receivers; receivers
put "[\"me@example.net\",\"|$DIR/told\",\"hook\",\"phone\",\"bell\"]" templated 0 "$edge"
arrived post 2
ok $? "hook and phone are told"
arrived mail 1
ok $? "mail arrives, by the second of two servers"
for n in 1 2; do
	grep -q "POST /hook" "$DIR/got/post.$n" && hook=$n || phone=$n
done
is "$(head_of X-Smokebox-Signature "$hook")" \
	"sha256=$(openssl dgst -sha256 -hmac 'Very Secret #1' -r "$DIR/got/body.$hook" | cut -c1-64)" \
	"the signature is that of the body under the secret"
is "$(jq -c '[.version, .status, .alerts[0].labels.target, .alerts[0].annotations.loss]' \
	"$DIR/got/body.$hook")" '["4","firing","Ping.h2","loss: S, 0%, 40%"]' \
	"the body is Alertmanager's"
like "$(head_of Idempotency-Key "$hook")" '^[0-9]+\.[0-9]+$' "it carries its id"
is "$(head_of Authorization "$phone")" "Bearer tk_VerySecretToken" \
	"a token comes from the environment"
is "$(jq -c '[.topic, .title, .priority]' "$DIR/got/body.$phone")" \
	'["topic","templated was raised on Ping.h2",4]' "ntfy gets its topic and title"
mail=$(tr -d '\r' <"$DIR/got/mail.1")
like "$mail" "^Subject: templated was raised at Ping.h2" "SmokePing's template is used"
like "$mail" "^X-Mine: yes" "with its headers"
like "$mail" "some; loss: S, 0%, 40%; rtt: S, 4ms, U; http://localhost/smokeping.cgi\?target=Ping.h2" \
	"and keywords"
like "$mail" "^Message-ID: <$(head_of Idempotency-Key "$hook")\.smokebox@" \
	"mail carries the same id"
like "$mail" "^RCPT TO:<me@example.net>" "it goes to whom it should"
both_told() {
	grep -q '^id' "$DIR/told.log" && grep -q '^id' "$DIR/bell.log"
}
wait_until 10 both_told
is "$(head -n 7 "$DIR/told.log" | tr '\n' '|')" \
	"args 6|templated|Ping.h2|loss: S, 0%, 40%|rtt: S, 4ms, U|10.0.0.2|1|" \
	"a program gets SmokePing's six arguments, and no shell sees them"
is "$(head -n 7 "$DIR/bell.log")" "$(head -n 7 "$DIR/told.log")" \
	"so does a receiver of type command"
put '["snpp:555-1234"]' paged 0 "$edge"
paged() {
	[ -e "$DIR/got/page.$1" ]
}
wait_until 15 paged 1
ok $? "a pager is reached by snpphost" || ctl status
is "$(head -n 3 "$DIR/got/page.1" | tr '\n' '|')" \
	"PAGE 555-1234|DATA|paged was raised on Ping.h2|" "by what its server is asked"
like "$(tail -n 7 "$DIR/got/page.1" | tr '\n' '|')" "loss: S, 0%, 40%.*SEND" "with what was measured"
touch "$DIR/got/level1"
put '["snpp:555-1234"]' short 0 "$edge"
wait_until 15 paged 2
is "$(tr '\n' '|' <"$DIR/got/page.2")" \
	"PAGE 555-1234|DATA|MESS short was raised on Ping.h2|SEND|" \
	"a server that takes no more gets a line"
like "$(ctl notify --test snpp:none)" "no receiver snpp:none|did not take" \
	"one that nobody has named is none"
put '["snpp:none"]' lost
not_there() {
	receiver snpp:none | grep -q "550 no such pager"
}
wait_until 15 not_there
ok $? "what its server says is told" || ctl status
rm "$DIR/told.log"
put "[\"|$DIR/told\"]" bad
told() {
	grep -q '^id' "$DIR/told.log" 2>/dev/null
}
wait_until 10 told
is "$(head -n 6 "$DIR/told.log" | tr '\n' '|')" \
	"args 5|bad|Ping.h2|loss: S, 0%, 40%|rtt: S, 4ms, U|10.0.0.2|" \
	"five, where the alert has no edge"
complained() {
	grep -q "it hurts" "$DIR/probed.log" && receiver ".*told" | grep -q "status 3"
}
wait_until 10 complained
ok $? "one that fails is not told again; log and status say why" || receiver ".*told"

# --- nobody is reached, and the daemon is killed meanwhile ------------------------------
rm -f "$DIR"/got/{post,body,mail}.*
kill $receivers
wait $receivers
put '["hook","me@example.net"]' a1 700
waits() {
	receiver hook | grep -Eq " $1 .*(refused|onnect)"
}
wait_until 10 waits 1
ok $? "a receiver that is away: the letter waits, and status says why" || ctl status
put '["hook","me@example.net"]' a2 650
put '["hook"]' a3 600
pids="$PROBED $(json status '.workers[].pid | select(. > 1)' | tr '\n' ' ')"
kill -9 $pids 2>"$DIR/kill"
for pid in $pids; do wait_until 10 is_gone "$pid"; done
wait "$PROBED" 2>"$DIR/kill"
put '["hook","me@example.net"]' a4 90
start
put '["hook"]' a5
wait_until 10 waits 5
ok $? "after a kill all five wait" || receiver hook
start_told() {
	grep -q '^smokebox was started' "$DIR/diary.log"
}
wait_until 20 start_told
ok $? "who asks for notes is told of a start" || show "$DIR/diary.log"
ctl note "a new switch" >"$DIR/note" 2>&1
note_told() {
	grep -q "^a new switch" "$DIR/diary.log"
}
wait_until 20 note_told
is "$(tail -n 8 "$DIR/diary.log" | head -n 7 | tr '\n' '|')" "args 6|note||a new switch|||1|" \
	"and of an operator's words"
receivers
arrived post 2
arrived mail 2
emptied() {
	receiver hook | grep -Eq " 0 +[0-9]+ s" && receiver me@example.net | grep -Eq " 0 +[0-9]+ s"
}
wait_until 10 emptied
ok $? "once it is back nothing waits any more" || ctl status
all=
for n in $(seq "$(count post)"); do all="$all$(alerts_in "$n") "; done
is "$all" "a1 a2 a3 a4 a5 " "every alert has arrived, in order, each once"
is "$(alerts_in 1)/$(alerts_in 2)" "a1/a2 a3 a4 a5" \
	"the one that had been tried as it was, then a digest of the rest"
like "$(tr -d '\r' <"$DIR/got/mail.2")" "^Subject: \[smokebox\] 2 messages" \
	"mail: a digest too"

# --- killed between the answer and our mark ----------------------------------------------
rm -f "$DIR"/got/{post,body,mail}.* && kill $receivers && wait $receivers; receivers
mode "kill $(worker_pid courier)"
put '["hook"]' b1
arrived post 2
ok $? "a letter whose answer never came is sent again"
put '["hook"]' b2
arrived post 3
is "$(alerts_in 1) $(alerts_in 2) $(alerts_in 3)" "b1 b1 b2" "and what follows comes behind it"
is "$(head_of Idempotency-Key 2)" "$(head_of Idempotency-Key 1)" "the repeat has the same id"
cmp "$DIR/got/body.1" "$DIR/got/body.2" >"$DIR/cmp" 2>&1
ok $? "and is the same to the last byte"
is "$(count post)" 3 "nothing else was sent"

# --- an orderly end ---------------------------------------------------------------------
mode 503
put '["hook"]' c1
busy() {
	receiver hook | grep -q "status 503"
}
wait_until 10 busy
ok $? "what a server answers is told" || receiver hook
mode ok
arrived post 4
is "$(alerts_in 4)" c1 "and tried again"

# --- mail by the program sendmail, after a reload; and an alert of the recorder's ---------
rm -f "$DIR/told.log" "$DIR"/got/{post,body,mail}.*
rules "3 loss=1
* delay=2ms"
sed -i "s,^mailhost = .*,sendmail = $DIR/sendmail,
/^+ templated/i\\
+ real\\
type = loss\\
edgetrigger = yes\\
pattern = >0%,>0%\\
comment = all is lost\\
to = |$DIR/told" "$DIR/config"
cat >>"$DIR/config" <<-END
	++ h3
	host = 10.0.0.3
	alerts = real
END
kill -HUP "$PROBED"
by_sendmail() {
	ctl notify --test me@example.net | grep -q "took a test" && [ -s "$DIR/sendmail.log" ]
}
wait_until 15 by_sendmail
ok $? "without a mailhost mail goes by sendmail" || ctl notify --test me@example.net
is "$(head -n 1 "$DIR/sendmail.log")" "args -f box@example.net me@example.net" \
	"with SmokePing's arguments"
like "$(cat "$DIR/sendmail.log")" "^To: me@example.net" "and the message as its input"
raised() {
	grep -q "^real" "$DIR/told.log" &&
		grep -q "^Subject: .SmokeAlert. real was raised on Ping.h3" "$DIR/sendmail.log" &&
		grep -q '"alertname":"real"' "$DIR"/got/body.*
}
wait_until 20 raised
ok $? "an alert that the recorder raises reaches all of them" ||
	show "$DIR/told.log"
is "$(sed -n '/^args/,/^id/p' "$DIR/told.log" | grep -v '^id' | head -n 7 | tr '\n' '|')" \
	"args 6|real|Ping.h3|loss: 100%, 100%|rtt: U, U|10.0.0.3|1|" \
	"with what was measured"
down() {
	grep -l '^POST /downs' "$DIR"/got/post.* >"$DIR/downs"
}
wait_until 20 down
ok $? "who asks for outages is told, without any alert"
is "$(jq -c '.alerts[0] | [.labels.alertname, .labels.target, .status]' \
	"$(sed 's,/post,/body,' "$DIR/downs" | head -n 1)")" '["loss","Ping.h3","firing"]' \
	"of which target"

# --- secrets ----------------------------------------------------------------------------
metrics=$(curl -s "$URL/metrics")
like "$metrics" 'smokebox_courier_sent_total\{receiver="hook",type="webhook"\} [1-9]' \
	"metrics count letters"
like "$metrics" 'smokebox_courier_up\{receiver="away",type="slack"\} ' "of all receivers"
everything=$(cat "$DIR/probed.log"; ctl status; api status; echo "$metrics"; page /config)
unlike "$everything" "Very ?Secret|Pass Word|tk_" "no secret is told to anybody"
unlike "$(api status; echo "$metrics")" "me@example.net" \
	"nor are addresses, to whoever comes by the network"
pid=$(worker_pid courier)
is "$(awk '/Max core file size/ { print $5 }' "/proc/$pid/limits")" 0 "nor left in a core"

# --- an orderly end waits for an answer -------------------------------------------------
mode slow
put '["hook"]' last
last() {
	grep -q '"alertname":"last"' "$DIR"/got/body.*
}
wait_until 10 last
probed_stop
ok $? "it ends cleanly"
sql "SELECT max(id) FROM outbox WHERE receivers = '[\"hook\"]'"
cursor=$(grep -l '^name hook$' "$DIR"/data/.smokebox/courier/*)
like "$(tr '\n' ' ' <"$cursor")" "done $(cat "$DIR/sql.out") [0-9]+ parcel 0 name hook" \
	"and has waited for the answer to what was on its way: that will not come again"
kill $receivers
unlike "$(cat "$DIR/probed.log")" \
	"signal 31|AddressSanitizer|runtime error|LeakSanitizer|out of memory" \
	"locked in, without a complaint"
done_testing
