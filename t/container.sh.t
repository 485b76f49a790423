#!/bin/bash
# The image, as people run it, by podman and by Docker's engine: the first minute of a
# newcomer under a read-only root with few rights, the rights that are missing, and a
# linuxserver compose file of which nothing but the image's name is changed. TREE is an
# installation (make install DESTDIR=...) that the image is made of. A directory STATE keeps
# the base and what was built for the next time.
. "${SOURCE:?}/t/world.sh" || exit 1
. "$SOURCE/t/engines.sh"
if [ -z "${WORLD:-}" ]; then
	[ -d "${TREE:-}" ] || skip_all "no TREE, an installation to make the image of"
	[ -n "${STATE:-}" ] || {
		STATE=$(mktemp -d "${TMPDIR:-/tmp}/smokebox-engines.XXXXXX")
		# shellcheck disable=SC2154
		trap 'ended=$?; rm -rf --one-file-system "$STATE"; (exit $ended); world_end' EXIT
	}
	export STATE TREE
	lack=$(engines_have) || skip_all "$lack"
	# With the host's network, which apt needs; its mounts end with it.
	begin=$(date +%s)
	# alone COMMAND: of engines.sh
	alone() {
		unshare -m -p -f --mount-proc --kill-child bash -c ". \"$SOURCE/t/engines.sh\" && $*"
	}
	lack=$(alone engines_try) || { show "$STATE/try.log"; skip_all "${lack:-containers cannot be tried}"; }
	alone 'image_make "$TREE"' >"$DIR/image.log" 2>&1 || { show "$DIR/image.log"; bail "the image is not built"; }
	echo "# made in $(($(date +%s) - begin)) s"
fi
world "$@"
network "* delay=4ms"
ip route add default via 10.0.0.1 dev sim0 src 192.0.2.1
podman_setup
range=/proc/sys/net/ipv4/ping_group_range
low=/proc/sys/net/ipv4/ip_unprivileged_port_start
echo 0 >$low # as Docker has it

# --- what it is --------------------------------------------------------------------------
base=$(megabytes "localhost/$BASE") all=$(megabytes "localhost/$IMAGE")
holds "it adds $(awk "BEGIN { print $all - $base }") MB to a base of $base MB" "$all - $base < 90"
label() {
	podman image inspect -f "{{index .Labels \"org.opencontainers.image.$1\"}}" "localhost/$IMAGE"
}
is "$(label version)" "$(sed -n 's/^AC_INIT(.*, \[\(.*\)\])/\1/p' "$SOURCE/configure.ac")" \
	"it is labelled with the version"
is "$(label title) $(label licenses)" "smokebox GPL-2.0-or-later" "name and licence"

