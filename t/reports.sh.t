#!/bin/bash
# probectl smokeinfo and tsmoke: the figures of SmokePing's own tools, and letters that
# arrive.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v rrdtool >"$DIR/which" || skip_all "no rrdtool"
world "$@"
network

ctl() {
	"$BUILD/probectl" --config "$DIR/config" "$@" 2>"$DIR/ctl.err"
}

mkdir -p "$DIR/data/Lan" "$DIR/data/Wan/Far" "$DIR/img"
cat >"$DIR/sendmail" <<-END
#!/bin/sh
printf '%s\n' "\$*" >$DIR/mail.args
cat >$DIR/mail
END
chmod +x "$DIR/sendmail"
cat >"$DIR/config" <<-END
*** General ***
owner = Test
contact = test@example.net
sendmail = $DIR/sendmail
datadir = $DIR/data
imgcache = $DIR/img
imgurl = img
piddir = $DIR
cgiurl = http://localhost/smokeping.cgi
smokemail = $DIR/smokemail
tmail = $DIR/tmail
*** Database ***
step = 300
pings = 10
AVERAGE 0.5 1 1008
AVERAGE 0.5 12 4320
MIN 0.5 12 4320
MAX 0.5 12 4320
*** Alerts ***
to = noc@example.net
from = smokealert@example.net
*** Presentation ***
template = $DIR/tmail
charset = utf-8
+ overview
width = 600
height = 50
range = 10h
+ detail
width = 600
height = 200
unison_tolerance = 2
"Last 3 Hours" 3h
*** Probes ***
+ FPing
binary = $(command -v fping || echo /bin/true)
*** Targets ***
probe = FPing
menu = Top
title = Top
+ Lan
menu = Lan
title = Lan
host = 192.0.2.1
++ good
host = 192.0.2.2
++ half
host = 192.0.2.3
+ Wan
menu = Wan
title = Wan
++ Far
menu = Far
title = Far
+++ dead
host = 192.0.2.4
+++ never
host = 192.0.2.5
END
: >"$DIR/smokemail"
printf 'MIME-Version: 1.0\nContent-Type: text/html\n<html><##SUMMARY##>%s</html>\n' \
	'<p><##DAYDETAIL##><##nothing##>' >"$DIR/tmail"

# Four days of rows up to now. history TARGET AWK: prints loss and median of row i
now=$(($(date +%s) / 300 * 300))
history() {
	rrdtool create "$DIR/data/$1.rrd" --start $((now - 345600 - 300)) --step 300 \
		DS:uptime:GAUGE:600:0:U DS:loss:GAUGE:600:0:10 DS:median:GAUGE:600:0:U \
		$(seq -f 'DS:ping%g:GAUGE:600:0:U' 10) RRA:AVERAGE:0.5:1:1008 \
		RRA:AVERAGE:0.5:12:4320 RRA:MIN:0.5:12:4320 RRA:MAX:0.5:12:4320
	awk -v now="$now" "function row(i) { $2 }"'
		BEGIN { for (i = 1152; i >= 0; i--) {
			row(i); t = now - i * 300
			printf "%d:U:%s:%s", t, loss, median
			for (k = 0; k < 10; k++) printf ":%s", median
			print "" } }' |
		xargs -n 200 rrdtool update "$DIR/data/$1.rrd"
}
history Lan 'loss = 0; median = 0.001 + i % 7 * 0.0001'
history Lan/good 'loss = i % 12 == 0 ? 0.5 : 0; median = 0.002 + (i % 100) * 1e-6'
history Lan/half 'loss = i % 288 < 144 ? 5 : 0; median = 0.02'
history Wan/Far/dead 'loss = i < 12 ? 10 : 0; median = i < 12 ? "U" : 0.1'

# Numbers, against SmokePing's own.
is "$(ctl smokeinfo --no-head --filter=/Lan/ --end $now | cut -d';' -f1 | tr '\n' ' ')" \
	" /Lan/good /Lan/half " "plain: what is right below"
is "$(ctl smokeinfo --no-head --mode=recursive --filter=/Wan | cut -d';' -f1 | tr '\n' ' ')" \
	" /Wan/Far/dead /Wan/Far/never " "recursive: all below"
is "$(ctl smokeinfo --no-head --mode=regexp --filter='(half|ever)$' | cut -d';' -f1 | tr '\n' ' ')" \
	" /Lan/half /Wan/Far/never " "regexp: by expression"
like "$(ctl smokeinfo --end $now --filter=/Lan/half --separator=, --format=%.3lf | tail -n1)" \
	"^/Lan/half,0.020,0.020,0.020,0.020,0.25.,0.500,0.500$" "figures are as they were written"
like "$(ctl smokeinfo --filter=/Wan/Far/never)" '^/Wan/Far/never;\?;\?;\?;\?;\?;\?;\?$' \
	"a file that is missing"
for bad in %d %s%s %le%le plain '%n' '%999999lf%%%'; do
	ctl smokeinfo --format="$bad" >"$DIR/out"
	[ $? = 2 ] || break
