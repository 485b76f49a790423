/* The pattern or the matcher of an alert: the first byte says which, then its text to
 * the end of the line, then bytes that become rounds. */
#include <stdlib.h>
#include <string.h>

#include "alert/rule.h"
#include "base/mem.h"
#include "t/fuzz.h"

#define ROUNDS_MAX 64

/* A rule of any length is judged after each of the rounds that DATA makes. */
static void
run(const struct rule *rule, const uint8_t *data, size_t size)
{
	struct values v = { .keep = rule_length(rule) };
	bool before = false;

	for (size_t i = 0; i < size && i < ROUNDS_MAX; i++) {
		double lost = data[i] == 255 ? NAN : data[i] % 21;
		values_push(&v, lost, 20, data[i] % 21 == 20 ? NAN : data[i] / 1000.0);
		before = rule_holds(rule, &v, before);
	}
	free(values_loss_text(&v));
	free(values_rtt_text(&v));
	values_free(&v);
}

int
fuzz_alert(const uint8_t *data, size_t size)
{
	struct rule *rule;
	struct err err;

	if (size == 0)
		return 0;
	enum rule_type type = data[0] == 'r'   ? RULE_RTT
			      : data[0] == 'l' ? RULE_LOSS
					       : RULE_MATCHER;
	const uint8_t *end = memchr(data + 1, '\n', size - 1);
	size_t len = end == NULL ? size : (size_t)(end - data);
	char *text = mem_strn((const char *)data + 1, len - 1);

	if (rule_parse(&rule, type, text, &err) == RULE_READY)
		run(rule, data + len, size - len);
	rule_free(rule);
	free(text);
	return 0;
}
