/* All who judge in the recorder against a generator of networks. A scenario makes a
 * network of links and hosts, lets something happen to it, and says what a good judge
 * calls it. What a box in there would measure (rounds, walks to targets, counters of
 * its line and radio, hosts that are attacked) goes into the recorder's own code, with
 *a turned clock (t/scenariobox.h); what is then in events.db, and what web was told, is
 * held against what is right. The generator knows nothing of how they think.
 *
 *	t/scenarios.t [SEEDS [FIRST]]
 *
 * Runs each scenario with SEEDS networks and onsets (default SCENARIO_SEEDS of the
 * environment, else 1), and, unless it is built with sanitizers, once more with a seed
 * drawn fresh. Names of scenarios may follow: only those run.
 *
 * That a scenario is right in 16 of 20, and sure in time in 16 of 20, is a claim of 20
 * seeds (CLAIMED). Of fewer, one that falls short is left out by name, unless so few
 * are no chance any more. The first seed alone, as by default, is known: each scenario
 * is right there. Likewise, but for the first seed, that what is clear is dated right,
 * and that, in 19 of 20, of what is dead for all one letter is sent, and none for each
 * target behind it. Of what comes and goes no subject is told more than twice, in any.
 *
 * Live, with real flow datagrams and steps of 1 s: a line that dies and a far end that
 * does (t/verdictlive.sh.t), an upload that fills it (t/fullline.sh.t), the same by
 * counters (t/congested.sh.t), an attack that does not hurt (t/attack.sh.t), a victim
 * elsewhere (t/telescope.sh.t). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "infer/odds.h"
#include "t/scenariorun.h"
#include "t/scenarios.h"
#include "t/tap.h"

static const struct scenario_table *const tables[] = { &scenarios_home, &scenarios_line,
	&scenarios_way, &scenarios_ends, &scenarios_hops, &scenarios_family,
	&scenarios_fine };
#define TABLES (sizeof tables / sizeof tables[0])

static unsigned calibration[CONFIDENCES][2]; /* right, wrong */
static unsigned delays[2]; /* known ones that their interval holds, or not */
static bool verbose;

static char **wanted_name; /* up to NULL; none: all are wanted */

static bool
is_wanted(const char *name)
{
	for (char **w = wanted_name; *w != NULL; w++)
		if (strcmp(*w, name) == 0)
			return true;
	return *wanted_name == NULL;
}

static void
say(bool enough, const char *text)
{
	ok(enough, "%s", text);
}

#define CLAIMED 20
#define SHARE 0.8
#define NEARLY_ALL 0.95

/* RIGHT of SEEDS from FIRST on: is that what is claimed? WHAT says of what. */
static void
claim(unsigned right, unsigned seeds, uint64_t first, const char *what)
{
	bool enough = right * 20 >= seeds * 16;

	if (!enough && seeds < CLAIMED && (seeds > 1 || first != 1) &&
	    odds_at_most(right, seeds, SHARE) > 0.001)
		tap_skip("%s: in %u of %u, 16 of %d are claimed", what, right, seeds,
		    CLAIMED);
	else
		ok(enough, "%s in %u of %u", what, right, seeds);
}

static void
count(const struct outcome *o)
{
	for (unsigned i = 0; i < o->tolds; i++) {
		const struct told *x = &o->told[i];
		calibration[x->best][!x->right]++;
		if (o->truth > 0 && x->right)
			delays[!(x->low <= o->truth && o->truth <= x->high)]++;
	}
}

static void
print(const struct scenario *sc, uint64_t seed, const struct outcome *o)
{
	printf("# %s seed %llu step %.0f pings %u fars %u: %s\n", sc->name,
	    (unsigned long long)seed, o->step, o->pings, o->fars,
	    o->right ? "right" : "WRONG");
	for (unsigned i = 0; i < o->tolds && i < 6; i++)
		printf("#   %+.0f s %s %s %s: %s\n",
		    (double)o->told[i].begin - o->onset,
		    segment_word(o->told[i].segment), o->told[i].cause,
		    confidence_word(o->told[i].best), o->told[i].sentence);
	for (unsigned i = 0; i < o->tolds && i < 6; i++)
		if (o->told[i].sure > 0)
			printf("#   sure at %+.0f s\n", o->told[i].sure - o->onset);
	if (o->tolds == 0)
		printf("#   %s\n", o->last);
	printf("#   %u targets down, %u explained; %u letters, %u ends, %u of one, %u "
	       "attacks%s\n",
	    o->alarms, o->explained, o->letters, o->ends, o->most, o->attacks,
	    o->in_time || sc->segment == SEGMENT_NONE ? "" : "; dated wrong");
}

