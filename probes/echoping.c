#include "probes/echoping.h"

#include <stdio.h>
#include <string.h>

#include "probes/net.h"

int
echoping_check(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	const char *extra = net_var(conf, t, "extraopts");

	if (extra == NULL)
		return 0;
	return err_set(err,
	    "extraopts = %s: the program echoping is not used, expected none of its "
	    "options",
	    extra);
}

void
echoping_plugin(const char *plugin, char *name, size_t size)
{
	const char *slash = strrchr(plugin, '/');

	snprintf(name, size, "%s", slash == NULL ? plugin : slash + 1);
	name[strcspn(name, ".")] = '\0';
}
