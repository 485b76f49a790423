# alertpeer.pl RULETOOL LETTERTOOL: draws sequences of rounds for patterns and matchers of
# alerts, and compares what Debian's SmokePing decides after every round, and what it sends,
# with what the tools say. Its functions are called as they are, in this process; the only
# one that is changed is ExpLoss of version 2.7, which takes any "falling" as 1 % (2.8
# mended it).
use strict;
use warnings;
use lib '/usr/share/smokeping/lib', '/usr/share/perl5';
use File::Temp qw(tempdir);
use Test::More;

my ($tool, $letters) = @ARGV;
die "usage: alertpeer.pl RULETOOL LETTERTOOL\n" unless $letters;
my $seed = $ENV{SEED} // 4;
srand $seed;
my $SEQUENCES = 10_000;
my $PINGS = 20;
my $dir = tempdir(CLEANUP => 1);

require Smokeping;
no warnings;    # SmokePing calculates with undefined values
{
	package Smokeping::matchers::ExpLoss;
	my $file = $INC{'Smokeping.pm'} =~ s/\.pm$//r . '/matchers/ExpLoss.pm';
	open my $in, '<', $file or die "$file: $!";
	local $/;
	my $text = <$in>;
	$text =~ s{\(defined \$self->\{param\}\{falling\} \|\| \$rising\)}
	          {\$self->{param}{falling} // \$rising};
	eval $text;
	die $@ if $@;
	$INC{'Smokeping/matchers/ExpLoss.pm'} = $file;
}

# Version 2.7 has no ConsecutiveLoss yet. Here it is by what its manual says: raised once
# so many losses in a row are at or above a limit, cleared once so many are below another.
if (!eval { require Smokeping::matchers::ConsecutiveLoss }) {
	package Smokeping::matchers::ConsecutiveLoss;
	require Smokeping::matchers::base;
	our @ISA = 'Smokeping::matchers::base';
	$INC{'Smokeping/matchers/ConsecutiveLoss.pm'} = __FILE__;
	*new = sub {
		my $class = shift;
		return $class->SUPER::new({ map { $_ => '\d+' } qw(pctlossraise stepsraise pctlossclear stepsclear) }, @_);
	};
	*Length = sub {
		my ($raise, $clear) = @{ $_[0]{param} }{qw(stepsraise stepsclear)};
		return $raise > $clear ? $raise : $clear;
	};
	*Test = sub {
		my ($p, $was, @loss) = ($_[0]{param}, $_[1]{prevmatch}, @{ $_[1]{loss} });
		my $steps = $was ? $p->{stepsclear} : $p->{stepsraise};
		return $was if @loss < $steps;
		for my $loss (@loss[ -$steps .. -1 ]) {
			return $was if $loss eq 'S' or ($was ? $loss >= $p->{pctlossclear} : $loss < $p->{pctlossraise});
		}
		return !$was;
	};
}

# --- what is compared -----------------------------------------------------------------

# TYPE, PATTERN, and for matchers the values that matter: losses of 20, or milliseconds.
my @rules = (
	[ loss => '>0%' ],
	[ loss => '==0%,==0%,==0%,==0%,>20%,>20%,>=20%' ],
	[ loss => '>0%,*12*,>0%,*12*,>0%' ],
	[ loss => '>10%,*10*,>10%' ],
	[ loss => '==S,>20%,>20%' ],
	[ loss => '>45%<=55%,<100%,!=0%' ],
	[ loss => '<10%,<10%,*3*,>=50%,*2*,==100%' ],
	[ loss => '*4*,>0%,*5*' ],
	[ loss => '>0%,*2*,>0%,*3*,>0%,*4*,>0%' ],
	[ loss => '==100%,==*,==*,==100%' ],
	[ loss => '==0%,*6*,*3*,>5%<95%,!=U' ],
	[ loss => '<=5%,==U,*4*,>0%' ],
	[ loss => '>=50%,*20*,<=10%,*20*,>=50%' ],
	[ loss => '>010%,<=024%' ],
	[ rtt => '<10,<10,<10,<10,<10,>10,>100,>100,>100' ],
	[ rtt => '==S,==U' ],
	[ rtt => '!=U,==U,==U' ],
	[ rtt => '>100' ],
	[ rtt => '>33.3<66.7,*5*,>66.6' ],
	[ rtt => '==U,*7*,!=U,*7*,==U' ],
	[ rtt => '<5,*3*,==*,>0.3<4' ],
	[ rtt => '>=20,*8*,>=20,*8*,>=20,*8*,>=20' ],
	[ rtt => '==S,*5*,>50' ],
	[ matcher => "Avgratio(historic=>10,current=>2,comparator=>'>',percentage=>150)", 'rtt', 10, 14, 16, 40, 'U' ],
	[ matcher => "Avgratio(historic=>3,current=>4,comparator=>'<=',percentage=>66.6)", 'rtt', 90, 60, 59, 61, 30 ],
	[ matcher => "Avgratio(historic=>2,current=>2,comparator=>'==',percentage=>100)", 'rtt', 10, 20, 'U' ],
	[ matcher => "Medratio(historic=>6,current=>3,comparator=>'>',percentage=>120)", 'rtt', 10, 11, 12, 13, 'U' ],
	[ matcher => "Medratio(historic=>5,current=>2,comparator=>'<',percentage=>80)", 'rtt', 40, 33, 31, 20 ],
	[ matcher => 'Median(old=>5,new=>3,diff=>0.005)', 'rtt', 10, 14, 15, 16, 'U' ],
	[ matcher => 'Median(old=>4,new=>4,diff=>0.02)', 'rtt', 10, 29, 30, 31, 50 ],
	[ matcher => 'CheckLoss(l=>30,x=>3)', 'loss', 0, 5, 6, 20, 'U' ],
	[ matcher => 'CheckLoss(l=>50,x=>1)', 'loss', 0, 9, 10, 20 ],
	[ matcher => 'CheckLatency(l=>100,x=>2)', 'rtt', 50, 99.9, 100, 200, 'U' ],
	[ matcher => 'CheckLatency(l=>20,x=>4)', 'rtt', 19, 20, 25 ],
	[ matcher => 'ConsecutiveLoss(pctlossraise=>50,stepsraise=>1,pctlossclear=>10,stepsclear=>3)', 'loss', 0, 1, 2, 10, 20 ],
	[ matcher => 'ConsecutiveLoss(pctlossraise=>20,stepsraise=>3,pctlossclear=>20,stepsclear=>2)', 'loss', 0, 3, 4, 'U' ],
	[ matcher => 'ExpLoss(hist=>10,rising=>20)', 'loss', 0, 2, 5, 10, 20 ],
	[ matcher => 'ExpLoss(hist=>8,rising=>30,falling=>10)', 'loss', 0, 5, 10, 20 ],
	[ matcher => 'ExpLoss(hist=>6,rising=>25.5,falling=>5,skip=>3,fast=>2)', 'loss', 0, 1, 5, 6, 20 ],
);

# --- SmokePing ------------------------------------------------------------------------

# A judge for one rule: rounds in, a string of 0 and 1 out.
sub peer {
	my ($type, $pattern) = @_;
	my $cfg = { Alerts => { al => { type => $type, pattern => $pattern } } };
	Smokeping::init_alerts($cfg);
	return $cfg->{Alerts}{al};
}

# Rounds are [LOST, SECONDS], U as a word. As check_alerts() keeps them and asks.
sub decide {
	my ($alert, $rounds) = @_;
	my $x = { loss => ['S'], rtt => ['S'] };
	my $keep = $alert->{maxlength};
	my ($before, $out) = (0, '');
	for my $round (@$rounds) {
		my ($loss, $rtt) = @$round;
		$loss = undef if $loss eq 'U';
		push @{ $x->{loss} }, $loss * 100 / $PINGS;
		push @{ $x->{rtt} }, $rtt eq 'U' ? undef : $rtt;
		if (@{ $x->{loss} } > $keep) {
			shift @{ $x->{loss} };
			shift @{ $x->{rtt} };
		}
		$x->{prevmatch} = $before;
		local $_ = 'al';
		my $match = $alert->{sub}->($x) || 0;
		$before = $match ? $before + $match : 0;
		$out .= $match ? 1 : 0;
	}
	return $out;
}

# --- drawing --------------------------------------------------------------------------

sub pick { return $_[ rand @_ ] }

my %round;
sub round_of {
	my ($lost, $ms) = @_;
	return $round{"$lost $ms"} //= [ $lost, $ms eq 'U' ? 'U' : sprintf '%.10e', $ms / 1000 ];
}

my @lost = (0 .. 20, 0, 0, 0, 20, 20);
my @ms = (0.2, 0.3, 0.35, 4, 4.99, 5, 9.9, 10, 10.1, 20, 33.3, 50, 66.6, 66.7, 99, 100, 101, 250, 'U', 'U');

sub any_round {
	my ($rule) = @_;
	my ($type, undef, $kind, @pool) = @$rule;
	return round_of(rand() < .02 ? 'U' : pick(@lost), pick(@ms)) if $type ne 'matcher';
	return round_of(pick(@pool), 10) if $kind eq 'loss';
	return round_of(pick(0, 20), pick(@pool));
}

# What the element ENTRY of a pattern asks of a value (undef: unknown).
sub wish {
	my ($type, $entry) = @_;
	return sub { 1 } if $entry =~ /^==[*S]$/;
	return $1 eq '==' ? sub { !defined $_[0] } : sub { defined $_[0] } if $entry =~ /^(.=)U$/;
	my @terms = 'defined $_[0]';
	while ($entry =~ s/^([<>=!]+)([\d.]+)%?//) {
		my ($op, $limit) = ($1, $2);
		$limit = oct $limit if $type eq 'loss' and $limit =~ /^0\d/;
		push @terms, "\$_[0] $op $limit";
	}
	return eval 'sub {' . join(' and ', @terms) . '}';
}

# A round that ENTRY takes.
my %wish;
sub fitting {
	my ($rule, $entry) = @_;
	my ($type) = @$rule;
	my $wish = $wish{"$type $entry"} //= wish($type, $entry);
	my $round;
	for (1 .. 200) {
		$round = any_round($rule);
		my ($lost, $s) = @$round;
		my $y = $type eq 'loss' ? ($lost eq 'U' ? 0 : $lost * 5) : $s eq 'U' ? undef : $s * 1000;
		last if $wish->($y);
	}
	return $round;    # that of ==U of a loss does not fit
}

# A sequence that was made to fire at its end, with luck.
sub hopeful {
	my ($rule) = @_;
	my ($type, $pattern) = @$rule;
	my @rounds;
	if ($type eq 'matcher') {
		# Stretches of much the same, as networks have them.
		for (1 .. 2 + rand 4) {
			my $round = any_round($rule);
			push @rounds, map { rand() < .25 ? any_round($rule) : $round } 0 .. rand 9;
		}
		return \@rounds;
	}
	for my $entry (split /,/, $pattern) {
		if ($entry =~ /^\*(\d+)\*$/) {
			push @rounds, map { any_round($rule) } 1 .. rand(rand($1) + 1);
		} elsif ($entry ne '==S') {
			push @rounds, fitting($rule, $entry);
		}
	}
	unshift @rounds, map { any_round($rule) } 0 .. rand 24
	    if $pattern !~ /==S/ and rand() < .7;
	return \@rounds;
}

# SEQUENCE, which fires, with one value changed so that it does not; undef if none.
sub short_of {
	my ($rule, $alert, $rounds) = @_;
	for (1 .. 25) {
		my @copy = @$rounds;
		my $i = $#copy - int rand min(scalar @copy, $alert->{maxlength});
		$copy[$i] = any_round($rule);
		next if "@{$copy[$i]}" eq "@{$rounds->[$i]}";
		return \@copy if decide($alert, \@copy) !~ /1$/;
	}
	return undef;
}

sub min { return $_[0] < $_[1] ? $_[0] : $_[1] }

my %count = (firing => 0, short => 0, other => 0);
my (@asked, @wanted);

sub ask {
	my ($rule, $rounds, $sort, $want) = @_;
	push @asked, join "\t", $rule->[0], $rule->[1], 0, $PINGS, join ' ', map { "$_->[0]/$_->[1]" } @$rounds;
	push @wanted, $want;
	$count{$sort}++;
}

# Turn by turn: each rule gives one that fires, one that is a value short of it, and a
# third now and then. A rule that is hard to make fire gives up its turn.
my (%fires, %never, %alert);
my $turn = 0;
# What came before, and temporary files among it, has drawn an unknown number of times.
srand $seed;
while (@asked < $SEQUENCES) {
	my $rule = $rules[ $turn++ % @rules ];
	my $alert = $alert{ $rule->[1] } //= peer(@$rule);
	my ($rounds, $want);
	next if ($never{ $rule->[1] } // 0) > 9;
	for (1 .. 60) {
		$rounds = hopeful($rule);
		$want = decide($alert, $rounds);
		last if $want =~ /1$/;
	}
	if ($want !~ /1$/) {
		ask($rule, $rounds, 'other', $want);
		$never{ $rule->[1] }++ unless $fires{ $rule->[1] };
		next;
	}
	$fires{ $rule->[1] }++;
	ask($rule, $rounds, 'firing', $want);
	my $short = short_of($rule, $alert, $rounds);
	ask($rule, $short, 'short', decide($alert, $short)) if $short;
	if (rand() < .4) {
		my $other = [ map { any_round($rule) } 0 .. rand 40 ];
		ask($rule, $other, 'other', decide($alert, $other));
	}
}

# --- the comparison -------------------------------------------------------------------

sub answers {
	my @lines = @_;
	open my $out, '>', "$dir/asked" or die $!;
	print $out "$_\n" for @lines;
	close $out;
	my @answers = `"$tool" <"$dir/asked"`;
	chomp @answers;
	return @answers;
}

my @got = answers(@asked);
is(scalar @got, scalar @asked, "an answer for each of " . @asked . " sequences");
my @differ = grep { $got[$_] ne $wanted[$_] } 0 .. $#asked;
my $rounds = length join '', @wanted;
is(scalar @differ, 0, "the decisions after each of $rounds rounds are SmokePing's");
for my $i (@differ[ 0 .. min($#differ, 9) ]) {
	diag("$asked[$i]\n  smokeping $wanted[$i]\n  here      $got[$i]");
}
my $all = @asked / 100;
diag(sprintf 'firing %.1f %%, one value short %.1f %%, others %.1f %% (seed %d)',
	map({ $count{$_} / $all } qw(firing short other)), $seed);
cmp_ok($count{firing} / $all, '>=', 30, 'share of sequences that fire, in percent');
cmp_ok($count{short} / $all, '>=', 30, 'share one value short of firing, in percent');
# SmokePing knows no unknown loss, and no gap reaches back to the start.
my @never = grep { !$fires{ $_->[1] } } @rules;
is("@{[ map { $_->[1] } @never ]}", '<=5%,==U,*4*,>0% ==S,*5*,>50', 'only those that cannot fire do not');

# --- what is accepted ------------------------------------------------------------------

my @texts = (
	map({ [ loss => $_ ] } '>20', '>20%', '> 20%', '>20%%', '>20.%', '>20.5%', '>.5%', '<=U', '==U', '!=U',
		'!=S', '==S', '>*', '==*', '*5*', '*0*', '**', '*05*', '5%', '=5%', '>5%<10%', '>5%<10', '>5<10%',
		'>5%==10%', '>08%', '>010%', '>00%', '==5%,*3*', '>1e1%', '>-1%', '>5%,abc', '==U,==S', 'U',
		'>0%  ,  *2*  ,  >0%', '>=0%<=100%', '<>5%', '>5%!', '*5', '5*', '*5*5*'),
	map({ [ rtt => $_ ] } '>20', '>20%', '>010', '>08', '>20*', '>20<30*', '==*', '>1.5<2.5', '>1.5.2', '==20'),
	map({ [ matcher => $_ ] } 'CheckLoss', 'CheckLoss(l=>1,x=>1)', 'checkloss(l=>1,x=>1)', 'CheckLoss(l=>1,y=>1)',
		'CheckLoss(l=>1.5,x=>1)', 'CheckLoss(l=>1.0,x=>1)', "CheckLoss('l'=>'1',\"x\",1)", 'CheckLoss(l=>1,x=>1,)',
		'CheckLoss(l=>1,x=>-1)', 'CheckLoss(l=>1 x=>1)', 'CheckLoss(l=>1,x=>)', 'CheckLoss(l=>1,x=>1);',
		'CheckLoss(l=>"a",x=>1)', 'CheckLoss( l => 1 , x => 1 )', 'CheckLoss()', 'CheckLoss(l=>1,x=>1',
		"Avgratio(historic=>1,current=>1,comparator=>'!=',percentage=>1)",
		"Avgratio(historic=>1,current=>1,comparator=>>,percentage=>1)",
		"Avgratio(historic=>1,current=>1,comparator=>'>=',percentage=>1.5)",
		"Median(old=>1,new=>1,diff=>1.50)", "ExpLoss(hist=>1,rising=>1,falling=>0.5)", "ExpLoss(hist=>1,rising=>1,slow=>1)"),
);
my @said = answers(map { "$_->[0]\t$_->[1]\t0\t20\t" } @texts);
my @wrong;
for my $i (0 .. $#texts) {
	my $taken = eval { peer(@{ $texts[$i] }); 1 } || 0;
	push @wrong, "$texts[$i][0] $texts[$i][1]: smokeping " . ($taken ? 'takes' : "refuses ($@)") . ", here: $said[$i]"
	    if $taken != ($said[$i] !~ /^bad/);
}
is(join("\n", @wrong), '', 'the ' . @texts . ' texts that SmokePing takes are taken, the others are not');

# --- what is sent ----------------------------------------------------------------------

# Targets with several alerts each, with and without edge trigger and priority: the mails
# that check_alerts() sends, one after the other.
my @sent;
*Smokeping::sendmail = sub ($$$) {
	my ($name, $what, $line) = $_[2] =~ /^Subject: \[SmokeAlert\] (\S+) (.+) on (\S+)$/m;
	my ($loss) = $_[2] =~ /^(loss: .*)$/m;
	my ($rtt) = $_[2] =~ /^(rtt: .*)$/m;
	push @sent, "$line $name|$what|$loss|$rtt";
};
*Smokeping::do_log = *Smokeping::do_debuglog = sub (@) { };

my $TARGETS = 150;
my %alerts = (to => 'a@b', from => 'c@d');
my ($alert_text, $target_text, %tree, @walk) = ('', '');
for my $n (1 .. $TARGETS) {
	my @names;
	my @mine = map { $rules[ rand @rules ] } 1 .. 1 + rand 4;
	for my $rule (@mine) {
		my ($type, $pattern) = @$rule;
		my $name = "t${n}a" . @names;
		my $edge = pick('yes', 'no');
		my $priority = rand() < .6 ? 1 + int rand 3 : undef;
		$alerts{$name} = { type => $type, pattern => $pattern, comment => 'c', edgetrigger => $edge, priority => $priority };
		$alert_text .= "+ $name\ntype = $type\npattern = $pattern\ncomment = c\nedgetrigger = $edge\n";
		$alert_text .= "priority = $priority\n" if $priority;
		push @names, $name;
	}
	$tree{"T$n"} = { alerts => \@names, host => 'h', alertee => undef };
	$target_text .= "+ T$n\nhost = h\nalerts = " . join(',', @names) . "\n";
	for (1 .. 6) {
		my $rounds = hopeful(pick(@mine));
		push @walk, map { [ "T$n", $_ ] } @$rounds;
	}
}
my $cfg = { General => { datadir => '/d', cgiurl => 'http://h/x' }, Alerts => \%alerts };
Smokeping::init_alerts($cfg);
for my $t (values %tree) {
	my ($longest) = sort { $b <=> $a } map { $alerts{$_}{maxlength} } @{ $t->{alerts} };
	$t->{fetchlength} = $longest;
}
# A round of which nothing was answered has no median.
for my $step (@walk) {
	my ($lost) = @{ $step->[1] };
	$step->[1] = [ $lost, 'U' ] if $lost eq 'U' or $lost == $PINGS;
	$step->[1] = [ $lost, '5.0000000000e-02' ] if $lost ne 'U' and $lost < $PINGS and $step->[1][1] eq 'U';
}
Smokeping::check_alerts($cfg, $tree{ $_->[0] }, $PINGS, "/d/$_->[0]", 'host', @{ $_->[1] }, undef) for @walk;

open my $config, '>', "$dir/config" or die $!;
print $config <<END;
*** General ***
owner = o
contact = a\@b
imgcache = $dir
imgurl = i
datadir = $dir
piddir = $dir
smokemail = $dir/config
cgiurl = http://h/x
*** Alerts ***
to = a\@b
from = c\@d
$alert_text
*** Database ***
step = 300
pings = $PINGS
AVERAGE 0.5 1 100
*** Presentation ***
template = $dir/config
+ overview
width = 600
height = 50
+ detail
width = 600
height = 200
"Last 3 Hours" 3h
*** Probes ***
+ FPing
binary = /usr/bin/fping
*** Targets ***
probe = FPing
menu = m
title = t
$target_text
END
close $config;
open my $steps, '>', "$dir/steps" or die $!;
print $steps "$_->[0] $_->[1][0]/$_->[1][1]\n" for @walk;
close $steps;
chdir $dir;
my @here = `"$letters" "$dir/config" <"$dir/steps"`;
chomp @here;
my $at = 0;
$at++ while $at < @sent and $at < @here and $sent[$at] eq $here[$at];
ok($at == @sent && $at == @here, 'the ' . @sent . ' letters after ' . @walk . ' rounds are SmokePing\'s')
    or diag("smokeping " . ($sent[$at] // 'sends no more') . "\nhere      " . ($here[$at] // 'nothing more'));
cmp_ok(scalar @sent, '>', 1000, 'enough of them');
done_testing();
