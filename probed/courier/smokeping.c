/* Calling a SmokePing, or what speaks like one: protocol 2. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "courier/calls.h"
#include "slave/rowtext.h"
#include "slave/sign.h"

#define PROTOCOL "2"
#define CONFIG_TYPE "application/smokeping-config"

static void
add(struct call *c, const char *path, const struct round *r)
{
	if (c->rounds++ > 0)
		putc('\n', c->out);
	putc('/', c->out);
	for (; *path != '\0'; path++)
		putc(*path == '.' ? '/' : *path, c->out);
	fprintf(c->out, "\t%lld\t", (long long)r->row);
	rowtext_write(c->out, r);
}

static void
put_field(struct call *c, const char *name, const char *value, size_t len)
{
	curl_mimepart *part = curl_mime_addpart(c->form);

	curl_mime_name(part, name);
	curl_mime_data(part, value, len);
}

static void
prepare(struct call *c, CURL *easy)
{
	char key[SIGN_TEXT];

	sign_text(SIGN_MD5, c->master->secret, c->body, c->len, key);
	c->form = curl_mime_init(easy);
	put_field(c, "slave", c->master->name, CURL_ZERO_TERMINATED);
	put_field(c, "key", key, CURL_ZERO_TERMINATED);
	put_field(c, "protocol", PROTOCOL, CURL_ZERO_TERMINATED);
	put_field(c, "data", c->body, c->len);
	put_field(
	    c, "config_time", *c->told != '\0' ? c->told : "0", CURL_ZERO_TERMINATED);
	curl_easy_setopt(easy, CURLOPT_MIMEPOST, c->form);
}

/* What an answer in words says: OK, or a complaint. SmokePing has taken the rounds
 * where it does not say otherwise. */
static void
read_words(const char *body, size_t len, struct answer *a)
{
	static const char *const not_taken[] = { "No secret found",
		"I expected protocol", "I don't know the slave",
		"does not match our expectation", "Opening secrets file" };
	char text[sizeof a->text];
	size_t n = len < sizeof text - 1 ? len : sizeof text - 1;

	memcpy(text, body, n);
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			*p = '?';
	a->taken = true;
	if (strcmp(text, "OK") == 0)
		return;
	for (size_t i = 0; i < sizeof not_taken / sizeof not_taken[0]; i++)
		if (strstr(text, not_taken[i]) != NULL)
			a->taken = false;
	/* A page of some other server. */
	if (strstr(text, "WARNING") == NULL) {
		a->taken = false;
		snprintf(a->text, sizeof a->text,
		    "expected OK of a SmokePing master, got: %.180s", text);
	} else {
		memcpy(a->text, text, sizeof text);
	}
}

static int
read_answer(struct call *c, CURL *easy, long status, const char *body, size_t len,
    struct answer *a, struct err *err)
{
	const char *type = calls_header(easy, "Content-Type");
	char key[SIGN_TEXT], protocol[16];

	if (status / 100 != 2)
		return err_set(err, "master said %ld", status);
	if (strncmp(type, CONFIG_TYPE, strlen(CONFIG_TYPE)) != 0) {
		read_words(body, len, a);
		return 0;
	}
	snprintf(protocol, sizeof protocol, "%s", calls_header(easy, "Protocol"));
	sign_text(SIGN_MD5, c->master->secret, body, len, key);
	/* It answers with a configuration only after the rounds were taken. */
	a->taken = true;
	if (strcmp(protocol, PROTOCOL) != 0)
		snprintf(a->text, sizeof a->text,
		    "it sent a configuration with protocol %s, expected " PROTOCOL,
		    protocol);
	else if (!sign_same(key, calls_header(easy, "Key")))
		snprintf(a->text, sizeof a->text,
		    "it sent a configuration that is not signed with our secret");
	else if ((a->tree = data_read_perl(body, len, err)) == NULL)
		snprintf(
		    a->text, sizeof a->text, "its configuration: %.200s", err->text);
	/* Whose answer it is only the signature proves. */
	if (a->tree == NULL)
		a->taken = false;
	return 0;
}

const struct language calls_smokeping = { NULL, add, NULL, prepare, read_answer };