# start NAME ARGUMENT...: a container on the simulated network
start() {
	name=$1
	shift
	podman run -d --name "$name" --cgroup-parent "/smokebox-$$-$name" --pull=never \
		--network host "$@" "localhost/$IMAGE" >"$DIR/$name.id" 2>&1 ||
		bail "$name does not start: $(cat "$DIR/$name.id")"
	wait_until 30 answers_or_ended
	[ "$(status Running)" = true ] || bail "$name has ended: $(logs | tail -n 3)"
}
answers_or_ended() {
	listening || [ "$(status Running)" != true ]
}
logs() {
	podman logs "$name" 2>&1
}
# status EXPRESSION: of the engine's view
status() {
	podman inspect -f "{{.State.$1}}" "$name"
}
# finish: stop it as an engine does, and forget it
finish() {
	logs >"$DIR/$name.log"
	podman stop -t 10 "$name" >"$DIR/out" 2>&1
	code=$(status ExitCode)
	podman rm -f -v "$name" >"$DIR/out" 2>&1
}
# owners PATH...: of all that is there, but for what the parent keeps to itself
owners() {
	find "$@" -path '*/.smokebox/state/configurations' -prune -o -printf '%U:%G\n' | sort -u | tr '\n' ' '
}
listening() {
	curl -sf -m 5 -o "$DIR/ready" "$URL/-/ready"
}
# all_pids: of the container, as we see them
all_pids() {
	podman top "$name" hpid | tail -n +2
}
smoke() {
	[ "$(json targets '[.targets[] | select(.state == "fine" and .last.median > 0.003)] |
		length')" -ge "${1:-1}" ]
}

# --- the first minute ----------------------------------------------------------------------
mkdir -p "$DIR/new/config" "$DIR/new/data"
caps=$(sed -n 's/^ *cap_add: \[\(.*\)\]/\1/p' "$SOURCE/docker/compose.yaml" | tr -d ' ')
URL=http://127.0.0.1
begin=$(date +%s%N)
start first --read-only --tmpfs /tmp --tmpfs /run --security-opt no-new-privileges \
	--cap-drop ALL --cap-add "$caps" -e PUID=1500 -e PGID=1501 -e TZ=Europe/Zurich \
	-v "$DIR/new/config:/config" -v "$DIR/new/data:/data"
wait_until 30 smoke 2
ok $? "there is smoke"
target=$(json targets '[.targets[] | select(.state == "fine" and .last.median > 0.003)][0].path')
is "$(curl -s -o "$DIR/png" -w '%{http_code} %{content_type}' "$URL/graph/${target//.//}.png")" \
	"200 image/png" "its graph is drawn"
took=$((($(date +%s%N) - begin) / 1000000))
holds "in $took ms since the start" "$took < 30000"
like "$(cat "$DIR/new/config/Targets")" '^# What is measured' "a commented configuration stands in /config"
like "$(cat "$DIR/new/config/General")" '^datadir *= /data$' "which names /data"
is "$(owners "$DIR/new/config" "$DIR/new/data")" "1500:1501 " "all of it is PUID's and PGID's"
is "$(for pid in $(all_pids); do stat -c %u "/proc/$pid"; done | sort | uniq -c |
	awk '{ printf "%s%s", $2 == 0 ? $1 " " : "", $2 == 0 ? "root" : " " $2 }')" "1 root 1500" \
	"and the workers, of which none is root"
podman healthcheck run "$name" >"$DIR/health" 2>&1
ok $? "it is healthy"
is "$(podman exec "$name" date +%Z)" "CET" "its time zone is TZ"
like "$(podman exec "$name" probectl status)" 'prober .*ready' "probectl needs no options in it"
podman restart -t 10 "$name" >"$DIR/out" 2>&1
wait_until 30 smoke 2
ok $? "it starts again"
unlike "$(logs)" 'Permission denied|Read-only|not permitted|killed by|rror' "nothing is complained about"

for i in $(seq 20); do
	printf '\n++ n%d\nhost = 10.0.0.%d\n' "$i" $((i + 10))
done | sed '1i\\n+ Twenty\nmenu = Twenty' >>"$DIR/new/config/Targets"
wait_until 30 smoke 20
ok $? "twenty targets more are measured"
# While pictures are drawn side by side, and after a document.
drawn=()
for i in $(seq 20); do drawn+=(-o "$DIR/drawn" "$URL/graph/Twenty/n$i.png?width=900&height=400"); done
curl -s -m 60 -o "$DIR/drawn" "$URL/status.pdf"
curl -s -m 60 -Z --parallel-immediate --no-progress-meter "${drawn[@]}"
kilobytes=$(for pid in $(all_pids); do
	awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"
done | awk '{ n += $1 } END { print n }')
holds "all processes have $((kilobytes / 1000)) MB of memory" "$kilobytes < 60000"

# Who was just added begins its first round by the step up to ten seconds later.
added=$(date +%s)
steady() {
	local i
	for i in $(seq 20); do
		[ "$(rrdtool last "$DIR/new/data/Twenty/n$i.rrd")" -ge "$added" ] || return 1
	done
}
wait_until 30 steady
ok $? "all of them go by the step"
find "$DIR/new/data" -mindepth 1 -delete
again() {
	[ -s "$DIR/new/data/Twenty/n1.rrd" ] && [ -s "$DIR/new/data/Twenty/n20.rrd" ] &&
		[ "$(rrdtool last "$DIR/new/data/Twenty/n20.rrd")" -ge "$deleted" ]
}
back() {
	[ "$(find "$DIR/new/data/Twenty" -name 'n*.rrd' | wc -l)" = 20 ]
}
deleted=$(date +%s)
wait_until 14 back
ok $? "what was deleted from /data is there again" || ls -R "$DIR/new/data" | sed 's/^/# /'
took=$(($(date +%s) - deleted))
holds "with what each round under way measured, which take 10 s ($took s)" "$took <= 14"
wait_until 20 again
ok $? "and goes on with the next"
wait_until 10 podman exec "$name" probectl health
ok $? "and it is well"
finish
is "$code" 0 "it ends when told"

# --- rights --------------------------------------------------------------------------------
# one DIRECTORY: a configuration that asks for a few targets often
one() {
	mkdir -p "$1"
	cat >"$1/Targets" <<-END
	*** Targets ***
	probe = FPing
	menu = Top
	title = Top
	+ A
	host = 10.0.0.2
	END
	sed 's/^step .*/step = 2/' "$SOURCE/etc/default/Database" >"$1/Database"
}
median() {
	[ "$(json targets '.targets[0].last.median // 0 | . > 0.003')" = true ]
}

# NET_RAW alone, by raw sockets; one folder at both places.
echo "1 0" >$range
echo 1024 >$low
one "$DIR/both"
URL=http://127.0.0.1:8080
start raw --read-only --cap-drop ALL --cap-add NET_RAW -v "$DIR/both:/config" -v "$DIR/both:/data"
wait_until 30 median
ok $? "with NET_RAW alone it measures"
like "$(logs)" 'HTTP is on port 8080.*NET_BIND_SERVICE' "on port 8080, where 80 is barred, and says so"
like "$(logs)" 'ICMP by raw sockets' "by raw sockets"
before=$(json status .config.generation)
rounds() {
	[ "$(json targets .targets[0].last.time)" -ge $((since + $1)) ]
}
since=$(json targets .targets[0].last.time)
wait_until 20 rounds 8
ok $? "rounds go into the folder that is /config as well"
is "$(json status .config.generation)" "$before" "which makes no reload"
sed -i 's/^menu = Top/menu = Changed/' "$DIR/both/Targets"
reloaded() {
	[ "$(json status .config.generation)" -gt "$before" ]
}
wait_until 20 reloaded
ok $? "as a change of a file does"
finish

# No right at all, as some user: ping sockets, and without those a sentence.
mkdir -p "$DIR/user/data"
one "$DIR/user/config"
chown -R 1502:1502 "$DIR/user"
echo "0 2147483647" >$range
start ping --read-only --user 1502:1502 --cap-drop ALL -v "$DIR/user/config:/config" -v "$DIR/user/data:/data"
wait_until 30 median
ok $? "without any right it measures by ping sockets"
like "$(logs)" 'ICMP by datagram sockets' "as it says"
podman healthcheck run "$name" >"$DIR/health" 2>&1
ok $? "and is healthy"
finish
echo "1 0" >$range
start barred --user 1502:1502 --cap-drop ALL -v "$DIR/user/config:/config" -v "$DIR/user/data:/data"
wait_until 20 listening
ok $? "where those are barred too there are pages"
like "$(json status '.' ; logs)" 'ICMP cannot be measured: .*ping_group_range.*NET_RAW' "and the line that helps"
finish
podman run --rm --pull=never --network host --cap-drop ALL -v "$DIR/user/config:/config" \
	-v "$DIR/user/data:/data" "localhost/$IMAGE" >"$DIR/out" 2>&1
is $? 3 "root that may not write to another's folder does not start"
like "$(cat "$DIR/out")" "'user: \"1502:1502\"'" "and says what would help"

# As a slave, by that image's variables.
URL=http://127.0.0.1
start slave --read-only --tmpfs /tmp --tmpfs /run -e PUID=1502 -e SLAVE_NAME=far \
	-e MASTER_URL=http://127.0.0.1:9/smokeping/ -e SHARED_SECRET=secret -e CACHE_DIR=/tmp
like "$(logs)" 'slave far of http://127.0.0.1:9/smokeping/' "MASTER_URL and so on make a slave"
is "$(podman exec "$name" stat -c %u:%a /run/smokebox-secret)" "1502:600" "whose secret is its own"
podman healthcheck run "$name" >"$DIR/health" 2>&1
ok $? "it is healthy"
finish

# --- Docker's engine, and linuxserver's compose file -----------------------------------------
# without_docker WHY: this machine does not let it
without_docker() {
	show "$STATE/dockerd.log" 5
	skip "$1"
	done_testing
}
docker_start >"$DIR/out" 2>&1 || without_docker "dockerd does not start"
docker_try >"$DIR/out" 2>&1 || {
	show "$DIR/out"
	stop_process $DOCKERD
	without_docker "dockerd runs no container"
}
own=$DIR/ls
mkdir -p "$own/config/site-confs" "$own/data/Home"
cat >"$own/compose.yaml" <<END
services:
  smokeping:
    image: lscr.io/linuxserver/smokeping:latest
    container_name: smokeping
    hostname: smokeping
    environment:
      - PUID=1503
      - PGID=1503
      - TZ=Etc/UTC
    volumes:
      - $own/config:/config
      - $own/data:/data
    ports:
      - 8081:80
    restart: unless-stopped
END
cat >"$own/config/General" <<-END
*** General ***
owner = Somebody
contact = somebody@example.net
mailhost = my.mail.host
cgiurl = http://localhost/smokeping/smokeping.cgi
syslogfacility = local0
@include /config/pathnames
END
cat >"$own/config/pathnames" <<-END
sendmail = /usr/bin/ssmtp
imgcache = /var/cache/smokeping
imgurl   = cache
datadir  = /data
piddir  = /var/run/smokeping
smokemail = /etc/smokeping/smokemail
tmail = /etc/smokeping/tmail
END
cat >"$own/config/Alerts" <<-END
*** Alerts ***
to = alertee@example.net
from = smokealert@example.net
+someloss
type = loss
pattern = >0%,*12*,>0%,*12*,>0%
comment = loss 3 times in a row
END
cat >"$own/config/Database" <<-END
*** Database ***
step = 2
pings = 5
AVERAGE 0.5 1 1008
AVERAGE 0.5 12 4320
MIN 0.5 12 4320
MAX 0.5 12 4320
END
cp /etc/smokeping/config.d/Presentation "$own/config/" || bail "no package smokeping"
cat >"$own/config/Probes" <<-END
*** Probes ***
+ FPing
binary = /usr/sbin/fping
+ DNS
binary = /usr/bin/dig
lookup = name.example
END
cat >"$own/config/Slaves" <<-END
*** Slaves ***
secrets=/etc/smokeping/smokeping_secrets
+elsewhere
display_name=elsewhere
color=0000ff
END
echo "elsewhere:notverysecret" >"$own/config/smokeping_secrets"
chmod 600 "$own/config/smokeping_secrets"
cat >"$own/config/Targets" <<-END
*** Targets ***
probe = FPing
menu = Top
title = Network Latency Grapher
+ Home
menu = Home
title = Home
++ Host
menu = Host
title = Host
host = 10.0.0.7
alerts = someloss
END
touch "$own/config/httpd.conf" "$own/config/ssmtp.conf" "$own/config/site-confs/smokeping.conf"
# Two hours of history, as SmokePing makes it.
now=$(($(date +%s) / 2 * 2))
rrdtool create "$own/data/Home/Host.rrd" -b $((now - 7200)) -s 2 DS:uptime:GAUGE:4:0:U \
	DS:loss:GAUGE:4:0:5 DS:median:GAUGE:4:0:180 DS:ping{1,2,3,4,5}:GAUGE:4:0:180 \
	RRA:AVERAGE:0.5:1:1008 RRA:AVERAGE:0.5:12:4320 RRA:MIN:0.5:12:4320 RRA:MAX:0.5:12:4320
seq $((now - 1800)) 2 $((now - 60)) | sed 's/$/:U:1:0.0123:U:0.011:0.012:0.0123:0.013/' |
	xargs -n 200 rrdtool update "$own/data/Home/Host.rrd"
chown -R 1503:1503 "$own/config" "$own/data"
old() {
	rrdtool fetch "$own/data/Home/Host.rrd" AVERAGE -r 2 -s $((now - 1800)) -e $((now - 62)) | sha256sum
}
files() {
	(cd "$own/config" && find . -type f | sort | xargs sha256sum)
}
history=$(old) inode=$(stat -c %i "$own/data/Home/Host.rrd")
files >"$DIR/files.before"

sed -i "s,image: .*,image: $IMAGE," "$own/compose.yaml"
(cd "$own" && docker-compose -f compose.yaml -p ls up -d --no-build) >"$DIR/compose.log" 2>&1 ||
	bail "docker-compose: $(tail -n 3 "$DIR/compose.log")"
URL=http://127.0.0.1:8081
name=smokeping
logs() {
	docker logs "$name" 2>&1
}
grown() {
	[ "$(rrdtool lastupdate "$own/data/Home/Host.rrd" | awk 'END { print int($1), $4 }' |
		awk -v n="$now" '$1 > n && $2 > 0.003 && $2 < 0.0123')" ]
}
wait_until 30 grown
ok $? "its history goes on" || logs | tail -n 20 | sed 's/^/# /'
is "$(old)" "$history" "no old row is changed"
is "$(stat -c %i "$own/data/Home/Host.rrd")" "$inode" "in the same file"
files >"$DIR/files"
is "$(diff "$DIR/files.before" "$DIR/files")" "" "no file of the configuration is"
is "$(owners "$own/config" "$own/data")" "1503:1503 " "everything is PUID's"
for path in / /smokeping/ "/smokeping/smokeping.cgi?target=Home.Host"; do
	is "$(curl -sL -m 10 -o "$DIR/page" -w '%{http_code}' "$URL$path")" 200 "$path is there"
done
like "$(cat "$DIR/page")" 'Host' "with the target on it"
unlike "$(logs)" ' ERROR|error:|cannot|denied' "nothing is wrong with it"
healthy() {
	[ "$(docker inspect -f '{{.State.Health.Status}}' "$name")" = healthy ]
}
wait_until 60 healthy
ok $? "Docker finds it healthy"
(cd "$own" && docker-compose -f compose.yaml -p ls down -t 10) >"$DIR/compose.log" 2>&1
ok $? "and it goes down"

# Docker lends nothing to a user but by the program's file.
mkdir "$DIR/user/more"
chown 1502:1502 "$DIR/user/more"
docker run -d --name lent --read-only --user 1502:1502 --cap-drop ALL --cap-add NET_RAW \
	--sysctl net.ipv4.ping_group_range="1 0" -p 8082:80 -v "$DIR/user/config:/config" \
	-v "$DIR/user/more:/data" $IMAGE >"$DIR/out" 2>&1 || bail "docker run: $(tail -n 1 "$DIR/out")"
URL=http://127.0.0.1:8082 name=lent
wait_until 30 median
ok $? "a user with NET_RAW measures under Docker"
like "$(logs)" 'ICMP by raw sockets' "by raw sockets, whose right the program's file lends"
docker rm -f lent >"$DIR/out" 2>&1
stop_process $DOCKERD
done_testing
