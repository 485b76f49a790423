/* probed --email: every "host = DYNAMIC" with an owner gets a secret, of which the
 * configuration keeps a hash, and the owner is told by mail how to use it. */
#include "ctl/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/mailout.h"
#include "slave/sign.h"

#define PROGRAM "probed: --email"
#define SECRET_LETTERS 24 /* of 32 kinds: nobody guesses it */
#define FILE_MAX (16L * 1024 * 1024)
#define FAILED 3

/* Where the configuration has no letter of its own. */
static const char letter[] =
    "From: <##FROM##>\n"
    "To: <##TO##>\n"
    "Subject: Measuring <##PATH##>\n"
    "\n"
    "Hi,\n"
    "\n"
    "please have your machine run this when it starts, and at least whenever its address\n"
    "changes (every five minutes is fine):\n"
    "\n"
    "curl -fsS '<##URL##>' -d 'target=<##PATH##>' -d 'secret=<##SECRET##>'\n"
    "\n"
    "It tells us the address that it comes from, which is measured from then on:\n"
    "<##URL##>?target=<##PATH##>\n"
    "\n"
    "Keep the secret to yourself.\n"
    "<##OWNER##>\n";

/* --- files ------------------------------------------------------------------------ */

/* All of PATH, which is a text of at most FILE_MAX bytes; NULL with ERR. */
static char *
read_file(const char *path, struct err *err)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	struct stat st;
	size_t n;

	if (in == NULL || fstat(fileno(in), &st) != 0) {
		err_set(err, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		err_set(err, "%s: expected a file of at most 16 MiB", path);
	} else {
		text = mem_alloc((size_t)st.st_size + 1);
		n = fread(text, 1, (size_t)st.st_size, in);
		text[n] = '\0';
		if (ferror(in) != 0 || strlen(text) != n) {
			err_set(err, "%s: cannot be read as text", path);
			free(text);
			text = NULL;
		}
	}
	if (in != NULL)
		fclose(in);
	return text;
}

/* Line NUMBER, from 1, of TEXT; NULL when there are fewer. */
static char *
find_line(char *text, unsigned number)
{
	while (--number > 0 && text != NULL) {
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	return text == NULL || *text == '\0' ? NULL : text;
}

/* The word behind "host =" of LINE, if that is DYNAMIC and stands alone. */
static char *
find_word(char *line)
{
	static const char blank[] = " \t\r", word[] = "DYNAMIC";
	char *p = line + strspn(line, blank), *end;

	if (strncmp(p, "host", 4) != 0)
		return NULL;
	p += 4 + strspn(p + 4, blank);
	if (*p++ != '=')
		return NULL;
	p += strspn(p, blank);
	end = p + sizeof word - 1;
	if (strncmp(p, word, sizeof word - 1) != 0)
		return NULL;
	end += strspn(end, blank);
	return *end == '\0' || *end == '\n' || *end == '#' ? p : NULL;
}

/* A new file beside PATH, with its mode and owner, that is TEXT. Its name, malloced;
 * NULL with ERR. */
static char *
write_beside(const char *path, const char *text, struct err *err)
{
	char *fresh = mem_printf("%s.new", path);
	size_t len = strlen(text);
	struct stat st;
	int fd, error = 0;

	if (stat(path, &st) != 0) {
		err_set(err, "%s: %s", path, strerror(errno));
		free(fresh);
		return NULL;
	}
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		err_set(err, "%s: %s", fresh, strerror(errno));
		free(fresh);
		return NULL;
	}
	errno = EIO; /* of a write that is short */
	if (write(fd, text, len) != (ssize_t)len || fchmod(fd, st.st_mode & 07777) != 0)
		error = errno;
	/* Others may be allowed to read it by their group. */
	if (error == 0 && fchown(fd, st.st_uid, st.st_gid) != 0 && geteuid() == 0)
		error = errno;
	if (fsync(fd) != 0 && error == 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0)
		return fresh;
	err_set(err, "%s: %s", fresh, strerror(error));
	unlink(fresh);
	free(fresh);
	return NULL;
}

/* Where AT says "host = DYNAMIC", "/HASH" is to stand behind: in a new file, whose name
 * comes back, malloced, and that of the one it replaces in REAL; NULL with ERR. */
static char *
prepare(struct place at, const char *hash, char **real, struct err *err)
{
	char *text, *line, *word, *changed, *fresh = NULL;

	*real = realpath(at.file, NULL); /* a link stays one */
	if (*real == NULL) {
		err_set(err, "%s: %s", at.file, strerror(errno));
		return NULL;
	}
	text = read_file(*real, err);
	line = text == NULL ? NULL : find_line(text, at.line);
	word = line == NULL ? NULL : find_word(line);
	if (word != NULL) {
		word += strlen("DYNAMIC");
		changed = mem_printf("%.*s/%s%s", (int)(word - text), text, hash, word);
		fresh = write_beside(*real, changed, err);
		free(changed);
	} else if (text != NULL) {
		err_set(
		    err, "%s:%u: expected a line 'host = DYNAMIC'", at.file, at.line);
	}
	free(text);
	if (fresh == NULL) {
		free(*real);
		*real = NULL;
	}
	return fresh;
}

