/* Files through web: secrets are masked and come back, drafts of strangers are refused,
 * what is guarded is found, and what is different. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "edit/draft.h"
#include "edit/guard.h"
#include "edit/mask.h"
#include "t/tap.h"
#include "web/diff.h"
#include "web/form.h"

#define M MASK_MARK
#define MOST 4096

/* --- secrets ---------------------------------------------------------------------- */

static void
test_shown(void)
{
	static const struct {
		const char *text, *shown, *what;
	} table[] = {
		{ "", "", "nothing" },
		{ "a = b\n", "a = b\n", "no secret" },
		{ "token = x", "token = " M, "a secret, without an end of its line" },
		{ "  token\t=  x y # z\n", "  token\t=  " M "\n", "with its comment" },
		{ "token=\n", "token=\n", "one that is none" },
		{ "token=a=b\n", "token=" M "\n", "with a sign in it" },
		{ "# token = x\n", "# token = " M "\n", "one that is switched off" },
		{ "a = b # token = x\n", "a = b # token = x\n",
		    "a comment behind something" },
		{ "token = a\\\nb\\\nc\nd = e\n",
		    "token = " M "\\\n" M "\\\n" M "\nd = e\n", "over some lines" },
		{ "token \\\n= secret\nd = e\n", "token \\\n" M "\nd = e\n",
		    "whose name stands alone" },
		{ "*** Actions ***\n+ a\nurl = x\n*** Sinks ***\n+ b\nurl = y\n",
		    "*** Actions ***\n+ a\nurl = " M "\n*** Sinks ***\n+ b\nurl = y\n",
		    "an address, where it is one" },
		{ "host = DYNAMIC/abc\nhost = a\n", "host = " M "\nhost = a\n",
		    "of a dynamic host" },
		{ "@define TOK abc\n@define OTHER abd\ntoken = TOK\n",
		    "@define TOK " M "\n@define OTHER abd\ntoken = " M "\n",
		    "one that is defined elsewhere" },
		{ "u = http://me:word@h/x http://h/\n",
		    "u = http://" M "@h/x http://h/\n", "in an address" },
		{ "u = http://h/a:b@c\n", "u = http://h/a:b@c\n",
		    "not behind its host" },
		{ "token = x\r\nb = c\r\n", "token = " M "\nb = c\r\n",
		    "with other ends of lines" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct mask *m = mask_new(table[i].text, strlen(table[i].text), NULL);
		size_t len, back_len;
		unsigned line = 0;
		char *shown = mask_shown(m, &len);
		char *back = mask_back(m, shown, len, &back_len, &line);

		is_str(shown, table[i].shown, table[i].what);
		is_str(back, table[i].text, "and back");
		free(shown);
		free(back);
		mask_free(m);
	}
}

static void
test_back(void)
{
	static const char text[] = "*** Actions ***\n+ a\ntoken = one\nkinds = x\n+ b\n"
				   "token = two\ntoken = three\n";
	static const struct {
		const char *draft, *whole;
		unsigned line;
		const char *what;
	} table[] = {
		{ "*** Actions ***\n+ a\nkinds = y\n  token = " M "\n",
		    "*** Actions ***\n+ a\nkinds = y\ntoken = one\n", 0,
		    "a line moves in its section" },
		{ "*** Actions ***\n+ b\ntoken = " M "\ntoken = " M "\n",
		    "*** Actions ***\n+ b\ntoken = two\ntoken = three\n", 0,
		    "several, in their order" },
		{ "*** Actions ***\n+ a\ntoken = new\n",
		    "*** Actions ***\n+ a\ntoken = new\n", 0, "another secret" },
		{ "*** Actions ***\n+ c\ntoken = " M "\n", NULL, 3,
		    "not into another section" },
		{ "*** Actions ***\n+ a\ntoken = " M "\ntoken = " M "\n", NULL, 4,
		    "not twice" },
		{ "*** Actions ***\n+ a\nuser = " M "\n", NULL, 3,
		    "not for another variable" },
		{ "*** Actions ***\n+ a\ntoken = x" M "\n", NULL, 3, "not as a part" },
		{ "*** Actions ***\n+ a\nurl = http://h/?" M "\n", NULL, 3,
		    "nor sent away" },
		{ M, NULL, 1, "not alone" },
	};
	struct mask *m = mask_new(text, strlen(text), NULL);

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t len;
		unsigned line = 0;
		char *whole =
		    mask_back(m, table[i].draft, strlen(table[i].draft), &len, &line);

		is_str(whole, table[i].whole, table[i].what);
		if (table[i].whole == NULL)
			ok(line == table[i].line, "at line %u: %u", table[i].line,
			    line);
		free(whole);
	}
	mask_free(m);
}