done
is $? 0 "a format of something else is refused" || echo "# $bad"
ctl smokeinfo --mode=regexp --filter='(' >"$DIR/out"
is $? 2 "and a bad expression"
rrdtool create "$DIR/data/Wan/Far/never.rrd" --start $now --step 300 DS:loss:GAUGE:600:0:U \
	DS:median:GAUGE:600:0:U RRA:AVERAGE:0.5:1:10 RRA:MIN:0.5:1:10 RRA:MAX:0.5:1:10
if command -v smokeinfo >"$DIR/which" && command -v fping >"$DIR/which"; then
	for how in "" "--start end-3h --format %.4lf" "--mode=recursive --filter=/Lan --no-head"; do
		# shellcheck disable=SC2086
		smokeinfo "$DIR/config" --end $now $how >"$DIR/theirs" 2>"$DIR/theirs.err"
		# shellcheck disable=SC2086
		ctl smokeinfo "$DIR/config" --end $now $how >"$DIR/ours"
		cmp -s "$DIR/theirs" "$DIR/ours"
		ok $? "the same as smokeinfo: ${how:-all}" || {
			show "$DIR/theirs.err"
			diff "$DIR/theirs" "$DIR/ours" | sed 's/^/# /'
		}
	done
else
	skip "no smokeinfo (package smokeping)"
fi
rm "$DIR/data/Wan/Far/never.rrd"

# Letters.
ctl tsmoke --quiet --morning >"$DIR/letter"
is "$(sed -n '/^$/,$p' "$DIR/letter" | tr '\n' '|')" "|Of 5 Hosts, 2 Down:||dead|never|" \
	"the morning's letter"
like "$(head -n2 "$DIR/letter" | tr '\n' '|')" '^Subject: Of 5 Hosts, 2 Down\|To: noc@example.net\|$' \
	"is ready to be sent"
ctl tsmoke --weekly --detail=1 >"$DIR/letter"
# Hours are taken together on the way, and where they begin depends on the time of day.
day=$(sed -n "s,.*SubHead'>Wan</td>.*>\\([0-9.]*\\)%</td></tr>.*,\\1,p" "$DIR/letter" | head -n1)
holds "the week's table: one was away for an hour of the day ($day %)" \
	"${day:-0} > 93.5 && ${day:-0} < 98.5"
half=$(sed -n "s,.*>Lan.half</td><td class='SubDetail'>[0-9]*</td><td class='SubDetail'>\\([0-9.]*\\)%.*,\\1,p" "$DIR/letter")
holds "and its detail: one was there for half a day ($half %)" \
	"${half:-0} > 44 && ${half:-0} < 56"
like "$(cat "$DIR/letter")" '<##nothing##>' "other marks stay"
is "$(grep -c '^MIME-Version' "$DIR/letter")" 1 "the template's own headers are left out"
ctl tsmoke --weekly --to=boss@example.net,second@example.net >"$DIR/out"
ok $? "a letter is handed to sendmail" || show "$DIR/ctl.err"
is "$(cat "$DIR/mail.args")" "-f smokealert@example.net boss@example.net second@example.net" \
	"with its addresses"
like "$(cat "$DIR/mail")" '^To: boss@example.net,second@example.net$' "and arrives"
is "$(ctl tsmoke --listrrds | sort | tail -n1)" "RRD: $DIR/data/Wan/Far/never.rrd" "files are listed"
ctl tsmoke --morning --to='x@y
Bcc: z@y' >"$DIR/out"
is $? 2 "an address that is two lines is refused"
sed -i "s,^sendmail = .*,sendmail = $DIR/nothing," "$DIR/config"
ctl tsmoke --testmail >"$DIR/out"
is $? 1 "without sendmail"
like "$(cat "$DIR/ctl.err")" "mailhost or sendmail.*pipe" "it is said what to do"

# By SMTP, the second host taking it.
perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:2525", Listen => 1, ReuseAddr => 1) or die;
	open my $f, ">", "$ARGV[0].smtp" or die; close $f;
	my $c = $s->accept; my $data = 0; print $c "220 here\r\n";
	open my $out, ">", "$ARGV[0]" or die;
	while (<$c>) {
		print $out $_;
		if ($data) { if ($_ eq ".\r\n") { $data = 0; print $c "250 taken\r\n" } }
		elsif (/^DATA/) { $data = 1; print $c "354 go on\r\n" }
		elsif (/^QUIT/) { print $c "221 bye\r\n"; last }
		else { print $c "250 fine\r\n" }
	}' "$DIR/taken" &
wait_until 10 test -e "$DIR/taken.smtp"
sed -i "s/^sendmail = .*/mailhost = 127.0.0.1:2,127.0.0.1:2525/" "$DIR/config"
ctl tsmoke --morning --to=you@example.net >"$DIR/out"
ok $? "a letter goes to a mailhost" || show "$DIR/ctl.err"
wait_until 5 grep -q QUIT "$DIR/taken"
like "$(tr -d '\r' <"$DIR/taken")" 'RCPT TO:<you@example.net>' "to its address"
like "$(tr -d '\r' <"$DIR/taken")" '^Of 5 Hosts, 2 Down:$' "as it is"
done_testing
