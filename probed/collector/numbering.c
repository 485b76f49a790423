#include "collector/numbering.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A port that was heard in turn with others so often without being told apart is no
 * newcomer: what its count says is believed. */
#define TURNS_MOST 16

struct numbering_port {
	bool known;
	uint16_t port;
	unsigned line, turns;
	uint64_t since; /* the more, the later it was heard first */
	struct sequence_told
	    then[NUMBERING_LINES_MAX]; /* what the lines had told before it */
};

struct numbering_more {
	struct sequence line[NUMBERING_LINES_MAX - 1]; /* behind the first */
	struct numbering_port port[PORTS_MAX];	       /* as in struct ports */
	unsigned last;
	uint64_t since;
};

void
numbering_begin(struct numbering *n, enum flow_protocol protocol)
{
	sequence_begin(&n->first, protocol);
}

void
numbering_free(struct numbering *n)
{
	free(n->more);
	n->more = NULL;
}

static struct sequence *
line_at(struct numbering *n, unsigned line)
{
	return line == 0 ? &n->first : &n->more->line[line - 1];
}

static void
note(struct numbering *n, struct numbering_port *at)
{
	for (unsigned i = 0; i < NUMBERING_LINES_MAX; i++)
		at->then[i] = line_at(n, i)->told;
	at->turns = 0;
}

static void
add_port(struct numbering *n, unsigned at, unsigned port)
{
	struct numbering_port *new = &n->more->port[at];

	*new = (struct numbering_port){
		.known = true, .port = (uint16_t)port, .since = ++n->more->since
	};
	note(n, new);
}

/* There are two ports, of which the other one was heard up to now. */
static void
more_begin(struct numbering *n, const struct ports *p)
{
	n->more = mem_zero(1, sizeof *n->more);
	for (unsigned i = 0; i < NUMBERING_LINES_MAX - 1; i++)
		sequence_begin(&n->more->line[i], n->first.protocol);
	for (unsigned i = 0; i < p->count; i++)
		if (i != p->last)
			add_port(n, i, p->seen[i].port);
}

/* Is AT of another process than one of the ports of LINE? */
static bool
is_apart(const struct numbering *n, const struct ports *p, unsigned at, unsigned line)
{
	const struct numbering_port *port = n->more->port;

	for (unsigned i = 0; i < PORTS_MAX; i++)
		if (i != at && port[i].known && port[i].line == line &&
		    ports_apart(p, port[i].port, port[at].port))
			return true;
	return false;
}

/* Since it had told THEN it was counted in LINE what was not of one process. */
static void
take_back(struct numbering *n, unsigned line, const struct sequence_told *then)
{
	struct sequence *s = line_at(n, line);

	sequence_take_back(s, then);
	/* What others are to go back to has it in it, too. */
	for (unsigned i = 0; i < PORTS_MAX; i++)
		sequence_told_least(&n->more->port[i].then[line], &s->told);
}

/* AT shares its line with another process: it goes to one where none is. False when
 * there is no such. */
static bool
part(struct numbering *n, const struct ports *p, unsigned at)
{
	struct numbering_port *port = &n->more->port[at];
	struct sequence_told then[2];
	unsigned to = 0;

	while (to < NUMBERING_LINES_MAX && (to == port->line || is_apart(n, p, at, to)))
		to++;
	if (to == NUMBERING_LINES_MAX)
		return false;
	then[0] = port->then[port->line];
	then[1] = port->then[to];
	take_back(n, port->line, &then[0]);
	take_back(n, to, &then[1]);
	port->line = to;
	port->turns = 0;
	return true;
}

void
numbering_add(
    struct numbering *n, const struct ports *p, const struct sequence_step *step)
{
	n->clock = step->clock;
	if (n->more == NULL && p->count < 2) {
		sequence_add(&n->first, step);
		return;
	}
	if (n->more == NULL)
		more_begin(n, p);

	unsigned at = p->last;
	struct numbering_port *port = n->more->port;
	if (!port[at].known || port[at].port != p->seen[at].port)
		add_port(n, at, p->seen[at].port);
	if (at != n->more->last) {
		if (++port[at].turns > TURNS_MOST)
			note(n, &port[at]);
		/* Who came later goes. */
		for (unsigned i = 0; i < PORTS_MAX; i++)
			if (i != at && port[i].known && port[i].line == port[at].line &&
			    ports_apart(p, port[i].port, port[at].port) &&
			    !part(n, p, port[i].since > port[at].since ? i : at))
				break;
	}
	n->more->last = at;
	sequence_add(line_at(n, port[at].line), step);
}

struct sequence_told
numbering_told(const struct numbering *n)
{
	struct sequence_told sum = n->first.told;

	for (unsigned i = 0; n->more != NULL && i < NUMBERING_LINES_MAX - 1; i++) {
		const struct sequence_told *one = &n->more->line[i].told;

		sum.received += one->received;
		sum.lost += one->lost;
		sum.reordered += one->reordered;
		sum.restarts += one->restarts;
		sum.mixed += one->mixed;
	}
	return sum;
}

const char *
numbering_unit(const struct numbering *n)
{
	const char *unit = sequence_unit(&n->first);

	for (unsigned i = 0; n->more != NULL && i < NUMBERING_LINES_MAX - 1; i++) {
		const struct sequence *one = &n->more->line[i];

		if (one->begun && strcmp(sequence_unit(one), "records") == 0)
			unit = sequence_unit(one);
	}
	return unit;
}
