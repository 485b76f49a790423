/* How rounds follow each other, where the command line has it otherwise than the step:
 * a section that the parent adds to what it has loaded, for those who measure. */
#include <string.h>

#include "config/tree.h"
#include "config/view.h"

static bool
is_yes(const struct conf_section *s, const char *key)
{
	return strcmp(conf_value(s, key, "no"), "yes") == 0;
}

void
conf_note_pace(struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Pace");

	conf->once = is_yes(s, "once");
	conf->nosleep = is_yes(s, "nosleep");
}

void
conf_set_pace(struct conf *conf, bool once, bool nosleep)
{
	const struct conf_var vars[] = {
		{ .key = "once", .value = once ? "yes" : "no" },
		{ .key = "nosleep", .value = nosleep ? "yes" : "no" },
	};

	if (once || nosleep)
		tree_add_section(conf, "Pace", vars, sizeof vars / sizeof vars[0]);
	conf_note_pace(conf);
}
