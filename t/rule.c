/* Patterns and matchers by tables: what was seen of SmokePing, and what is refused. */
#include "t/tap.h"

#include "alert/rule.h"
#include "base/mem.h"

/* Rounds as words: "30" lost 30 %, "U" unknown; for RTTs milliseconds. */
static char *
judge(enum rule_type type, const char *text, bool rtt, const char *rounds)
{
	struct values v = { 0 };
	struct rule *rule;
	struct err err;
	char *copy = mem_str(rounds), *next, *out = mem_zero(strlen(rounds) + 1, 1);
	size_t n = 0;
	bool holds = false;

	if (rule_parse(&rule, type, text, &err) != RULE_READY) {
		printf("# %s: %s\n", text, err.text);
		free(copy);
		return out;
	}
	v.keep = rule_length(rule);
	for (char *w = strtok_r(copy, " ", &next); w != NULL;
	     w = strtok_r(NULL, " ", &next)) {
		double value = *w == 'U' ? NAN : strtod(w, NULL);
		if (rtt)
			values_push(&v, 0, 20, value / 1000);
		else
			values_push(&v, value / 5, 20, 0.01);
		holds = rule_holds(rule, &v, holds);
		out[n++] = holds ? '1' : '0';
	}
	values_free(&v);
	rule_free(rule);
	free(copy);
	return out;
}

static void
test_patterns(void)
{
	static const struct {
		enum rule_type type;
		const char *pattern, *rounds, *want;
	} cases[] = {
		{ RULE_LOSS, ">0%", "0 5 0", "010" },
		{ RULE_LOSS, "==S,>20%,>20%", "30 30 30", "010" },
		{ RULE_LOSS, "==S,>20%,>20%", "30 0 30 30", "0000" },
		{ RULE_LOSS, ">45%<=55%", "45 50 55 60", "0110" },
		{ RULE_LOSS, "==0% , !=0%", "0 5 5 0 10", "01001" },
		{ RULE_LOSS, "==*,>=100%", "95 100 100", "011" },
		{ RULE_LOSS, "<=5%", "U 5 10", "110" },
		{ RULE_LOSS, "==U", "0 U 5", "000" },
		{ RULE_LOSS, ">010%", "5 10 15", "011" },
		/* three lossy rounds, as the manual of SmokePing has it */
		{ RULE_LOSS, ">0%,*12*,>0%,*12*,>0%", "5 5 5 5", "0011" },
		{ RULE_LOSS, ">0%,*10*,>0%", "5 5", "01" },
		{ RULE_LOSS, ">0%,*10*,>0%", "0 0 0 0 0 0 0 0 0 0 0 0 5 0 0 0 0 0 5",
		    "0000000000000000001" },
		{ RULE_LOSS, ">0%,*10*,>0%", "0 0 0 0 0 0 0 0 0 0 0 0 5 0 0 0 0 0 0 5",
		    "00000000000000000000" },
		{ RULE_LOSS, "*3*,>0%", "0 5", "01" },
		{ RULE_RTT, ">100", "99 100 101 U", "0010" },
		{ RULE_RTT, "<10,<10,>100", "5 5 150 150 5 5 200", "0010001" },
		{ RULE_RTT, "==S,==U", "U U", "10" },
		{ RULE_RTT, "!=U,==U", "5 U U 5 U", "01001" },
		{ RULE_RTT, ">=0.3<0.4", "0.2 0.3 0.35 0.4", "0110" },
		{ RULE_RTT, ">12*", "12 13", "01" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *got = judge(cases[i].type, cases[i].pattern,
		    cases[i].type == RULE_RTT, cases[i].rounds);
		is_str(got, cases[i].want, cases[i].pattern);
		free(got);
	}
}

/* With a history that is full of good rounds: gaps of two skips, older and newer. */
static void
test_gaps(void)
{
	static const struct {
		unsigned older, newer;
		bool want;
	} cases[] = { { 11, 0, true }, { 9, 5, true }, { 8, 9, true }, { 8, 10, true },
		{ 5, 11, true }, { 11, 5, false }, { 9, 9, false }, { 8, 11, false },
		{ 0, 12, false }, { 12, 0, false } };
	struct values v = { 0 };
	struct rule *rule;
	struct err err;

	if (rule_parse(&rule, RULE_LOSS, ">0%,*12*,>0%,*12*,>0%", &err) != RULE_READY)
		return;
	is_int((long long)rule_length(rule), 27, "length of a pattern with skips");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		values_free(&v);
		v.keep = rule_length(rule);
		for (unsigned k = 0; k < 40; k++)
			values_push(&v, 0, 20, 0.01);
		values_push(&v, 1, 20, 0.01);
		for (unsigned k = 0; k < cases[i].older; k++)
			values_push(&v, 0, 20, 0.01);
		values_push(&v, 1, 20, 0.01);
		for (unsigned k = 0; k < cases[i].newer; k++)
			values_push(&v, 0, 20, 0.01);
		values_push(&v, 1, 20, 0.01);
		ok(rule_holds(rule, &v, false) == cases[i].want, "gaps of %u and %u",
		    cases[i].older, cases[i].newer);
	}
	values_free(&v);
	rule_free(rule);
}

