#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(ADDR_INTERFACE == IF_NAMESIZE, "an interface's name fits");

static bool locked_in;

void
addr_lock_in(void)
{
	locked_in = true;
}

/* By rtnetlink, since workers that are locked in have no ioctl() for it. */
unsigned
addr_interface(const char *name)
{
	struct if_nameindex *all = locked_in ? NULL : if_nameindex();
	unsigned index = 0;

	for (size_t i = 0; all != NULL && all[i].if_index != 0; i++)
		if (strcmp(all[i].if_name, name) == 0)
			index = all[i].if_index;
	if (all != NULL)
		if_freenameindex(all);
	return index;
}

int
addr_parse(struct addr *a, const char *text)
{
	char host[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		return 0;
	}
	const char *scope = strchr(text, '%');
	size_t len = scope == NULL ? strlen(text) : (size_t)(scope - text);
	if (len >= sizeof host)
		return -1;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET6, host, &a->v6.sin6_addr) != 1)
		return -1;
	if (scope != NULL) {
		char *end;
		unsigned long index = addr_interface(scope + 1);
		if (index == 0) {
			index = strtoul(scope + 1, &end, 10);
			if (end == scope + 1 || *end != '\0' || index > UINT32_MAX)
				return -1;
		}
		a->v6.sin6_scope_id = (uint32_t)index;
	}
	a->v6.sin6_family = AF_INET6;
	return 0;
}

int
addr_parse_scoped(struct addr *a, const char *text, char interface[ADDR_INTERFACE])
{
	const char *scope = strchr(text, '%');
	size_t len = scope == NULL ? 0 : (size_t)(scope - text);
	char host[INET6_ADDRSTRLEN];

	if (scope == NULL || len >= sizeof host || strlen(scope + 1) >= IF_NAMESIZE ||
	    strspn(scope + 1, "0123456789") == strlen(scope + 1))
		return -1;
	memcpy(host, text, len);
	host[len] = '\0';
	if (addr_parse(a, host) != 0 || a->sa.sa_family != AF_INET6)
		return -1;
	strcpy(interface, scope + 1);
	return 0;
}

int
addr_parse_listen(struct addr *a, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	char host[ADDR_TEXT], *end;

	if (colon == NULL)
		return err_set(err, "'%s' has no port, expected ADDRESS:PORT", text);
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (end == colon + 1 || *end != '\0' || port > 65535)
		return err_set(err,
		    "'%s' has no port from 0 to 65535 behind its colon, "
		    "expected ADDRESS:PORT",
		    text);
	size_t len = (size_t)(colon - text);
	if (len >= sizeof host)
		return err_set(err, "'%s' is too long for an address", text);
	memcpy(host, text, len);
	host[len] = '\0';
	if (len == 0 || strcmp(host, "*") == 0) {
		memset(a, 0, sizeof *a);
		a->v6.sin6_family = AF_INET6;
	} else if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		if (addr_parse(a, host + 1) != 0 || a->sa.sa_family != AF_INET6)
			return err_set(err,
			    "'%s' is no IPv6 address, expected [ADDRESS]:PORT", text);
	} else if (addr_parse(a, host) != 0 || a->sa.sa_family != AF_INET) {
		return err_set(err,
		    "'%s' is no IP address with port, expected e.g. "
		    "127.0.0.1:8080 or [::]:8080",
		    text);
	}
	addr_set_port(a, (unsigned)port);
	return 0;
}

const char *
addr_text(const struct addr *a, char *buf)
{
	buf[0] = '\0';
	if (a->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->v4.sin_addr, buf, ADDR_TEXT);
	} else if (a->sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, buf, ADDR_TEXT);
		if (a->v6.sin6_scope_id != 0) {
			char name[IF_NAMESIZE];
			size_t at = strlen(buf);
			if (!locked_in &&
			    if_indextoname(a->v6.sin6_scope_id, name) != NULL)
				snprintf(buf + at, ADDR_TEXT - at, "%%%s", name);
			else
				snprintf(buf + at, ADDR_TEXT - at, "%%%u",
				    a->v6.sin6_scope_id);
		}
	}
	return buf;
}

const char *
addr_text_port(const struct addr *a, char *buf)
{
	char host[ADDR_TEXT];

	addr_text(a, host);
	int n = snprintf(buf, ADDR_TEXT,
	    a->sa.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, addr_port(a));
	if (n < 0 || n >= ADDR_TEXT)
		buf[0] = '\0';
	return buf;
}

bool
addr_same_host(const struct addr *a, const struct addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	if (a->sa.sa_family == AF_INET6)
		return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 16) == 0 &&
		       (a->v6.sin6_scope_id == 0 || b->v6.sin6_scope_id == 0 ||
			   a->v6.sin6_scope_id == b->v6.sin6_scope_id);
	return true;
}

bool
addr_same(const struct addr *a, const struct addr *b)
{
	return addr_same_host(a, b) && addr_port(a) == addr_port(b);
}

bool
addr_is_loopback(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
	if (a->sa.sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return a->v6.sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

bool
addr_is_private(const struct addr *a)
{
	unsigned len;
	const uint8_t *b = addr_bytes(a, &len);

	if (len == 16)
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return len == 4 &&
	       (b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
		   (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254));
}

void
addr_unmap(struct addr *a)
{
	struct addr plain = { .v4 = { .sin_family = AF_INET } };

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return;
	memcpy(&plain.v4.sin_addr, a->v6.sin6_addr.s6_addr + 12, 4);
	plain.v4.sin_port = a->v6.sin6_port;
	*a = plain;
}

socklen_t
addr_len(const struct addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof a->v4 : sizeof a->v6;
}

unsigned
addr_port(const struct addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

void
addr_set_port(struct addr *a, unsigned port)
{
	if (a->sa.sa_family == AF_INET)
		a->v4.sin_port = htons((uint16_t)port);
	else
		a->v6.sin6_port = htons((uint16_t)port);
}

const uint8_t *
addr_bytes(const struct addr *a, unsigned *len)
{
	*len = a->sa.sa_family == AF_INET ? 4 : a->sa.sa_family == AF_INET6 ? 16 : 0;
	return a->sa.sa_family == AF_INET ? (const uint8_t *)&a->v4.sin_addr
					  : a->v6.sin6_addr.s6_addr;
}
