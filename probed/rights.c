#include "rights.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sys/capability.h>

static bool
may(cap_value_t what)
{
	cap_flag_value_t set = CAP_CLEAR;
	cap_t now = cap_get_proc();

	if (now != NULL) {
		cap_get_flag(now, what, CAP_EFFECTIVE, &set);
		cap_free(now);
	}
	return set == CAP_SET;
}

void
rights_raise(void)
{
	cap_t now = cap_get_proc();
	cap_value_t raised[CAP_LAST_CAP + 1];
	int count = 0;

	for (cap_value_t c = 0; now != NULL && c <= CAP_LAST_CAP; c++) {
		cap_flag_value_t set = CAP_CLEAR;

		if (cap_get_flag(now, c, CAP_PERMITTED, &set) == 0 && set == CAP_SET)
			raised[count++] = c;
	}
	/* What is permitted may be raised; should that fail, its absence shows where it
	 * is missed. */
	if (count > 0 && cap_set_flag(now, CAP_EFFECTIVE, count, raised, CAP_SET) == 0)
		(void)cap_set_proc(now);
	if (now != NULL)
		cap_free(now);
}

/* A number of 0 .. 2^32-2, from the environment variable NAME. 1 found, 0 not set. */
static int
number(const char *name, unsigned *value, struct err *err)
{
	const char *text = getenv(name);
	char *end;
	unsigned long v;

	if (text == NULL || *text == '\0')
		return 0;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || *text < '0' || *text > '9' || v >= 0xffffffff)
		return err_set(err, "%s is '%s', expected a number", name, text);
	*value = (unsigned)v;
	return 1;
}

static int
by_name(struct rights *r, const char *user, struct err *err)
{
	struct passwd *pw = getpwnam(user);
	char *end;
	unsigned long v = strtoul(user, &end, 10);

	if (pw != NULL) {
		r->uid = pw->pw_uid;
		r->gid = pw->pw_gid;
	} else if (*user >= '0' && *user <= '9' && *end == '\0' && v < 0xffffffff) {
		r->uid = (uid_t)v;
		r->gid = (gid_t)v;
	} else {
		return err_set(err,
		    "--user %s: no such user, expected a name or number that "
		    "'getent passwd' knows",
		    user);
	}
	snprintf(r->why, sizeof r->why, "uid %u by --user", (unsigned)r->uid);
	return 0;
}

static int
by_environment(struct rights *r, struct err *err)
{
	unsigned uid = 0, gid = 0;
	int has_uid = number("PUID", &uid, err), has_gid = number("PGID", &gid, err);

	if (has_uid < 0 || has_gid < 0)
		return -1;
	if (has_uid == 0)
		return 0;
	r->uid = uid;
	r->gid = has_gid ? gid : uid;
	snprintf(r->why, sizeof r->why, "uid %u by PUID", uid);
	return 1;
}

int
rights_choose(
    struct rights *r, const char *user, const struct stat *datadir, struct err *err)
{
	int found;

	*r = (struct rights){ .uid = datadir->st_uid, .gid = datadir->st_gid };
	snprintf(r->why, sizeof r->why, "uid %u, the owner of the data directory",
	    (unsigned)r->uid);
	if (user != NULL)
		found = by_name(r, user, err);
	else
		found = by_environment(r, err);
	if (found < 0)
		return -1;
	if (geteuid() == r->uid && getegid() == r->gid) {
		snprintf(r->why, sizeof r->why, "uid %u as started, no capabilities",
		    (unsigned)r->uid);
		return 0;
	}
	if (may(CAP_SETUID) && may(CAP_SETGID)) {
		r->change = true;
		return 0;
	}
	snprintf(r->why, sizeof r->why,
	    "uid %u stays: changing to %u is not permitted here", (unsigned)geteuid(),
	    (unsigned)r->uid);
	r->uid = geteuid();
	r->gid = getegid();
	return 0;
}

int
rights_become(const struct rights *r)
{
	if (!r->change)
		return 0;
	if (setgroups(0, NULL) != 0 || setresgid(r->gid, r->gid, r->gid) != 0 ||
	    setresuid(r->uid, r->uid, r->uid) != 0)
		return -1;
	return 0;
}
