/* Which targets are measured from here: those of the command line's --filter. The
 * parent applies it to what it has loaded, and workers find it in the checked text. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/tree.h"

/* "!REGEX": all but those. */
static bool
is_exclusion(const char *filter)
{
	return filter[0] == '!' && filter[1] != '\0';
}

static int
compile(regex_t *regex, const char *filter)
{
	char *anchored = mem_printf("^%s", filter + is_exclusion(filter));
	int r = regcomp(regex, anchored, REG_EXTENDED | REG_NOSUB);

	free(anchored);
	return r;
}

int
conf_filter_check(const char *filter, struct err *err)
{
	char why[200];
	regex_t regex;
	int r;

	if (*filter == '\0')
		return err_set(
		    err, "empty, expected a regular expression such as /Group");
	r = compile(&regex, filter);
	if (r != 0) {
		regerror(r, &regex, why, sizeof why);
		return err_set(err, "'%s' is no regular expression: %s", filter, why);
	}
	regfree(&regex);
	return 0;
}

/* Several: one that lets PATH ("A.B") through is enough, as SmokePing has it. */
static bool
passes(const regex_t *regex, const char *const *filter, size_t count, const char *path)
{
	char *name = mem_printf("/%s", path);
	bool pass = false;

	for (char *p = name; *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	for (size_t i = 0; i < count && !pass; i++)
		pass = (regexec(&regex[i], name, 0, NULL, 0) == 0) !=
		       is_exclusion(filter[i]);
	free(name);
	return pass;
}

/* A variable of its own, which workers find in the checked text. */
static void
leave_out(struct conf_tree *tree, struct conf_target *t)
{
	struct conf_section *s = (struct conf_section *)t->section;
	struct conf_var *all = arena_zero(&tree->arena, (s->vars + 1) * sizeof *all);

	if (s->vars > 0)
		memcpy(all, s->var, s->vars * sizeof *s->var);
	all[s->vars] = (struct conf_var){ "filtered", "yes", s->at, false };
	s->var = all;
	s->vars++;
	t->filtered = true;
}

void
conf_filter(struct conf *conf, const char *const *filter, size_t count)
{
	regex_t *regex = mem_zero(count + 1, sizeof *regex);

	for (size_t i = 0; i < count; i++)
		if (compile(&regex[i], filter[i]) != 0)
			fatalx("--filter %s was not checked", filter[i]);
	for (size_t i = 0; count > 0 && i < conf->target_count; i++) {
		struct conf_target *t = (struct conf_target *)conf->target[i];
		if ((t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC) &&
		    !passes(regex, filter, count, t->path))
			leave_out((struct conf_tree *)conf, t);
	}
	for (size_t i = 0; i < count; i++)
		regfree(&regex[i]);
	free(regex);
}
