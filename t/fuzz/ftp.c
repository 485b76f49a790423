#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "probes/ftpwire.h"

/* The first byte says in which pieces the rest is heard. */
int
fuzz_ftp(const uint8_t *data, size_t size)
{
	static struct ftpwire w;
	size_t piece = size > 0 ? data[0] % 16 + 1 : 1;
	enum ftpwire_turn turn = FTPWIRE_MORE;
	int code;

	memset(&w, 0, sizeof w);
	for (size_t at = 1; at < size && turn != FTPWIRE_BAD; at += piece) {
		const uint8_t *p = data + at;
		size_t left = size - at < piece ? size - at : piece;
		while (left > 0 && turn != FTPWIRE_BAD) {
			turn = ftpwire_take(&w, &p, &left, &code);
			if (turn != FTPWIRE_REPLY)
				continue;
			if (code < 100 || code > 599 || ftpwire_pasv(w.line) > 65535 ||
			    ftpwire_epsv(w.line) > 65535)
				abort();
		}
	}
	return 0;
}
