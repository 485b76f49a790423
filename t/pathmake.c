/* Write ways as the recorder keeps them: pathmake DATADIR <lines. A line is
 *
 *	KIND AGE TARGET ADDRESS HOP...
 *
 * KIND is now, change or bad, AGE seconds; a hop is "*", "=" (the target), or addresses
 * with | between them; "/MS" behind it is its time. A change, or a bad walk, is
 * compared with the way on the line before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/conf.h"
#include "infer/route.h"
#include "pathfile.h"

static void
fail(const char *what)
{
	fprintf(stderr, "pathmake: %s\n", what);
	exit(1);
}

static void
take_addresses(struct hop *h, char *list, const struct addr *target)
{
	char *one;

	while ((one = strsep(&list, "|")) != NULL) {
		struct addr a;

		if (strcmp(one, "=") == 0) {
			h->flags |= HOP_TARGET;
			a = *target;
		} else if (addr_parse(&a, one) != 0)
			fail(one);
		hop_add_address(h, &a);
	}
}

static void
take_hop(struct hops *p, char *word)
{
	struct hop *h = &p->hop[p->count++];
	char *slash = strchr(word, '/');
	int64_t ns = 1000000 * p->count;

	*h = (struct hop){
		.ttl = p->count, .sent = 20, .min_ns = -1, .median_ns = -1, .max_ns = -1
	};
	if (slash != NULL) {
		*slash = '\0';
		ns = (int64_t)(atof(slash + 1) * 1e6);
	}
	if (strcmp(word, "*") == 0) {
		h->flags = HOP_SILENT;
		return;
	}
	take_addresses(h, word, &p->address);
	if (h->flags & HOP_TARGET)
		p->flags |= HOPS_REACHED;
	h->answered = 20;
	h->min_ns = ns * 9 / 10;
	h->median_ns = ns;
	h->max_ns = ns * 2;
}

static void
compare(struct path_record *r, const struct hops *before)
{
	const struct hop *other = route_difference(before, &r->way);

	r->from.sa.sa_family = r->to.sa.sa_family = AF_UNSPEC;
	if (other != NULL) {
		r->ttl = other->ttl;
		r->elsewhere = r->kind == PATH_BAD;
		r->from = hops_at(before, other->ttl)->address[0];
		r->to = other->address[0];
	} else if ((r->way.flags & HOPS_REACHED) == 0)
		r->ttl = (uint8_t)route_break(before, &r->way, &r->from, &r->to);
}

int
main(int argc, char **argv)
{
	static struct hops before;
	static struct path_record r;
	char line[2048], kind[16], target[256], address[64];
	time_t now = time(NULL);
	struct err err;
	long age;
	int end;

	if (argc != 2 || chdir(argv[1]) != 0)
		fail("usage: pathmake DATADIR");
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *rest = line, *word;

		if (sscanf(line, "%15s %ld %255s %63s %n", kind, &age, target, address,
			&end) != 4)
			fail(line);
		memset(&r, 0, sizeof r);
		r.kind = strcmp(kind, "now") == 0      ? PATH_NOW
			 : strcmp(kind, "change") == 0 ? PATH_CHANGE
						       : PATH_BAD;
		r.since = r.time = now - age;
		r.changes = r.kind == PATH_CHANGE;
		r.way.target = conf_target_id(target);
		r.way.reason = r.kind == PATH_BAD ? HOPS_BAD : HOPS_NEW;
		if (addr_parse(&r.way.address, address) != 0)
			fail(address);
		for (rest += end; (word = strsep(&rest, " \n")) != NULL;)
			if (*word != '\0')
				take_hop(&r.way, word);
		if (r.kind != PATH_NOW)
			compare(&r, &before);
		if (r.kind != PATH_BAD)
			before = r.way;
		if (pathfile_add(&r, &err) != 0)
			fail(err.text);
	}
	return 0;
}
