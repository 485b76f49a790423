/* A growing argument list for a guest that takes argc and argv. */
#ifndef WEB_ARGS_H
#define WEB_ARGS_H

struct args {
	char **v; /* NULL behind the last one */
	int count, room;
};

void args_add(struct args *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void args_free(struct args *a);

/* TEXT made fit for a legend or a comment of librrd, in static memory until the next
 * call but seven: colons are escaped, backslashes and control characters become
 * spaces, what is not UTF-8 a question mark. */
const char *args_text(const char *text);
/* The same for a title, where colons and backslashes are themselves. */
const char *args_title(const char *text);

#endif
