#include "config/tools.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/schema.h"

/* Which package of Debian 12 has a program; behind "-", where else it comes from. */
static const struct {
	const char *program, *package;
} packages[] = {
	{ "fping", "fping" },
	{ "irtt", "irtt" },
	{ "nfsping", "-https://github.com/mprovost/NFSping" },
	{ "quakestat", "qstat" },
	{ "qstat", "qstat" },
	{ "rsh", "rsh-client" },
	{ "sipsak", "sipsak" },
	{ "snmpget", "snmp" },
	{ "snmpset", "snmp" },
	{ "snmpwalk", "snmp" },
	{ "ssh", "openssh-client" },
};

/* What modules without a variable "binary" call. */
static const struct {
	const char *module, *program[3];
} fixed[] = {
	{ "OpenSSHEOSPing", { "ssh" } },
	{ "OpenSSHJunOSPing", { "ssh" } },
	{ "CiscoRTTMonEchoICMP", { "snmpget", "snmpset", "snmpwalk" } },
	{ "CiscoRTTMonTcpConnect", { "snmpget", "snmpset", "snmpwalk" } },
	{ "CiscoRTTMonDNS", { "snmpget", "snmpset", "snmpwalk" } },
	{ "DismanPing", { "snmpget", "snmpset", "snmpwalk" } },
};

static int
tools_missing(const char *program, const char *why, struct err *err)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash == NULL ? program : slash + 1;

	for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
		const char *p = packages[i].package;

		if (strcmp(packages[i].program, name) != 0)
			continue;
		if (*p == '-')
			return err_set(
			    err, "%s: %s (it comes from %s)", program, why, p + 1);
		return err_set(
		    err, "%s: %s (Debian has it in package %s)", program, why, p);
	}
	return err_set(err, "%s: %s", program, why);
}

static bool
tools_runs(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	errno = EACCES;
	return S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

int
tools_find(const char *program, char *path, struct err *err)
{
	static const char *const dir[] = { "/usr/local/sbin", "/usr/local/bin",
		"/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	if (strchr(program, '/') != NULL) {
		if (strlen(program) >= TOOLS_PATH || program[0] != '/')
			return err_set(
			    err, "%s: expected a path from the root", program);
		strcpy(path, program);
		if (tools_runs(path))
			return 0;
		return tools_missing(program,
		    errno == ENOENT ? "there is no such program"
				    : "it cannot be executed",
		    err);
	}
	for (size_t i = 0; i < sizeof dir / sizeof dir[0]; i++) {
		if (snprintf(path, TOOLS_PATH, "%s/%s", dir[i], program) < TOOLS_PATH &&
		    tools_runs(path))
			return 0;
	}
	return tools_missing(program, "there is no such program", err);
}

const char *
tools_of(const struct conf_probe *p, unsigned n)
{
	const struct schema_key *binary;

	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		if (strcmp(fixed[i].module, p->module) == 0)
			return n < 3 ? fixed[i].program[n] : NULL;
	binary = module_key(module_find(p->module), "binary");
	if (p->home != MODULE_RUNNER || binary == NULL || n > 0)
		return NULL;
	return conf_value(p->section, "binary", binary->fallback);
}
