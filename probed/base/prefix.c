#include "base/prefix.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
prefix_bytes(uint8_t out[16], const struct addr *a)
{
	unsigned len;
	const uint8_t *bytes = addr_bytes(a, &len);

	memset(out, 0, 16);
	if (len == 4) {
		memcpy(out, mapped, sizeof mapped);
		memcpy(out + 12, bytes, 4);
	} else if (len == 16)
		memcpy(out, bytes, 16);
}

static bool
prefix_same(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || ((a[whole] ^ b[whole]) & (0xff00 >> rest) & 0xff) == 0);
}

/* The length in TEXT, 0 to MOST; -1 when it is none. */
static int
prefix_length(const char *text, int most)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3 || text[digits] != '\0' || atoi(text) > most)
		return -1;
	return atoi(text);
}

int
prefix_parse(struct prefix *p, const char *text, struct err *err)
{
	char address[ADDR_TEXT];
	size_t len = strcspn(text, "/");
	struct addr a;

	if (len >= sizeof address)
		len = sizeof address - 1;
	memcpy(address, text, len);
	address[len] = '\0';
	if (addr_parse(&a, address) != 0 || strchr(address, '%') != NULL)
		return err_set(err,
		    "%s, expected a prefix such as 192.0.2.0/24 or 2001:db8::/32",
		    text);
	int most = a.sa.sa_family == AF_INET6 ? 128 : 32, bits = most;
	if (text[len] == '/')
		bits = prefix_length(text + len + 1, most);
	if (bits < 0)
		return err_set(err, "%s, expected a length of 0 to %d", text, most);
	prefix_bytes(p->bytes, &a);
	p->bits = (uint8_t)(bits + 128 - most);

	struct prefix first = *p;
	for (unsigned i = p->bits; i < 128; i++)
		first.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	if (memcmp(first.bytes, p->bytes, sizeof first.bytes) != 0)
		return err_set(
		    err, "%s has bits behind its length, expected zeros there", text);
	return 0;
}

bool
prefix_meets(const struct prefix *a, const struct prefix *b)
{
	return prefix_same(a->bytes, b->bytes, a->bits < b->bits ? a->bits : b->bits);
}

bool
prefix_holds(const struct prefix *p, const struct addr *a)
{
	uint8_t bytes[16];

	if (a->sa.sa_family != AF_INET && a->sa.sa_family != AF_INET6)
		return false;
	prefix_bytes(bytes, a);
	/* ::/0 is IPv6 alone. */
	if (p->bits < 96 && memcmp(bytes, mapped, sizeof mapped) == 0)
		return false;
	return prefix_same(p->bytes, bytes, p->bits);
}

int
prefixes_parse(struct prefixes *list, const char *text, struct err *err)
{
	char *copy = mem_str(text == NULL ? "" : text), *save = NULL;
	struct prefixes all = { NULL, 0 };
	int result = 0;

	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL && result == 0;
	     one = strtok_r(NULL, " ,\t", &save)) {
		all.prefix = mem_grow(all.prefix, all.count + 1, sizeof *all.prefix);
		result = prefix_parse(&all.prefix[all.count++], one, err);
	}
	free(copy);
	struct prefixes *old = result == 0 ? list : &all;
	free(old->prefix);
	if (result == 0)
		*list = all;
	return result;
}

bool
prefixes_hold(const struct prefixes *list, const struct addr *a)
{
	for (size_t i = 0; i < list->count; i++)
		if (prefix_holds(&list->prefix[i], a))
			return true;
	return false;
}

char *
prefixes_without(const char *text, const char *word, bool *found)
{
	char *copy = mem_str(text), *save = NULL;
	char *rest = mem_zero(strlen(text) + 2, 1), *at = rest;

	*found = false;
	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL;
	     one = strtok_r(NULL, " ,\t", &save)) {
		if (strcmp(one, word) == 0) {
			*found = true;
			continue;
		}
		at = stpcpy(at, one);
		*at++ = ' ';
	}
	*at = '\0';
	free(copy);
	return rest;
}

void
prefixes_free(struct prefixes *list)
{
	free(list->prefix);
	*list = (struct prefixes){ NULL, 0 };
}
