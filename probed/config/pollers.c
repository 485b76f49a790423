/* What the devices of *** Collector *** that are asked by SNMP need to be asked, and
 * what is said of interfaces and exporters. */
#include <string.h>

#include "base/prefix.h"
#include "config/view.h"
#include "ratelist.h"

/* RFC 3414 11.2: a shorter one is refused by every agent. */
#define PASSWORD_MIN 8

static void
check_password(
    struct view *v, const struct conf_section *s, const char *what, const char *key)
{
	const struct conf_var *var = conf_var(s, key);

	if (var == NULL)
		report_error(v->report, s->at, "%s: with '%s' there must be a '%s'",
		    s->name, what, key);
	/* An empty one could not be read, which was said. */
	else if (*var->value != '\0' && strlen(var->value) < PASSWORD_MIN)
		report_error(v->report, var->at,
		    "%s: '%s' is too short, expected %d "
		    "letters or more",
		    s->name, key, PASSWORD_MIN);
}

static void
check_device(struct view *v, const struct conf_section *s)
{
	bool v3 = strcmp(conf_value(s, "version", "2c"), "3") == 0;

	if (!v3) {
		if (conf_var(s, "community") == NULL)
			report_error(v->report, s->at,
			    "%s: SNMP version 2c needs 'community' (or community_file, "
			    "community_env)",
			    s->name);
		return;
	}
	if (conf_var(s, "user") == NULL)
		report_error(
		    v->report, s->at, "%s: SNMP version 3 needs 'user'", s->name);
	if (conf_var(s, "auth") != NULL)
		check_password(v, s, "auth", "auth_password");
	if (conf_var(s, "privacy") == NULL)
		return;
	check_password(v, s, "privacy", "privacy_password");
	if (conf_var(s, "auth") == NULL)
		report_error(v->report, s->at,
		    "%s: with 'privacy' there must be an 'auth'", s->name);
}

/* Is what lies beyond it measured? */
static void
check_interface(struct view *v, const struct conf_section *s)
{
	const struct conf_var *var = conf_var(s, "beyond");
	const struct conf_target *t =
	    var != NULL ? conf_target_by_path(&v->tree->conf, var->value) : NULL;

	if (var != NULL && !v->quiet && (t == NULL || !conf_target_is_pinged(t)))
		report_warning(v->report, var->at,
		    "%s: beyond it is %s, which is not measured: expected the path of a "
		    "target such as Internet.Provider",
		    s->name, var->value);
}

/* One packet in so many, and at some interfaces in others. */
static void
check_sampling(struct view *v, const struct conf_section *s)
{
	const struct conf_var *var = conf_var(s, "sampling");
	struct ratelist list = { 0 };
	struct err err;

	if (var == NULL)
		return;
	if (ratelist_parse(&list, var->value, &err) != 0)
		report_error(
		    v->report, var->at, "%s: 'sampling': %s", s->name, err.text);
	else if (list.rate == 0 && list.count == 0)
		report_error(
		    v->report, var->at, "%s: 'sampling' says nothing", s->name);
	ratelist_free(&list);
}

/* What is said of exporters has to say something, and of each of them once. */
static void
check_exporter(struct view *v, const struct conf_section *s)
{
	const struct conf_var *var = conf_var(s, "address");
	struct prefixes own = { NULL, 0 };
	struct err err;

	if (conf_var(s, "sampling") == NULL && conf_var(s, "sampling_default") == NULL)
		report_error(v->report, s->at,
		    "%s: nothing is said of it, expected 'sampling' or "
		    "'sampling_default'",
		    s->name);
	check_sampling(v, s);
	if (var == NULL || prefixes_parse(&own, var->value, &err) != 0)
		return; /* which was said */
	for (const struct conf_section *o = s->parent->first; o != s; o = o->next) {
		struct prefixes other = { NULL, 0 };

		if (prefixes_parse(&other, conf_value(o, "address", NULL), &err) == 0)
			for (size_t i = 0; i < own.count * other.count; i++)
				if (prefix_meets(&own.prefix[i / other.count],
					&other.prefix[i % other.count]))
					report_error(v->report, var->at,
					    "%s: an address of it is in '%s', too",
					    s->name, o->name);
		prefixes_free(&other);
	}
	prefixes_free(&own);
}

void
pollers_check(struct view *v)
{
	const struct conf_section *group =
	    conf_child(conf_top(&v->tree->conf, "Collector"), "snmp");

	for (const struct conf_section *s = group == NULL ? NULL : group->first;
	     s != NULL; s = s->next)
		check_device(v, s);
	group = conf_child(conf_top(&v->tree->conf, "Collector"), "interfaces");
	for (const struct conf_section *s = group == NULL ? NULL : group->first;
	     s != NULL; s = s->next)
		check_interface(v, s);
	group = conf_child(conf_top(&v->tree->conf, "Collector"), "exporters");
	for (const struct conf_section *s = group == NULL ? NULL : group->first;
	     s != NULL; s = s->next)
		check_exporter(v, s);
}