/* --- runs, on all processors ------------------------------------------------------ */

#define PROCESSES 8
/* A network that is drawn fresh shows what the judge makes of it; what sanitizers look
 * for, the known ones show as well, and these take four times as long by them. */
#ifdef __SANITIZE_ADDRESS__
#define FRESH false
#else
#define FRESH true
#endif

struct task {
	const struct scenario *sc;
	uint64_t seed;
	bool done;
	struct outcome o;
};

/* What is to be run, in the order in which it is asked for. */
static struct {
	unsigned next; /* that nobody runs yet */
	unsigned count, asked;
	struct task task[];
} * tasks;

static void
plan(const struct scenario *sc, uint64_t seed)
{
	struct task *t = &tasks->task[tasks->count++];

	t->sc = sc;
	t->seed = seed;
}

static int
work(void)
{
	/* Files that nobody waits for. */
	char dir[2][40] = { "/dev/shm/smokebox-scenarios-XXXXXX",
		"/tmp/smokebox-scenarios-XXXXXX" };
	int at = mkdtemp(dir[0]) != NULL ? 0 : 1;
	unsigned i;

	if ((at == 1 && mkdtemp(dir[1]) == NULL) || chdir(dir[at]) != 0)
		return 1;
	while ((i = __atomic_fetch_add(&tasks->next, 1, __ATOMIC_RELAXED)) <
	       tasks->count) {
		struct task *t = &tasks->task[i];
		scenario_run(t->sc, t->seed, &t->o);
		t->done = true;
	}
	fflush(stdout);
	return chdir("/") == 0 && rmdir(dir[at]) == 0 ? 0 : 1;
}

static void
run_all(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = processors > PROCESSES ? PROCESSES
		     : processors > 1	    ? (unsigned)processors
					    : 1;
	time_t begin = time(NULL);
	int status;
	bool whole = true;

	fflush(stdout);
	for (unsigned i = 0; i < n; i++) {
		pid_t child = fork();
		if (child == 0)
			exit(work());
		whole &= child > 0;
	}
	while (wait(&status) > 0)
		whole &= status == 0;
	ok(whole, "all runs came to their end");
	printf("# %u runs in %.0f s, by %u processes\n", tasks->count,
	    difftime(time(NULL), begin), n);
}

/* What came of the next one that was planned. */
static const struct outcome *
outcome_of(const struct scenario *sc, uint64_t seed)
{
	struct task *t = &tasks->task[tasks->asked++];

	if (t->sc != sc || t->seed != seed || !t->done)
		printf("Bail out! %s was not run\n", sc->name), exit(1);
	if (verbose)
		print(sc, seed, &t->o);
	return &t->o;
}

/* One run that counts. */
static const struct outcome *
run(const struct scenario *sc, uint64_t seed)
{
	const struct outcome *o = outcome_of(sc, seed);

	count(o);
	if (!verbose && !o->right)
		print(sc, seed, o);
	return o;
}

/* --- sums ------------------------------------------------------------------------- */

/* The same of what a single network need not show, the first one neither, with another
 * SHARE. */
static void
expect(unsigned right, unsigned seeds, double share, const char *what)
{
	bool enough = right >= seeds * share;

	if (!enough && seeds < CLAIMED && odds_at_most(right, seeds, share) > 0.001)
		printf("# %s in %u of %u\n", what, right, seeds);
	else
		ok(enough, "%s in %u of %u", what, right, seeds);
}

/* Is it one thing that is dead, with others behind it? */
static bool
is_shared_outage(const struct scenario *sc)
{
	return scenario_is_cause(sc->cause, "outage") && sc->segment != SEGMENT_NONE &&
	       sc->segment != SEGMENT_FAR && sc->segment != SEGMENT_RESOLVER;
}

