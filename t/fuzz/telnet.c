/* A router's bytes: the first one says in which pieces they come. */
#include <stdlib.h>
#include <string.h>

#include "probes/telnet.h"
#include "t/fuzz.h"

int
fuzz_telnet(const uint8_t *data, size_t size)
{
	struct telnet t = { 0 };
	size_t piece = size == 0 ? 1 : data[0] % 16 + 1u, n = 0, replies;
	char *out = malloc(size + 1);
	uint8_t *reply = malloc(piece);

	for (size_t at = 1; out != NULL && reply != NULL && at < size; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		n += telnet_text(&t, data + at, len, out + n, reply, piece, &replies);
		out[n] = '\0';
		if (replies > piece)
			abort();
		telnet_came(TELNET_PROMPT, "", out);
		telnet_came(TELNET_ENDS, "[5]: ", out);
		telnet_came(TELNET_LOGIN, "", out);
	}
	free(out);
	free(reply);
	return 0;
}
