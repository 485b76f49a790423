/* Measured values against the simulated network's own log, ping by ping.
 *
 *	match rounds LOG DATADIR [FROM TO [OTHER-ID]]   of probed's raw ring
 *	match fping LOG OUTPUT [ID]                     what "fping -C" printed
 *
 * Prints "KEY VALUE" lines: how many pings could be told apart, what was lost on both
 * sides, and the error of the times, measured minus true. FROM and TO (wall ns) choose
 * rounds by their beginning and end. ID: of that echo id only, all but OTHER-ID. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "rawring.h"
#include "t/sim/sim.h"

/* A request as the simulated network saw it. */
struct request_seen {
	int64_t in_ns, out_ns; /* out 0: no good answer left */
};

static struct {
	size_t *first; /* SIM_HOSTS + 1: where a host's requests begin in LIST */
	size_t *count; /* and how many they are */
	struct request_seen *list;
	int64_t last_ns; /* up to here the log knows everything */
} truth;

#define EVERY_ID (-0x10000)

static int64_t from_ns, to_ns = INT64_MAX;
static struct {
	uint64_t rounds, unpaired, pings, answered, lost, unknown;
	uint64_t true_lost, self_loss, hidden_loss, invented, early;
	int64_t self_first_ns, self_last_ns;
	int64_t *error;
	size_t errors, room;
} sum;

/* --- the truth ------------------------------------------------------------------- */

static const struct record *
log_map(const char *file, size_t *count)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		fatal("%s", file);
	*count = (size_t)st.st_size / sizeof(struct record);
	if (*count == 0)
		fatalx("%s: holds no packet", file);
	void *map =
	    mmap(NULL, *count * sizeof(struct record), PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		fatal("%s", file);
	close(fd);
	return map;
}

static int
by_time(const void *a, const void *b)
{
	const struct request_seen *x = a, *y = b;

	return (x->in_ns > y->in_ns) - (x->in_ns < y->in_ns);
}

/* Several packets may have left for one request: the first good answer counts. */
static size_t
join(struct request_seen *list, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (n != 0 && list[n - 1].in_ns == list[i].in_ns) {
			int64_t *out = &list[n - 1].out_ns;
			if (*out == 0 || (list[i].out_ns != 0 && list[i].out_ns < *out))
				*out = list[i].out_ns;
			continue;
		}
		list[n++] = list[i];
	}
	return n;
}

/* Echo requests by host and time. ID: only those; or, when negative, all but -ID. */
static void
truth_read(const char *file, int id)
{
	size_t count, *next;
	const struct record *r = log_map(file, &count);

	truth.first = mem_zero(SIM_HOSTS + 1, sizeof *truth.first);
	next = mem_zero(SIM_HOSTS + 1, sizeof *next);
	truth.list = mem_zero(count, sizeof *truth.list);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			if (r[i].proto != 1 || r[i].port != 0 ||
			    r[i].host >= SIM_HOSTS ||
			    (id >= 0 ? r[i].id != id : r[i].id == -id))
				continue;
			if (pass == 0) {
				truth.first[r[i].host + 1]++;
				continue;
			}
			bool good = r[i].what == SIM_ANSWERED;
			truth.list[next[r[i].host]++] =
			    (struct request_seen){ r[i].in_ns, good ? r[i].out_ns : 0 };
			if (r[i].in_ns > truth.last_ns)
				truth.last_ns = r[i].in_ns;
		}
		for (size_t h = 0; pass == 0 && h < SIM_HOSTS; h++) {
			truth.first[h + 1] += truth.first[h];
			next[h] = truth.first[h];
		}
	}
	truth.count = next;
	for (size_t h = 0; h < SIM_HOSTS; h++) {
		struct request_seen *list = truth.list + truth.first[h];
		size_t records = truth.first[h + 1] - truth.first[h];
		if (records != 0)
			qsort(list, records, sizeof *list, by_time);
		truth.count[h] = join(list, records);
	}
}

/* The requests of HOST. */
static const struct request_seen *
requests(uint32_t host, size_t *count)
{
	*count = truth.count[host];
	return truth.list + truth.first[host];
}

/* --- comparing ------------------------------------------------------------------- */

static void
note_error(int64_t ns)
{
	if (sum.errors == sum.room) {
		sum.room = sum.room == 0 ? 1 << 16 : sum.room * 2;
		sum.error = mem_grow(sum.error, sum.room, sizeof *sum.error);
	}
	sum.error[sum.errors++] = ns;
}

/* RTT_NS < 0: lost. */
static void
compare(const struct request_seen *seen, int64_t rtt_ns)
{
	sum.pings++;
	sum.true_lost += seen->out_ns == 0;
	if (rtt_ns < 0) {
		sum.lost++;
		if (seen->out_ns == 0)
			return;
		sum.self_loss++;
		if (sum.self_first_ns == 0 || seen->in_ns < sum.self_first_ns)
			sum.self_first_ns = seen->in_ns;
		if (seen->in_ns > sum.self_last_ns)
			sum.self_last_ns = seen->in_ns;
		return;
	}
	sum.answered++;
	if (seen->out_ns == 0) {
		sum.invented++;
		return;
	}
	sum.early += rtt_ns < seen->out_ns - seen->in_ns;
	note_error(rtt_ns - (seen->out_ns - seen->in_ns));
}

