/* What is shown at brokers of MQTT is remembered, whatever the file holds. */
#include "courier/announced.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "tap.h"

static const struct conf_sink ha = {
	.name = "ha",
	.url = "mqtt://broker",
	.user = "smokebox",
	.password = "open \"sesame\"",
	.mqtt = true,
	.topic = "home/box",
	.discovery = "homeassistant",
	.device = "Box",
};

/* A fresh file that holds TEXT. */
static int
file_of(const char *text)
{
	int fd = memfd_create("brokers", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		exit(1);
	return fd;
}

/* The same file again, as by the next process. */
static void
again(int fd)
{
	int other = dup(fd);

	announced_close();
	announced_open(other);
}

static void
remembered(void)
{
	int fd = file_of("");
	struct conf_sink other = ha;
	const struct announced *a;

	other.topic = "home/other";
	other.user = other.password = NULL;
	announced_open(dup(fd));
	is_int((long long)announced_count(), 0, "nothing at first");
	announced_add(&ha);
	announced_add(&other);
	announced_add(&ha);
	again(fd);
	is_int((long long)announced_count(), 2, "each once");
	a = announced_at(0);
	ok(announced_same(&a->sink, &ha), "where it was shown");
	is_str(a->sink.password, ha.password, "as whom");
	is_str(announced_at(1)->sink.user, NULL, "or as nobody");
	is_int(a->gone, 0, "it is in force");
	is_int(announced_miss(0, 100), 100, "its section is missed");
	again(fd);
	is_int(announced_miss(0, 200), 100, "since it was missed first");
	other = ha;
	other.password = "new";
	announced_add(&other);
	again(fd);
	is_int((long long)announced_count(), 2, "it is there again");
	is_str(announced_at(0)->sink.password, "new", "with another password");
	is_int(announced_at(0)->gone, 0, "and not missed");
	announced_remove(0);
	announced_remove(0);
	again(fd);
	is_int((long long)announced_count(), 0, "taken back, it is forgotten");
	announced_close();
	close(fd);
}

static void
own_name(void)
{
	int one = file_of(""), two = file_of("");
	char *name;

	announced_open(dup(one));
	name = mem_str(announced_topic());
	ok(strlen(name) == 17 && strncmp(name, "smokebox-", 9) == 0, "a name: %s", name);
	announced_add(&ha);
	again(one);
	is_str(announced_topic(), name, "which stays");
	again(two);
	ok(strcmp(announced_topic(), name) != 0, "another box has another: %s",
	    announced_topic());
	is_int((long long)announced_count(), 0, "and nothing of the first's");
	announced_close();
	free(name);
	close(one);
	close(two);
}

static void
damaged(void)
{
	static const char *const text[] = { "{", "[]", "\xff\xff", "{\"topic\":1}",
		"{\"topic\":\"t\",\"shown\":[1,{},{\"name\":\"n\",\"url\":5}]}",
		"{\"topic\":\"0123456789012345678901234567890\",\"shown\":[]}" };

	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		int fd = file_of(text[i]);

		announced_open(dup(fd));
		is_int((long long)announced_count(), 0, text[i]);
		ok(strlen(announced_topic()) < 18, "there is a name");
		announced_add(&ha);
		again(fd);
		is_int((long long)announced_count(), 1, "and it is remembered again");
		announced_close();
		close(fd);
	}
	announced_add(&ha);
	is_int((long long)announced_count(), 1, "without a file, in memory");
	announced_close();
}

int
main(void)
{
	log_set_level(LOG_LEVEL_WARN);
	remembered();
	own_name();
	damaged();
	return tap_done();
}
