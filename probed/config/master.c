/* Whose slave this box is: a section that the parent adds to what it has loaded, so
 * that it reaches the courier with the rest. */
#include <string.h>

#include "config/tree.h"
#include "config/view.h"

void
conf_note_master(struct conf *conf)
{
	struct conf_tree *tree = (struct conf_tree *)conf;
	const struct conf_section *s = conf_top(conf, "Master");
	struct conf_master *m;

	if (s == NULL)
		return;
	m = arena_zero(&tree->arena, sizeof *m);
	m->url = conf_value(s, "url", "");
	m->name = conf_value(s, "name", "");
	m->secret = conf_value(s, "secret", "");
	m->proxy = conf_value(s, "proxy", "");
	m->noproxy = conf_value(s, "noproxy", "");
	m->ca = conf_value(s, "ca", "");
	conf->master = m;
}

void
conf_set_master(struct conf *conf, const struct conf_master *master)
{
	const struct conf_var vars[] = {
		{ .key = "url", .value = master->url },
		{ .key = "name", .value = master->name },
		{ .key = "secret", .value = master->secret },
		{ .key = "proxy", .value = master->proxy },
		{ .key = "noproxy", .value = master->noproxy },
		{ .key = "ca", .value = master->ca },
	};

	tree_add_section(conf, "Master", vars, sizeof vars / sizeof vars[0]);
	conf_note_master(conf);
}