static bool
was_sent(const struct ping *p)
{
	return p->outcome != PING_NOT_SENT && p->outcome != PING_NO_NAME &&
	       p->outcome != PING_CANNOT;
}

static bool
is_unknown(const struct ping *p)
{
	return p->outcome != PING_ANSWERED && !ping_is_loss(p->outcome);
}

static int
on_round(void *ctx, const struct round *r)
{
	size_t count, at = 0, sent = 0, seen = 0;

	(void)ctx;
	if (r->address.sa.sa_family != AF_INET || r->end_ns > truth.last_ns ||
	    r->begin_ns < from_ns || r->end_ns > to_ns)
		return 0;
	uint32_t host = ntohl(r->address.v4.sin_addr.s_addr) & (SIM_HOSTS - 1);
	const struct request_seen *list = requests(host, &count);
	while (at < count && list[at].in_ns < r->begin_ns)
		at++;
	while (at + seen < count && list[at + seen].in_ns <= r->end_ns)
		seen++;
	for (unsigned i = 0; i < r->count; i++)
		sent += was_sent(&r->ping[i]);
	sum.rounds++;
	/* Of a ping that stalled nobody knows whether it left. */
	if (seen != sent) {
		sum.unpaired++;
		for (unsigned i = 0; i < r->count; i++)
			sum.unknown += is_unknown(&r->ping[i]);
		return 0;
	}
	for (unsigned i = 0; i < r->count; i++) {
		const struct ping *p = &r->ping[i];
		if (is_unknown(p))
			sum.unknown++;
		else
			compare(
			    &list[at], p->outcome == PING_ANSWERED ? p->rtt_ns : -1);
		at += was_sent(p);
	}
	return 0;
}

/* "10.0.0.2 : 1.23 - 1.5" a line, in ms. */
static void
on_fping_line(char *line)
{
	struct in_addr addr;
	size_t count, i = 0;
	char *save, *word = strtok_r(line, " ", &save);

	if (word == NULL || inet_pton(AF_INET, word, &addr) != 1 ||
	    (word = strtok_r(NULL, " ", &save)) == NULL || strcmp(word, ":") != 0)
		return;
	const struct request_seen *list =
	    requests(ntohl(addr.s_addr) & (SIM_HOSTS - 1), &count);
	sum.rounds++;
	for (; (word = strtok_r(NULL, " \n", &save)) != NULL && i < count; i++)
		compare(&list[i],
		    word[0] == '-' ? -1 : (int64_t)(strtod(word, NULL) * 1e6 + 0.5));
	sum.unpaired += word != NULL || i != count;
}

static void
read_fping(const char *file)
{
	FILE *in = fopen(file, "re");
	char *line = NULL;
	size_t size = 0;

	if (in == NULL)
		fatal("%s", file);
	while (getline(&line, &size, in) > 0)
		on_fping_line(line);
	free(line);
	fclose(in);
}

/* --- telling --------------------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	int64_t x = llabs(*(const int64_t *)a), y = llabs(*(const int64_t *)b);

	return (x > y) - (x < y);
}

static void
print_error(const char *key, double q)
{
	size_t at = (size_t)(q * (double)(sum.errors - 1));

	printf("%s %.2f\n", key,
	    sum.errors == 0 ? -1 : (double)llabs(sum.error[at]) / 1e3);
}

static void
print_sum(void)
{
	printf("rounds %" PRIu64 "\nunpaired %" PRIu64 "\npings %" PRIu64
	       "\nanswered %" PRIu64 "\nlost %" PRIu64 "\nunknown %" PRIu64
	       "\ntrue_lost %" PRIu64 "\nself_loss %" PRIu64 "\ninvented %" PRIu64
	       "\nearly %" PRIu64 "\nself_first %.3f\nself_last %.3f\n",
	    sum.rounds, sum.unpaired, sum.pings, sum.answered, sum.lost, sum.unknown,
	    sum.true_lost, sum.self_loss, sum.invented, sum.early,
	    (double)sum.self_first_ns / 1e9, (double)sum.self_last_ns / 1e9);
	if (sum.errors != 0)
		qsort(sum.error, sum.errors, sizeof *sum.error, by_size);
	print_error("error_p50_us", 0.5);
	print_error("error_p99_us", 0.99);
	print_error("error_p999_us", 0.999);
	print_error("error_max_us", 1);
}

int
main(int argc, char **argv)
{
	log_init("match", LOG_LEVEL_INFO);
	if (argc >= 4 && strcmp(argv[1], "rounds") == 0) {
		if (argc >= 6) {
			from_ns = strtoll(argv[4], NULL, 10);
			to_ns = strtoll(argv[5], NULL, 10);
		}
		truth_read(argv[2], argc > 6 ? -atoi(argv[6]) : EVERY_ID);
		if (chdir(argv[3]) != 0)
			fatal("%s", argv[3]);
		rawring_read(0, 0, INT64_MAX, on_round, NULL);
	} else if (argc >= 4 && strcmp(argv[1], "fping") == 0) {
		truth_read(argv[2], argc > 4 ? atoi(argv[4]) : EVERY_ID);
		read_fping(argv[3]);
	} else {
		fputs("usage: match rounds LOG DATADIR [FROM TO [OTHER-ID]]\n"
		      "       match fping LOG OUTPUT [ID]\n",
		    stderr);
		return 2;
	}
	print_sum();
	return 0;
}