/* --- drafts ----------------------------------------------------------------------- */

static void
try_draft(int dir, unsigned number, bool fine, const char *what)
{
	struct err err;
	int fd = draft_open(dir, geteuid(), number, MOST, &err);

	ok((fd >= 0) == fine, "%s", what);
	if (fd >= 0)
		close(fd);
}

static void
put(const char *name, off_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || ftruncate(fd, size) != 0)
		fatal("%s", name);
	close(fd);
}

static void
test_drafts(void)
{
	char top[] = "/tmp/smokebox-draft.XXXXXX";
	struct err err;
	int dir;

	if (mkdtemp(top) == NULL || chdir(top) != 0 || mkdir(".smokebox", 0700) != 0 ||
	    mkdir(".smokebox/state", 0700) != 0 ||
	    mkdir(".smokebox/state/draft", 0700) != 0 ||
	    (dir = open(".", O_PATH | O_DIRECTORY)) < 0)
		fatal("%s", top);
	put("outside", 3);
	if (chdir(".smokebox/state/draft") != 0)
		fatal("%s", top);
	put("0", MOST);
	put("1", MOST + 1);
	put("7", 3);
	if (symlink("0", "2") != 0 || symlink("../../../outside", "3") != 0 ||
	    mkfifo("4", 0600) != 0 || mkdir("5", 0700) != 0 ||
	    link("../../../outside", "6") != 0)
		fatal("%s", top);
	try_draft(dir, 0, true, "a plain file is a draft");
	try_draft(dir, 1, false, "one with a byte too many is none");
	try_draft(dir, 2, false, "nor is a link to a draft");
	try_draft(dir, 3, false, "or to elsewhere");
	try_draft(dir, 4, false, "nor a pipe, which nobody waits for");
	try_draft(dir, 5, false, "nor a directory");
	try_draft(dir, 6, false, "nor another name of a file elsewhere");
	try_draft(dir, 9, false, "nor what is not there");
	ok(draft_open(dir, geteuid() + 1, 7, MOST, &err) < 0,
	    "nor a file of somebody else's");
	ok(strstr(err.text, "refused") != NULL, "which is said");
	if (chdir("../..") != 0 || rename("state", "other") != 0 ||
	    symlink("other", "state") != 0)
		fatal("%s", top);
	try_draft(dir, 0, false, "nor is any where the way there is a link");
	close(dir);
	if (chdir("/") != 0)
		fatal("/");
	char *command = mem_printf("rm -rf %s", top);
	ok(system(command) == 0, "cleaned up");
	free(command);
}

/* --- what may change -------------------------------------------------------------- */

#define HEAD                                                                              \
	"*** General ***\nowner = o\ncontact = a@b.c\ncgiurl = http://h/\ndatadir = /d\n" \
	"*** Database ***\nstep = 300\npings = 20\nAVERAGE 0.5 1 100\n"                   \
	"*** Presentation ***\n+ overview\nwidth = 600\nheight = 50\n"                    \
	"+ detail\nwidth = 600\nheight = 200\n\"Last\" 3h\n"                              \
	"*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n+ LDAP\n"                      \
	"+ SipSak\nbinary = /usr/bin/sipsak\n"                                            \
	"*** Targets ***\nprobe = FPing\nmenu = m\ntitle = t\n+ a\nhost = 192.0.2.1\n"
#define LDAP "+ l\nprobe = LDAP\nbase = b\nfilter = f\npassword = p\n++ one\nhost = h\n"
#define TAIL                                                                               \
	"*** Actions ***\n+ mail\ntype = mail\nurl = smtp://h\nto = a@b.c\nfrom = a@b.c\n" \
	"kinds = loss\n"

static struct conf *
read_text(const char *text)
{
	char *whole = mem_printf("#@ checked 1\n%s", text);
	struct conf_report report = { 0 };
	struct conf *conf = conf_parse_checked(whole, strlen(whole), &report);

	conf_report_print(&report, stderr);
	conf_report_free(&report);
	free(whole);
	if (conf == NULL)
		fatalx("a configuration of this test is none");
	return conf;
}

