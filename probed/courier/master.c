#include "courier/master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config.h"
#include "courier/calls.h"
#include "link/multi.h"
#include "link/sandbox.h"
#include "rawring.h"
#include "slave/report.h"
#include "slave/slavetext.h"
#include "store.h"

#define CURSOR STORE_DIR "/courier/master"
#define BATCH_ROUNDS 2000
#define BATCH_BYTES (1024UL * 1024)
#define ANSWER_MAX (32UL * 1024 * 1024)
#define CONNECT_S 10L
#define TOTAL_S 60L
/* Between two looks into the ring: rounds that end together go together. */
#define LOOK_S 2
/* Without rounds: is there another configuration? */
#define ASK_S 60
#define RETRY_FIRST_S 2
#define RETRY_MAX_S 60
#define TELL_S 300

static struct {
	const struct conf *conf; /* NULL: nobody's slave */
	const struct language *language;
	char *url; /* to call */
	struct multi *multi;
	struct event *look;
	struct rawring_place place, next; /* taken; behind what is on its way */
	struct call call;
	CURL *easy; /* NULL: nothing is on its way */
	char *answer;
	size_t answer_len;
	char why[CURL_ERROR_SIZE];
	char *told; /* stamp of the configuration that we have */
	int64_t asked_ns;
	unsigned retry_s;
	bool heard, failing;
	struct log_limit failed, complaint;
} self;

/* --- how far we are -------------------------------------------------------------- */

static void
read_place(void)
{
	FILE *in = fopen(CURSOR, "re");
	unsigned segment;
	unsigned long long offset;

	if (in == NULL)
		return;
	if (fscanf(in, "%u %llu", &segment, &offset) == 2)
		self.place = (struct rawring_place){ segment, offset };
	fclose(in);
}

/* Replace the file NAME by TEXT, so that a crash leaves the one or the other. */
static int
replace_file(const char *name, const char *text, size_t len)
{
	char fresh[STORE_PATH];
	bool fine;

	snprintf(fresh, sizeof fresh, "%s.new", name);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	fine = write(fd, text, len) == (ssize_t)len && fdatasync(fd) == 0;
	close(fd);
	return fine && rename(fresh, name) == 0 ? 0 : -1;
}

static void
keep_place(void)
{
	static struct log_limit limit;
	char text[64];
	int n;

	self.place = self.next;
	n = snprintf(text, sizeof text, "%u %llu\n", self.place.segment,
	    (unsigned long long)self.place.offset);
	/* Without it, a restart would send again what the master has: no harm. */
	if (replace_file(CURSOR, text, (size_t)n) < 0 &&
	    log_allowed(&limit, TELL_S, NULL))
		log_warn("%s", CURSOR);
}

/* --- what the master tells ------------------------------------------------------- */

#define LEFT_OUT_LINES 20

/* Say what slavetext_write() left out: its lines of comment behind the first. */
static void
tell_left_out(const char *text)
{
	unsigned number = 1, count = 0;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL;) {
		number++;
		if (*++p == '#' && count++ < LEFT_OUT_LINES)
			log_warnx("%s:%u: %.*s", STORE_TOLD, number,
			    (int)strcspn(p + 2, "\n"), p + 2);
	}
	if (count > LEFT_OUT_LINES)
		log_warnx(
		    "%s: %u more were left out", STORE_TOLD, count - LEFT_OUT_LINES);
}

static void
take_tree(const struct data *tree)
{
	char *text = NULL;
	struct err err;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	int r = slavetext_write(tree, self.conf->datadir, out, &err);
	mem_stream_end(out);
	if (r < 0) {
		log_warnx("what the master told is no configuration: %s", err.text);
	} else if (replace_file(STORE_TOLD, text, len) < 0) {
		log_warn("%s", STORE_TOLD);
	} else {
		free(self.told);
		self.told = mem_str(data_value(tree, "__last", ""));
		log_info("the master told what to measure (configuration %s)",
		    *self.told != '\0' ? self.told : "without a number");
		tell_left_out(text);
	}
	free(text);
}

/* --- a call ---------------------------------------------------------------------- */

static void
call_free(void)
{
	struct call *c = &self.call;

	if (self.easy != NULL)
		curl_easy_cleanup(self.easy);
	self.easy = NULL;
	curl_mime_free(c->form);
	curl_slist_free_all(c->headers);
	if (c->out != NULL)
		mem_stream_end(c->out);
	free(c->body);
	memset(c, 0, sizeof *c);
	free(self.answer);
	self.answer = NULL;
	self.answer_len = 0;
}

static void
again_in(unsigned seconds)
{
	struct timeval tv = { seconds, 0 };

	event_add(self.look, &tv);
}

static size_t
on_data(char *data, size_t size, size_t count, void *ctx)
{
	(void)ctx;
	size *= count;
	if (size > ANSWER_MAX - self.answer_len)
		return 0;
	self.answer = mem_grow(self.answer, self.answer_len + size + 1, 1);
	memcpy(self.answer + self.answer_len, data, size);
	self.answer_len += size;
	self.answer[self.answer_len] = '\0'; /* who reads it looks for words */
	return size;
}

const char *
calls_header(CURL *easy, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK
		   ? h->value
		   : "";
}

static void
failed(const char *why)
{
	self.failing = true;
	self.retry_s = self.retry_s == 0 ? RETRY_FIRST_S : self.retry_s * 2;
	if (self.retry_s > RETRY_MAX_S)
		self.retry_s = RETRY_MAX_S;
	if (log_allowed(&self.failed, TELL_S, NULL))
		log_warnx(
		    "the master cannot be told: %s; rounds are kept, it is called "
		    "again",
		    why);
	again_in(self.retry_s);
}

