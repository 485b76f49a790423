#include "web/client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "web/http.h"
#include "web/request.h"
#include "web/state.h"

/* Of Web's proxies where none are named: a proxy on this machine. */
#define PROXIES "127.0.0.0/8 ::1/128"
#define HEADER "X-Forwarded-For"

static bool
is_proxy(const struct addr *peer)
{
	const char *text =
	    conf_value(conf_top(state_conf(), "Web"), "proxies", PROXIES);
	struct prefixes list = { NULL, 0 };
	bool is = prefixes_parse(&list, text, NULL) == 0 && prefixes_hold(&list, peer);

	prefixes_free(&list);
	return is;
}

/* The last of what X-Forwarded-For lists is what the proxy in front of us saw. */
static int
last_forwarded(const char *header, struct addr *a)
{
	const char *comma = strrchr(header, ',');
	char *word = mem_str(comma != NULL ? comma + 1 : header), *p = word;
	int status;

	p += strspn(p, " \t");
	p[strcspn(p, " \t")] = '\0';
	status = addr_parse(a, p);
	free(word);
	return status;
}

static enum MHD_Result
keep_last(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const char **last = ctx;

	(void)kind;
	if (value != NULL && strcasecmp(name, HEADER) == 0)
		*last = value;
	return MHD_YES;
}

int
client_address(const struct request *r, struct addr *a)
{
	const char *forwarded = NULL;

	if (!server_peer(r, a))
		return -1;
	if (is_proxy(a)) {
		/* A proxy may add a line of its own to the client's. */
		MHD_get_connection_values(
		    r->mhd, MHD_HEADER_KIND, keep_last, (void *)&forwarded);
		/* Its own address is nobody's. */
		if (forwarded == NULL || last_forwarded(forwarded, a) != 0)
			return -1;
	}
	addr_unmap(a);
	addr_set_port(a, 0);
	return 0;
}

bool
client_is_tls(const struct request *r)
{
	const char *proto = request_header(r, "X-Forwarded-Proto");
	struct addr peer;

	if (server_is_tls(r))
		return true;
	return proto != NULL && strcmp(proto, "https") == 0 && server_peer(r, &peer) &&
	       is_proxy(&peer);
}
