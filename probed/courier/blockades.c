#include "courier/blockades.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "courier/blockade.h"
#include "courier/errand.h"
#include "courier/oldlist.h"
#include "courier/outbox.h"
#include "courier/own.h"
#include "link/msgblockade.h"
#include "link/msginforce.h"

#define ENTRIES_MAX 512 /* those that are only refused or a dry run as well */
#define PAUSE_FIRST_S 5
#define PAUSE_MOST_S 300
#define NOBODY_S 60 /* without a runner, and it is said */
static const struct timeval look_every = { 1, 0 };

struct blockade {
	char action[BLOCKADE_NAME], type[16], host[ADDR_TEXT];
	bool out;
	uint64_t settings;	 /* a hash of what its section said */
	int64_t incident, since; /* SINCE: epoch seconds of its state */
	int64_t begin;		 /* when it was first announced; 0: never */
	enum blockade_state state;
	double pps;
	char *announce, *withdraw;	 /* what is said */
	char *program, *arguments;	 /* as they were */
	char why[256];
	unsigned tries;
	int64_t next_ns;
	struct errand *errand;
	bool old;	   /* known from the list of an earlier version */
	bool booked;	   /* the runner was told of it, or told it */
	bool called_for;   /* an open attack wants it */
	bool seen;	   /* its attack is open */
	bool again;	   /* once withdrawn, it is decided anew: its section changed */
	bool told;
	TAILQ_ENTRY(blockade) link;
};

static struct {
	struct event_base *base;
	const struct conf *conf;
	struct outbox *outbox;
	struct event *look;
	struct link *web;
	const struct prefixes *own; /* as of this look; NULL: not known */
	TAILQ_HEAD(list, blockade) list;
	unsigned count;
	bool listed; /* the runner has said what was in force before this start */
	bool old;    /* there is a list of an earlier version */
	int64_t begun;
	struct log_limit full, nobody;
} all = { .list = TAILQ_HEAD_INITIALIZER(all.list) };

/* Is, or may be, announced. */
static bool
is_out_there(const struct blockade *b)
{
	return b->state == BLOCKADE_ANNOUNCING || b->state == BLOCKADE_ANNOUNCED ||
	       b->state == BLOCKADE_WITHDRAWING;
}

static const struct conf_section *
section_of(const struct blockade *b)
{
	const struct conf_section *actions = conf_top(all.conf, "Actions");
	const struct conf_section *s =
	    actions != NULL ? conf_child(actions, b->action) : NULL;

	return s != NULL && blockade_is(s) ? s : NULL;
}

/* --- telling ---------------------------------------------------------------------- */

static void
tell(struct blockade *b, bool gone)
{
	static struct msg_out out;
	struct msg_blockade m = { .gone = gone,
		.state = (uint8_t)b->state,
		.out = b->out,
		.incident = b->incident,
		.since = b->since };

	m.id = in_force_id(b->action, b->host, b->out);
	b->told = true;
	if (all.web == NULL)
		return;
	snprintf(m.action, sizeof m.action, "%s", b->action);
	snprintf(m.host, sizeof m.host, "%s", b->host);
	snprintf(m.text, sizeof m.text, "%s",
	    b->state == BLOCKADE_WITHDRAWING ? b->withdraw : b->announce);
	snprintf(m.why, sizeof m.why, "%s", b->why);
	msg_begin(&out, MSG_BLOCKADE);
	msg_put_blockade(&out, &m);
	link_send(all.web, &out, -1, LINK_DROPPABLE);
}

void
blockades_web(struct link *link)
{
	struct blockade *b;

	all.web = link;
	TAILQ_FOREACH(b, &all.list, link)
	tell(b, false);
}

static void
set_state(struct blockade *b, enum blockade_state state, const char *why)
{
	if (b->state == state && strcmp(b->why, why) == 0 && b->since != 0)
		return;
	if (b->state != state || b->since == 0)
		b->since = clock_wall_s();
	b->state = state;
	snprintf(b->why, sizeof b->why, "%s", why);
	b->told = false;
}

/* --- life of one ------------------------------------------------------------------ */

static struct blockade *
find(const char *action, const char *host, bool out)
{
	struct blockade *b;

	TAILQ_FOREACH(b, &all.list, link)
	if (strcmp(b->action, action) == 0 && strcmp(b->host, host) == 0 &&
	    b->out == out)
		return b;
	return NULL;
}

