/* Outputs of the programs that measure: the first byte chooses the parser. */
#include <stdlib.h>
#include <string.h>

#include "runner/outputs.h"
#include "runner/walk.h"
#include "t/fuzz.h"

static void
read_walks(struct times *t, const char *text)
{
	static struct walk ms, ended;

	walk_read(&ms, ".1.3.6.1.4.1.9.9.42.1.4.1.1.6.7", text);
	walk_read(&ended, ".1.3.6.1.4.1.9.9.42.1.4.1.1.7.7", text);
	walk_times(t, &ms, &ended, 1, 5);
}

int
fuzz_tool(const uint8_t *data, size_t size)
{
	static struct times t;
	char *text = malloc(size + 1);

	if (text == NULL || size == 0) {
		free(text);
		return 0;
	}
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	times_clear(&t);
	switch (data[0] % 8) {
	case 0:
		times_fping(&t, text, "host");
		break;
	case 1:
		times_ios(&t, text);
		break;
	case 2:
		times_ping(&t, text, data[0] / 128);
		break;
	case 3:
		times_sipsak(&t, text, 5, data[0] > 127);
		break;
	case 4:
		times_qstat(&t, text, size - 1);
		break;
	case 5:
	case 6:
		times_irtt(
		    &t, text, size - 1, (enum irtt_metric)(data[0] / 8 % IRTT_METRICS));
		break;
	default:
		read_walks(&t, text);
	}
	times_say(&t, text);
	if (t.answered > t.count || t.count > ROUND_MAX_PINGS + 1)
		abort();
	free(text);
	return 0;
}
