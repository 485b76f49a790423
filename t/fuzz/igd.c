/* What a router says: its answer to a search (behind "S"), its description ("D"), its
 * answer to a question (anything else). */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "collector/igd.h"

int
fuzz_igd(const uint8_t *data, size_t size)
{
	static const struct igd_url from = { "192.168.1.1", 5000, "/a/rootDesc.xml" };
	struct igd_url url;
	struct igd igd;
	struct err err;
	char text[32];
	uint64_t n;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'S':
		if (igd_location(data + 1, size - 1, &url) == 0 &&
		    (url.port == 0 || url.path[0] != '/' || strpbrk(url.path, "\r\n ")))
			abort();
		break;
	case 'D':
		if (igd_describe(&igd, data + 1, size - 1, &from, &err) == 0 &&
		    (strcmp(igd.common.control.host, from.host) != 0 ||
			strpbrk(igd.common.type, "\r\n\"<") != NULL))
			abort();
		break;
	default:
		(void)igd_number(data, size, "NewTotalBytesSent", &n);
		(void)igd_value(data, size, "NewX", text, sizeof text);
	}
	return 0;
}
