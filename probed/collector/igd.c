#include "collector/igd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <expat.h>

#define DEPTH_MAX 32
#define ELEMENTS_MAX 8192

/* --- addresses ------------------------------------------------------------------- */

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* "HOST[:PORT]" of LEN bytes. */
static int
take_host(struct igd_url *url, const char *text, size_t len)
{
	char buf[32], *colon;
	struct in_addr a;

	if (len >= sizeof buf)
		return -1;
	memcpy(buf, text, len);
	buf[len] = '\0';
	url->port = 80;
	colon = strchr(buf, ':');
	if (colon != NULL) {
		char *end;
		unsigned long port = strtoul(colon + 1, &end, 10);

		if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port == 0 ||
		    port > 65535)
			return -1;
		url->port = (uint16_t)port;
		*colon = '\0';
	}
	if (inet_pton(AF_INET, buf, &a) != 1 ||
	    inet_ntop(AF_INET, &a, url->host, sizeof url->host) == NULL)
		return -1;
	return 0;
}

int
igd_url_parse(struct igd_url *url, const char *text, const struct igd_url *base)
{
	struct igd_url out = { .port = 0 };
	const char *path = text;
	int n;

	if (!is_plain(text))
		return -1;
	if (strncasecmp(text, "http://", 7) == 0) {
		size_t len = strcspn(text + 7, "/?#");

		if (take_host(&out, text + 7, len) != 0)
			return -1;
		path = text + 7 + len;
		if (base != NULL && strcmp(out.host, base->host) != 0)
			return -1;
		n = snprintf(
		    out.path, sizeof out.path, "%s%s", *path == '/' ? "" : "/", path);
	} else {
		if (base == NULL || strstr(text, "://") != NULL)
			return -1;
		memcpy(out.host, base->host, sizeof out.host);
		out.port = base->port;
		const char *slash = strrchr(base->path, '/');
		int dir = slash == NULL ? 0 : (int)(slash - base->path) + 1;

		n = snprintf(out.path, sizeof out.path, "%.*s%s%s",
		    *text == '/' ? 0 : dir, base->path,
		    *text != '/' && dir == 0 ? "/" : "", text);
	}
	if (n < 0 || (size_t)n >= sizeof out.path)
		return -1;
	*url = out;
	return 0;
}

int
igd_location(const void *data, size_t len, struct igd_url *url)
{
	static const char name[] = "location:";
	char text[2048];

	if (len >= sizeof text || memchr(data, '\0', len) != NULL)
		return -1;
	memcpy(text, data, len);
	text[len] = '\0';
	if (strncmp(text, "HTTP/1.", 7) != 0)
		return -1;
	for (char *line = strchr(text, '\n'); line != NULL; line = strchr(line, '\n')) {
		line++;
		if (strncasecmp(line, name, sizeof name - 1) != 0)
			continue;
		char *value = line + sizeof name - 1;
		value += strspn(value, " \t");
		value[strcspn(value, " \t\r\n")] = '\0';
		return igd_url_parse(url, value, NULL);
	}
	return -1;
}

/* --- XML ------------------------------------------------------------------------- */

/* One pass over a document: the text of the element that is open is in TEXT. */
struct xml {
	XML_Parser parser;
	unsigned depth, elements;
	bool bad;
	char text[IGD_PATH + 1];
	size_t len;
	bool over;					  /* more text than room */
	void (*element)(struct xml *x, const char *name); /* at its end */
	/* For igd_describe(). */
	struct igd *igd;
	struct igd_url base;
	struct igd_service service; /* that is open */
	char control[IGD_PATH];
	/* For igd_value(). */
	const char *wanted;
	char *buf;
	size_t size;
	bool found;
};

/* Without the prefix of a name space. */
static const char *
local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon != NULL ? colon + 1 : name;
}

static void
on_open(void *ctx, const XML_Char *name, const XML_Char **attribute)
{
	struct xml *x = ctx;

	(void)attribute;
	x->len = 0;
	x->over = false;
	if (++x->depth > DEPTH_MAX || ++x->elements > ELEMENTS_MAX) {
		x->bad = true;
		XML_StopParser(x->parser, XML_FALSE);
	}
	if (x->igd != NULL && strcmp(local_name(name), "service") == 0) {
		x->service = (struct igd_service){ .type = "" };
		x->control[0] = '\0';
	}
}

static void
on_close(void *ctx, const XML_Char *name)
{
	struct xml *x = ctx;
	size_t begin = 0;

	x->depth--;
	while (x->len > 0 && (unsigned char)x->text[x->len - 1] <= ' ')
		x->len--;
	while (begin < x->len && (unsigned char)x->text[begin] <= ' ')
		begin++;
	memmove(x->text, x->text + begin, x->len - begin);
	x->len -= begin;
	x->text[x->len] = '\0';
	x->element(x, local_name(name));
	x->len = 0;
}

static void
on_text(void *ctx, const XML_Char *text, int len)
{
	struct xml *x = ctx;

	if ((size_t)len > sizeof x->text - 1 - x->len) {
		x->over = true;
		return;
	}
	memcpy(x->text + x->len, text, (size_t)len);
	x->len += (size_t)len;
}

