/* What is written: letters as mail, by SmokePing's templates and by our text, and as
 * the bodies of all services. */
#include "t/tap.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/mem.h"
#include "config/conf.h"
#include "courier/address.h"
#include "courier/letter.h"
#include "courier/mail.h"
#include "courier/service.h"

static const char alert[] =
    "{\"kind\":\"alert\",\"target\":\"A.B\",\"alert\":\"someloss\",\"pattern\":\">0%\","
    "\"loss\":[\"S\",0,40,null,33.4],\"rtt\":[\"S\",0.0041,null],\"host\":\"b.example\","
    "\"comment\":\"line\\u000abreak <x> & \\u00e4\",\"edge\":\"raised\",\"priority\":1}";

static void
add(struct parcel *p, int64_t id, const char *what, const char *body)
{
	struct letter *l = parcel_add(p);
	struct err err;

	l->id = id;
	l->time = 1764000000 + id;
	l->incident = 7;
	p->receiver = "who";
	p->url_base = "http://s/cgi";
	if (letter_read(l, what, body, &err) != 0)
		ok(false, "%s", err.text);
}

/* --- reading ---------------------------------------------------------------------- */

static void
test_reading(void)
{
	static const char *const bad[] = { "", "[]", "{", "\"x\"", "{\"a\":\"\xff\"}" };
	struct parcel p = { 0 };
	struct letter l = { .id = 3 };
	struct err err;

	add(&p, 1, "open", alert);
	is_str(p.letter[0].loss, "loss: S, 0%, 40%, U, 33%",
	    "losses as SmokePing has them");
	is_str(p.letter[0].rtt, "rtt: S, 4ms, U", "times as SmokePing has them");
	is_str(p.letter[0].comment, "line break <x> & \xc3\xa4",
	    "no line begins in a text");
	is_str(letter_state(&p.letter[0]), "was raised", "its edge");
	add(&p, 2, "close",
	    "{\"alert\":\"a\",\"target\":\"A.B\",\"slave\":\"far\",\"edge\":\"cleared\","
	    "\"loss\":\"loss: S, 0%\",\"rtt\":\"4ms\"}");
	is_str(p.letter[1].subject, "A.B [from far]", "a slave is named");
	is_str(letter_state(&p.letter[1]), "was cleared", "the other edge");
	is_str(p.letter[1].loss, "loss: S, 0%", "texts are taken as they are");
	is_str(p.letter[1].rtt, "rtt: 4ms", "or completed");
	add(&p, 3, "open", "{\"alert\":\"a\",\"target\":\"A\"}");
	is_str(letter_state(&p.letter[2]), "is active", "without an edge it is active");
	add(&p, 4, "open",
	    "{\"kind\":\"alert\",\"subject\":\"A.B\",\"source\":\"bad\",\"edge\":true,\"state\":\"was "
	    "raised\"}");
	ok(strcmp(p.letter[3].alert, "bad") == 0 &&
		strcmp(p.letter[3].target, "A.B") == 0 &&
		p.letter[3].edge == EDGE_RAISED,
	    "an incident of an alert is understood as well");
	ok(!letter_is_over(&p.letter[0]) && letter_is_over(&p.letter[1]),
	    "what is over");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		is_int(letter_read(&l, "open", bad[i], &err), -1, "no letter");
	parcel_clear(&p);
}

/* --- templates -------------------------------------------------------------------- */

static void
test_template(void)
{
	static const char text[] =
	    "Subject: <##ALERT##>|<##WHAT##>|<##LINE##>\n\n<##URL##>|<##STAMP##>|<##PAT##>|"
	    "<##LOSS##>|<##RTT##>|<##COMMENT##>|<##NONE##>|<##|##>\n";
	struct parcel p = { 0 };
	struct err err;

	setenv("TZ", "UTC", 1);
	add(&p, 0, "open", alert);
	char *filled = mailtemplate_fill(text, &p);
	is_str(filled,
	    "Subject: someloss|was raised|A.B\n\nhttp://s/cgi?target=A.B|"
	    "Mon Nov 24 16:00:00 2025|>0%|loss: S, 0%, 40%, U, 33%|rtt: S, 4ms, U|"
	    "line break <x> & \xc3\xa4|<##NONE##>|<##|##>\n",
	    "every keyword of SmokePing's is filled in, and nothing else");
	free(filled);
	is_int(mailtemplate_check(text, &err), 0, "a good template");
	is_int(
	    mailtemplate_check("X-A: b\nSubject: c\n\nbody", &err), 0, "more headers");
	is_int(mailtemplate_check("Hello\n\nbody", &err), -1, "no headers");
	is_int(mailtemplate_check("X-A: b\n\nSubject: c", &err), -1, "no subject");
	is_int(mailtemplate_check("", &err), -1, "nothing");
	parcel_clear(&p);
}

