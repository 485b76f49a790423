#include "probes/trust.h"

#include <gnutls/x509.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"

#define TRUST_CHAIN 16 /* certificates that a server may show */
#define TRUST_FILE "/etc/ssl/certs/ca-certificates.crt"
#define TRUST_LOOK_NS (600 * CLOCK_NS_PER_S)

struct trust {
	gnutls_x509_trust_list_t list;
};

static struct {
	struct trust *trust;
	struct stat seen;
	int64_t looked_ns;
} trust_os;

static struct trust *
trust_new(void)
{
	struct trust *t = mem_zero(1, sizeof *t);

	if (gnutls_x509_trust_list_init(&t->list, 0) != 0)
		fatalx("out of memory");
	return t;
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	gnutls_x509_trust_list_deinit(t->list, 1);
	free(t);
}

struct trust *
trust_file(const char *path, struct err *err)
{
	struct stat st;

	/* A pipe would be waited for, a device read without end. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		err_set(err,
		    "%s: no ordinary file, expected certificates of "
		    "authorities as PEM",
		    path);
		return NULL;
	}
	struct trust *t = trust_new();
	int n = gnutls_x509_trust_list_add_trust_file(
	    t->list, path, NULL, GNUTLS_X509_FMT_PEM, 0, 0);

	if (n > 0)
		return t;
	err_set(err, "%s: %s, expected certificates of authorities as PEM", path,
	    n < 0 ? gnutls_strerror(n) : "no certificate in it");
	trust_free(t);
	return NULL;
}

const struct trust *
trust_system(void)
{
	int64_t now = clock_mono_ns();
	struct stat st = { 0 };

	if (trust_os.trust != NULL && now - trust_os.looked_ns < TRUST_LOOK_NS)
		return trust_os.trust;
	trust_os.looked_ns = now;
	if (stat(TRUST_FILE, &st) != 0)
		memset(&st, 0, sizeof st);
	if (trust_os.trust != NULL && st.st_ino == trust_os.seen.st_ino &&
	    st.st_size == trust_os.seen.st_size &&
	    st.st_mtim.tv_sec == trust_os.seen.st_mtim.tv_sec)
		return trust_os.trust;
	trust_os.seen = st;
	trust_free(trust_os.trust);
	trust_os.trust = trust_new();
	if (gnutls_x509_trust_list_add_system_trust(trust_os.trust->list, 0, 0) <= 0)
		log_warnx(
		    "no certificate authorities on this system, expected them in " TRUST_FILE
		    ": https targets fail unless insecure_ssl is set");
	return trust_os.trust;
}

void
trust_close(void)
{
	trust_free(trust_os.trust);
	trust_os.trust = NULL;
}

/* The peer's chain into CHAIN; how many, 0 when there is none that can be read. */
static unsigned
trust_chain(gnutls_session_t session, gnutls_x509_crt_t *chain)
{
	unsigned shown = 0, n = 0;
	const gnutls_datum_t *raw = gnutls_certificate_get_peers(session, &shown);

	for (; raw != NULL && n < shown && n < TRUST_CHAIN; n++) {
		if (gnutls_x509_crt_init(&chain[n]) != 0)
			break;
		if (gnutls_x509_crt_import(chain[n], &raw[n], GNUTLS_X509_FMT_DER) !=
		    0) {
			gnutls_x509_crt_deinit(chain[n]);
			break;
		}
	}
	return n;
}

static void
trust_text(unsigned status, const char *host, char *why, size_t size)
{
	gnutls_datum_t text = { NULL, 0 };

	if (gnutls_certificate_verification_status_print(
		status, GNUTLS_CRT_X509, &text, 0) == 0)
		snprintf(why, size, "certificate of %s: %s", host, (char *)text.data);
	else
		snprintf(why, size, "certificate of %s: not trusted", host);
	gnutls_free(text.data);
	size_t len = strlen(why);
	while (len > 0 && (why[len - 1] == ' ' || why[len - 1] == '.'))
		why[--len] = '\0';
}

/* When the first certificate of CHAIN to end does so. An old authority's certificate
 * that a server shows besides counts only where it is needed. */
static double
trust_days(const struct trust *t, gnutls_x509_crt_t *chain, unsigned n)
{
	time_t first = 0, end;
	gnutls_x509_crt_t issuer;

	for (unsigned i = 0; i < n; i++) {
		if (i > 0 && gnutls_x509_crt_check_issuer(chain[i - 1], chain[i]) == 0)
			continue; /* no part of the chain */
		end = gnutls_x509_crt_get_expiration_time(chain[i]);
		first = i == 0 || end < first ? end : first;
		if (t == NULL || gnutls_x509_trust_list_get_issuer(
				     t->list, chain[i], &issuer, 0) != 0)
			continue;
		end = gnutls_x509_crt_get_expiration_time(issuer);
		first = end < first ? end : first;
		break;
	}
	if (n == 0 || first == (time_t)-1)
		return NAN;
	return ((double)first - (double)clock_wall_s()) / 86400;
}

/* Does T vouch for CHAIN to be HOST's? */
static bool
trust_verify(const struct trust *t, gnutls_x509_crt_t *chain, unsigned n,
    const char *host, char *why, size_t size)
{
	unsigned status = GNUTLS_CERT_INVALID;
	size_t len = strlen(host);
	char *name = mem_strn(host, len > 1 && host[len - 1] == '.' ? len - 1 : len);
	gnutls_typed_vdata_st data[] = {
		{ GNUTLS_DT_DNS_HOSTNAME, (void *)name, 0 },
		{ GNUTLS_DT_KEY_PURPOSE_OID,
		    (void *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0 },
	};
	int bad = n == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND
			 : gnutls_x509_trust_list_verify_crt2(
			       t->list, chain, n, data, 2, 0, &status, NULL);

	if (bad != 0)
		snprintf(
		    why, size, "certificate of %s: %s", host, gnutls_strerror(bad));
	else if (status != 0)
		trust_text(status, host, why, size);
	free(name);
	return bad == 0 && status == 0;
}

bool
trust_check(const struct trust *t, gnutls_session_t session, const char *host,
    double *days, char *why, size_t size)
{
	gnutls_x509_crt_t chain[TRUST_CHAIN];
	unsigned n = trust_chain(session, chain);
	bool good = t == NULL || trust_verify(t, chain, n, host, why, size);

	*days = trust_days(t, chain, n);
	while (n > 0)
		gnutls_x509_crt_deinit(chain[--n]);
	return good;
}
