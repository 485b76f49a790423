#include "courier/announced.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/whole.h"

#define FILE_MAX (1024 * 1024)
#define TOPIC "smokebox-"
#define DIGITS 8

static struct {
	int fd;
	char topic[sizeof TOPIC + DIGITS];
	struct announced *list;
	size_t count;
} self = { .fd = -1 };

/* The texts of a sink that are kept, by their names in the file. */
static const struct {
	const char *key;
	size_t at;
	bool needed;
} texts[] = {
	{ "name", offsetof(struct conf_sink, name), true },
	{ "url", offsetof(struct conf_sink, url), true },
	{ "user", offsetof(struct conf_sink, user), false },
	{ "password", offsetof(struct conf_sink, password), false },
	{ "ca", offsetof(struct conf_sink, ca), false },
	{ "topic", offsetof(struct conf_sink, topic), true },
	{ "discovery", offsetof(struct conf_sink, discovery), true },
};
#define TEXTS (sizeof texts / sizeof *texts)

static const char *
text_of(const struct conf_sink *c, size_t i)
{
	return *(const char *const *)((const char *)c + texts[i].at);
}

static void
set_text(struct conf_sink *c, size_t i, const char *text)
{
	*(const char **)((char *)c + texts[i].at) = text;
}

/* Text I of C becomes a copy of TEXT. */
static void
replace(struct conf_sink *c, size_t i, const char *text)
{
	char *copy = mem_str(text);

	free((char *)(uintptr_t)text_of(c, i));
	set_text(c, i, copy);
}

/* --- the file --------------------------------------------------------------------- */

static json_t *
as_json(void)
{
	json_t *root = json_object(), *list = json_array();

	json_object_set_new(root, "topic", json_string(self.topic));
	json_object_set_new(root, "shown", list);
	for (size_t i = 0; i < self.count; i++) {
		const struct announced *a = &self.list[i];
		json_t *one = json_object();

		for (size_t k = 0; k < TEXTS; k++)
			if (text_of(&a->sink, k) != NULL)
				json_object_set_new(one, texts[k].key,
				    json_string(text_of(&a->sink, k)));
		json_object_set_new(one, "gone", json_integer(a->gone));
		json_array_append_new(list, one);
	}
	return root;
}

static void
save(void)
{
	json_t *root = as_json();
	char *text = json_dumps(root, JSON_COMPACT);
	size_t len = text == NULL ? 0 : strlen(text);

	json_decref(root);
	if (self.fd >= 0 &&
	    (write_whole_at(self.fd, text, len, 0) < 0 ||
		ftruncate(self.fd, (off_t)len) != 0 || fdatasync(self.fd) != 0))
		log_warn("what is shown at brokers of MQTT is not remembered");
	free(text);
}

/* False: it lacks what is needed to take anything back. */
static bool
read_one(const json_t *one)
{
	struct announced *a;

	for (size_t k = 0; k < TEXTS; k++)
		if (texts[k].needed &&
		    !json_is_string(json_object_get(one, texts[k].key)))
			return false;
	self.list = mem_grow(self.list, self.count + 1, sizeof *self.list);
	a = &self.list[self.count++];
	*a = (struct announced){ .sink.mqtt = true };
	for (size_t k = 0; k < TEXTS; k++)
		replace(&a->sink, k,
		    json_string_value(json_object_get(one, texts[k].key)));
	a->gone = json_integer_value(json_object_get(one, "gone"));
	return true;
}

/* What is in the file, as text; NULL: nothing. */
static char *
content(void)
{
	char *text = mem_zero(FILE_MAX + 1, 1);
	ssize_t n = pread(self.fd, text, FILE_MAX, 0);

	if (n > 0)
		return text;
	free(text);
	return NULL;
}

void
announced_open(int fd)
{
	char *text;
	json_t *root;
	const json_t *one, *list;
	const char *topic;
	size_t i;
	bool good;

	if (self.fd >= 0)
		close(self.fd);
	self.fd = fd;
	text = content();
	if (text == NULL)
		return;
	root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	topic = json_string_value(json_object_get(root, "topic"));
	list = json_object_get(root, "shown");
	good = topic != NULL && strlen(topic) < sizeof self.topic && json_is_array(list);
	if (good)
		memcpy(self.topic, topic, strlen(topic) + 1);
	json_array_foreach(list, i, one)
		good = read_one(one) && good;
	json_decref(root);
	if (!good)
		log_warnx("what was shown at brokers of MQTT is not known: the file is "
			  "not what was written there");
}

void
announced_close(void)
{
	if (self.fd >= 0)
		close(self.fd);
	self.fd = -1;
	while (self.count > 0) {
		struct announced *a = &self.list[--self.count];

		for (size_t k = 0; k < TEXTS; k++)
			replace(&a->sink, k, NULL);
	}
	free(self.list);
	self.list = NULL;
	self.topic[0] = '\0';
}

/* --- from outside ----------------------------------------------------------------- */

const char *
announced_topic(void)
{
	uint32_t number;

	if (self.topic[0] != '\0')
		return self.topic;
	if (getrandom(&number, sizeof number, 0) != sizeof number)
		fatal("getrandom");
	snprintf(self.topic, sizeof self.topic, TOPIC "%08x", number);
	save();
	return self.topic;
}

bool
announced_same(const struct conf_sink *a, const struct conf_sink *b)
{
	return a->mqtt && b->mqtt && mem_same(a->url, b->url) &&
	       mem_same(a->topic, b->topic) && mem_same(a->discovery, b->discovery);
}

size_t
announced_count(void)
{
	return self.count;
}

const struct announced *
announced_at(size_t i)
{
	return &self.list[i];
}

void
announced_add(const struct conf_sink *c)
{
	struct announced *a;
	bool news = false;
	size_t i = 0;

	while (i < self.count && !announced_same(&self.list[i].sink, c))
		i++;
	if (i == self.count) {
		self.list = mem_grow(self.list, i + 1, sizeof *self.list);
		self.list[i] = (struct announced){ .sink.mqtt = true };
		self.count++;
	}
	a = &self.list[i];
	for (size_t k = 0; k < TEXTS; k++) {
		if (mem_same(text_of(&a->sink, k), text_of(c, k)))
			continue;
		replace(&a->sink, k, text_of(c, k));
		news = true;
	}
	news |= a->gone != 0;
	a->gone = 0;
	if (news)
		save();
}

int64_t
announced_miss(size_t i, int64_t now)
{
	struct announced *a = &self.list[i];

	if (a->gone == 0) {
		a->gone = now;
		save();
	}
	return a->gone;
}

void
announced_remove(size_t i)
{
	for (size_t k = 0; k < TEXTS; k++)
		replace(&self.list[i].sink, k, NULL);
	self.list[i] = self.list[--self.count];
	save();
}
