#include "web/asset.h"

#include <string.h>

#include "base/log.h"

const struct asset *
asset_find(const char *name)
{
	for (const struct asset *a = assets; a->name != NULL; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

const char *
asset_template(const char *name, size_t *len)
{
	const struct asset *a = asset_find(name);

	if (a == NULL)
		return NULL;
	*len = a->len;
	return (const char *)a->data;
}

const char *
asset_url(const char *name)
{
	const struct asset *a = asset_find(name);

	if (a == NULL)
		fatalx("no asset %s", name);
	return a->url;
}
