#!/bin/bash
# A line that dies where nothing in front of the far ends is measured: the verdict is no more
# than a hint, but all that is known, so it is told, and not which targets are down.
. "${SOURCE:?}/t/world.sh" || exit 1
command -v jq >"$DIR/which" || skip_all "no jq"
world "$@"
. "$SOURCE/t/flowworld.sh"
. "$SOURCE/t/routers.sh"
home
FAR_ENDS="31.1.0.1 32.1.0.1 33.1.0.1 34.1.0.1"
far_ends "$FAR" $FAR_ENDS
cat >"$DIR/bell" <<-END
	#!/bin/sh
	echo "\$1 \$2 \$6" >>"\$0.log"
END
chmod 755 "$DIR/bell"
: >"$DIR/bell.log"
cat >"$DIR/smokebox" <<-END
	*** Actions ***
	+ bell
	type = command
	program = $DIR/bell
END
config 1 4 <<-END
	+ Net
	menu = Net
	title = Net
	$(n=0; for a in $FAR_ENDS; do n=$((n + 1)); target "far$n" "$a"; done)
END
sed -i 's/^binary = .usr.bin.fping/&\nhostinterval = 0.15\ntimeout = 0.6/' "$DIR/config"
probed_start
wait_until 60 ready || bail "probed does not answer"
verdict() {
	json status ".verdict$1"
}
says() {
	[ "$(verdict "$1")" = "$2" ]
}
wait_until 90 says .fine true
ok $? "all is fine" || verdict "" | sed 's/^/# /'
line_down
wait_until 120 says .fine false
ok $? "it is not any more" || verdict "" | sed 's/^/# /'
is "$(verdict .confidence)" hint "which is a hint"
rang() {
	grep -q "^verdict [^ ]* $1$" "$DIR/bell.log"
}
wait_until 120 rang 1
ok $? "and told, as it is all that is known" || show "$DIR/bell.log"
explains_all() {
	[ "$(json "incidents?open=yes&kind=loss" '[.incidents[].suppressed_by] | unique | map(tostring) | join(" ")')" = \
		"$(json "incidents?open=yes&kind=verdict" '.incidents[].id')" ]
}
# The letter may ring before the last target is known to be down.
wait_until 60 explains_all
ok $? "it explains all that are down" || json "incidents?open=yes" . | sed 's/^/# /'
line_up
wait_until 120 rang 0
ok $? "that it is over, too" || show "$DIR/bell.log"
is "$(grep -c '^verdict ' "$DIR/bell.log") $(grep -c '^loss ' "$DIR/bell.log")" "2 0" \
	"and nothing of each that was down" || show "$DIR/bell.log"
probed_stop
ok $? "it ends"
done_testing