/* SEEDS runs of SC from FIRST on. */
static void
try(const struct scenario *sc, unsigned seeds, uint64_t first, struct sums *all)
{
	unsigned right = 0, soon = 0, dated = 0, once = 0, early = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *one = run(sc, first + i);
		right += one->right;
		soon += one->sure_soon;
		dated += one->in_time;
		early += one->early;
		once += one->letters == 1 && one->explained == one->alarms;
	}
	all->runs += seeds;
	all->right += right;
	all->scenarios++;
	char what[200];

	snprintf(what, sizeof what, "%s: %s, %s", sc->name, segment_word(sc->segment),
	    sc->cause);
	if (sc->segment == SEGMENT_NONE)
		ok(right == seeds, "%s: fine in %u of %u", sc->name, right, seeds);
	else
		claim(right, seeds, first, what);
	snprintf(what, sizeof what, "%s: sure within 5 rounds", sc->name);
	if (sc->clear)
		expect(soon, seeds, SHARE, what);
	snprintf(what, sizeof what, "%s: dated right", sc->name);
	if (sc->clear)
		expect(dated, seeds, SHARE, what);
	snprintf(what, sizeof what, "%s: not dated before it began", sc->name);
	if (is_shared_outage(sc) && !sc->clear)
		expect(seeds - early, seeds, NEARLY_ALL, what);
	snprintf(
	    what, sizeof what, "%s: one letter, whatever is down with it", sc->name);
	if (is_shared_outage(sc))
		expect(once, seeds, NEARLY_ALL, what);
}

static void
try_two(const struct scenario_two *two, unsigned seeds, uint64_t first)
{
	const struct scenario *sc = &two->sc;
	unsigned right = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *o = outcome_of(sc, first + i);
		bool also = false, it = false, other = false;
		for (unsigned k = 0; k < o->tolds; k++)
			if (o->told[k].right)
				it = true;
			else if (o->told[k].segment == two->also)
				also = true;
			else
				other = true;
		right += also && it && !other;
	}
	char what[200];

	snprintf(what, sizeof what, "%s: both told, and nothing else,", sc->name);
	claim(right, seeds, first, what);
}

/* Within a few rounds more than what is clear takes where it comes alone. */
static double
in_time(const struct outcome *o, const char *cause)
{
	return (strcmp(cause, "outage") == 0 ? 8 : 12) * fmax(o->step, 60);
}

static bool
is_word(const struct word *x, enum segment segment, const char *cause)
{
	return x->segment == segment && scenario_is_cause(cause, x->cause);
}

/* What is wrong with what was said of PAIR; NULL: nothing. */
static const char *
fault_of(const struct scenario_pair *pair, const struct outcome *o)
{
	const struct scenario *sc = &pair->sc;
	double late = in_time(o, pair->then_cause), second = o->onset + sc->length / 3,
	       end = o->onset + sc->length * 2 / 3, last = o->onset + sc->length;
	double told = 0, told_then = 0;
	bool open = false, open_then = false;

	for (unsigned i = 0; i < o->words; i++) {
		const struct word *x = &o->word[i];
		bool is_then = x->at >= second &&
			       is_word(x, pair->then, pair->then_cause) &&
			       (pair->then != sc->segment || x->since > second - late);
		if (!is_then && !is_word(x, sc->segment, sc->cause))
			return "something else is told";
		if (is_then && x->over && x->at < end)
			return "the second is over while it lasts";
		if (!is_then && x->over && x->at < last)
			return "the first is over while it lasts";
		if (is_then && x->over && x->at > end + 20 * fmax(o->step, 60))
			return "the second is over late";
		*(is_then ? &open_then : &open) = !x->over;
		if (pair->then == sc->segment)
			*(is_then ? &open : &open_then) = false;
		if (x->over)
			continue;
		/* In one segment it is one incident, which began with the first. */
		double since = is_then ? x->since : x->begin;
		if (fabs(since - (is_then ? second : o->onset)) > 0.4 * late)
			return is_then ? "the second has another begin"
				       : "the first has another begin";
		if (is_then && told_then == 0)
			told_then = x->at;
		if (!is_then && told == 0)
			told = x->at;
	}
	if (o->moved)
		return "a begin moved that was told";
	if (o->calmed)
		return "all is fine while something is told";
	if (told == 0 || told_then == 0)
		return told == 0 ? "the first is not told" : "the second is not told";
	if (told_then > second + late)
		return "the second is told late";
	if (open_then || open)
		return "one stays open";
	return NULL;
}

