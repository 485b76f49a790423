#!/bin/bash
# Files of the configuration through web: seen, checked, saved, compared and put back by
# who knows the password, and by nobody else; nothing that runs programs, and no secret.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
no_walks
network "* delay=2ms"
ip link set lo up
cat >>"$DIR/smokebox" <<-END
	*** Actions ***
	+ phone
	type = ntfy
	url = https://ntfy.example/house
	token = tk_verysecret123
	kinds = alert
END
config 2 3 <<-END
	+ A
	menu = A
	title = A
	++ one
	menu = one
	title = <script>alert(1)</script> & co
	host = 10.0.0.2
END
# Nobody but the parent reads it, and the workers are somebody else.
chmod 600 "$DIR/config" "$DIR/smokebox"
mkdir -p "$DIR/data"
chown 65534:65534 "$DIR/data" 2>"$DIR/chown"
probed_start
wait_until 30 ready || bail "probed does not answer"
api=/api/v1/config
drafts=$DIR/data/.smokebox/state/draft

# code PATH [CURL-OPTION...]: the status; the body is in DIR/body, the head in DIR/head
code() {
	local path=$1
	shift
	curl -s -m 60 -o "$DIR/body" -D "$DIR/head" -w '%{http_code}' "$@" "$URL$path"
}
body() {
	cat "$DIR/body"
}
# seen PATH [CURL-OPTION...]: likewise, logged in
seen() {
	code "$@" -H "Cookie: $cookie"
}
# said JQ-EXPRESSION: of the body
said() {
	jq -r "$1" "$DIR/body"
}
# text FILE: as it is shown, in DIR/text; GENERATION is its
text() {
	seen "$api/file?file=$1" >"$DIR/code"
	said .text >"$DIR/text"
	GENERATION=$(said .generation)
}
# draft check|save FILE [CURL-OPTION...]: DIR/text in the place of FILE
draft() {
	local what=$1 file=$2
	shift 2
	seen "$api/$what" -H "Origin: $URL" -H "X-CSRF-Token: $token" --data-urlencode "file=$file" \
		-d "generation=$GENERATION" --data-urlencode "text@$DIR/text" "$@"
}
generation() {
	[ "$(json status .config.generation)" -gt "$1" ]
}

# --- who may ---------------------------------------------------------------------------
for path in /config/edit '/config/edit?file=config' '/config/history?file=config' "$api" \
	"$api/file?file=config" "$api/history?file=config"; do
	is "$(code "$path")" 403 "without a password $path is for nobody"
done
like "$(body)" 'probectl password' "which says what to do"
echo 'correct horse battery' | "$BUILD/probectl" --data "$DIR/data" password >"$DIR/set"
for path in /config/edit '/config/edit?file=config' '/config/history?file=config' "$api" \
	"$api/file?file=config" "$api/history?file=config"; do
	is "$(code "$path")" 403 "with one $path is for those who know it"
done
code '/config/edit?file=config' >"$DIR/code"
like "$(body)" 'name="back" value="/config/edit\?file=config&amp;in=1"' \
	"a page leads to logging in, and back"
like "$(curl -s --unix-socket "$DIR/data/.smokebox/probectl.sock" "http://localhost$api")" \
	'"file":"config"' "who may use probectl may, too"
code /login -H "Origin: $URL" --data-urlencode 'password=correct horse battery' >"$DIR/code"
cookie=$(sed -n 's/^Set-Cookie: \(smokebox=[0-9a-f]*\);.*/\1/p' "$DIR/head")
is "$(seen "$api")" 200 "who knows it sees the files"
token=$(said .token)
is "${#token}" 64 "and is told the session's token"
is "$(said '[.files[].file] | tostring')" '["config","smokebox"]' "which are two"
is "$(said '[.files[] | .read_only, .exists] | tostring')" '[false,true,false,true]' \
	"that can be written"
