#include "web/vantage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store.h"

static void
this_box(const struct conf *conf, struct vantage *v)
{
	char host[128] = "";

	*v = (struct vantage){ .slave = "" };
	gethostname(host, sizeof host - 1);
	snprintf(v->display, sizeof v->display, "%s",
	    conf_value(conf_top(conf, "General"), "display_name", host));
}

static void
from_slave(const struct conf_slave *s, struct vantage *v)
{
	*v = (struct vantage){ .slave = s->name };
	snprintf(v->display, sizeof v->display, "%s", s->display_name);
	v->location = conf_value(s->section, "location", NULL);
	v->color = conf_value(s->section, "color", NULL);
}

bool
vantage_find(const struct conf *conf, const char *slave, struct vantage *v)
{
	if (*slave == '\0') {
		this_box(conf, v);
		return true;
	}
	const struct conf_slave *s = conf_slave_by_name(conf, slave);
	if (s == NULL || strlen(slave) >= VANTAGE_NAME)
		return false;
	from_slave(s, v);
	return true;
}

static bool
has_history(const struct conf_target *t)
{
	return t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC;
}

size_t
vantage_list(const struct conf *conf, const struct conf_target *t, struct vantage *list,
    size_t room)
{
	size_t count = 0;

	if (!has_history(t))
		return 0;
	if (!t->nomasterpoll && room > 0)
		this_box(conf, &list[count++]);
	for (size_t i = 0; i < t->slaves && count < room; i++)
		if (strlen(t->slave[i]->name) < VANTAGE_NAME)
			from_slave(t->slave[i], &list[count++]);
	return count;
}

const char *
vantage_first(const struct conf *conf, const struct conf_target *t)
{
	struct vantage v;

	return t->nomasterpoll && vantage_list(conf, t, &v, 1) > 0 ? v.slave : "";
}

const struct conf_target *
vantage_parse(const struct conf *conf, const char *name, char separator, char *slave)
{
	const char *tilde = strchr(name, '~');
	size_t len = tilde != NULL ? (size_t)(tilde - name) : strlen(name);
	struct vantage v;

	slave[0] = '\0';
	if (tilde != NULL) {
		if (!vantage_find(conf, tilde + 1, &v) || v.slave[0] == '\0')
			return NULL;
		snprintf(slave, VANTAGE_NAME, "%s", v.slave);
	}
	/* A dot of the reader's is none of ours. */
	if (separator != '.' && memchr(name, '.', len) != NULL)
		return NULL;
	char *path = mem_strn(name, len);
	for (char *p = path; *p != '\0'; p++)
		if (*p == separator)
			*p = '.';
	const struct conf_target *t = conf_target_by_path(conf, path);
	free(path);
	return t != NULL && slave[0] != '\0' && !has_history(t) ? NULL : t;
}

int
vantage_file(char *buf, const struct conf_target *t, const char *slave)
{
	char path[STORE_PATH];

	if (conf_series_named(t, slave, path, sizeof path) < 0)
		return -1;
	return store_rrd_path(buf, path);
}

uint64_t
vantage_id(const struct conf_target *t, const char *slave)
{
	char path[STORE_PATH];

	if (*slave == '\0')
		return t->id;
	/* What is too long is no file name either, so that it stands for nothing. */
	return conf_series_named(t, slave, path, sizeof path) < 0
		   ? 0
		   : conf_target_id(path);
}

int64_t
vantage_last(const struct conf_target *t, const char *slave)
{
	char file[STORE_PATH];
	struct store_rrd rrd;

	if (vantage_file(file, t, slave) < 0 || store_rrd_read(file, &rrd, NULL) < 0)
		return 0;
	store_rrd_free(&rrd);
	return rrd.last;
}
