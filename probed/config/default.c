/* The configuration of a new installation: texts from etc/default, completed with what
 * this host knows about its surroundings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "config/tree.h"
#include "default_text.h"

#define ROUTE_GATEWAY 0x0002 /* RTF_GATEWAY */

/* --- surroundings ---------------------------------------------------------------- */

/* The next hop of the IPv4 default route into BUF (ADDR_TEXT bytes). */
static bool
gateway_v4(char *buf)
{
	FILE *f = fopen("/proc/net/route", "re");
	char line[512], iface[64];
	unsigned destination, gateway, flags;
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		struct addr a = { .v4 = { .sin_family = AF_INET } };

		if (sscanf(line, "%63s %x %x %x", iface, &destination, &gateway,
			&flags) != 4 ||
		    destination != 0 || gateway == 0 || !(flags & ROUTE_GATEWAY))
			continue;
		a.v4.sin_addr.s_addr = gateway; /* printed as it lies in memory */
		addr_text(&a, buf);
		found = true;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* 32 hexadecimal digits as 16 bytes. */
static bool
hex_v6(const char *hex, uint8_t *bytes)
{
	unsigned byte;

	for (size_t i = 0; i < 16; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = (uint8_t)byte;
	}
	return true;
}

/* The next hop of the IPv6 default route; link-local ones with their interface. */
static bool
gateway_v6(char *buf)
{
	FILE *f = fopen("/proc/net/ipv6_route", "re");
	char line[512], destination[33], hop[33], iface[64];
	unsigned bits, flags;
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		struct addr a = { .v6 = { .sin6_family = AF_INET6 } };

		if (sscanf(line, "%32s %x %*s %*s %32s %*s %*s %*s %x %63s",
			destination, &bits, hop, &flags, iface) != 5 ||
		    bits != 0 || !(flags & ROUTE_GATEWAY) || strlen(hop) != 32 ||
		    strspn(hop, "0") == 32 || strspn(destination, "0") != 32 ||
		    !hex_v6(hop, a.v6.sin6_addr.s6_addr))
			continue;
		addr_text(&a, buf);
		if (IN6_IS_ADDR_LINKLOCAL(&a.v6.sin6_addr) &&
		    strlen(buf) + strlen(iface) + 2 < ADDR_TEXT) {
			strcat(buf, "%");
			strcat(buf, iface);
		}
		found = true;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* The first name server that this host asks. */
static bool
resolver(char *buf, bool *here)
{
	FILE *f = fopen("/etc/resolv.conf", "re");
	char line[512], word[ADDR_TEXT];
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		struct addr a;

		if (sscanf(line, " nameserver %79s", word) != 1 ||
		    addr_parse(&a, word) < 0)
			continue;
		memcpy(buf, word, sizeof(word));
		*here = addr_is_loopback(&a);
		found = true;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

static void
home_host(FILE *out, const char *name, const char *menu, const char *title,
    const char *probe, const char *host)
{
	fprintf(out, "\n++ %s\nmenu  = %s\ntitle = %s (%s)\n", name, menu, title, host);
	if (probe != NULL)
		fprintf(out, "probe = %s\n", probe);
	fprintf(out, "host  = %s\n", host);
}

/* Sections for the gateway and the resolver, where there are any. */
static char *
home_text(void)
{
	char host[ADDR_TEXT], *text;
	bool here;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	if (gateway_v4(host))
		home_host(out, "Gateway", "Gateway", "The way out", NULL, host);
	if (gateway_v6(host))
		home_host(
		    out, "Gateway6", "Gateway, IPv6", "The way out", "FPing6", host);
	if (resolver(host, &here)) {
		if (!here)
			home_host(out, "Resolver", "Resolver",
			    "The name server that this host asks",
			    strchr(host, ':') != NULL ? "FPing6" : NULL, host);
		home_host(out, "ResolverDNS", "Resolver's answers",
		    "How long the name server takes to answer", "DNS", host);
	}
	mem_stream_end(out);
	return text;
}

/* --- texts ----------------------------------------------------------------------- */

/* TEXT with WORD replaced by VALUE, once. */
static char *
filled(const char *text, const char *word, const char *value)
{
	const char *at = strstr(text, word);

	if (at == NULL)
		return mem_str(text);
	return mem_printf("%.*s%s%s", (int)(at - text), text, value, at + strlen(word));
}

char *
default_text(const char *name, const char *datadir)
{
	for (size_t i = 0; i < sizeof(default_texts) / sizeof(*default_texts); i++) {
		char *home, *text;

		if (strcmp(default_texts[i].name, name) != 0)
			continue;
		if (strcmp(name, "Targets") != 0)
			return filled(default_texts[i].text, "@DATADIR@", datadir);
		home = home_text();
		text = filled(default_texts[i].text, "@HOME@", home);
		free(home);
		return text;
	}
	return NULL;
}

static int
write_file(const char *path, const char *text, struct err *err)
{
	FILE *f = fopen(path, "wxe");
	bool bad;

	if (f == NULL)
		return err_set(err, "can't make %s: %s", path, strerror(errno));
	bad = fputs(text, f) == EOF;
	if ((fclose(f) != 0) | bad)
		return err_set(err, "can't write %s: %s", path, strerror(errno));
	return 0;
}

int
conf_write_default(const char *dir, const char *datadir, struct err *err)
{
	size_t len = strlen(datadir);

	if (len == 0 || strpbrk(datadir, "#\n") != NULL || datadir[len - 1] == '\\' ||
	    datadir[0] == ' ' || datadir[len - 1] == ' ')
		return err_set(err,
		    "a configuration cannot name the directory '%s', expected one "
		    "without # and without blanks at its ends",
		    datadir);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_set(err, "can't make %s: %s", dir, strerror(errno));
	for (size_t i = 0; i < sizeof(default_texts) / sizeof(*default_texts); i++) {
		char *path = mem_printf("%s/%s", dir, default_texts[i].name);
		char *text = default_text(default_texts[i].name, datadir);
		int rc = write_file(path, text, err);

		free(path);
		free(text);
		if (rc < 0)
			return -1;
	}
	return 0;
}