/* --- mail ------------------------------------------------------------------------- */

static bool
has(const char *text, const char *piece)
{
	if (strstr(text, piece) != NULL)
		return true;
	printf("# %s\n# is not in\n# %s\n", piece, text);
	return false;
}

static void
test_mail(void)
{
	struct address a = { .to = (char *)"me@a", .from = (char *)"box@b" };
	struct parcel p = { 0 };
	size_t len;

	add(&p, 5, "open", alert);
	char *m = mail_message(&a, &p, NULL, "host", &len);
	is_int((long long)strlen(m), (long long)len, "a message has its length");
	ok(has(m, "To: me@a\nFrom: box@b\nDate: Mon, 24 Nov 2025 16:00:05 +0000\n") &&
		has(m, "Message-ID: <5.1764000005.smokebox@host>\n") &&
		has(m, "References: <incident.7.smokebox@host>\n") &&
		has(m, "Auto-Submitted: auto-generated\n"),
	    "headers");
	ok(has(m, "\nSubject: [SmokeAlert] someloss was raised on A.B\n"),
	    "the subject");
	ok(has(m, "http://s/cgi?target=A.B") && has(m, ">0%") &&
		has(m, "loss: S, 0%, 40%, U, 33%") && has(m, "rtt: S, 4ms, U") &&
		has(m, "line break"),
	    "all that SmokePing's has");
	free(m);
	m = mail_message(
	    &a, &p, "Subject: <##COMMENT##>\nContent-Type: text/x\n\nb", "h", &len);
	ok(has(m, "Subject: =?UTF-8?B?bGluZSBicmVhayA8eD4gJiDDpA==?=\n") &&
		has(m, "Content-Type: text/x\n\nb\n") &&
		strstr(m, "text/plain") == NULL,
	    "a template's own headers, encoded where they have to be");
	free(m);
	add(&p, 6, "close", "{\"kind\":\"gap\",\"summary\":\"it is over\"}");
	m = mail_message(&a, &p, NULL, "host", &len);
	ok(has(m, "Subject: [smokebox] 2 messages, ") &&
		has(m, "someloss was raised on A.B") && has(m, "it is over") &&
		has(m, "Message-ID: <5.1764000005-6.2.smokebox@"),
	    "a digest");
	free(m);
	parcel_clear(&p);
}

static void
test_long_mail(void)
{
	struct address a = { .to = (char *)"me@a", .from = (char *)"box@b" };
	struct parcel p = { 0 };
	char *body = mem_alloc(20000);
	size_t len, longest = 0;

	strcpy(body, "{\"alert\":\"a\",\"target\":\"A\",\"loss\":[0");
	for (int i = 0; i < 900; i++)
		strcat(body, ",100");
	strcat(body, "]}");
	add(&p, 5, "open", body);
	char *m = mail_message(&a, &p, NULL, "host", &len);
	for (const char *line = m; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > longest)
			longest = strcspn(line, "\n");
	ok(longest > 500 && longest < 998, "no line is too long for mail (%zu)",
	    longest);
	free(m);
	free(body);
	parcel_clear(&p);
}

/* --- services --------------------------------------------------------------------- */

static struct conf *
configured(const char *actions)
{
	struct conf_report report = { 0 };
	char *text = mem_printf("#@ checked 1\n*** General ***\ndatadir = .\ncgiurl = "
				"http://s/cgi\n*** Actions ***\n%s",
	    actions);
	struct conf *conf = conf_parse_checked(text, strlen(text), &report);

	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
	free(text);
	return conf;
}

static char *
body_of(const struct address *a, const struct parcel *p, size_t *len)
{
	char *body = NULL;
	FILE *out = open_memstream(&body, len);

	a->service->body(a, p, out);
	fclose(out);
	return body;
}

/* A jq of one step: the value of KEY as text. */
static const char *
value(const json_t *j, const char *key)
{
	static char number[32];
	const json_t *v = json_object_get(j, key);

	if (!json_is_integer(v))
		return json_string_value(v);
	snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
	return number;
}

