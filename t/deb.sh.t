#!/bin/bash
# The Debian package: made of the tarball's files, installed over a copy of this machine that
# vanishes, started as its unit says, taken off again. What is measured survives all of it.
. "${SOURCE:?}/t/world.sh" || exit 1
if [ -z "${WORLD:-}" ]; then
	[ "$(id -u)" = 0 ] || skip_all "not root"
	command -v dpkg-buildpackage dh >"$DIR/out" || skip_all "no debhelper"
	# The make that runs the tests is not this one's. How fast it is, is not looked at.
	(unset MAKEFLAGS MFLAGS MAKELEVEL && DEB_BUILD_OPTIONS="parallel=2 noautodbgsym noopt" \
		make -C "$BUILD" deb) >"$DIR/deb.log" 2>&1 ||
		{ show "$DIR/deb.log"; bail "the package is not made"; }
fi
world "$@"
package=$(ls "$BUILD"/deb/smokebox_*.deb)
field() {
	dpkg-deb -f "$package" "$1"
}

# --- what it is --------------------------------------------------------------------------
is "$(field Version)" "$(sed -n 's/^AC_INIT(.*, \[\(.*\)\])/\1/p' "$SOURCE/configure.ac")" \
	"its version is the program's"
# section NAME...: of the list of packages
section() {
	awk -v want=" $* " '/^# [a-z]+$/ { on = index(want, " " $2 " ") } /^[a-z0-9]/ && on' \
		"$SOURCE/docker/packages.txt" | sort -u
}
# Not those that every Debian builds with, or debhelper or the tarball brings.
section build | grep -vxE 'gcc|make|libc6-dev|linux-libc-dev|autoconf|automake|xz-utils|npm' >"$DIR/want"
sed -n '/^Build-Depends:/,/^[A-Z]/s/^ \([a-z0-9.+-]*\),$/\1/p' "$SOURCE/debian/control" |
	sort >"$DIR/has"
is "$(comm -3 "$DIR/want" "$DIR/has" | tr -d '\t')" "" "it is built of what the image is built of"
section image run | grep -vxE 'libcap2-bin' >"$DIR/want"
field Depends | tr ',|' '\n\n' | awk '{ print $1 }' | sort -u >"$DIR/has"
is "$(comm -23 "$DIR/want" "$DIR/has")" "" "and needs what the image needs"

# --- on a machine ------------------------------------------------------------------------
mount --make-rprivate /
mkdir "$DIR/over"
mount -t tmpfs over "$DIR/over" || bail "no tmpfs"
for d in etc usr var; do
	mkdir -p "$DIR/over/$d" "$DIR/over/$d.work"
	mount -t overlay over -o "lowerdir=/$d,upperdir=$DIR/over/$d,workdir=$DIR/over/$d.work" \
		"/$d" || { skip "no overlay of /$d: it was not installed"; done_testing; }
done
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
network "* delay=2ms"

dpkg_() {
	DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io "$@" >"$DIR/dpkg.log" 2>&1
}
dpkg_ -i "$package"
ok $? "it is installed" || show "$DIR/dpkg.log"
is "$(dpkg-query -W -f '${Status}' smokebox)" "install ok installed" "wholly"
is "$(stat -c '%U:%G %a' /var/lib/smokebox)" "smokebox:smokebox 755" "the history has its user"
is "$(man -w probed 2>"$DIR/out" | head -n 1)" "/usr/share/man/man8/probed.8.gz" "manuals are found"

unit=/lib/systemd/system/smokebox.service
start() {
	# shellcheck disable=SC2046
	$(sed -n 's/^ExecStart=//p' $unit) --listen 127.0.0.1:8080 >"$DIR/probed.out" \
		2>>"$DIR/probed.log" &
	PROBED=$!
	wait_until 20 ready || bail "probed does not answer"
}
start
all_ready() {
	[ "$(json status '[.workers[] | select(.state != "ready")] | length')" = 0 ]
}
wait_until 20 all_ready
ok $? "started as the unit says, every worker is ready"
is "$(ps -o user= -C probed-recorder | sort -u)" smokebox "as its user"
like "$(ls /etc/smokebox/config)" '^Targets$' "an empty machine gets a configuration to edit"
printf '++ mine\nmenu = Mine\nhost = 10.0.0.2\n' >>/etc/smokebox/config/Targets
mine_is_fine() {
	[ "$(json targets '.targets[] | select(.path | endswith(".mine")) | .state')" = fine ]
}
wait_until 60 mine_is_fine
ok $? "what is written below it is measured"
wait_until 60 test -n "$(find /var/lib/smokebox -name mine.rrd)"
probed_stop
ok $? "and it ends"
find /var/lib/smokebox -name '*.rrd' | sort >"$DIR/before"
like "$(cat "$DIR/before")" '/mine\.rrd$' "there is a history"

# --- again, off, away --------------------------------------------------------------------
dpkg_ -i "$package"
ok $? "it is installed over itself" || show "$DIR/dpkg.log"
is "$(grep -c '^++ mine' /etc/smokebox/config/Targets)" 1 "the configuration is whose it was"
dpkg_ -r smokebox
ok $? "it is taken off" || show "$DIR/dpkg.log"
is "$(find /usr/sbin/probed /usr/bin/probectl /usr/libexec/smokebox $unit 2>"$DIR/out")" "" \
	"nothing of it is left"
dpkg_ -P smokebox
ok $? "and purged" || show "$DIR/dpkg.log"
is "$(find /var/lib/smokebox -name '*.rrd' | sort)" "$(cat "$DIR/before")" "the history stays"
like "$(cat "$DIR/dpkg.log")" '/var/lib/smokebox stays' "and it says so"
is "$(grep -c '^++ mine' /etc/smokebox/config/Targets)" 1 "so does what a person wrote"
done_testing