static void
try_pair(const struct scenario_pair *pair, unsigned seeds, uint64_t first)
{
	const struct scenario *sc = &pair->sc;
	unsigned right = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *o = outcome_of(sc, first + i);
		const char *fault = fault_of(pair, o);
		right += fault == NULL;
		if (fault != NULL || verbose) {
			printf("# %s seed %llu step %.0f pings %u fars %u: %s\n",
			    sc->name, (unsigned long long)(first + i), o->step,
			    o->pings, o->fars, fault != NULL ? fault : "right");
			for (unsigned k = 0; k < o->words && k < 12; k++)
				printf(
				    "#   %+.0f s %s %s %s since %+.0f s, begin %+.0f s%s\n",
				    o->word[k].at - o->onset,
				    segment_word(o->word[k].segment), o->word[k].cause,
				    confidence_word(o->word[k].confidence),
				    o->word[k].since - o->onset,
				    o->word[k].begin - o->onset,
				    o->word[k].over ? ", over" : "");
		}
	}
	char what[200];

	snprintf(what, sizeof what, "%s: each told in time, and kept,", sc->name);
	claim(right, seeds, first, what);
}

static void
try_chance(const struct scenario *sc, unsigned seeds, uint64_t first)
{
	unsigned sure = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *o = outcome_of(sc, first + i);
		bool wrong = false;
		for (unsigned k = 0; k < o->tolds; k++)
			wrong |=
			    o->told[k].best == CONFIDENCE_SURE && !o->told[k].right;
		sure += wrong;
		if (wrong)
			print(sc, first + i, o);
	}
	ok(sure == 0, "%s: nothing else is sure", sc->name);
}

static void
try_hour(const struct scenario_two *two, unsigned seeds, uint64_t first)
{
	const struct scenario *sc = &two->sc;
	unsigned right = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *o = outcome_of(sc, first + i);
		bool told = false, wrong = false;
		for (unsigned k = 0; k < o->words; k++) {
			enum segment at = o->word[k].segment;
			bool is = at == sc->segment || at == two->also;
			told |= is && o->word[k].at <= o->onset + HOUR;
			wrong |= !is && o->word[k].confidence == CONFIDENCE_SURE;
		}
		right += told && !wrong;
		if (!told || wrong)
			print(sc, first + i, o);
	}
	char what[200];

	snprintf(what, sizeof what, "%s: told within an hour", sc->name);
	claim(right, seeds, first, what);
}

/* "... by 40 ms" or "loses 15 %": seconds, or a ratio; NAN: it says none. */
static double
said_size(const char *sentence)
{
	static const struct {
		const char *words;
		double unit;
	} of[] = { { " delays everything by ", 1e-3 }, { " loses ", 1e-2 } };

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
		const char *at = strstr(sentence, of[i].words);
		if (at != NULL)
			return strtod(at + strlen(of[i].words), NULL) * of[i].unit;
	}
	return NAN;
}

static void
try_size(const struct scenario *sc, unsigned seeds, uint64_t first)
{
	unsigned right = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *o = outcome_of(sc, first + i);
		double said = o->tolds > 0 ? said_size(o->told[0].sentence) : NAN;
		bool is = o->right && fabs(said - o->size) < 0.3 * o->size;
		right += is;
		if (!is) {
			printf("# %.3g said, %.3g true\n", said, o->size);
			print(sc, first + i, o);
		}
	}
	char what[200];

	snprintf(what, sizeof what, "%s: as large as it is", sc->name);
	claim(right, seeds, first, what);
}

static void
try_again(const struct scenario *sc, unsigned seeds, uint64_t first)
{
	unsigned right = 0, once = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *o = outcome_of(sc, first + i);
		unsigned overs = 0;
		for (unsigned k = 0; k < o->words; k++)
			overs += o->word[k].over;
		bool few = overs <= sc->length / HOUR;
		right += o->right && few;
		once += o->most <= 2 && o->ends >= o->letters;
		if (!o->right || !few || o->most > 2 || o->ends < o->letters)
			print(sc, first + i, o);
	}
	char what[200];

	snprintf(
	    what, sizeof what, "%s: told, and over once an hour at most,", sc->name);
	claim(right, seeds, first, what);
	ok(once == seeds, "%s: letters of its begin and end twice at most, in %u of %u",
	    sc->name, once, seeds);
}

