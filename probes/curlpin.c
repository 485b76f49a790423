#include "probes/curlpin.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct curl_slist *
curlpin(CURL *easy, const struct addr *addr)
{
	bool v6 = addr->sa.sa_family == AF_INET6;
	char text[ADDR_TEXT];

	addr_text(addr, text);
	text[strcspn(text, "%")] = '\0';
	char *to = mem_printf(v6 ? "::[%s]:" : "::%s:", text);
	struct curl_slist *list = curl_slist_append(NULL, to);
	free(to);
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, list);
	if (v6 && addr->v6.sin6_scope_id != 0)
		curl_easy_setopt(
		    easy, CURLOPT_ADDRESS_SCOPE, (long)addr->v6.sin6_scope_id);
	return list;
}
