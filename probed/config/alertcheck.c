/* The patterns of *** Alerts ***, and the alerts that targets name. */
#include <stdlib.h>
#include <string.h>

#include "alert/rule.h"
#include "base/mem.h"
#include "config/view.h"

static void
check_rule(struct view *v, const struct conf_section *alert)
{
	const struct conf_var *type = conf_var(alert, "type");
	const struct conf_var *pattern = conf_var(alert, "pattern");
	enum rule_type kind;
	struct rule *rule;
	struct err err;

	if (type == NULL || pattern == NULL || rule_type(&kind, type->value) < 0)
		return; /* was complained of */
	switch (rule_parse(&rule, kind, pattern->value, &err)) {
	case RULE_READY:
		break;
	case RULE_IDLE:
		report_warning(
		    v->report, pattern->at, "alert %s: %s", alert->name, err.text);
		break;
	case RULE_BAD:
		report_error(
		    v->report, pattern->at, "alert %s: %s", alert->name, err.text);
		break;
	}
	rule_free(rule);
}

/* The names in LIST, of which SmokePing would not start with a wrong one. */
static void
check_names(struct view *v, const struct conf_section *top, const struct conf_var *list)
{
	for (const char *s = list->value; *s != '\0';) {
		size_t len = strcspn(s, ",");
		char *name = mem_strn(s, len);

		if (top == NULL || conf_child(top, name) == NULL)
			report_warning(v->report, list->at,
			    "alert %s is not defined and never raised (SmokePing would "
			    "not start), expected + %s in *** Alerts ***",
			    name, name);
		free(name);
		s += len;
		s += *s == ',';
	}
}

void
alerts_check(struct view *v)
{
	const struct conf *conf = &v->tree->conf;
	const struct conf_section *top = conf_top(conf, "Alerts");
	const struct conf_var *list;

	for (const struct conf_section *s = top != NULL ? top->first : NULL; s != NULL;
	     s = s->next)
		check_rule(v, s);
	list =
	    conf->targets != NULL ? conf_var(conf->targets->section, "alerts") : NULL;
	if (list != NULL)
		check_names(v, top, list);
	for (size_t i = 0; i < conf->target_count; i++) {
		list = conf_var(conf->target[i]->section, "alerts");
		if (list != NULL && !list->inherited)
			check_names(v, top, list);
	}
}