static void
try_short(const struct scenario *sc, unsigned seeds, uint64_t first)
{
	unsigned one = 0, sure = 0;

	for (unsigned i = 0; i < seeds; i++) {
		const struct outcome *o = outcome_of(sc, first + i);
		bool is = o->letters <= 1 && o->ends <= 1 &&
			  (o->alarms == 0 || o->letters + o->ends > 0);
		one += is;
		for (unsigned k = 0; k < o->tolds; k++)
			sure += o->told[k].best == CONFIDENCE_SURE && !o->told[k].right;
		if (!is)
			print(sc, first + i, o);
	}
	char what[200];

	snprintf(what, sizeof what, "%s: one letter", sc->name);
	expect(one, seeds, NEARLY_ALL, what);
	ok(sure == 0, "%s: nothing that is wrong is sure", sc->name);
}

static void
tell_calibration(void)
{
	static const double at_least[CONFIDENCES] = { 0, 0.6, 0.9, 0.99 };

	printf("# word    right  wrong  share\n");
	for (int c = CONFIDENCE_HINT; c < CONFIDENCES; c++) {
		unsigned right = calibration[c][0], wrong = calibration[c][1];
		double share =
		    right + wrong > 0 ? (double)right / (right + wrong) : NAN;
		printf("# %-7s %5u %6u  %.4f\n", confidence_word((enum confidence)c),
		    right, wrong, share);
		/* Of few runs one that is wrong may be chance: more than that is not.
		 */
		ok(right + wrong == 0 || share >= at_least[c] ||
			odds_at_least(wrong, right + wrong, 1 - at_least[c]) > 0.01,
		    "%s is right in at least %.0f %%",
		    confidence_word((enum confidence)c), at_least[c] * 100);
	}
	/* Of few runs one that is wrong may be chance, here, too. */
	unsigned all = delays[0] + delays[1];
	ok(all == 0 || odds_at_least(delays[1], all, 0.05) > 0.01,
	    "the interval of a delay holds it in %u of %u", delays[0], all);
}

/* Each scenario once more, with the network that SEED draws. */
static void
try_fresh(uint64_t seed)
{
	unsigned right = 0, n = 0;

	printf("# drawn fresh: seed %llu (t/scenarios.t 1 %llu)\n",
	    (unsigned long long)seed, (unsigned long long)seed);
	for (size_t k = 0; k < TABLES; k++)
		for (size_t i = 0; i < tables[k]->n; i++, n++)
			right += run(&tables[k]->scenario[i], seed)->right;
	ok(right * 100 >= n * 90, "fresh: right in %u of %u", right, n);
}

