/* probectl smokeinfo, tsmoke: another program says it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ctl/ctl.h"
#include "helper.h"

#define PROGRAM "probectl-report"

int
ctl_report(const struct ctl *ctl, int argc, char **argv)
{
	char **all = mem_zero((size_t)argc + 6, sizeof *all);
	int n = 0;

	/* Nothing is freed: we become that program, or leave. */
	if (ctl->url != NULL) {
		fprintf(stderr,
		    "probectl: %s reads files, expected --config or --data "
		    "instead of --url\n",
		    argv[0]);
		return CTL_USAGE;
	}
	all[n++] = mem_str(PROGRAM);
	if (ctl->data != NULL) {
		all[n++] = mem_str("--data");
		all[n++] = mem_str(ctl->data);
	}
	if (ctl->config != NULL) {
		all[n++] = mem_str("--config");
		all[n++] = mem_str(ctl->config);
	}
	for (int i = 0; i < argc; i++)
		all[n++] = argv[i];
	all[n] = NULL;
	helper_exec(PROGRAM, all);
	perror("probectl: " LIBEXECDIR "/smokebox/" PROGRAM);
	return CTL_FAILED;
}