static struct blockade *
add(const char *action, const char *type, const char *host, bool out)
{
	struct blockade *b;

	if (all.count >= ENTRIES_MAX) {
		if (log_allowed(&all.full, 3600, NULL))
			log_warnx("%d blockades are all that is looked after; %s has "
				  "none against what is at %s",
			    ENTRIES_MAX, action, host);
		return NULL;
	}
	b = mem_zero(1, sizeof *b);
	snprintf(b->action, sizeof b->action, "%s", action);
	snprintf(b->type, sizeof b->type, "%s", type);
	snprintf(b->host, sizeof b->host, "%s", host);
	b->out = out;
	b->state = BLOCKADE_STATES;
	b->announce = mem_str("");
	b->withdraw = mem_str("");
	b->program = mem_str("");
	b->arguments = mem_str("");
	TAILQ_INSERT_TAIL(&all.list, b, link);
	all.count++;
	return b;
}

static void
forget(struct blockade *b)
{
	tell(b, true);
	if (b->errand != NULL)
		errand_cancel(b->errand);
	TAILQ_REMOVE(&all.list, b, link);
	all.count--;
	free(b->announce);
	free(b->withdraw);
	free(b->program);
	free(b->arguments);
	free(b);
}

static void
set(char **text, const char *value)
{
	free(*text);
	*text = mem_str(value);
}

/* --- the runner's book ------------------------------------------------------------ */

static void
take(const struct msg_in_force *m)
{
	struct blockade *b = find(m->action, m->host, m->out);

	/* A runner that was started again says what is known. */
	if (b != NULL && is_out_there(b))
		return;
	if (b == NULL)
		b = add(m->action, m->type, m->host, m->out);
	if (b == NULL)
		return;
	b->booked = true;
	b->settings = m->settings;
	b->incident = m->incident;
	b->begin = m->begin;
	b->pps = m->pps;
	set(&b->announce, m->announce);
	set(&b->withdraw, m->withdraw);
	set(&b->program, m->program);
	set(&b->arguments, m->arguments);
	/* What was under way may have arrived or not: it is said again. */
	set_state(b, m->arrived ? BLOCKADE_ANNOUNCED : BLOCKADE_ANNOUNCING, "");
}

/* What an earlier version announced, of which the runner knows nothing yet: it is
 * withdrawn, as its section's settings are not known. */
static void
take_old(const struct msg_in_force *m)
{
	struct blockade *b = find(m->action, m->host, m->out);

	if (b != NULL && is_out_there(b))
		return;
	take(m);
	b = find(m->action, m->host, m->out);
	if (b == NULL)
		return;
	b->old = true;
	b->booked = false;
	log_info(
	    "%s: %s is announced still, by an earlier version", b->action, b->host);
}

/* The list goes once nothing of it is announced: until then it is read at each start.
 */
static void
settle_old(void)
{
	const struct blockade *b;

	TAILQ_FOREACH(b, &all.list, link)
		if (b->old && is_out_there(b))
			return;
	if (oldlist_is_there())
		oldlist_remove();
	all.old = false;
}

int
blockades_message(struct msg_in *in)
{
	static struct msg_in_force m;

	if (msg_get_in_force(in, &m) != 0)
		return -1;
	if (m.last) {
		if (!all.listed)
			all.old = oldlist_read(take_old) > 0;
		all.listed = true;
	} else
		take(&m);
	return 0;
}

/* B as the runner is to write it down; false: it is too long. */
static bool
describe(const struct blockade *b, struct msg_in_force *m)
{
	size_t first =
	    strcspn(b->announce, strcmp(b->type, "fastnetmon") == 0 ? "\n" : "");

	*m = (struct msg_in_force){ .out = b->out,
		.settings = b->settings,
		.incident = b->incident,
		.begin = b->begin,
		.pps = b->pps };
	snprintf(m->action, sizeof m->action, "%s", b->action);
	snprintf(m->type, sizeof m->type, "%s", b->type);
	snprintf(m->host, sizeof m->host, "%s", b->host);
	snprintf(m->program, sizeof m->program, "%s", b->program);
	snprintf(m->arguments, sizeof m->arguments, "%s", b->arguments);
	snprintf(m->announce, sizeof m->announce, "%.*s", (int)first, b->announce);
	snprintf(m->withdraw, sizeof m->withdraw, "%s", b->withdraw);
	return strlen(b->program) < sizeof m->program &&
	       strlen(b->arguments) < sizeof m->arguments;
}