static void
succeeded(const struct answer *a)
{
	if (self.failing)
		log_info("the master answers again");
	else if (!self.heard)
		log_info("the master answers");
	self.failing = false;
	self.heard = true;
	self.retry_s = 0;
	self.failed = (struct log_limit){ 0 };
	if (*a->text != '\0' && log_allowed(&self.complaint, TELL_S, NULL))
		log_warnx("the master says: %s", a->text);
	keep_place();
	/* Perhaps there is more. */
	again_in(self.call.rounds > 0 ? 0 : LOOK_S);
}

static void
on_done(CURL *easy, CURLcode result)
{
	struct answer a = { 0 };
	struct err err;
	long status = 0;

	if (result != CURLE_OK) {
		const char *why =
		    self.why[0] != '\0' ? self.why : curl_easy_strerror(result);
		failed(result == CURLE_WRITE_ERROR ? "its answer is too long" : why);
		call_free();
		return;
	}
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (self.language->read(&self.call, easy, status,
		self.answer != NULL ? self.answer : "", self.answer_len, &a, &err) < 0)
		failed(err.text);
	else if (!a.taken)
		failed(a.text);
	else
		succeeded(&a);
	if (a.tree != NULL)
		take_tree(a.tree);
	data_free(a.tree);
	call_free();
}

static void
call(void)
{
	struct call *c = &self.call;
	CURL *easy = self.easy = curl_easy_init();
	const struct conf_master *m = c->master;

	if (easy == NULL)
		fatalx("libcurl cannot start");
	if (self.language->end != NULL)
		self.language->end(c);
	mem_stream_end(c->out);
	c->out = NULL;
	self.why[0] = '\0';
	self.asked_ns = clock_mono_ns();
	curl_easy_setopt(easy, CURLOPT_URL, self.url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, TOTAL_S);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "smokebox-slave/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self.why);
	curl_easy_setopt(easy, CURLOPT_PROXY, m->proxy);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, m->noproxy);
	if (*m->ca != '\0') {
		curl_easy_setopt(easy, CURLOPT_CAINFO, m->ca);
		/* The system's authorities would vouch as well. */
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	self.language->prepare(c, easy);
	if (multi_add(self.multi, easy) < 0)
		fatalx("libcurl cannot call");
}

/* --- when ------------------------------------------------------------------------ */

static int
add_round(void *ctx, const struct round *r)
{
	struct call *c = &self.call;
	const struct conf_target *t = conf_target_by_id(self.conf, r->target);

	(void)ctx;
	/* Of a target that the master has taken away nothing is wanted any more. */
	if (t == NULL || !conf_target_is_pinged(t))
		return 0;
	self.language->add(c, t->path, r);
	fflush(c->out);
	return c->len >= BATCH_BYTES;
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct call *c = &self.call;
	int64_t silent = (clock_mono_ns() - self.asked_ns) / CLOCK_NS_PER_S;

	(void)fd;
	(void)what;
	(void)arg;
	if (self.easy != NULL)
		return;
	c->master = self.conf->master;
	c->told = self.told;
	c->out = mem_stream(&c->body, &c->len);
	if (self.language->begin != NULL)
		self.language->begin(c);
	self.next = self.place;
	rawring_follow(&self.next, BATCH_ROUNDS, add_round, NULL);
	if (c->rounds > 0 || !self.heard || self.failing || silent >= ASK_S) {
		call();
		return;
	}
	/* What was passed over is done with as well. */
	if (self.next.segment != self.place.segment ||
	    self.next.offset != self.place.offset)
		keep_place();
	call_free();
	again_in(LOOK_S);
}

/* Which language does the master at URL speak? A path is a SmokePing's CGI; what has
 * none, or the one of our own, is another smokebox. */
static bool
is_smokebox(const char *url, char **call)
{
	const char *host = strstr(url, "://"), *path;

	path = host != NULL ? strchr(host + 3, '/') : NULL;
	if (path != NULL && path[1] != '\0') {
		*call = mem_str(url);
		return strcmp(path, REPORT_PATH) == 0;
	}
	*call = mem_printf("%.*s" REPORT_PATH,
	    path != NULL ? (int)(path - url) : (int)strlen(url), url);
	return true;
}

/* --- life ------------------------------------------------------------------------ */

void
master_open(struct event_base *base, const struct conf *conf)
{
	if (conf->master == NULL)
		return;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	self.conf = conf;
	if (*conf->master->ca != '\0')
		sandbox_read(conf->master->ca);
	self.language = is_smokebox(conf->master->url, &self.url) ? &calls_smokebox
								  : &calls_smokeping;
	self.told = mem_str("");
	self.multi = multi_new(base, on_done);
	self.look = event_new(base, -1, 0, on_look, NULL);
	if (self.look == NULL)
		fatalx("no timer");
}

void
master_configure(const struct conf *conf)
{
	/* Who our master is does not change while we live. */
	if (self.conf == NULL)
		return;
	self.conf = conf;
	self.call.master = conf->master;
}

void
master_run(void)
{
	if (self.conf == NULL)
		return;
	read_place();
	again_in(0);
}

void
master_stop(void)
{
	if (self.conf == NULL)
		return;
	if (self.easy != NULL)
		multi_remove(self.multi, self.easy);
	call_free();
	event_free(self.look);
	multi_free(self.multi);
	free(self.told);
	free(self.url);
	self.conf = NULL;
}
