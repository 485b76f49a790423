/* Files of certificates and keys: what becomes a value is one line of a few characters.
 */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/certificate.h"

static void
check(const char *text, const char *kind)
{
	char *pem = certificate_blocks(text, kind);

	for (const char *p = pem; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || strchr("#\\\"", *p) != NULL)
			abort();
	if (*pem != '\0' && (strncmp(pem, "-----BEGIN ", 11) != 0 ||
				pem[strlen(pem) - 1] != CERTIFICATE_LINE))
		abort();
	free(pem);
}

int
fuzz_certificate(const uint8_t *data, size_t size)
{
	char *text = mem_strn((const char *)data, strnlen((const char *)data, size));

	check(text, "CERTIFICATE");
	check(text, "PRIVATE KEY");
	free(text);
	return 0;
}
