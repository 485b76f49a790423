#!/bin/bash
# The sentence on the front page where much is wrong at once: each reason in one line with
# those that share it, and who has yet another one by name as well.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=2ms
2 loss=1
3 loss=1
4 error=host
5 error=net
6 error=prohibited
7 error=port"

config 1 5 < <(
	printf '+ A\nmenu = A\ntitle = A\n'
	for i in 2 3 4 5 6 7 8; do
		printf '++ t%d\nmenu = <b>Host</b> %d\ntitle = t\nhost = 10.0.0.%d\n' $i $i $i
	done
)
probed_start
wait_until 20 ready || bail "probed does not answer"
all_known() {
	page / | grep -q 'Of 7 targets, <span class="wrong">6 do not answer</span>, 1 is fine\.'
}
wait_until 20 all_known
ok $? "six of seven do not answer" || show "$DIR/page"
lines=$(sed -n '/id="verdict"/,/<\/div>/s/^<p>\(Host .*\)<\/p>$/\1/p' "$DIR/page")
is "$(printf '%s\n' "$lines" | wc -l)" 4 "for three reasons and others"
like "$lines" '^Host 2, Host 3: no answer in time: 100 % loss since [0-9:]+' \
	"who shares one stands in one line"
like "$lines" '^Host 6, Host 7: other reasons$' "and who has yet another has a name, too"
done_testing