static bool
header(const struct curl_slist *h, const char *line)
{
	for (; h != NULL; h = h->next)
		if (strcmp(h->data, line) == 0)
			return true;
	return false;
}

static const struct {
	const char *type, *settings, *url, *header, *key, *value;
} rows[] = {
	{ "ntfy", "url = https://n/topic\ntoken = tk", "https://n/",
	    "Authorization: Bearer tk", "topic", "topic" },
	{ "ntfy", "url = https://n/topic", "https://n/", NULL, "priority", "5" },
	{ "ntfy", "url = https://n/topic", "https://n/", NULL, "title",
	    "someloss was raised on A.B" },
	{ "ntfy", "url = https://n/topic", "https://n/", NULL, "click",
	    "http://s/cgi?target=A.B" },
	{ "gotify", "url = https://g/\ntoken = tk", "https://g/message",
	    "X-Gotify-Key: tk", "priority", "8" },
	{ "slack", "url = https://s/x/y", "https://s/x/y",
	    "Content-Type: application/json", "text", NULL },
	{ "discord", "url = https://d/x", "https://d/x", NULL, "content", NULL },
	{ "telegram", "token = 1:x\nchat = -5",
	    "https://api.telegram.org/bot1:x/sendMessage", NULL, "chat_id", "-5" },
	{ "apprise", "url = https://a/notify/k\ntag = all", "https://a/notify/k", NULL,
	    "type", "warning" },
	{ "webhook", "url = https://w/\ntoken = t", "https://w/",
	    "Idempotency-Key: 5.1764000005", "groupKey", "5.1764000005" },
};

static void
test_services(void)
{
	struct parcel p = { 0 };

	add(&p, 5, "open", alert);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text =
		    mem_printf("+ r\ntype = %s\n%s\n", rows[i].type, rows[i].settings);
		struct conf *conf = configured(text);
		struct address *a = address_of(conf, "r");
		size_t len;
		char *body = body_of(a, &p, &len), *url = service_url(a);
		struct curl_slist *h = service_headers(a, &p, body, len);
		json_t *j = json_loads(body, 0, NULL);

		is_str(url, rows[i].url, rows[i].type);
		ok(rows[i].header == NULL || header(h, rows[i].header), "%s: header %s",
		    rows[i].type, rows[i].header);
		if (rows[i].value != NULL)
			is_str(value(j, rows[i].key), rows[i].value, rows[i].key);
		else
			ok(json_is_object(j) &&
				strstr(value(j, rows[i].key), "someloss") != NULL,
			    "%s: the text", rows[i].type);
		json_decref(j);
		curl_slist_free_all(h);
		free(body);
		free(url);
		free(text);
		address_free(a);
		conf_free(conf);
	}
	parcel_clear(&p);
}

static void
test_slack_and_length(void)
{
	struct parcel p = { 0 };
	struct conf *conf = configured("+ s\ntype = slack\nurl = http://s/\n"
				       "+ d\ntype = discord\nurl = http://d/\n"
				       "+ p\ntype = pushover\ntoken = t&1\nuser = u\n");
	struct address *s = address_of(conf, "s"), *d = address_of(conf, "d"),
		       *o = address_of(conf, "p");
	size_t len;

	add(&p, 5, "open", alert);
	char *body = body_of(s, &p, &len);
	json_t *slack = json_loads(body, 0, NULL);
	ok(has(value(slack, "text"), "&lt;x&gt; &amp;"),
	    "Slack reads no mark-up in a comment");
	json_decref(slack);
	free(body);
	body = body_of(o, &p, &len);
	ok(has(body,
	       "token=t%261&user=u&title=someloss%20was%20raised%20on%20A.B&message=") &&
		has(body, "&priority=1&url="),
	    "Pushover gets a form");
	free(body);
	parcel_clear(&p);
	char *title = mem_alloc(5000);
	strcpy(title, "{\"kind\":\"attack\",\"summary\":\"");
	for (int i = 0; i < 900; i++)
		strcat(title, "\xc3\xa4");
	strcat(title, "\"}");
	add(&p, 5, "open", title);
	free(title);
	body = body_of(d, &p, &len);
	json_t *cut = json_loads(body, 0, NULL);
	ok(json_is_object(cut) && strlen(value(cut, "content")) < 2000,
	    "a title is cut where a letter ends");
	json_decref(cut);
	free(body);
	for (int i = 0; i < 90; i++)
		add(&p, 6 + i, "open", alert);
	body = body_of(d, &p, &len);
	json_t *j = json_loads(body, 0, NULL);
	ok(json_is_object(j) && strlen(value(j, "content")) < 2000,
	    "Discord never gets more than it takes");
	json_decref(j);
	free(body);
	address_free(s);
	address_free(d);
	address_free(o);
	conf_free(conf);
	parcel_clear(&p);
}

