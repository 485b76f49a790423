/* A request target, a Host header and a piece of HTML from strangers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/fuzz.h"
#include "web/bill.h"
#include "web/host.h"
#include "web/html.h"
#include "web/query.h"
#include "web/wish.h"

int
fuzz_query(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct query q;
	struct err err;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (query_parse(&q, text, &err) == 0) {
		for (size_t i = 0; i < q.args; i++) {
			int64_t t;
			query_time(q.arg[i].value, 1700000000, 1699990000, &t, &err);
			bill_month_parse(q.arg[i].value, &t, &t);
		}
		query_free(&q);
	}
	struct wish wish;
	wish_find(&wish, text);
	host_allowed(text, "box", "a.example, *.b.example");
	free(html_safe(text));
	free(html_strip(text));
	free(text);
	return 0;
}
