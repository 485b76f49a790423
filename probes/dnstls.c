#include "probes/dnstls.h"

#include <stdlib.h>

#include "base/mem.h"
#include "probes/net.h"
#include "probes/trust.h"

void
dnstls_free(struct probe_opts *o)
{
	if (o != NULL)
		trust_free(o->trust);
	dnsopts_free(o);
}

struct probe_opts *
dnstls_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *verify = net_var(conf, t, "dns_tls_verify");
	const char *ca = net_var(conf, t, "dns_tls_ca");

	if (o == NULL)
		return NULL;
	o->tls_name = mem_str(net_var(conf, t, "dns_tls_name"));
	o->insecure = verify != NULL && !net_var_true(conf, t, "dns_tls_verify");
	if (ca != NULL && (o->trust = trust_file(ca, err)) == NULL) {
		dnstls_free(o);
		return NULL;
	}
	/* Now, since it takes its time, and not inside the first handshake. */
	if (!o->insecure && o->trust == NULL)
		trust_system();
	return o;
}

const char *
dnstls_name(const struct probe_run *run)
{
	const struct probe_opts *o = run->opts;

	return o->tls_name != NULL ? o->tls_name
	       : o->server != NULL ? o->server
				   : run->name;
}

bool
dnstls_check(struct probe_run *run, gnutls_session_t session, char *why, size_t size)
{
	const struct probe_opts *o = run->opts;

	const struct trust *trust = o->insecure	       ? NULL
				    : o->trust != NULL ? o->trust
						       : trust_system();
	double days;
	bool good = trust_check(trust, session, dnstls_name(run), &days, why, size);

	probe_extra(run, EXTRA_CERT_DAYS, days);
	return good;
}