static void
test_guard(void)
{
	static const struct {
		const char *text;
		bool same;
		const char *what;
	} table[] = {
		{ HEAD LDAP TAIL, true, "the same" },
		{ HEAD "+ b\nhost = 192.0.2.2\ntitle = x\nalerts = y\n" LDAP TAIL, true,
		    "another target" },
		{ HEAD LDAP "+ b\nalertee = a@b.c,|/bin/sh\nhost = h\n" TAIL, false,
		    "a program that is told" },
		{ HEAD LDAP "+ b\nhost = DYNAMIC/hash\n" TAIL, false,
		    "the secret of a dynamic host" },
		{ HEAD LDAP "++ two\nhost = elsewhere\n" TAIL, false,
		    "another host that gets a secret" },
		{ HEAD TAIL, false, "a secret taken away" },
		{ HEAD LDAP "*** Web ***\ntitle = x\n" TAIL, false,
		    "a section of web" },
		{ HEAD LDAP
		    "*** Actions ***\n+ mail\ntype = mail\nurl = smtp://h\nto = a@b.c\n"
		    "from = a@b.c\nkinds = all\nrate = 1/h\n",
		    true, "what a receiver hears of" },
		{ HEAD LDAP
		    "*** Actions ***\n+ mail\ntype = mail\nurl = smtp://h\nto = x@b.c\n"
		    "from = a@b.c\nkinds = loss\n",
		    false, "but not who" },
		{ HEAD LDAP TAIL "+ run\ntype = command\nprogram = /bin/sh\n", false,
		    "a receiver that is a program" },
		{ HEAD LDAP TAIL "*** Sinks ***\n+ a\nurl = http://h\n", false,
		    "where rounds are sent" },
		{ HEAD LDAP TAIL "*** Detection ***\nhost_flows = 5k\n", true,
		    "a threshold" },
	};
	struct conf *old = read_text(HEAD LDAP TAIL);

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct conf *next = read_text(table[i].text);
		struct place at = { NULL, 0 };
		struct err why = { "" };

		ok(guard_same(old, next, "", &at, &why) == table[i].same, "%s%s%s",
		    table[i].what,
		    table[i].same ? " may change" : " stays: ", why.text);
		conf_free(next);
	}
	conf_free(old);
	struct conf *a = read_text(HEAD "+ s\nprobe = SipSak\nhost = h\n");
	struct conf *b = read_text(HEAD "+ s\nprobe = SipSak\nhost = -h\n");
	struct place at;
	struct err why;
	ok(!guard_same(a, b, "", &at, &why), "no host looks like an option");
	conf_free(a);
	conf_free(b);
}

/* --- differences ------------------------------------------------------------------ */

/* As text: "-old+new =same ~". */
static void
try_diff(const char *a, const char *b, const char *want, const char *what)
{
	struct diff_row *row;
	size_t count = diff_rows(a, b, &row), len;
	char *text;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%c%u,%u%.*s ", "=-+~"[row[i].kind], row[i].before,
		    row[i].after, (int)row[i].len, row[i].text);
	fclose(out);
	is_str(text, want, what);
	free(text);
	free(row);
}

static void
test_diff(void)
{
	try_diff("", "", "", "nothing");
	try_diff("a\nb\n", "a\r\nb", "", "ends of lines are no difference");
	try_diff("", "a\n", "+0,1a ", "all is new");
	try_diff("a\nb\n", "", "-1,0a -2,0b ", "all is gone");
	try_diff("a\nb\nc\n", "a\nx\nc\n", "=1,1a -2,0b +0,2x =3,3c ",
	    "a line in the middle");
	try_diff("a\nb\nc\nd\n", "b\nx\nd\n", "-1,0a =2,1b -3,0c +0,2x =4,3d ",
	    "what is common between is kept");
	try_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nx\n",
	    "~1,1 =6,66 =7,77 =8,88 -9,09 +0,9x ", "what is far from any is left out");
}

static void
test_forms(void)
{
	static const struct {
		const char *body, *value, *what;
	} table[] = {
		{ "text=a", "a", "a value" },
		{ "x=1&text=a+b%20c&y=2", "a b c", "blanks" },
		{ "text=", "", "nothing" },
		{ "text=a%0D%0Ab%0Ac", "a\nb\nc", "lines" },
		{ "text=%C3%BC", "\xc3\xbc", "UTF-8" },
		{ "text=1&text=2", "1", "the first one" },
		{ "", NULL, "not there" },
		{ "xtext=a&text", NULL, "nor by another name" },
		{ "text=%C3", NULL, "no UTF-8" },
		{ "text=%00", NULL, "a zero byte" },
		{ "text=%4", NULL, "a broken escape" },
		{ "text=%zz", NULL, "no escape" },
	};
	struct err err;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *value =
		    form_value(table[i].body, strlen(table[i].body), "text", &err);
		is_str(value, table[i].value, table[i].what);
		free(value);
	}
	ok(form_value(NULL, 0, "text", &err) == NULL, "no body at all");
}

int
main(void)
{
	log_init("edit", LOG_LEVEL_WARN);
	test_shown();
	test_back();
	test_drafts();
	test_guard();
	test_diff();
	test_forms();
	return tap_done();
}
