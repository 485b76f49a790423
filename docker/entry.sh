#!/bin/sh
# What the image starts: probed on /config and /data, with the environment variables that
# linuxserver's SmokePing image has. Arguments go to probed; "health" asks how it is; any
# other command is run in its place.
set -eu

say() {
	echo "entry: $*" >&2
}

die() {
	say "cannot start: $*"
	exit 3
}

# can BIT: is this capability effective?
can() {
	[ $((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> $1 & 1)) = 1 ]
}
CHOWN=0 SETGID=6 SETUID=7 NET_BIND_SERVICE=10

# lent BIT: would probed's file lend it to us, who are not root?
lent() {
	[ "$(id -u)" != 0 ] && grep -q '^NoNewPrivs:[[:space:]]*0' /proc/self/status &&
		[ $((0x$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status) >> $1 & 1)) = 1 ]
}

# As there: with all three of them the master says what to measure.
slave() {
	[ -n "${MASTER_URL:-}" ] && [ -n "${SHARED_SECRET:-}" ] && [ -n "${CACHE_DIR:-}" ]
}

case ${1:-} in
health)
	slave && exec probectl --data "$CACHE_DIR" health
	exec probectl --config /config health
	;;
"" | -*) ;;
*) exec "$@" ;;
esac
umask "${UMASK:-022}"

# --- whom the workers become: PUID, else the owner of /data, else a user who is not root --
chosen=${PUID:-}
if [ "$(id -u)" != 0 ]; then
	[ -z "$chosen" ] || [ "$chosen" = "$(id -u)" ] ||
		say "PUID=$chosen has no effect: started as uid $(id -u), not as root"
	PUID=$(id -u) PGID=$(id -g)
elif ! can $SETUID || ! can $SETGID; then
	[ "${chosen:-0}" = 0 ] || say "PUID=$chosen has no effect: give SETUID and SETGID" \
		"(cap_add), or 'user: \"$chosen:${PGID:-$chosen}\"' in place of it"
	PUID=0 PGID=0
	[ -w /data ] || die "/data belongs to uid $(stat -c %u /data), and root may neither" \
		"write there nor become that user here: 'user: \"$(stat -c %u:%g /data)\"', or" \
		"cap_add SETUID, SETGID and DAC_OVERRIDE, helps"
elif [ -z "$chosen" ]; then
	PUID=$(stat -c %u /data) PGID=$(stat -c %g /data)
	[ "$PUID" != 0 ] || PUID=911 PGID=911
fi
PGID=${PGID:-$PUID}
case $PUID$PGID in
*[!0-9]*) die "PUID=$PUID, PGID=$PGID: expected numbers" ;;
esac
export PUID PGID

# own PATH...: give all of it to the workers, but for the copies of configurations, which
# probed keeps from them
own() {
	[ "$(id -u)" = 0 ] && [ "$PUID" != 0 ] && can $CHOWN || return 0
	find "$@" -xdev -path '*/.smokebox/state/configurations' -prune -o \( ! -uid "$PUID" -o ! -gid "$PGID" \) \
		-exec chown -h "$PUID:$PGID" {} + || say "not all of $* is uid $PUID's now"
}

# --- where the pages are: port 80 needs a right that not every engine gives --------------
if [ -z "${PROBED_LISTEN:-}" ]; then
	PROBED_LISTEN=[::]:80
	if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] &&
		! can $NET_BIND_SERVICE && ! lent $NET_BIND_SERVICE; then
		PROBED_LISTEN=[::]:8080
		say "HTTP is on port 8080: 80 would need cap_add NET_BIND_SERVICE"
	fi
	export PROBED_LISTEN
fi

# --- a slave of another box -----------------------------------------------------------
if slave; then
	# It may be the path of a file, as Docker's secrets have it.
	if [ -f "$SHARED_SECRET" ]; then
		secret=$SHARED_SECRET
	else
		for dir in /run /dev/shm "$CACHE_DIR"; do
			[ ! -w "$dir" ] || break
		done
		secret=$dir/smokebox-secret
		(umask 077 && rm -f "$secret" && printf '%s\n' "$SHARED_SECRET" >"$secret")
		own "$secret"
	fi
	unset SHARED_SECRET
	exec probed --master-url "$MASTER_URL" --shared-secret "$secret" \
		--cache-dir "$CACHE_DIR" ${SLAVE_NAME:+--slave-name "$SLAVE_NAME"} "$@"
fi

# --- the first start --------------------------------------------------------------------
# Files that somebody asked to be PUID's are given to it, as there.
[ -z "$chosen" ] || own /data
if [ -z "$(ls -A /config)" ]; then
	probed --gen-examples=/config --datadir /data >/dev/null ||
		die "/config is empty, and a first configuration cannot be written there"
	own /config
elif [ -n "$chosen" ]; then
	own /config
fi
exec probed --config /config "$@"
