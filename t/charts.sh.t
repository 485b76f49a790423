#!/bin/bash
# The charts: in the order of what rrdtool says is stored, as SmokePing's own sorters put
# it; in API and pages, ours and at SmokePing's addresses.
. "${SOURCE:?}/t/world.sh" || exit 1
world "$@"
network "* delay=3ms
2 loss=0.3 delay=9ms normal=2ms
3 loss=0.7 delay=25ms normal=6ms
4 loss=1
5 delay=60ms normal=1ms
6 delay=15ms normal=5ms"

config 4 20 <<'END'
+ G
menu = Group
title = A group
++ one
menu = One
title = The <b>first</b> one
host = 10.0.0.2
++ two
host = 10.0.0.3
++ dead
host = 10.0.0.4
++ far
host = 10.0.0.5
hide = yes
++ smoky
host = 10.0.0.6
+ noname
host = no.such.name.sim
+ Both
host = /G/one /G/two
END
sed -i '/^"Last 400 Days"/a \
+ charts\
menu = Hit list\
title = The most interesting\
++ loss\
menu = Losers\
title = The losers\
sorter = Loss(entries=>2)\
format = Packets Lost %f\
++ slow\
menu = by Max\
title = The slowest\
sorter = Max(entries=>10)\
format = %d%% of a second %n%s\
++ median\
menu = by Median\
title = Highest medians\
sorter = Median()\
++ smoke\
menu = by StdDev\
title = Most smoke\
sorter = StdDev(entries=>4)\
++ odd\
menu = Odd\
title = Of elsewhere\
sorter = Weather(entries=>4)' "$DIR/config"
sed -i 's/Median()/Median(entries=>3)/' "$DIR/config"

"$BUILD/probed/probed" --config "$DIR/config" --check >"$DIR/said" 2>&1
ok $? "the configuration is accepted"
is "$(grep -c "there is no sorter" "$DIR/said")" 1 "a sorter that is none of SmokePing's is named"
unlike "$(cat "$DIR/said")" "not drawn yet" "and nothing about charts besides"

probed_start
wait_until 20 ready || bail "probed does not answer"

paths="G.one G.two G.dead G.far G.smoky"
# What stands in the files of the last round: "PATH TIME LOSS MEDIAN PING..." a line.
stored() {
	local path
	for path in $paths; do
		rrdtool lastupdate "$DIR/data/${path//.//}.rrd" 2>/dev/null |
			awk -v p="$path" 'sub(/^[0-9]+:/, "&") && NF > 4 { t = $1; sub(":", "", t)
				printf "%s %s", p, t; for (i = 3; i <= NF; i++) printf " %s", $i; print "" }'
	done
}
# Everybody's round of the same step is stored, and it is the one that the API has.
settled() {
	stored >"$DIR/stored"
	[ "$(wc -l <"$DIR/stored")" = 5 ] && [ "$(awk '{ print $2 }' "$DIR/stored" | sort -u | wc -l)" = 1 ] ||
		return 1
	for by in loss max median stddev; do
		api "charts?by=$by" >"$DIR/$by.json"
	done
	stored | cmp -s - "$DIR/stored" &&
		[ "$(jq -r '.targets[].time' "$DIR"/{loss,max,median,stddev}.json | sort -u)" = \
			"$(awk 'NR == 1 { print $2 }' "$DIR/stored")" ]
}
wait_until 40 settled
ok $? "a round of all is stored" || show "$DIR/stored"

# The same by rrdtool's numbers alone: "VALUE PATH", highest first.
by_rrdtool() {
	awk -v by="$1" '{
		n = s = q = 0; max = -1
		for (i = 5; i <= NF; i++)
			if ($i !~ /[UuNn]/) { n++; s += $i; if ($i > max) max = $i + 0 }
		for (i = 5; i <= NF; i++)
			if ($i !~ /[UuNn]/) q += ($i - s / n) ^ 2
		v = by == "loss" ? ($3 > 0 ? $3 : -1) : by == "max" ? max : \
			by == "median" ? ($4 ~ /[UuNn]/ ? -1 : $4) : n > 0 ? sqrt(q / n) : -1
		if (v >= 0)
			printf "%.6g %s\n", v, $1
	}' "$DIR/stored" | sort -k1,1gr -k2
}
ours() {
	jq -r '.targets[] | "\(.value) \(.path)"' "$DIR/$1.json" |
		awk '{ printf "%.6g %s\n", $1, $2 }' | sort -k1,1gr -k2
}
for by in loss max median stddev; do
	is "$(ours $by)" "$(by_rrdtool $by)" "$by: what is stored"
	is "$(jq -r '[.targets[].value] | . == (sort | reverse)' "$DIR/$by.json")" true \
		"$by: the highest first"