static void
test_webhook(void)
{
	struct parcel p = { 0 };
	struct conf *conf = configured("+ w\ntype = webhook\nurl = http://w/\n");
	struct address *a = address_of(conf, "w");
	char hex[WEBHOOK_HMAC];
	size_t len;

	add(&p, 5, "open", alert);
	add(&p, 6, "close",
	    "{\"alert\":\"someloss\",\"target\":\"A.B\",\"edge\":\"cleared\"}");
	char *body = body_of(a, &p, &len);
	json_t *j = json_loads(body, 0, NULL), *alerts = json_object_get(j, "alerts");
	is_str(value(j, "version"), "4", "Alertmanager's version");
	is_str(value(j, "receiver"), "who", "its receiver");
	is_str(value(j, "status"), "firing", "not all is over");
	is_int((long long)json_array_size(alerts), 2, "both are in it");
	json_t *one = json_array_get(alerts, 0), *two = json_array_get(alerts, 1);
	is_str(
	    value(json_object_get(one, "labels"), "alertname"), "someloss", "its name");
	is_str(value(one, "endsAt"), "0001-01-01T00:00:00Z", "one goes on");
	is_str(value(two, "endsAt"), "2025-11-24T16:00:06Z", "one ended");
	is_str(value(two, "status"), "resolved", "and says so");
	is_str(value(json_object_get(two, "annotations"), "id"), "6.1764000006",
	    "each has its id");
	ok(strcmp(value(one, "fingerprint"), value(two, "fingerprint")) == 0,
	    "and the two are of one thing");
	ok(json_object_get(one, "evidence") == NULL, "an alert has no evidence of its own");
	json_decref(j);
	free(body);
	parcel_clear(&p);
	add(&p, 7, "open",
	    "{\"kind\":\"verdict\",\"subject\":\"access\",\"summary\":\"it is full\","
	    "\"confidence\":\"likely\",\"evidence\":{\"numbers\":[{\"name\":\"loss\","
	    "\"value\":0.25,\"threshold\":0.02,\"interval\":[0.2,0.3]}],\"quality\":"
	    "{\"samples\":40}}}");
	body = body_of(a, &p, &len);
	j = json_loads(body, 0, NULL);
	one = json_array_get(json_object_get(j, "alerts"), 0);
	is_str(value(one, "confidence"), "likely", "a finding says how sure it is");
	json_t *number = json_array_get(
	    json_object_get(json_object_get(one, "evidence"), "numbers"), 0);
	is_close(json_number_value(json_object_get(number, "threshold")), 0.02, 1e-9,
	    "with its numbers and thresholds");
	is_int((long long)json_array_size(json_object_get(number, "interval")), 2,
	    "and intervals");
	ok(json_object_get(json_object_get(one, "evidence"), "quality") != NULL,
	    "and what its data are worth");
	json_decref(j);
	free(body);
	/* RFC 4231, test case 2 */
	webhook_hmac("Jefe", "what do ya want for nothing?", 28, hex);
	is_str(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	    "HMAC-SHA256 as in RFC 4231");
	address_free(a);
	conf_free(conf);
	parcel_clear(&p);
}

/* --- addresses -------------------------------------------------------------------- */

