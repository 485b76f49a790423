/* EchoPingWhois, and EchoPingPlugin where that means the same: a question and an answer
 * of any length (RFC 3912). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/echoping.h"
#include "probes/net.h"

#define WHOIS_REQUEST 250 /* letters */

static bool
whois_say(struct dialog *d, struct pack *out)
{
	dialog_text(out, d->opts->own);
	dialog_text(out, "\r\n");
	return false;
}

/* All of it, to the end of the connection. */
static enum dialog_turn
whois_take(struct dialog *d)
{
	d->count += d->in_len;
	dialog_took(d, d->in_len);
	return d->ended && !d->reset && d->count > 0 ? DIALOG_NEXT : DIALOG_MORE;
}

static const struct dialog_step whois_steps[] = {
	{ "answer's end", whois_say, whois_take, DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};

static int
whois_request(
    struct probe_opts *o, const char *request, const char *key, struct err *err)
{
	if (request == NULL || strlen(request) > WHOIS_REQUEST)
		return err_set(err, "%s: expected a question of 1 to %d letters", key,
		    WHOIS_REQUEST);
	o->own = mem_str(request);
	return 0;
}

static int
whois_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *plugin = net_var(conf, t, "plugin");
	char name[64] = "whois";

	if (plugin != NULL)
		echoping_plugin(plugin, name, sizeof name);
	if (strcmp(name, "whois") != 0)
		return err_set(err,
		    "plugin = %s: programs of echoping are not used, expected whois",
		    plugin);
	return echoping_check(conf, t, err) != 0
		   ? -1
		   : whois_request(
			 o, net_var(conf, t, "whois_request"), "whois_request", err);
}

static int
plugin_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *plugin = net_var(conf, t, "plugin");
	char name[64] = "";

	if (plugin != NULL)
		echoping_plugin(plugin, name, sizeof name);
	if (strcmp(name, "dns") == 0 || strcmp(name, "ldap") == 0)
		return err_set(err,
		    "plugin = %s: measured as EchoPing%s, expected that module", plugin,
		    name[0] == 'd' ? "DNS" : "LDAP");
	if (strcmp(name, "whois") != 0)
		return err_set(err,
		    "plugin = %s: a program of echoping's that is not built in, "
		    "expected whois",
		    plugin == NULL ? "" : plugin);
	return echoping_check(conf, t, err) != 0
		   ? -1
		   : whois_request(
			 o, net_var(conf, t, "pluginargs"), "pluginargs", err);
}

const struct dialog_kind dialog_whois = {
	.module = "EchoPingWhois",
	.port = 43,
	.steps = whois_steps,
	.options = whois_options,
};

const struct dialog_kind dialog_plugin = {
	.module = "EchoPingPlugin",
	.port = 43,
	.steps = whois_steps,
	.options = plugin_options,
};