static void
plan_all(unsigned seeds, uint64_t first, uint64_t fresh)
{
	size_t most = scenarios_two.n + scenarios_pair.n + scenarios_chance.n +
		      scenarios_size.n + scenarios_again.n + scenarios_hour.n +
		      scenarios_short.n;

	for (size_t k = 0; k < TABLES; k++)
		most += tables[k]->n;
	most *= seeds + 1;
	tasks = mmap(NULL, sizeof *tasks + most * sizeof tasks->task[0],
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tasks == MAP_FAILED)
		printf("Bail out! no memory\n"), exit(1);
	for (size_t k = 0; k < TABLES; k++)
		for (size_t i = 0; i < tables[k]->n; i++)
			for (unsigned n = 0; n < seeds; n++)
				if (is_wanted(tables[k]->scenario[i].name))
					plan(&tables[k]->scenario[i], first + n);
	for (size_t i = 0; i < scenarios_two.n; i++)
		for (unsigned n = 0; n < seeds; n++)
			if (is_wanted(scenarios_two.two[i].sc.name))
				plan(&scenarios_two.two[i].sc, first + n);
	for (size_t i = 0; i < scenarios_pair.n; i++)
		for (unsigned n = 0; n < seeds; n++)
			if (is_wanted(scenarios_pair.pair[i].sc.name))
				plan(&scenarios_pair.pair[i].sc, first + n);
	for (size_t i = 0; i < scenarios_chance.n; i++)
		for (unsigned n = 0; n < seeds; n++)
			if (is_wanted(scenarios_chance.scenario[i].name))
				plan(&scenarios_chance.scenario[i], first + n);
	for (size_t i = 0; i < scenarios_size.n; i++)
		for (unsigned n = 0; n < seeds; n++)
			if (is_wanted(scenarios_size.scenario[i].name))
				plan(&scenarios_size.scenario[i], first + n);
	for (size_t i = 0; i < scenarios_again.n; i++)
		for (unsigned n = 0; n < seeds; n++)
			if (is_wanted(scenarios_again.scenario[i].name))
				plan(&scenarios_again.scenario[i], first + n);
	for (size_t i = 0; i < scenarios_hour.n; i++)
		for (unsigned n = 0; n < seeds; n++)
			if (is_wanted(scenarios_hour.two[i].sc.name))
				plan(&scenarios_hour.two[i].sc, first + n);
	for (size_t i = 0; i < scenarios_short.n; i++)
		for (unsigned n = 0; n < seeds; n++)
			if (is_wanted(scenarios_short.scenario[i].name))
				plan(&scenarios_short.scenario[i], first + n);
	if (*wanted_name == NULL && FRESH)
		for (size_t k = 0; k < TABLES; k++)
			for (size_t i = 0; i < tables[k]->n; i++)
				plan(&tables[k]->scenario[i], fresh);
}

int
main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : getenv("SCENARIO_SEEDS");
	unsigned seeds = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : 1;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint64_t fresh =
	    ((uint64_t)time(NULL) * 1000 + (uint64_t)getpid()) % 1000000007;
	struct sums all = { 0 };
	double healthy = 0;

	wanted_name = argc > 3 ? argv + 3 : argv + argc;
	verbose = getenv("VERBOSE") != NULL;
	setenv("TZ", "UTC", 1); /* by which hours of a day are named */
	plan_all(seeds, first, fresh);
	run_all();
	for (size_t k = 0; k < TABLES; k++)
		for (size_t i = 0; i < tables[k]->n; i++) {
			const struct scenario *sc = &tables[k]->scenario[i];
			if (sc->segment == SEGMENT_NONE)
				healthy += sc->length / DAY;
			if (is_wanted(sc->name))
				try(sc, seeds, first, &all);
		}
	for (size_t i = 0; i < scenarios_two.n; i++)
		if (is_wanted(scenarios_two.two[i].sc.name))
			try_two(&scenarios_two.two[i], seeds, first);
	for (size_t i = 0; i < scenarios_pair.n; i++)
		if (is_wanted(scenarios_pair.pair[i].sc.name))
			try_pair(&scenarios_pair.pair[i], seeds, first);
	for (size_t i = 0; i < scenarios_chance.n; i++)
		if (is_wanted(scenarios_chance.scenario[i].name))
			try_chance(&scenarios_chance.scenario[i], seeds, first);
	for (size_t i = 0; i < scenarios_size.n; i++)
		if (is_wanted(scenarios_size.scenario[i].name))
			try_size(&scenarios_size.scenario[i], seeds, first);
	for (size_t i = 0; i < scenarios_again.n; i++)
		if (is_wanted(scenarios_again.scenario[i].name))
			try_again(&scenarios_again.scenario[i], seeds, first);
	for (size_t i = 0; i < scenarios_hour.n; i++)
		if (is_wanted(scenarios_hour.two[i].sc.name))
			try_hour(&scenarios_hour.two[i], seeds, first);
	for (size_t i = 0; i < scenarios_short.n; i++)
		if (is_wanted(scenarios_short.scenario[i].name))
			try_short(&scenarios_short.scenario[i], seeds, first);
	scenarios_elsewhere(
	    &(struct scenario_watch){ seeds, first, is_wanted, claim, say }, &all);
	ok(all.right * 100 >= all.runs * 95,
	    "right segment and cause in %u of %u runs of %u "
	    "scenarios",
	    all.right, all.runs, all.scenarios);
	if (argc <= 3) {
		ok(healthy >= 30, "%.0f healthy days a seed", healthy);
		if (FRESH)
			try_fresh(fresh);
	}
	tell_calibration();
	return tap_done();
}
