/* The lines that say what a file of history belongs to. */
#include "t/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "recorder/ledger.h"

int
fuzz_ledger(const uint8_t *data, size_t size)
{
	struct ledger l = { 0 };
	char file[STORE_PATH];
	FILE *f = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");

	if (f == NULL)
		return 0;
	ledger_take(&l, f);
	fclose(f);
	for (struct ledger_entry *e = l.entry; e != NULL; e = e->hh.next)
		if (store_rrd_path(file, e->path) < 0 || ledger_find(&l, e->path) != e)
			abort();
	ledger_free(&l);
	return 0;
}
