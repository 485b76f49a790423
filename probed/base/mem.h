/* Memory that is there or ends the process: no caller checks for NULL. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void *mem_alloc(size_t size); /* uninitialised */
void *mem_zero(size_t count, size_t size);
void *mem_grow(void *p, size_t count, size_t size); /* reallocarray */
char *mem_str(const char *s);			    /* NULL stays NULL */
bool mem_same(const char *a, const char *b);	    /* NULL is like NULL alone */
char *mem_strn(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A stream that writes into *TEXT, which is the caller's once it has ended, with a null
 * byte behind its *LEN bytes. */
FILE *mem_stream(char **text, size_t *len);
void mem_stream_end(FILE *stream);

#endif