text config
cp "$DIR/text" "$DIR/first"
for what in check save; do
	is "$(code "$api/$what" -d file=config -d "generation=$GENERATION" --data-urlencode "text@$DIR/text")" \
		403 "without a session nothing is to $what"
	is "$(seen "$api/$what" -d file=config -d "generation=$GENERATION" --data-urlencode "text@$DIR/text")" \
		403 "nor without its token"
	is "$(draft $what config -H 'Sec-Fetch-Site: cross-site')" 403 "nor from another site"
done
is "$(seen /config/edit -H "Origin: $URL" -d file=config -d "generation=$GENERATION" -d do=save \
	--data-urlencode "text@$DIR/text" -d token="${token//[0-9]/0}")" 403 "nor by a page with another one"
is "$(seen /config/undo -H "Origin: $URL" -d file=config -d "generation=$GENERATION" -d version=1)" 403 \
	"nor is anything put back"

# --- what is shown -----------------------------------------------------------------------
is "$(cat "$DIR/text")" "$(cat "$DIR/config")" "a file is shown as it is"
text smokebox
like "$(cat "$DIR/text")" '^token = •••$' "but a secret"
like "$(cat "$DIR/text")" '^url = •••$' "and an address that is one"
seen '/config/edit?file=smokebox' >"$DIR/code"
unlike "$(body)" 'tk_very|ntfy.example' "the page has them as little"
like "$(body)" 'type = ntfy' "as it has the rest"
seen '/config/edit?file=config' >"$DIR/code"
like "$(body)" 'title = &lt;script&gt;alert\(1\)&lt;/script&gt; &amp; co' "all is escaped"
like "$(cat "$DIR/head")" "Content-Security-Policy: default-src 'self'" "under the policy of all pages"
is "$(seen '/config/edit?file=passwd')" 404 "there is no other file"
is "$(seen '/config/edit?file=../config')" 404 "by any other name"

# --- saving --------------------------------------------------------------------------------
text config
printf '++ two\nmenu = two\ntitle = two\nhost = 10.0.0.3\n' >>"$DIR/text"
before=$(json status .config.generation)
is "$(draft check config)" 200 "a text that would do is told so"
is "$(said '[.saved, .problems] | tostring')" '[false,[]]' "and is not saved"
is "$(ls "$drafts")" "" "no draft stays behind"
ls -l --time-style=+ "$DIR/config" | cut -d' ' -f1,3,4 >"$DIR/mode"
is "$(draft save config)" 200 "then it is saved"
is "$(said .saved)" true "as it says"
is "$(cat "$DIR/config")" "$(cat "$DIR/text")" "as it was written"
is "$(ls -l --time-style=+ "$DIR/config" | cut -d' ' -f1,3,4)" "$(cat "$DIR/mode")" \
	"with owner and mode as before"
wait_until 10 generation "$before"
ok $? "it is taken over"
wait_until 20 known A.two 1
ok $? "and its new target measured"
text smokebox
sed -i 's/^kinds = alert$/kinds = alert loss/' "$DIR/text"
is "$(draft save smokebox)" 200 "a file with secrets is saved"
like "$(cat "$DIR/smokebox")" '^token = tk_verysecret123$' "and keeps them"
like "$(cat "$DIR/smokebox")" '^kinds = alert loss$' "beside what changed"

# --- what only those know that measure ------------------------------------------------------
text config
line=$(($(wc -l <"$DIR/text") + 1))
printf '++ odd\nmenu = odd\ntitle = odd\nprobe = AnotherDNS\nrecordtype = NONSENSE\nhost = 10.0.0.3\n' \
	>>"$DIR/text"
is "$(draft check config)" 200 "a target that cannot be measured is no error"
is "$(said '[.problems[] | .severity, .file, .line] | tostring')" \
	"[\"warning\",\"config\",$((line + 5))]" "but one is warned of, at its line"
like "$(said '.problems[0].text')" '^A.odd: cannot measure: .*NONSENSE' "by the prober"
before=$(json status .config.generation)
is "$(draft save config)" 200 "it is saved all the same"
odd_is_known() {
	[ "$(json targets '.targets[] | select(.path == "A.odd") | .state')" = cannot ]
}
wait_until 10 odd_is_known
text config
is "$(draft check config)" 200 "what has been there before"
is "$(said '.problems | tostring')" '[]' "is not said again"
sed -i '/^++ odd$/,$d' "$DIR/text"
before=$(json status .config.generation)
is "$(draft save config)" 200 "without it"
wait_until 10 generation "$before"
ok $? "all is as it was"

# --- what is not taken ------------------------------------------------------------------------
text config
cp "$DIR/config" "$DIR/kept"
line=$(($(wc -l <"$DIR/text") + 2))
printf '++ three\nhots = 10.0.0.4\n' >>"$DIR/text"
is "$(draft save config)" 422 "a broken text is not"
is "$(said '.problems[0] | [.severity, .file, .line] | tostring')" "[\"error\",\"config\",$line]" \
	"and its line is named"
is "$(seen /config/edit -H "Origin: $URL" -d "token=$token" -d file=config -d do=check \
	-d "generation=$GENERATION" --data-urlencode "text@$DIR/text")" 422 "the page says the same"
like "$(body)" "data-line=\"$line\"><code>config:$line</code>" "with the line"
like "$(body)" "<b>$line</b> hots = 10.0.0.4" "which it shows"
like "$(body)" '<tr class="d-new">.*hots = 10.0.0.4' "and what is different"
like "$(body)" '^hots = 10.0.0.4$' "and keeps the text"
is "$(cat "$DIR/config")" "$(cat "$DIR/kept")" "nothing is written"
unlike "$(body)" 'value="save"' "nor can be"
text config
echo '# more' >>"$DIR/text"
is "$(seen /config/edit -H "Origin: $URL" -d "token=$token" -d file=config -d do=check \
	-d "generation=$GENERATION" --data-urlencode "text@$DIR/text")" 200 "what would do"
is "$(body | grep -c '<button [^>]*value="save">Save<')" 2 "can, below what changes and below the text"
# guarded FILE SED-EXPRESSION TEXT
guarded() {
	text "$1"
	sed -i "$2" "$DIR/text"
	is "$(draft save "$1")" "${4:-403}" "$3"
}
guarded config 's,^binary = /usr/bin/curl,binary = /bin/sh,' "a program is not changed"
like "$(said .detail)" 'Probes/Curl: binary is changed' "which is said"
guarded config 's,^piddir = .*,piddir = /etc,' "nor where a file is written"
guarded config '$a @include /etc/passwd' "nor another file included" 422
unlike "$(body)" 'root:' "of which nothing is told"
guarded config '$a alertee = |/bin/sh' "nor a program called by an alert"
guarded smokebox '/^token/s/•••/tk_other/' "nor a secret changed"
guarded smokebox '/^token/d' "nor taken away"
guarded smokebox '/^url/s,•••,https://evil.example/topic,' "nor sent elsewhere"
guarded smokebox '$a +phone2\ntype = ntfy\nurl = https://evil.example/\ntoken = •••' \
	"nor copied" 422
guarded smokebox '$a *** Web ***\nedit = all' "nor is that allowed from here"
guarded smokebox 's/•••/••••/' "a mark is not written otherwise" 422
like "$(said '.problems[0].text')" 'stands for a secret' "and says so"
is "$(cat "$DIR/config" "$DIR/smokebox" | grep -c 'evil\|/bin/sh\|tk_other')" 0 "nothing of it is written"

# --- somebody else ----------------------------------------------------------------------------
text config
printf '++ mine\nmenu = mine\ntitle = mine\nhost = 10.0.0.5\n' >>"$DIR/text"
printf '++ theirs\nmenu = theirs\ntitle = theirs\nhost = 10.0.0.6\n' >>"$DIR/config"
is "$(draft save config)" 409 "what somebody else changed meanwhile is not written over"
is "$(said .saved)" false "as it says"
like "$(cat "$DIR/config")" 'theirs' "but stays"
is "$(seen /config/edit -H "Origin: $URL" -d "token=$token" -d file=config -d do=save \
	-d "generation=$GENERATION" --data-urlencode "text@$DIR/text")" 409 "nor by the page"
like "$(body)" '^host = 10.0.0.5$' "which keeps what was written"
like "$(body)" '<tr class="d-gone">.*host = 10.0.0.6' "and shows what is different"
fresh=$(sed -n 's/.*name="generation" value="\([0-9]*\)".*/\1/p' "$DIR/body")
is "$(seen /config/edit -H "Origin: $URL" -d "token=$token" -d file=config -d do=save \
	-d "generation=$fresh" --data-urlencode "text@$DIR/text")" 303 "knowing that, it is saved"
like "$(cat "$DIR/head")" 'Location: /config/edit\?file=config&saved=1' "and leads to the file"
like "$(cat "$DIR/config")" 'mine' "which is the new one"

# --- history ------------------------------------------------------------------------------------
now_kept() {
	seen "$api/history?file=config" >"$DIR/code"
	[ "$(said '[.versions[] | select(.now)] | length')" -gt 0 ]
}
wait_until 10 now_kept
ok $? "what is there is a version"
oldest=$(said '.versions[-1].version')
is "$(seen "$api/file?file=config&version=$oldest")" 200 "the first one is kept"
is "$(said .text)" "$(cat "$DIR/first")" "as it was"
theirs() {
	for version in $(seen "$api/history?file=config" >"$DIR/code" && said '.versions[].version'); do
		seen "$api/file?file=config&version=$version" >"$DIR/code"
		said .text | grep -q 'menu = theirs' && return 0
	done
	return 1
}
theirs
ok $? "so is what somebody else had written"
seen "/config/history?file=config" >"$DIR/code"
like "$(body)" "href=\"/config/history\?file=config&amp;version=$oldest\"" "a page lists them"
other=Asia/Kolkata
code "/config/history?file=config" -H "Cookie: $cookie; smokebox-look=:$other" >"$DIR/code"
like "$(body)" "datetime=\"[^\"]*\+0530\"[^>]*>[^<]*</time> IST" "in the time zone of who asks"
cp "$DIR/body" "$DIR/page"
seen "$api/history?file=config" >"$DIR/code"
like "$(cat "$DIR/page")" "$(TZ=$other date -d "@$(said '.versions[0].time')" +%T)" "for each time of it"
is "$(seen "/config/history?file=config&version=$oldest")" 200 "and shows one"
like "$(body)" '<tr class="d-gone">.*host = 10.0.0.5' "with what is different now"
is "$(seen "/config/history?file=config&version=1")" 404 "one that is none is not found"
fresh=$(seen "/config/history?file=config&version=$oldest" >"$DIR/code" &&
	sed -n 's/.*name="generation" value="\([0-9]*\)".*/\1/p' "$DIR/body")
is "$(seen /config/undo -H "Origin: $URL" -d "token=$token" -d file=config -d "version=$oldest" \
	-d "generation=$fresh")" 303 "it is put back"
is "$(cat "$DIR/config")" "$(cat "$DIR/first")" "as it was"
is "$(seen /config/undo -H "Origin: $URL" -d "token=$token" -d file=config -d "version=$oldest" \
	-d "generation=$fresh")" 409 "not over what is another one by then"
for i in $(seq 25); do
	text config
	echo "# $i" >>"$DIR/text"
	draft save config >"$DIR/code"
done
holds "history is bounded" "$(ls "$DIR/data/.smokebox/state/configurations" | grep -c '^[0-9]') <= 20"


# --- a folder of drafts that is none ---------------------------------------------------------------
text config
mkdir -m 777 "$DIR/victim"
# The parent makes anew what it finds missing.
kill -STOP "$PROBED"
mv "$drafts" "$DIR/aside"
ln -s "$DIR/victim" "$drafts"
kill -CONT "$PROBED"
is "$(draft check config)" 500 "where the folder of drafts is a link, there are none"
is "$(ls "$DIR/victim")" "" "nor is anything written there"
kill -STOP "$PROBED"
rm "$drafts"
mv "$DIR/aside" "$drafts"
kill -CONT "$PROBED"
is "$(draft check config)" 200 "until it is a folder again"

# --- mounts ----------------------------------------------------------------------------------------
text config
probed_stop
mkdir -p "$DIR/elsewhere"
mv "$DIR/config" "$DIR/elsewhere/config"
touch "$DIR/config"
mount --bind "$DIR/elsewhere/config" "$DIR/config"
probed_start
wait_until 30 ready || bail "probed does not answer"
code /login -H "Origin: $URL" --data-urlencode 'password=correct horse battery' >"$DIR/code"
cookie=$(sed -n 's/^Set-Cookie: \(smokebox=[0-9a-f]*\);.*/\1/p' "$DIR/head")
seen "$api" >"$DIR/code"
token=$(said .token)
text config
printf '++ bound\nmenu = bound\ntitle = bound\nhost = 10.0.0.7\n' >>"$DIR/text"
inode=$(stat -c %i "$DIR/elsewhere/config")
is "$(draft save config)" 200 "a file that is mounted by itself is saved"
like "$(cat "$DIR/elsewhere/config")" '^host = 10.0.0.7$' "where it comes from"
is "$(stat -c %i "$DIR/config")" "$inode" "in its place"
wait_until 20 known A.bound 1
ok $? "and taken over"
mount -o remount,bind,ro "$DIR/config"
text config
is "$(said .read_only)" true "one that is mounted read-only is said to be"
echo '# more' >>"$DIR/text"
is "$(draft save config)" 409 "and not saved"
like "$(said .detail)" 'read-only mount' "which is said"
seen '/config/edit?file=config' >"$DIR/code"
like "$(body)" 'readonly' "its page is to be read only"
umount "$DIR/config"
mv "$DIR/elsewhere/config" "$DIR/config"

# --- what the setting allows ------------------------------------------------------------------------
printf '*** Web ***\nedit = no\n' >>"$DIR/smokebox"
off() {
	[ "$(seen "$api")" = 403 ]
}
wait_until 20 off
ok $? "edit = no switches it off"
like "$(said .detail)" 'edit = no' "and says so"
sed -i 's/^edit = no$/edit = all/' "$DIR/smokebox"
on() {
	[ "$(seen "$api")" = 200 ] && [ "$(said .edit)" = all ]
}
wait_until 20 on
ok $? "edit = all"
guarded config 's,^binary = /usr/bin/curl,binary = /bin/true,' "allows a program to be changed" 200
like "$(cat "$DIR/config")" '^binary = /bin/true$' "which is"
guarded smokebox '/^token/s/•••/tk_another4567/' "and a secret" 200
like "$(cat "$DIR/smokebox")" '^token = tk_another4567$' "likewise"
text smokebox
unlike "$(cat "$DIR/text")" 'tk_' "which is not shown again"

# --- bad input ---------------------------------------------------------------------------------------
text config
head -c 1100000 /dev/zero | tr '\0' 'a' >"$DIR/text"
is "$(draft save config)" 413 "a text without bounds is refused"
like "$(said .detail)" "too long, expected at most 1048576 bytes" "and how long it may be is said"
is "$(seen /config/edit -H "Origin: $URL" -d "token=$token" -d file=config -d do=save \
	-d "generation=$GENERATION" --data-urlencode "text@$DIR/text")" 413 "by the page as well"
head -c 4000000 /dev/zero | tr '\0' 'a' >"$DIR/text"
is "$(draft save config)" 413 "one that is longer is not even read"
printf 'caf\351\n' >"$DIR/text"
is "$(draft save config)" 400 "so is what is no text"
is "$(seen "$api/save" -H "Origin: $URL" -H "X-CSRF-Token: $token" -d file=config -d generation=x -d text=a)" \
	400 "a generation that is no number"
is "$(seen "$api/save" -H "Origin: $URL" -H "X-CSRF-Token: $token" -d file=config -d generation=1)" \
	400 "and no text at all"
is "$(seen "$api/save")" 405 "nothing is saved by looking"
is "$(ls "$drafts")" "" "no draft is left"
probed_stop
ok $? "it ends"
done_testing
