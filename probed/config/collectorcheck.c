/* What stands in *** Collector *** and can hardly be meant so: warnings. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "config/view.h"

#define TALKERS_MOST (1ULL << 40) /* bytes: nobody keeps more by intent */

/* One of a list of addresses, as it stands behind those before it. */
static void
check_listen(struct view *v, const struct conf_var *var)
{
	char *copy = mem_str(var->value), *save = NULL;
	char text[64][ADDR_TEXT];
	size_t count = 0;

	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL && count < 64;
	     one = strtok_r(NULL, " ,\t", &save)) {
		struct addr a;

		if (addr_parse_listen(&a, one, NULL) != 0)
			continue; /* which was said */
		addr_text_port(&a, text[count]);
		for (size_t i = 0; i < count; i++)
			if (strcmp(text[i], text[count]) == 0)
				report_warning(v->report, var->at,
				    "%s stands there twice", text[count]);
		count++;
	}
	free(copy);
}

static void
check_local(struct view *v, const struct conf_var *var)
{
	struct prefixes list = { NULL, 0 };
	struct err err;

	if (prefixes_parse(&list, var->value, &err) != 0)
		return;
	for (size_t i = 0; i < list.count; i++)
		if (list.prefix[i].bits == 0 ||
		    (list.prefix[i].bits == 96 && list.prefix[i].bytes[10] == 0xff))
			report_warning(v->report, var->at,
			    "every address is of the own network then: nothing comes "
			    "in and nothing goes out");
	prefixes_free(&list);
}

/* Own hosts have private addresses, and are answered. */
static void
check_telescope(struct view *v, const struct conf_var *var)
{
	static const char *const private[] = { "10.0.0.0/8", "172.16.0.0/12",
		"192.168.0.0/16" };
	struct prefixes list = { NULL, 0 };
	struct prefix own;
	struct err err;

	if (prefixes_parse(&list, var->value, &err) != 0)
		return;
	for (size_t i = 0; i < sizeof private / sizeof *private; i++) {
		prefix_parse(&own, private[i], &err);
		for (size_t k = 0; k < list.count; k++)
			if (list.prefix[k].bits <= own.bits &&
			    prefix_meets(&list.prefix[k], &own))
				report_warning(v->report, var->at,
				    "all of %s is in it: each answer that a host there "
				    "gets would be taken for backscatter; expected "
				    "addresses that nobody uses",
				    private[i]);
	}
	prefixes_free(&list);
}

static bool
is_same(const struct conf_section *a, const struct conf_section *b, const char *key,
    const char *fallback)
{
	const char *x = conf_value(a, key, fallback), *y = conf_value(b, key, fallback);

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

/* Addresses may be written in several ways. */
static bool
is_same_address(
    const struct conf_section *a, const struct conf_section *b, const char *key)
{
	struct addr x, y;
	char text[2][ADDR_TEXT];

	return addr_parse(&x, conf_value(a, key, "")) == 0 &&
	       addr_parse(&y, conf_value(b, key, "")) == 0 &&
	       strcmp(addr_text(&x, text[0]), addr_text(&y, text[1])) == 0;
}

/* Two ways to ask one device may be meant where each is for some interfaces. */
static void
check_device(struct view *v, const struct conf_section *s)
{
	for (const struct conf_section *o = s->parent->first; o != s; o = o->next)
		if (is_same_address(s, o, "host") && is_same(s, o, "port", "161") &&
		    is_same(s, o, "context", "") &&
		    (conf_var(s, "interfaces") == NULL ||
			conf_var(o, "interfaces") == NULL))
			report_warning(v->report, s->at,
			    "%s: '%s' is the same device, so that it is asked twice",
			    s->name, o->name);
}

static void
check_interface(struct view *v, const struct conf_section *s)
{
	if (conf_var(s, "index") == NULL && conf_var(s, "name") == NULL)
		report_warning(v->report, s->at,
		    "%s: it is no interface, expected an 'index' or a 'name'", s->name);
	for (const struct conf_section *o = s->parent->first; o != s; o = o->next)
		if (is_same_address(s, o, "device") &&
		    (is_same(s, o, "index", NULL) || is_same(s, o, "name", NULL)))
			report_warning(v->report, s->at,
			    "%s: '%s' is the same interface", s->name, o->name);
}

static void
check_each(struct view *v, const char *group,
    void (*check)(struct view *v, const struct conf_section *s))
{
	const struct conf_section *g =
	    conf_child(conf_top(&v->tree->conf, "Collector"), group);

	for (const struct conf_section *s = g == NULL ? NULL : g->first; s != NULL;
	     s = s->next)
		check(v, s);
}

void
collector_check(struct view *v)
{
	static const struct {
		const char *key;
		void (*check)(struct view *v, const struct conf_var *var);
	} checks[] = { { "listen", check_listen }, { "local", check_local },
		{ "telescope", check_telescope } };
	const struct conf_section *s = conf_top(&v->tree->conf, "Collector");

	if (s == NULL || v->quiet)
		return;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (conf_var(s, checks[i].key) != NULL)
			checks[i].check(v, conf_var(s, checks[i].key));
	if (v->tree->conf.talkers_size > TALKERS_MOST)
		report_warning(v->report, conf_var(s, "talkers_size")->at,
		    "more than a terabyte: minutes would not be thrown away before the "
		    "disk is full");
	check_each(v, "snmp", check_device);
	check_each(v, "interfaces", check_interface);
}