static void
test_matchers(void)
{
	static const struct {
		const char *call;
		bool rtt;
		const char *rounds, *want;
	} cases[] = {
		{ "CheckLoss(l=>30,x=>2)", false, "0 40 40 40 0 40 0 0 0",
		    "001111100" },
		{ "CheckLatency(l=>100,x=>2)", true, "50 200 200 U U 200", "001100" },
		{ "ConsecutiveLoss(pctlossraise=>50,stepsraise=>1,pctlossclear=>10,"
		  "stepsclear=>3)",
		    false, "0 60 5 5 5 0", "011100" },
		{ "ExpLoss(hist=>10,rising=>20)", false, "0 0 100 0 0 0 0 0",
		    "00110000" },
		{ "ExpLoss(hist=>10,rising=>20,falling=>5)", false, "0 0 100 0 0 0 0 0",
		    "00111110" },
		{ "Avgratio(historic=>3,current=>2,comparator=>'>',percentage=>150)",
		    true, "10 10 10 20 20 20", "000010" },
		{ "Medratio(historic=>3,current=>2,comparator=>\">\",percentage=>150);",
		    true, "10 10 10 20 20 20", "000011" },
		{ "Median(old=>3,new=>2,diff=>0.005)", true, "10 10 10 20 20 20",
		    "110011" },
		{ "Median( 'old' => 3 , new , 2, diff => 0.005, )", true,
		    "10 10 10 20 20 20", "110011" },
		{ "Avgratio(historic=>2,current=>1,comparator=>'<',percentage=>50)",
		    true, "U U U 100 100 U 10", "0000001" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *got =
		    judge(RULE_MATCHER, cases[i].call, cases[i].rtt, cases[i].rounds);
		is_str(got, cases[i].want, cases[i].call);
		free(got);
	}
}

static void
test_refused(void)
{
	static const struct {
		enum rule_type type;
		enum rule_answer want;
		const char *text, *part; /* of the complaint */
	} cases[] = {
		{ RULE_LOSS, RULE_BAD, ">20", "expected loss in %" },
		{ RULE_LOSS, RULE_BAD, ">20%<30", "expected loss in %" },
		{ RULE_LOSS, RULE_BAD, "<=U", "==U or !=U" },
		{ RULE_LOSS, RULE_BAD, "!=S", "==S" },
		{ RULE_LOSS, RULE_BAD, ">*", "==*" },
		{ RULE_LOSS, RULE_BAD, ">0%,,>0%", "entry ''" },
		{ RULE_LOSS, RULE_BAD, ">0%,*0*,>0%", "*N*" },
		{ RULE_LOSS, RULE_BAD, ">0%,*x*,>0%", "*N*" },
		{ RULE_LOSS, RULE_BAD, ">0%,**,>0%", "*N*" },
		{ RULE_LOSS, RULE_BAD, ">08%", "zeros in front" },
		{ RULE_LOSS, RULE_BAD, "20%", "a comparison such as >20%" },
		{ RULE_LOSS, RULE_BAD, "=20%", "a comparison" },
		{ RULE_LOSS, RULE_BAD, ">0%,*30000*,>0%", "smaller" },
		{ RULE_LOSS, RULE_BAD, ">0%,*15000*,>0%,*15000*,>0%", "too long" },
		{ RULE_RTT, RULE_BAD, ">1e3", "second limit" },
		{ RULE_RTT, RULE_BAD, ">1==2", "second limit" },
		{ RULE_RTT, RULE_BAD, ">-1", "a comparison" },
		{ RULE_RTT, RULE_BAD, "", "entry ''" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss", "expected a matcher" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss()", "expected a matcher" },
		{ RULE_MATCHER, RULE_BAD, "checkloss(l=>1,x=>1)", "capital letter" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss(l=>1,y=>1)", "expected l, x" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss(l=>1.5,x=>1)", "whole number" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss(l=>1,x=>-1)", "not understood" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss(l=>1 x=>1)", "expected a comma" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss(l=>system('x'),x=>1)",
		    "not understood" },
		{ RULE_MATCHER, RULE_BAD, "CheckLoss(l=>1,x=>100000)", "at most" },
		{ RULE_MATCHER, RULE_BAD,
		    "Avgratio(historic=>1,current=>1,comparator=>'!=',percentage=>1)",
		    "expected '<'" },
		{ RULE_MATCHER, RULE_IDLE, "CheckLoss(l=>1)", "without x" },
		{ RULE_MATCHER, RULE_IDLE, "ExpLoss(hist=>0,rising=>1)", "hist is 0" },
		{ RULE_MATCHER, RULE_IDLE, "Mine(a=>1)", "not one of SmokePing's" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rule *rule;
		struct err err = { "" };
		enum rule_answer got =
		    rule_parse(&rule, cases[i].type, cases[i].text, &err);
		if (!ok(got == cases[i].want && rule == NULL &&
			    strstr(err.text, cases[i].part) != NULL,
			"refused: %s", cases[i].text))
			printf("# %d: %s\n", (int)got, err.text);
		rule_free(rule);
	}
}

/* What may not take long: every skip finds its place, and the oldest never. */
static void
test_many_skips(void)
{
	char text[1000] = ">50%";
	struct values v = { 0 };
	struct rule *rule;
	struct err err;

	for (unsigned i = 0; i < 40; i++)
		strcat(text, ",*400*,>0%");
	if (!ok(rule_parse(&rule, RULE_LOSS, text, &err) == RULE_READY, "forty skips"))
		return;
	v.keep = rule_length(rule);
	for (unsigned i = 0; i < 17000; i++)
		values_push(&v, i % 3 == 0, 20, 0.01);
	ok(!rule_holds(rule, &v, false), "are judged in a moment");
	values_free(&v);
	rule_free(rule);
}

static void
test_texts(void)
{
	struct values v = { .keep = 3 };
	char *text;

	values_push(&v, 0, 20, 0.0042);
	values_push(&v, 8, 20, NAN);
	text = values_loss_text(&v);
	is_str(text, "loss: S, 0%, 40%", "loss as in a mail");
	free(text);
	text = values_rtt_text(&v);
	is_str(text, "rtt: S, 4ms, U", "RTT as in a mail");
	free(text);
	values_push(&v, NAN, 20, NAN);
	text = values_loss_text(&v);
	is_str(text, "loss: 0%, 40%, 0%", "no more than is kept");
	free(text);
	values_free(&v);
}

int
main(void)
{
	test_patterns();
	test_gaps();
	test_matchers();
	test_refused();
	test_many_skips();
	test_texts();
	return tap_done();
}
