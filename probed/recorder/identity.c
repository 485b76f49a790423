#include "recorder/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "round.h"

bool
identity_has_file(const struct conf_target *t)
{
	return (t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC) && t->step > 0 &&
	       t->pings > 0 && t->pings <= ROUND_MAX_PINGS;
}

/* How, not what. */
static bool
is_manner(const char *key)
{
	static const char *const manner[] = { "pings", "step", "offset", "timeout",
		"sampler", "hostinterval", "mininterval", "min_interval", "blazemode",
		"binary", "forks", "timestamp", "usestdout" };

	for (size_t i = 0; i < sizeof manner / sizeof manner[0]; i++)
		if (strcmp(key, manner[i]) == 0)
			return true;
	return false;
}

static uint64_t
mix(uint64_t hash, const char *key, const char *value)
{
	char *text = mem_printf("%016llx %s=%s", (unsigned long long)hash, key, value);

	hash = conf_target_id(text);
	free(text);
	return hash;
}

/* A host that tells its address itself is known by nothing but its name here. */
uint64_t
identity_host(const struct conf_target *t)
{
	if (t->kind == CONF_DYNAMIC)
		return mix(1, "path", t->path);
	return mix(2, "host", t->host == NULL ? "" : t->host);
}

uint64_t
identity_of(const struct conf *conf, const struct conf_target *t)
{
	const char *name = t->probe == NULL ? "" : t->probe->module;
	const struct module *module = module_find(name);
	uint64_t hash = identity_host(t);
	const struct schema_key *key;

	hash = mix(hash, "probe", t->probe == NULL ? "" : t->probe->name);
	for (size_t i = 0; (key = module_key_at(module, i)) != NULL; i++) {
		const struct conf_var *var;
		if (key->name[0] == '/' || !(key->flags & KEY_TARGET) ||
		    is_manner(key->name) || conf_is_secret(key->name))
			continue;
		var = conf_target_var(conf, t, key->name);
		if (var != NULL)
			hash = mix(hash, var->key, var->value);
	}
	return hash;
}
