#include "runner/askpass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASKPASS "SMOKEBOX_ASKPASS"

int
askpass_env(struct argv *env, const char *password, struct err *err)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return err_set(err, "cannot find the program that tells ssh passwords");
	self[n] = '\0';
	argv_add(env, "SSH_ASKPASS=%s", self);
	argv_add(env, "SSH_ASKPASS_REQUIRE=force");
	argv_add(env, ASKPASS "=%s", password);
	return 0;
}

void
askpass_main(int argc, char **argv)
{
	const char *password = getenv(ASKPASS);

	if (password == NULL)
		return;
	if (argc != 2 || strstr(argv[1], "assword") == NULL)
		exit(1);
	puts(password);
	exit(0);
}