/* --- programs --------------------------------------------------------------------- */

#define WORDS_MAX (2 * ERRAND_ARGS) /* one too many is seen, and refused */

/* The words of TEXT, which is cut, behind ARGC of ARGV. */
static int
split(char *text, const char **argv, int argc)
{
	char *word;

	while (argc < WORDS_MAX && (word = strsep(&text, " \t\n")) != NULL)
		if (*word != '\0')
			argv[argc++] = word;
	return argc;
}

/* Every line that the file of BIRD is to have: what the runner has not written down yet
 * comes when it has. */
static char *
all_lines(const struct blockade *of)
{
	const struct blockade *b;
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	TAILQ_FOREACH(b, &all.list, link)
		if (b->booked && strcmp(b->action, of->action) == 0 &&
		    (b->state == BLOCKADE_ANNOUNCING || b->state == BLOCKADE_ANNOUNCED))
			fprintf(out, "%s\n", b->announce);
	mem_stream_end(out);
	return text;
}

/* B's program: what it is called with and what it reads. */
static void
call(struct blockade *b, outcome_fn done)
{
	static struct msg_in_force m;
	bool withdraw = b->state == BLOCKADE_WITHDRAWING;
	const char *said = withdraw ? b->withdraw : b->announce;
	char *arguments = mem_str(b->arguments), *words = mem_str(said);
	const char *argv[WORDS_MAX + 1] = { b->program };
	char *input = NULL, *id = mem_printf("%lld", (long long)b->incident);
	int argc = split(arguments, argv, 1);

	b->booked = true;
	if (strcmp(b->type, "fastnetmon") == 0) {
		struct onslaught o = { .incident = b->incident,
			.begin = b->begin,
			.out = b->out,
			.pps = b->pps };

		snprintf(o.host, sizeof o.host, "%s", b->host);
		const char *evidence = strchr(said, '\n');

		/* What was announced before a start has its words alone. */
		input = !withdraw && evidence != NULL
			    ? mem_str(evidence + 1)
			    : blockade_json(&o, withdraw ? "unban" : "ban");
		if (!withdraw)
			words[strcspn(words, "\n")] = '\0';
		argc = split(words, argv, argc);
	} else if (strcmp(b->type, "gobgp") == 0)
		argc = split(words, argv, argc);
	else if (strcmp(b->type, "bird") == 0)
		input = all_lines(b);
	else
		input = mem_printf("%s\n", said);
	argv[argc] = NULL;
	(void)describe(b, &m);
	b->errand = errand_in_force(&m, withdraw, (char *const *)argv, id, input,
	    input != NULL ? strlen(input) : 0, done, b);
	free(input);
	free(id);
	free(arguments);
	free(words);
}

static void
pause_after(struct blockade *b, const struct outcome *o)
{
	int64_t pause = PAUSE_FIRST_S;

	for (unsigned i = 0; i < b->tries && pause < PAUSE_MOST_S; i++)
		pause *= 2;
	if (b->tries++ == 0)
		log_warnx("%s: %s: %s; tried again and again", b->action, b->host,
		    o->text);
	b->next_ns = clock_mono_ns() +
		     (pause < PAUSE_MOST_S ? pause : PAUSE_MOST_S) * CLOCK_NS_PER_S;
	set_state(b, b->state, o->text);
}

static void
on_announced(void *ctx, const struct outcome *o)
{
	struct blockade *b = ctx;

	b->errand = NULL;
	if (o->fate != FATE_DELIVERED) {
		pause_after(b, o);
		return;
	}
	b->tries = 0;
	set_state(b, BLOCKADE_ANNOUNCED, "");
	log_warnx("%s: announced: %.*s", b->action, (int)strcspn(b->announce, "\n"),
	    b->announce);
}

static void
on_withdrawn(void *ctx, const struct outcome *o)
{
	struct blockade *b = ctx;

	b->errand = NULL;
	if (o->fate != FATE_DELIVERED) {
		pause_after(b, o);
		return;
	}
	b->tries = 0;
	log_warnx("%s: withdrawn: %s", b->action, b->host);
	/* While the attack goes on it is remembered that it had its time. */
	if (b->again)
		forget(b);
	else
		set_state(b, BLOCKADE_SPENT, "");
}

