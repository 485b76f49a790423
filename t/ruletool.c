/* Rules for t/alertpeer.sh.t: a line "TYPE TAB TEXT TAB KEEP TAB PINGS TAB ROUND
 * ROUND..." in, each ROUND "LOST/SECONDS" or with U; out comes 0 or 1 for each, "bad"
 * where the rule is refused and "idle" where it never holds. KEEP 0: as long as the
 * rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/rule.h"
#include "base/log.h"

static double
number(const char *s)
{
	return *s == 'U' ? NAN : strtod(s, NULL);
}

static void
judge(const struct rule *rule, size_t keep, unsigned pings, char *rounds)
{
	struct values v = { .keep = keep > 0 ? keep : rule_length(rule) };
	bool holds = false;
	char *next;

	for (char *r = strtok_r(rounds, " ", &next); r != NULL;
	     r = strtok_r(NULL, " ", &next)) {
		char *slash = strchr(r, '/');
		if (slash == NULL)
			fatalx("round %s", r);
		values_push(&v, number(r), pings, number(slash + 1));
		holds = rule_holds(rule, &v, holds);
		putchar('0' + holds);
	}
	putchar('\n');
	values_free(&v);
}

int
main(void)
{
	char *line = NULL, *at;
	size_t room = 0;
	ssize_t len;

	log_init("ruletool", LOG_LEVEL_WARN);
	while ((len = getline(&line, &room, stdin)) > 0) {
		enum rule_type type;
		struct rule *rule;
		struct err err;
		char *field[5];

		line[len - 1] = '\0';
		at = line;
		for (size_t i = 0; i < 5; i++)
			if ((field[i] = strsep(&at, "\t")) == NULL)
				fatalx("a line of less than 5 fields");
		if (rule_type(&type, field[0]) < 0)
			fatalx("type %s", field[0]);
		switch (rule_parse(&rule, type, field[1], &err)) {
		case RULE_READY:
			judge(rule, strtoul(field[2], NULL, 10),
			    (unsigned)strtoul(field[3], NULL, 10), field[4]);
			break;
		case RULE_IDLE:
			printf("idle %s\n", err.text);
			break;
		case RULE_BAD:
			printf("bad %s\n", err.text);
			break;
		}
		rule_free(rule);
	}
	free(line);
	return 0;
}
