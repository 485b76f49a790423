#include "alert/rule.h"

#include <stdlib.h>
#include <string.h>

#include "alert/matcher.h"
#include "alert/pattern.h"
#include "base/mem.h"

/* One of the two. */
struct rule {
	struct pattern *pattern;
	struct matcher *matcher;
};

int
rule_type(enum rule_type *type, const char *word)
{
	static const char *const name[] = { "rtt", "loss", "matcher" };

	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
		if (strcmp(word, name[i]) == 0) {
			*type = (enum rule_type)i;
			return 0;
		}
	return -1;
}

enum rule_answer
rule_parse(struct rule **rule, enum rule_type type, const char *text, struct err *err)
{
	struct rule r = { 0 };
	enum rule_answer answer;

	*rule = NULL;
	if (type == RULE_MATCHER)
		answer = matcher_parse(&r.matcher, text, err);
	else
		answer = pattern_parse(&r.pattern, type, text, err);
	if (answer != RULE_READY)
		return answer;
	*rule = mem_alloc(sizeof **rule);
	**rule = r;
	return answer;
}

void
rule_free(struct rule *rule)
{
	if (rule == NULL)
		return;
	pattern_free(rule->pattern);
	matcher_free(rule->matcher);
	free(rule);
}

bool
rule_of_loss(const struct rule *rule)
{
	return rule->matcher != NULL ? rule->matcher->kind->of_loss
				     : pattern_type(rule->pattern) == RULE_LOSS;
}

size_t
rule_length(const struct rule *rule)
{
	return rule->matcher != NULL ? matcher_length(rule->matcher)
				     : pattern_length(rule->pattern);
}

bool
rule_holds(const struct rule *rule, const struct values *v, bool before)
{
	return rule->matcher != NULL ? matcher_holds(rule->matcher, v, before)
				     : pattern_holds(rule->pattern, v);
}