/* --- what ought to be ------------------------------------------------------------- */

static unsigned
active(const char *action)
{
	const struct blockade *b;
	unsigned n = 0;

	TAILQ_FOREACH(b, &all.list, link)
	n += strcmp(b->action, action) == 0 && is_out_there(b);
	return n;
}

/* A hash of all that decides what S says, and by which program. */
static uint64_t
settings_of(const struct conf_section *s)
{
	static const char *const keys[] = { "type", "program", "arguments", "announce",
		"withdraw", "nexthop", "community" };
	char *text = mem_str("");

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *value = conf_value(s, keys[i], NULL);
		char *longer = value == NULL ? mem_printf("%s\n", text)
					     : mem_printf("%s=%s\n", text, value);

		free(text);
		text = longer;
	}
	uint64_t hash = conf_target_id(text);
	free(text);
	return hash;
}

/* The texts of B against O; false: they are too long. */
static bool
compose(struct blockade *b, const struct conf_section *s, const struct onslaught *o)
{
	static struct msg_in_force m;
	char text[BLOCKADE_TEXT];

	b->settings = settings_of(s);
	b->incident = o->incident;
	b->pps = o->pps;
	set(&b->program, conf_value(s, "program", ""));
	set(&b->arguments, conf_value(s, "arguments", ""));
	bool fits = blockade_text(s, o, true, text) != NULL;
	set(&b->withdraw, text);
	fits &= blockade_text(s, o, false, text) != NULL;
	set(&b->announce, text);
	fits &= describe(b, &m);
	if (strcmp(b->type, "fastnetmon") != 0)
		return fits;
	/* Its input goes with it. */
	char *json = blockade_json(o, "ban");
	free(b->announce);
	b->announce = mem_printf("%s\n%s", text, json);
	free(json);
	return fits;
}

static void
refuse(struct blockade *b, const char *why)
{
	if (b->state != BLOCKADE_REFUSED)
		log_info("%s: nothing is done for %s: %s", b->action,
		    b->host[0] != '\0' ? b->host : "the network", why);
	set_state(b, BLOCKADE_REFUSED, why);
}

/* B is not announced: may it be? */
static void
decide(struct blockade *b, const struct conf_section *s, const struct onslaught *o)
{
	const char *why = blockade_refusal(s, o, all.own, active(b->action));
	enum blockade_state was = b->state;

	if (was == BLOCKADE_STATES || b->incident != o->incident)
		(void)compose(b, s, o);
	if (why != NULL) {
		refuse(b, why);
		return;
	}
	if (blockade_is_dry(s)) {
		set_state(b, BLOCKADE_DRY, "");
		if (was != b->state)
			log_warnx("%s: dry run, would have announced: %.*s", b->action,
			    (int)strcspn(b->announce, "\n"), b->announce);
		return;
	}
	if (!compose(b, s, o)) {
		refuse(b, "what it would say is too long");
		return;
	}
	b->begin = clock_wall_s();
	b->booked = false;
	b->tries = 0;
	b->next_ns = 0;
	set_state(b, BLOCKADE_ANNOUNCING, "");
	b->called_for = true;
}

/* B is announced and its attack open. As it was announced, so it is withdrawn: where
 * its section says something else now, first that, and then what it says. An address
 * that has become this host's, or protected, is decided on anew as well. */
static void
keep(struct blockade *b, const struct conf_section *s)
{
	b->again = b->settings != settings_of(s) ||
		   blockade_forbidden(s, b->host, all.own) != NULL;
	b->called_for = !blockade_is_dry(s) && !b->again;
}

static void
look_at(void *ctx, int64_t incident, int64_t begin, const char *evidence)
{
	const struct conf_section *actions = conf_top(all.conf, "Actions");
	struct onslaught o;

	(void)ctx;
	if (actions == NULL || onslaught_read(&o, incident, begin, evidence) != 0)
		return;
	for (const struct conf_section *s = actions->first; s != NULL; s = s->next) {
		struct blockade *b;

		if (!blockade_is(s) || strlen(s->name) >= BLOCKADE_NAME)
			continue;
		b = find(s->name, o.host, o.out);
		if (b == NULL)
			b = add(s->name, conf_value(s, "type", ""), o.host, o.out);
		if (b == NULL)
			continue;
		b->seen = true;
		/* One that had its time in another attack has it anew in this one. */
		if (b->state == BLOCKADE_STATES || b->state == BLOCKADE_DRY ||
		    b->state == BLOCKADE_REFUSED ||
		    (b->state == BLOCKADE_SPENT && b->incident != incident))
			decide(b, s, &o);
		else if (b->state == BLOCKADE_ANNOUNCING ||
			 b->state == BLOCKADE_ANNOUNCED)
			keep(b, s);
	}
}

