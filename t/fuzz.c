/* fuzzer NAME FILE... replays files (or all files of directories) through one target.
 * With --enable-fuzzer libFuzzer's main drives instead, and FUZZ_TARGET names it. */
#include "t/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "config.h"

typedef int (*fuzz_fn)(const uint8_t *data, size_t size);

static fuzz_fn
find_target(const char *name)
{
	const struct {
		const char *name;
		fuzz_fn run;
	} targets[] = {
		{ "alert", fuzz_alert },
		{ "baselines", fuzz_baselines },
		{ "capture", fuzz_capture },
		{ "certificate", fuzz_certificate },
		{ "conf", fuzz_conf },
		{ "congestion", fuzz_congestion },
		{ "dns", fuzz_dns },
		{ "dnsframe", fuzz_dnsframe },
		{ "edit", fuzz_edit },
		{ "ftp", fuzz_ftp },
		{ "icmp", fuzz_icmp },
		{ "icp", fuzz_icp },
		{ "igd", fuzz_igd },
		{ "ledger", fuzz_ledger },
		{ "lessons", fuzz_lessons },
		{ "letter", fuzz_letter },
		{ "lines", fuzz_lines },
		{ "minutes", fuzz_minutes },
		{ "msg", fuzz_msg },
		{ "netflow", fuzz_netflow },
		{ "nl80211", fuzz_nl80211 },
		{ "packet", fuzz_packet },
		{ "pages", fuzz_pages },
		{ "paper", fuzz_paper },
		{ "path", fuzz_path },
		{ "perl", fuzz_perl },
		{ "picture", fuzz_picture },
		{ "query", fuzz_query },
		{ "radius", fuzz_radius },
		{ "raw", fuzz_raw },
		{ "rrd", fuzz_rrd },
		{ "request", fuzz_request },
		{ "report", fuzz_report },
		{ "rowline", fuzz_rowline },
		{ "sflow", fuzz_sflow },
		{ "stamp", fuzz_stamp },
		{ "tacacs", fuzz_tacacs },
		{ "telnet", fuzz_telnet },
		{ "tool", fuzz_tool },
		{ "usual", fuzz_usual },
	};

	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		if (name == NULL)
			puts(targets[i].name);
		if (name != NULL && strcmp(name, targets[i].name) == 0)
			return targets[i].run;
	}
	return NULL;
}

#ifdef WITH_FUZZER

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_fn fuzz_run;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");

	(void)argc;
	(void)argv;
	log_init("fuzz", LOG_LEVEL_WARN);
	fuzz_run = name == NULL ? NULL : find_target(name);
	if (fuzz_run == NULL)
		fatalx("FUZZ_TARGET does not name a target");
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size);
}

#else

/* Exactly as much memory as the file has bytes, so that a sanitizer sees one too far.
 */
static int
replay_file(fuzz_fn run, const char *path, size_t size)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data = mem_alloc(size == 0 ? 1 : size);

	if (in == NULL || fread(data, 1, size, in) != size)
		fatal("%s", path);
	fclose(in);
	run(data, size);
	free(data);
	return 1;
}

/* Returns how many files went through. */
static int
replay(fuzz_fn run, const char *path)
{
	struct stat st;
	struct dirent *entry;
	int count = 0;

	if (stat(path, &st) != 0)
		fatal("%s", path);
	if (!S_ISDIR(st.st_mode))
		return replay_file(run, path, (size_t)st.st_size);
	DIR *dir = opendir(path);
	if (dir == NULL)
		fatal("%s", path);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		char *inner = mem_printf("%s/%s", path, entry->d_name);
		count += replay(run, inner);
		free(inner);
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	int count = 0;

	log_init("fuzz", LOG_LEVEL_WARN);
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		find_target(NULL);
		return 0;
	}
	fuzz_fn run = argc < 3 ? NULL : find_target(argv[1]);
	if (run == NULL) {
		fputs("usage: fuzzer --list\n       fuzzer TARGET FILE...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		count += replay(run, argv[i]);
	printf("%d\n", count);
	return 0;
}

#endif