/* --- the letter ------------------------------------------------------------------- */

struct word {
	const char *name, *value;
};

/* TEXT with the value of each of WORDS, the last one nameless, for its name. */
static char *
fill(const char *text, const struct word *words)
{
	char *result;
	size_t len;
	FILE *out = mem_stream(&result, &len);

	while (*text != '\0') {
		const struct word *w = words;
		size_t n = 0;

		if (strncmp(text, "<##", 3) == 0)
			for (; w->name != NULL; w++) {
				n = strlen(w->name);
				if (strncasecmp(text + 3, w->name, n) == 0 &&
				    strncmp(text + 3 + n, "##>", 3) == 0)
					break;
			}
		else
			while (w->name != NULL)
				w++;
		if (w->name == NULL) {
			putc(*text++, out);
		} else {
			fputs(w->value, out);
			text += n + 6;
		}
	}
	mem_stream_end(out);
	return result;
}

/* "First Last <em@ail>" as "em@ail", malloced. */
static char *
plain_address(const char *email)
{
	const char *open = strchr(email, '<');
	const char *close = open == NULL ? NULL : strchr(open, '>');

	return close == NULL ? mem_str(email)
			     : mem_strn(open + 1, (size_t)(close - open - 1));
}

static int
send(const struct conf *conf, const char *path, const char *email, const char *secret,
    struct err *err)
{
	const struct conf_section *general = conf_top(conf, "General");
	const char *from = conf_value(general, "contact", "");
	const char *template = conf_value(general, "smokemail", NULL);
	const struct word words[] = {
		{ "PATH", path },
		{ "SECRET", secret },
		{ "URL", conf_value(general, "cgiurl", "") },
		{ "FROM", from },
		{ "OWNER", conf_value(general, "owner", "") },
		{ "TO", email },
		{ NULL, NULL },
	};
	char *own = NULL, *text, *to;
	int status;

	if (template != NULL && *template != '\0' && access(template, F_OK) == 0) {
		own = read_file(template, err);
		if (own == NULL)
			return -1;
	}
	text = fill(own != NULL ? own : letter, words);
	to = plain_address(email);
	status = mailout(conf, from, to, text, err);
	free(to);
	free(text);
	free(own);
	return status;
}

/* --- all -------------------------------------------------------------------------- */

static void
choose_secret(char secret[SECRET_LETTERS + 1])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char bytes[SECRET_LETTERS];

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		fatal("getrandom");
	for (size_t i = 0; i < SECRET_LETTERS; i++)
		secret[i] = letters[bytes[i] % (sizeof letters - 1)];
	secret[SECRET_LETTERS] = '\0';
}

/* T's own email, or that of the nearest group that has one. */
static const char *
owner_of(const struct conf_target *t)
{
	for (; t != NULL; t = t->parent) {
		const char *email = conf_value(t->section, "email", "");
		if (*email != '\0')
			return email;
	}
	return NULL;
}

/* The new file is whole before the letter goes, and in force after it has gone: a
 * letter that cannot be sent leaves all as it was. */
static int
enable(const struct conf *conf, const struct conf_target *t, const char *email)
{
	char secret[SECRET_LETTERS + 1], hash[SIGN_DYNAMIC], *real, *fresh;
	struct err err;
	int status = -1;

	choose_secret(secret);
	sign_dynamic(secret, hash);
	fresh = prepare(conf_var(t->section, "host")->at, hash, &real, &err);
	if (fresh != NULL) {
		status = send(conf, t->path, email, secret, &err);
		if (status == 0 && rename(fresh, real) != 0)
			status = err_set(&err, "%s: %s", real, strerror(errno));
		if (status != 0)
			unlink(fresh);
	}
	if (status == 0)
		printf("%s: a secret was sent to %s\n", t->path, email);
	else
		fprintf(stderr, PROGRAM ": %s: %s\n", t->path, err.text);
	free(fresh);
	free(real);
	return status;
}

int
report_email(const struct report *r, int argc, char **argv)
{
	struct conf_report report = { 0 };
	struct conf *conf = r->config == NULL ? NULL : conf_load(r->config, &report);
	int status = 0;

	(void)argc;
	(void)argv;
	if (conf == NULL)
		conf_report_print(&report, stderr);
	conf_report_free(&report);
	if (conf == NULL)
		return REPORT_FAILED;
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		const char *email = owner_of(t);

		if (t->kind != CONF_DYNAMIC || conf_dynamic_hash(t) != NULL)
			continue;
		if (email == NULL)
			fprintf(stderr,
			    PROGRAM ": %s: warning: it has no email, expected one such "
				    "as First Last <em@ail.kg>: left as it is\n",
			    t->path);
		else if (enable(conf, t, email) != 0)
			status = FAILED;
	}
	conf_free(conf);
	return status;
}