/* Has B been there for as long as it may? */
static bool
is_over_time(const struct blockade *b)
{
	const struct conf_section *s = section_of(b);
	int64_t passed = clock_wall_s() - b->begin;

	/* A clock that stepped back must not lengthen it without end. */
	return s == NULL || passed >= blockade_limit_s(s) || passed < -60;
}

static bool
is_busy(const char *action)
{
	const struct blockade *b;

	TAILQ_FOREACH(b, &all.list, link)
	if (b->errand != NULL && strcmp(b->action, action) == 0)
		return true;
	return false;
}

/* Nobody runs programs: the configuration names none any more. */
static void
tell_stuck(struct blockade *b)
{
	set_state(b, b->state, "no program can be run; is its action still configured?");
	if (log_allowed(&all.nobody, 3600, NULL))
		log_warnx("%s: %s is %s, and no program can be run for it: put the action "
			  "back, or withdraw by hand",
		    b->action, b->host, blockade_state_word(b->state));
}

/* KNOWN: it is known which attacks are open. */
static void
settle(struct blockade *b, bool known)
{
	bool out_there = is_out_there(b);

	if (b->errand != NULL)
		return;
	if (!out_there) {
		if (known && !b->seen)
			forget(b);
		return;
	}
	if (b->state != BLOCKADE_WITHDRAWING &&
	    ((known && !b->called_for) || is_over_time(b))) {
		b->tries = 0;
		b->next_ns = 0;
		set_state(b, BLOCKADE_WITHDRAWING, "");
	}
	if (b->state != BLOCKADE_ANNOUNCED && !errand_possible() &&
	    clock_wall_s() - b->since > NOBODY_S)
		tell_stuck(b);
	if (b->state == BLOCKADE_ANNOUNCED || !errand_possible() ||
	    is_busy(b->action) || clock_mono_ns() < b->next_ns)
		return;
	call(b, b->state == BLOCKADE_ANNOUNCING ? on_announced : on_withdrawn);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct blockade *b, *next;
	int64_t newest;
	bool known;

	(void)fd, (void)what, (void)arg;
	TAILQ_FOREACH(b, &all.list, link)
	b->called_for = b->seen = false;
	/* Before it is known what is announced, nothing is decided. */
	if (!all.listed) {
		if (clock_wall_s() - all.begun > NOBODY_S && !errand_possible() &&
		    oldlist_is_there() && log_allowed(&all.nobody, 3600, NULL))
			log_warnx("an earlier version has announced something against "
				  "attacks, and no program can be run for it: put its "
				  "action back, or withdraw by hand");
		return;
	}
	all.own = own_addresses();
	known = outbox_look(all.outbox, &newest) &&
		outbox_attacks(all.outbox, look_at, NULL);
	for (b = TAILQ_FIRST(&all.list); b != NULL; b = next) {
		next = TAILQ_NEXT(b, link);
		settle(b, known);
	}
	if (all.old)
		settle_old();
	TAILQ_FOREACH(b, &all.list, link)
	if (!b->told)
		tell(b, false);
}

/* --- life ------------------------------------------------------------------------- */

void
blockades_open(struct event_base *base, const struct conf *conf)
{
	all.base = base;
	all.conf = conf;
	own_open(base);
}

void
blockades_run(void)
{
	all.outbox = outbox_new();
	all.begun = clock_wall_s();
	all.look = event_new(all.base, -1, EV_PERSIST, on_look, NULL);
	if (all.look == NULL || event_add(all.look, &look_every) != 0)
		fatalx("no timer for blockades");
}

void
blockades_configure(const struct conf *conf)
{
	all.conf = conf;
}

void
blockades_stop(void)
{
	if (all.look == NULL)
		return;
	event_free(all.look);
	all.look = NULL;
	outbox_free(all.outbox);
	own_close();
}
