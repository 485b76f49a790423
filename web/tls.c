#include "web/tls.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/certificate.h"
#include "web/http.h"

#define CHAIN_MAX 16
/* A handshake that was begun with a certificate goes on with it; none lasts longer. */
#define KEEP_NS (2 * HTTP_IDLE_S * CLOCK_NS_PER_S)
#define KEY_ID 64

/* A certificate with those that vouch for it, and its key. */
struct pair {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned count;
	gnutls_privkey_t key;
	int64_t until, replaced_ns;
	LIST_ENTRY(pair) link;
};

static struct {
	struct pair *now;
	LIST_HEAD(, pair) former;
	char *certificate, *key; /* the texts that NOW was made of, or could not be */
	char trouble[600];
} tls;

static void
pair_free(struct pair *p)
{
	for (unsigned i = 0; i < p->count; i++)
		gnutls_pcert_deinit(&p->chain[i]);
	if (p->key != NULL)
		gnutls_privkey_deinit(p->key);
	free(p);
}

/* VALUE with lines, to be freed. */
static char *
lines_of(const char *value)
{
	char *text = mem_str(value);

	for (char *p = text; *p != '\0'; p++)
		if (*p == CERTIFICATE_LINE)
			*p = '\n';
	return text;
}

/* The id of the public key in KEY or (NULL) in CERT. 0, or an error of GnuTLS. */
static int
key_id(
    gnutls_pcert_st *cert, gnutls_privkey_t key, unsigned char id[KEY_ID], size_t *len)
{
	gnutls_pubkey_t own = NULL;
	int r;

	*len = KEY_ID;
	if (key == NULL)
		return gnutls_pubkey_get_key_id(
		    cert->pubkey, GNUTLS_KEYID_USE_SHA256, id, len);
	r = gnutls_pubkey_init(&own);
	if (r == 0)
		r = gnutls_pubkey_import_privkey(own, key, 0, 0);
	if (r == 0)
		r = gnutls_pubkey_get_key_id(own, GNUTLS_KEYID_USE_SHA256, id, len);
	gnutls_pubkey_deinit(own);
	return r;
}

static int64_t
expires(gnutls_pcert_st *cert)
{
	gnutls_x509_crt_t crt;
	int64_t t = 0;

	if (gnutls_pcert_export_x509(cert, &crt) != 0)
		return 0;
	t = (int64_t)gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	return t > 0 ? t : 0;
}

/* The pair of two texts of PEM; NULL with ERR. */
static struct pair *
pair_new(char *certificate, char *key, struct err *err)
{
	struct pair *p = mem_zero(1, sizeof *p);
	gnutls_datum_t chain = { (unsigned char *)certificate,
		(unsigned)strlen(certificate) };
	gnutls_datum_t secret = { (unsigned char *)key, (unsigned)strlen(key) };
	unsigned char a[KEY_ID], b[KEY_ID];
	size_t a_len, b_len;
	int r;

	p->count = CHAIN_MAX;
	r = gnutls_pcert_list_import_x509_raw(
	    p->chain, &p->count, &chain, GNUTLS_X509_FMT_PEM, 0);
	if (r < 0 || p->count == 0) {
		p->count = 0;
		err_set(err, "the certificate cannot be read: %s", gnutls_strerror(r));
		pair_free(p);
		return NULL;
	}
	r = gnutls_privkey_init(&p->key);
	if (r == 0)
		r = gnutls_privkey_import_x509_raw(
		    p->key, &secret, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (r < 0) {
		err_set(err, "the certificate's key cannot be read: %s",
		    gnutls_strerror(r));
		pair_free(p);
		return NULL;
	}
	if (key_id(&p->chain[0], NULL, a, &a_len) != 0 ||
	    key_id(NULL, p->key, b, &b_len) != 0 || a_len != b_len ||
	    memcmp(a, b, a_len) != 0) {
		err_set(err, "certificate_key is not the key of the first certificate");
		pair_free(p);
		return NULL;
	}
	p->until = expires(&p->chain[0]);
	return p;
}

static void
forget_former(int64_t now)
{
	struct pair *next;

	for (struct pair *p = LIST_FIRST(&tls.former); p != NULL; p = next) {
		next = LIST_NEXT(p, link);
		if (now - p->replaced_ns < KEEP_NS)
			continue;
		LIST_REMOVE(p, link);
		pair_free(p);
	}
}

/* P is the one from now on. */
static void
replace(struct pair *p)
{
	int64_t now = clock_mono_ns();

	forget_former(now);
	if (tls.now != NULL) {
		tls.now->replaced_ns = now;
		LIST_INSERT_HEAD(&tls.former, tls.now, link);
	}
	tls.now = p;
}

static void
keep_texts(const char *certificate, const char *key)
{
	if (tls.key != NULL)
		explicit_bzero(tls.key, strlen(tls.key));
	free(tls.key);
	free(tls.certificate);
	tls.certificate = certificate != NULL ? mem_str(certificate) : NULL;
	tls.key = key != NULL ? mem_str(key) : NULL;
}

void
tls_configure(const struct conf *conf)
{
	const struct conf_section *web = conf_top(conf, "Web");
	const char *certificate = conf_value(web, "certificate_pem", NULL),
		   *key = conf_value(web, "key_pem", NULL);
	struct err err;

	if (certificate == NULL || key == NULL)
		return;
	if (tls.certificate != NULL && strcmp(tls.certificate, certificate) == 0 &&
	    strcmp(tls.key, key) == 0)
		return;
	keep_texts(certificate, key);
	char *chain = lines_of(certificate), *secret = lines_of(key);
	struct pair *p = pair_new(chain, secret, &err);
	explicit_bzero(secret, strlen(secret));
	free(secret);
	free(chain);
	tls.trouble[0] = '\0';
	if (p != NULL) {
		replace(p);
		return;
	}
	snprintf(tls.trouble, sizeof tls.trouble, "%s; %s", err.text,
	    tls.now != NULL ? "the one before stays in use"
			    : "nobody is served by TLS");
	log_warnx("TLS: %s", tls.trouble);
}

void
tls_free(void)
{
	struct pair *p;

	if (tls.now != NULL)
		pair_free(tls.now);
	tls.now = NULL;
	while ((p = LIST_FIRST(&tls.former)) != NULL) {
		LIST_REMOVE(p, link);
		pair_free(p);
	}
	keep_texts(NULL, NULL);
}

/* GnuTLS asks at each handshake, and does not take over what it is given. */
static int
on_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
    const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
    gnutls_pcert_st **chain, unsigned *length, gnutls_privkey_t *key)
{
	(void)session;
	(void)authorities;
	(void)count;
	(void)algorithms;
	(void)algorithm_count;
	if (tls.now == NULL)
		return -1;
	*chain = tls.now->chain;
	*length = tls.now->count;
	*key = tls.now->key;
	return 0;
}

struct MHD_OptionItem *
tls_options(void)
{
	static char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
	static struct MHD_OptionItem options[3];

	options[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
		(void *)on_certificate };
	options[1] =
	    (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, priorities };
	options[2] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	return options;
}

int64_t
tls_valid_until(void)
{
	return tls.now != NULL ? tls.now->until : 0;
}

const char *
tls_trouble(void)
{
	return tls.trouble[0] != '\0' ? tls.trouble : NULL;
}
