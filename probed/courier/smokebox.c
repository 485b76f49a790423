/* Calling another smokebox: JSON with a signature (slave/report.h). */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/mem.h"
#include "courier/calls.h"
#include "slave/report.h"
#include "slave/sign.h"

static void
begin(struct call *c)
{
	struct report_head head = { .time = clock_wall_s() };
	uint8_t nonce[REPORT_NONCE / 2];

	randombytes_buf(nonce, sizeof nonce);
	sodium_bin2hex(c->nonce, sizeof c->nonce, nonce, sizeof nonce);
	memcpy(head.nonce, c->nonce, sizeof head.nonce);
	snprintf(head.slave, sizeof head.slave, "%s", c->master->name);
	snprintf(head.config, sizeof head.config, "%s", c->told);
	report_begin(c->out, &head);
}

static void
add(struct call *c, const char *path, const struct round *r)
{
	report_round(c->out, c->rounds++, path, r);
}

static void
end(struct call *c)
{
	report_end(c->out);
}

static void
prepare(struct call *c, CURL *easy)
{
	char key[SIGN_TEXT], *line;

	sign_text(SIGN_SHA256, c->master->secret, c->body, c->len, key);
	line = mem_printf(REPORT_SIGNATURE ": %s", key);
	c->headers = curl_slist_append(NULL, line);
	free(line);
	line = mem_printf(REPORT_SLAVE ": %s", c->master->name);
	c->headers = curl_slist_append(c->headers, line);
	c->headers = curl_slist_append(c->headers, "Content-Type: application/json");
	c->headers = curl_slist_append(c->headers, "Expect:");
	free(line);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, c->body);
}

/* What a refusal says: the "detail" of a problem in JSON, on one line. */
static int
refusal(long status, const char *body, size_t len, struct err *err)
{
	const char *detail = len > 0 ? strstr(body, "\"detail\":\"") : NULL;
	char text[200] = "";

	if (detail != NULL) {
		snprintf(text, sizeof text, ": %s", detail + strlen("\"detail\":\""));
		text[strcspn(text, "\"\r\n")] = '\0';
	}
	return err_set(err, "master said %ld%s", status, text);
}

static int
read_answer(struct call *c, CURL *easy, long status, const char *body, size_t len,
    struct answer *a, struct err *err)
{
	struct report_answer answer;
	char key[SIGN_TEXT];

	if (status != 200)
		return refusal(status, body, len, err);
	sign_text(SIGN_SHA256, c->master->secret, body, len, key);
	if (!sign_same(key, calls_header(easy, REPORT_SIGNATURE)))
		return err_set(err,
		    "the answer is not signed with our secret, expected a smokebox at "
		    "this URL");
	if (report_answer_read(body, len, &answer, err) < 0)
		return -1;
	if (strcmp(answer.nonce, c->nonce) != 0) {
		data_free(answer.config);
		return err_set(err, "an answer to another call");
	}
	a->taken = true;
	a->tree = answer.config;
	memcpy(a->text, answer.trouble, sizeof a->text);
	return 0;
}

const struct language calls_smokebox = { begin, add, end, prepare, read_answer };