/* Declarations are how a few bytes become gigabytes; no router needs them. */
static void
on_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
    const XML_Char *public, int internal)
{
	struct xml *x = ctx;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	x->bad = true;
	XML_StopParser(x->parser, XML_FALSE);
}

static int
parse(struct xml *x, const void *data, size_t len, struct err *err)
{
	if (len == 0 || len > IGD_BYTES_MAX)
		return err_set(
		    err, "%zu bytes, expected 1 to %d of XML", len, IGD_BYTES_MAX);
	x->parser = XML_ParserCreate(NULL);
	if (x->parser == NULL)
		return err_set(err, "no memory for XML");
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_open, on_close);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	bool good = XML_Parse(x->parser, data, (int)len, 1) == XML_STATUS_OK && !x->bad;
	if (!good)
		err_set(err, "no XML as routers have it: %s in line %lu",
		    x->bad ? "declarations, or too deep"
			   : XML_ErrorString(XML_GetErrorCode(x->parser)),
		    (unsigned long)XML_GetCurrentLineNumber(x->parser));
	XML_ParserFree(x->parser);
	return good ? 0 : -1;
}

/* --- the description ------------------------------------------------------------- */

static void
copy(char *to, size_t size, const struct xml *x)
{
	if (!x->over && x->len < size)
		memcpy(to, x->text, x->len + 1);
}

static void
end_service(struct xml *x)
{
	static const char common[] =
	    "urn:schemas-upnp-org:service:WANCommonInterfaceConfig:",
			  ip[] = "urn:schemas-upnp-org:service:WANIPConnection:",
			  ppp[] = "urn:schemas-upnp-org:service:WANPPPConnection:";
	const char *type = x->service.type;
	struct igd_service *to = strncmp(type, common, sizeof common - 1) == 0
				     ? &x->igd->common
				 : strncmp(type, ip, sizeof ip - 1) == 0 ||
					 strncmp(type, ppp, sizeof ppp - 1) == 0
				     ? &x->igd->connection
				     : NULL;

	/* The first of each counts. It is repeated in a header: no blanks, no quotes.
	 */
	if (to == NULL || to->type[0] != '\0' || !is_plain(type) ||
	    strchr(type, '"') != NULL || strchr(type, '<') != NULL ||
	    igd_url_parse(&x->service.control, x->control, &x->base) != 0)
		return;
	*to = x->service;
}

static void
describe_element(struct xml *x, const char *name)
{
	if (strcmp(name, "serviceType") == 0)
		copy(x->service.type, sizeof x->service.type, x);
	else if (strcmp(name, "controlURL") == 0)
		copy(x->control, sizeof x->control, x);
	else if (strcmp(name, "service") == 0)
		end_service(x);
	else if (strcmp(name, "friendlyName") == 0 && x->igd->name[0] == '\0')
		copy(x->igd->name, sizeof x->igd->name, x);
	else if (strcmp(name, "URLBase") == 0 && !x->over)
		(void)igd_url_parse(&x->base, x->text, &x->base);
}

int
igd_describe(struct igd *igd, const void *data, size_t len, const struct igd_url *from,
    struct err *err)
{
	struct xml x = { .element = describe_element, .igd = igd, .base = *from };

	*igd = (struct igd){ .name = "" };
	if (parse(&x, data, len, err) != 0)
		return -1;
	if (igd->common.type[0] == '\0')
		return err_set(err,
		    "it has no WANCommonInterfaceConfig with an address of its own: it "
		    "cannot be asked how much it carries");
	for (char *c = igd->name; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return 0;
}

/* --- answers --------------------------------------------------------------------- */

static void
value_element(struct xml *x, const char *name)
{
	if (x->found || strcmp(name, x->wanted) != 0 || x->over || x->len >= x->size)
		return;
	memcpy(x->buf, x->text, x->len + 1);
	x->found = true;
}

int
igd_value(const void *data, size_t len, const char *name, char *buf, size_t size)
{
	struct xml x = {
		.element = value_element, .wanted = name, .buf = buf, .size = size
	};

	return parse(&x, data, len, NULL) == 0 && x.found ? 0 : -1;
}

int
igd_number(const void *data, size_t len, const char *name, uint64_t *out)
{
	char text[24], *end;

	if (igd_value(data, len, name, text, sizeof text) != 0 || text[0] < '0' ||
	    text[0] > '9')
		return -1;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	if (*end != '\0' || errno != 0)
		return -1;
	*out = v;
	return 0;
}

unsigned
igd_pause_ms(const uint64_t speed[2])
{
	uint64_t most = speed[0] > speed[1] ? speed[0] : speed[1];
	/* Half of the time in which they run over once. */
	double ms = most == 0 ? IGD_PAUSE_MS : 1000.0 / 2 * 8 * 0x1p32 / (double)most;

	return ms > IGD_PAUSE_MS	 ? IGD_PAUSE_MS
	       : ms < IGD_PAUSE_LEAST_MS ? IGD_PAUSE_LEAST_MS
					 : (unsigned)ms;
}