static void
test_addresses(void)
{
	struct conf *conf = configured(
	    "+ t\ntype = telegram\ntoken = 123:verysecret\nchat = 1\n"
	    "+ m\ntype = mail\nto = a@b\nurl = smtp://h:587\nuser = u\npassword = pw#1\n"
	    "+ empty\ntype = ntfy\nurl = http://h/t\ntoken = \n");
	struct address *t = address_of(conf, "t"), *m = address_of(conf, "m"),
		       *e = address_of(conf, "empty"),
		       *p = address_of(conf, "|/bin/x y"),
		       *s = address_of(conf, "snpp:1"),
		       *mail = address_of(conf, "M <a@b>");
	char text[100] = "no https://api.telegram.org/bot123:verysecret/sendMessage";

	address_hide(t, text, sizeof text);
	is_str(text, "no https://api.telegram.org/bot•••/sendMessage",
	    "a secret is hidden");
	is_int(t->rate, 15, "a service's own rate");
	ok(m->way == WAY_SMTP && m->tls == TLS_REQUIRED, "a password asks for TLS");
	is_str(m->password, "pw#1", "and is what was written");
	ok(e->way == WAY_NONE && e->cannot != NULL, "a secret that was not found: %s",
	    e->cannot);
	ok(p->way == WAY_COMMAND, "a program");
	is_str(p->program, "/bin/x y", "is all behind the pipe sign");
	ok(s->way == WAY_NONE, "%s", s->cannot);
	ok(mail->way == WAY_SENDMAIL, "without a mailhost mail goes to sendmail");
	char *bare = address_bare(mail->to);
	is_str(bare, "a@b", "by the address alone");
	free(bare);
	address_free(t);
	address_free(m);
	address_free(e);
	address_free(p);
	address_free(s);
	address_free(mail);
	conf_free(conf);
}

static struct conf *
configured_mail(const char *general, const char *more)
{
	struct conf_report report = { 0 };
	char *text = mem_printf(
	    "#@ checked 1\n*** General ***\ndatadir = .\n%s\n%s", general, more);
	struct conf *conf = conf_parse_checked(text, strlen(text), &report);

	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
	free(text);
	return conf;
}

static void
test_hyphens(void)
{
	static const struct {
		const char *to, *from;
		bool goes;
	} row[] = {
		{ "a@b", "c@d", true },
		{ "A - <a@b>", "C -x <c@d>", true },
		{ "-C/tmp/cf@b", "c@d", false },
		{ "x@y <-C/tmp/cf>", "c@d", false },
		{ "a@b", "-C/tmp/cf@d", false },
		{ "a@b", "x <-C/tmp/cf@d>", false },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *alerts = mem_printf("*** Alerts ***\nfrom = %s\n", row[i].from);
		struct conf *conf = configured_mail("", alerts);
		struct address *a = address_of(conf, row[i].to);

		ok((a->way == WAY_SENDMAIL) == row[i].goes &&
			(a->cannot == NULL) == row[i].goes,
		    "to %s from %s: %s", row[i].to, row[i].from,
		    a->cannot == NULL ? "goes" : a->cannot);
		address_free(a);
		conf_free(conf);
		free(alerts);
	}
}

static void
test_mailpass(void)
{
	static const struct {
		const char *hosts;
		enum address_tls tls;
	} row[] = {
		{ "mx.example", TLS_REQUIRED },
		{ "10.0.0.1:587", TLS_REQUIRED },
		{ "localhost", TLS_TRY },
		{ "LocalHost:25, 127.0.0.1, [::1]:25", TLS_TRY },
		{ "localhost, mx.example", TLS_REQUIRED },
		{ "127.0.0.1.example", TLS_REQUIRED },
		{ "localhost.example:25", TLS_REQUIRED },
		{ "localhost:25@mx.example", TLS_REQUIRED },
		{ "[::2]", TLS_REQUIRED },
	};
	static const char actions[] = "*** Actions ***\n"
				      "+ usual\ntype = mail\nto = a@b\n"
				      "+ lax\ntype = mail\nto = a@b\ntls = try\n";

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *general = mem_printf(
		    "mailhost = %s\nmailuser = u\nmailpass = p", row[i].hosts);
		struct conf *conf = configured_mail(general, actions);
		struct address *a = address_of(conf, "a@b"),
			       *usual = address_of(conf, "usual"),
			       *lax = address_of(conf, "lax");

		ok(a->way == WAY_SMTP && a->tls == row[i].tls, "a password for %s",
		    row[i].hosts);
		is_int(usual->tls, row[i].tls, "by a receiver, too");
		is_int(lax->tls, TLS_TRY, "unless that says otherwise");
		address_free(a);
		address_free(usual);
		address_free(lax);
		conf_free(conf);
		free(general);
	}
	struct conf *conf = configured_mail("mailhost = mx.example", "");
	struct address *a = address_of(conf, "a@b");
	is_int(a->tls, TLS_TRY, "without a password mail goes as it can");
	address_free(a);
	conf_free(conf);
}

int
main(void)
{
	log_init("letter.t", LOG_LEVEL_WARN);
	test_reading();
	test_template();
	test_mail();
	test_long_mail();
	test_services();
	test_slack_and_length();
	test_webhook();
	test_addresses();
	test_hyphens();
	test_mailpass();
	return tap_done();
}