done
holds "there is something to see ($(jq .count "$DIR/loss.json") lose pings)" \
	"$(jq .count "$DIR/loss.json") >= 3 && $(jq .count "$DIR/median.json") == 4"

# As SmokePing's own code has it.
cat >"$DIR/sorters.pl" <<'END'
use strict;
my ($by, $class) = @ARGV;
eval "require Smokeping::sorters::$class" or die $@;
my $sorter = "Smokeping::sorters::$class"->new(entries => 10);
my %cache;
while (<STDIN>) {
	my ($path, $time, $loss, $median, @pings) = split;
	my ($l, $m) = map { /U|nan/i ? undef : 0.0 + $_ } $loss, $median;
	$cache{$path} = $sorter->CalcValue({ loss => $l, median => $m,
		pings => [ map { /U|nan/i ? undef : 0.0 + $_ } @pings ] });
}
printf "%.6g %s\n", $_->{value}, join('/', @{ $_->{open} })
    for grep { $_->{value} >= 0 } @{ $sorter->SortTree(\%cache) };
END
for pair in loss:Loss max:Max median:Median stddev:StdDev; do
	if perl "$DIR/sorters.pl" "${pair%:*}" "${pair#*:}" <"$DIR/stored" >"$DIR/theirs" 2>"$DIR/perl"; then
		is "$(ours "${pair%:*}")" "$(sort -k1,1gr -k2 "$DIR/theirs")" \
			"${pair%:*}: SmokePing's own sorter says the same"
	else
		skip "no SmokePing: $(head -c 60 "$DIR/perl" | head -n1)"
	fi
done

# --- the API ---
is "$(api "charts?by=max&limit=2" | jq -c '[(.targets | length), .next, .targets[1].rank, .unit]')" \
	'[2,2,2,"s"]' "a page of it"
is "$(api "charts?by=max&limit=2&after=2" | jq -r '.targets[0].path')" \
	"$(jq -r '.targets[2].path' "$DIR/max.json")" "goes on where it ended"
is "$(api "charts?by=size" | jq -r .detail)" "parameter by: expected loss, max, median or stddev" \
	"another order is refused"

# --- pages ---
page /charts >"$DIR/html"
is "$(cat "$DIR/page.status")" 200 "the page of all charts"
for text in "The most interesting" "Losers" "by StdDev" "The losers" "/charts/slow" \
	"This chart&#39;s sorter is none that is known here"; do
	grep -qF -- "$text" "$DIR/html"
	ok $? "has '$text'"
done
like "$(page / | tr '\n' ' ')" 'href="/charts">Charts' "and a way leads there"
page /charts/loss >"$DIR/html"
is "$(grep -c '<picture>' "$DIR/html")" 2 "as many entries as asked for"
like "$(cat "$DIR/html")" "Packets Lost 20\.000000" "with the value as the format has it"
like "$(cat "$DIR/html")" 'start=now-1h' "and the graph of the last hour"
like "$(cat "$DIR/html")" 'href="/charts\.csv\?table=loss" download' "it is a file as well"
page /charts/slow >"$DIR/html"
like "$(cat "$DIR/html")" 'href="/charts\.csv\?table=max" download' "each chart is one of its own"
like "$(cat "$DIR/html")" "0% of a second %n *<" "what is no number in a format is only text"
is "$(grep -c '<picture>' "$DIR/html")" 4 "what never answered has no slowest ping"
unlike "$(page /charts)" "<b>first" "titles are text"
for address in "/smokeping.cgi?target=_charts" "/smokeping/?target=_charts.loss"; do
	page "$address" >"$DIR/html"
	is "$(cat "$DIR/page.status")" 200 "$address"
	like "$(cat "$DIR/html")" "Losers" "shows it"
done
page "/smokeping.cgi?target=_charts.none" >"$DIR/html"
is "$(cat "$DIR/page.status")" 404 "a chart that is not there"
probed_stop
ok $? "it ends cleanly"
done_testing
