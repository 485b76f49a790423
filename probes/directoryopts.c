#include "probes/directoryopts.h"

#include <ldap.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/net.h"
#include "probes/secrets.h"
#include "probes/trust.h"

#define ATTRS 100

void
directoryopts_free(struct probe_opts *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; o->attrs != NULL && o->attrs[i] != NULL; i++)
		free(o->attrs[i]);
	free(o->attrs);
	free(o->base);
	free(o->filter);
	free(o->binddn);
	free(o->password);
	free(o);
}

static int
directoryopts_scope(
    struct probe_opts *o, const char *word, const char *key, struct err *err)
{
	static const struct {
		const char *word;
		int scope;
	} scopes[] = {
		{ "base", LDAP_SCOPE_BASE },
		{ "one", LDAP_SCOPE_ONELEVEL },
		{ "sub", LDAP_SCOPE_SUBTREE },
	};

	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (strcmp(word, scopes[i].word) == 0) {
			o->scope = scopes[i].scope;
			return 0;
		}
	return err_set(err, "%s = %.50s: expected base, one or sub", key, word);
}

static int
directoryopts_attrs(struct probe_opts *o, const char *list, struct err *err)
{
	char *copy = mem_str(list), *save = NULL;
	size_t n = 0;

	o->attrs = mem_zero(ATTRS + 1, sizeof *o->attrs);
	for (char *a = strtok_r(copy, ", \t", &save); a != NULL && n <= ATTRS;
	     a = strtok_r(NULL, ", \t", &save))
		if (n++ < ATTRS)
			o->attrs[n - 1] = mem_str(a);
	free(copy);
	if (n > ATTRS)
		return err_set(
		    err, "attrs: more than %d of them, expected fewer", ATTRS);
	return 0;
}

/* Who has no password binds as nobody in particular, as SmokePing has it. */
static int
directoryopts_login(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	static const char none[] = "no password";
	const char *who = net_var(conf, t, "binddn");
	char *remark = NULL;

	if (who == NULL)
		return 0;
	o->password = secrets_password(conf, t, who, &remark, err);
	if (remark != NULL)
		log_warnx("%s: %s", t->path, remark);
	free(remark);
	if (o->password != NULL)
		o->binddn = mem_str(who);
	else if (strncmp(err->text, none, sizeof none - 1) != 0)
		return -1;
	return 0;
}

/* Whether by TLS, and how much of it is believed. */
static int
directoryopts_tls(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *scheme = net_var(conf, t, "scheme");
	const char *verify = net_var(conf, t, "verify");

	o->tls = scheme != NULL && strcmp(scheme, "ldaps") == 0;
	o->start_tls = net_var_true(conf, t, "start_tls");
	if (!o->tls && scheme != NULL && strcmp(scheme, "ldap") != 0)
		return err_set(err,
		    "scheme = %.20s: a socket of this machine is not measured, expected "
		    "ldap or ldaps",
		    scheme);
	if (o->start_tls && (o->tls || o->version < 3))
		return err_set(err, "start_tls with %s: expected one of the two",
		    o->tls ? "scheme = ldaps" : "version = 2");
	o->insecure = verify != NULL && strcmp(verify, "none") == 0;
	if ((o->tls || o->start_tls) && !o->insecure)
		trust_system(); /* now, and not inside the first handshake */
	return 0;
}

static int
directoryopts_ldap(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *scope = net_var(conf, t, "scope"), *base = net_var(conf, t, "base");
	const char *filter = net_var(conf, t, "filter");
	const char *attrs = net_var(conf, t, "attrs");
	long version;

	if (filter == NULL)
		return err_set(err, "filter is missing, expected e.g. (uid=testuser)");
	if (net_var_number(conf, t, "version", 2, 3, 3, &version, err) != 0)
		return -1;
	o->version = (int)version;
	o->base = mem_str(base != NULL ? base : "");
	o->filter = mem_str(filter);
	if (directoryopts_scope(o, scope != NULL ? scope : "sub", "scope", err) != 0 ||
	    directoryopts_tls(o, conf, t, err) != 0 ||
	    directoryopts_login(o, conf, t, err) != 0)
		return -1;
	return attrs == NULL ? 0 : directoryopts_attrs(o, attrs, err);
}

static int
directoryopts_echoping(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *filter = net_var(conf, t, "ldap_request");
	const char *base = net_var(conf, t, "ldap_base");
	const char *scope = net_var(conf, t, "ldap_scope");
	const char *more = net_var(conf, t, "extraopts");

	if (more != NULL)
		return err_set(
		    err, "extraopts = %.100s: not known here, expected none", more);
	o->version = 3;
	o->base = mem_str(base != NULL ? base : "");
	o->filter = mem_str(filter != NULL ? filter : "(objectClass=*)");
	return directoryopts_scope(
	    o, scope != NULL ? scope : "base", "ldap_scope", err);
}

struct probe_opts *
directoryopts_read(
    const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);
	bool echoping = strcmp(t->probe->module, "EchoPingLDAP") == 0;
	int bad = echoping ? directoryopts_echoping(o, conf, t, err)
			   : directoryopts_ldap(o, conf, t, err);

	o->family = AF_UNSPEC;
	if (bad == 0)
		bad = net_var_family(conf, t, "ipversion", &o->family, err);
	if (bad == 0)
		bad = handshake_read(
		    &o->to, conf, t, o->tls ? 636 : 389, &o->family, err);
	if (bad == 0)
		return o;
	directoryopts_free(o);
	return NULL;
}
