#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "prober/probe.h"

#define DETAIL_MAX 200

void
probe_detail(struct probe_run *run, const char *text)
{
	if (text == NULL && run->detail == NULL)
		return;
	if (text != NULL && run->detail != NULL && strcmp(text, run->detail) == 0)
		return;
	free(run->detail);
	run->detail = NULL;
	if (text == NULL)
		return;
	run->detail = mem_strn(text, strnlen(text, DETAIL_MAX));
	/* Parts of it may come from the far end. */
	for (char *c = run->detail; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
}
