/* The sections of a configuration and what may stand in them. */
#include "config/schema.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"

/* Rows name what is not zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define WORD "[-_0-9a-zA-Z]+"
#define YES_NO "yes|no"
#define YES_NO_TEXT "this must either be 'yes' or 'no'"
#define RECIPIENT "(\\|.+|.+@[^[:space:]]+|snpp:.+|xmpp:.+)"

/* --- checks that need numbers ---------------------------------------------------- */

double
schema_number(const char *text)
{
	const char *p = text + strspn(text, " \t\n\v\f\r");
	const char *digits = p + strspn(p, "+-");

	/* strtod would also take hexadecimal, inf and nan; digits must follow. */
	if (strspn(digits, "0123456789.") == 0)
		return 0;
	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		return 0;
	return strtod(p, NULL);
}

static bool
whole(const char *value, double least)
{
	double n = schema_number(value);

	return n >= least && n <= 4294967295.0 && n == (double)(unsigned long)n;
}

static bool
positive(const char *value)
{
	return whole(value, 1);
}

static bool
pixels(const char *value)
{
	return whole(value, 10);
}

static bool
three_pings(const char *value)
{
	return schema_number(value) >= 3;
}

static bool
ratio(const char *value)
{
	double n = schema_number(value);

	return n > 0 && n <= 1;
}

static bool
above_one(const char *value)
{
	return schema_number(value) > 1;
}

static bool
not_probe_conf(const char *value)
{
	return strcmp(value, "PROBE_CONF") != 0;
}

/* Addresses to listen on, blanks or commas between them. */
static bool
addresses(const char *value)
{
	char *copy = mem_str(value), *save = NULL;
	struct addr a;
	bool good = true;

	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL;
	     one = strtok_r(NULL, " ,\t", &save))
		good = good && addr_parse_listen(&a, one, NULL) == 0;
	free(copy);
	return good;
}

static bool
some_addresses(const char *value)
{
	return value[strspn(value, " ,\t")] != '\0' && addresses(value);
}

/* --- General --------------------------------------------------------------------- */

static const struct schema_key general_key[] = {
	{ "owner", KEY_WANTED },
	{ "contact", KEY_WANTED, .re = "[^[:space:]]+@[^[:space:]]+",
	    .error = "use an email address of the form 'name@place.dom'" },
	{ "imgcache" },
	{ "imgurl" },
	{ "datadir", KEY_MANDATORY, .expected = "the directory of the RRD files" },
	{ "dyndir" },
	{ "pagedir", KEY_IDLE },
	{ "piddir" },
	{ "sendmail" },
	{ "offset", .re = "[0-9]+%|random",
	    .error = "Use offset either in % of operation interval or 'random'" },
	{ "smokemail" },
	{ "cgiurl", KEY_WANTED, .re = "https?://[^[:space:]]+",
	    .error = "cgiurl must be a http(s)://.... url" },
	{ "mailhost" },
	{ "mailuser" },
	{ "mailpass" },
	{ "snpphost" },
	{ "display_name" },
	{ "syslogfacility", .re = "[0-9A-Za-z_]+",
	    .error = "syslogfacility must be alphanumeric" },
	{ "syslogpriority", .re = "[0-9A-Za-z_]+",
	    .error = "syslogpriority must be alphanumeric" },
	{ "concurrentprobes", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes" },
	{ "changeprocessnames", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes" },
	{ "tmail" },
	{ "changecgiprogramname", .re = YES_NO, .error = YES_NO_TEXT,
	    .fallback = "yes" },
	{ "linkstyle", .re = "absolute|relative|original",
	    .error = "linkstyle must be one of \"absolute\", \"relative\" or "
		     "\"original\"",
	    .fallback = "relative" },
	{ "precreateperms", .re = "[0-7]+",
	    .error = "please specify the permissions in octal" },
	{ NULL },
};

/* --- Database -------------------------------------------------------------------- */

#define INTEGER_TEXT "must be an integer >= 1"

static const struct schema_key database_key[] = {
	{ "step", KEY_MANDATORY, .fits = positive, .error = INTEGER_TEXT,
	    .expected = "seconds between rounds" },
	{ "pings", KEY_MANDATORY, .re = "[0-9]+", .fits = three_pings,
	    .error = "ERROR: The pings value must be at least 3.",
	    .expected = "pings of a round" },
	{ NULL },
};

static const struct schema_table database_table = { 4,
	{
	    { .re = "AVERAGE|MIN|MAX",
		.error = "Choose a valid consolidation function",
		.expected = "AVERAGE, MIN or MAX" },
	    { .fits = ratio, .error = "Xff must be between 0 and 1" },
	    { .fits = positive, .error = INTEGER_TEXT },
	    { .fits = positive, .error = INTEGER_TEXT },
	} };

/* --- Presentation ---------------------------------------------------------------- */

#define RANGE "[0-9]+[smhdwy]"
#define COLOR "[0-9a-f]{6}"

static const struct schema_key presentation_key[] = {
	{ "template" },
	{ "charset", .fallback = "utf-8" },
	{ "htmltitle", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ "graphborders", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes" },
	{ "literalsearch", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ "colortext", .re = COLOR, .error = "use rrggbb for color" },
	{ "colorborder", .re = COLOR, .error = "use rrggbb for color" },
	{ "colorbackground", .re = COLOR, .error = "use rrggbb for color" },
	{ NULL },
};

static const struct schema_key overview_key[] = {
	{ "width", KEY_MANDATORY, .fits = pixels,
	    .error = "width must be be an integer >= 10" },
	{ "height", KEY_MANDATORY, .fits = pixels,
	    .error = "height must be an integer >= 10" },
	{ "range", .re = RANGE,
	    .error = "graph range must be a number followed by [smhdwy]" },
	{ "max_rtt", .fallback = "100000" },
	{ "median_color", .re = COLOR, .error = "use rrggbb for color" },
	{ "strftime" },
	{ NULL },
};

static const struct schema_key detail_key[] = {
	{ "width", KEY_MANDATORY, .fits = pixels,
	    .error = "width must be be an integer >= 10" },
	{ "height", KEY_MANDATORY, .fits = pixels,
	    .error = "height must be an integer >= 10" },
	{ "loss_background", .re = YES_NO, .error = YES_NO_TEXT },
	{ "logarithmic", .re = YES_NO, .error = YES_NO_TEXT },
	{ "unison_tolerance", .fits = above_one,
	    .error = "tolerance must be larger than 1" },
	{ "max_rtt" },
	{ "strftime" },
	{ "nodata_color", .re = COLOR,
	    .error = "color must be defined with in rrggbb syntax" },
	{ NULL },
};

static const struct schema_table detail_table = { 2,
	{
	    { NULL },
	    { .re = RANGE, .error = "graph age must be a number followed by [smhdwy]" },
	} };

#define NUMBER "[0-9]+.?[0-9]*"

static const struct schema_table loss_table = { 3,
	{
	    { .re = NUMBER, .error = "I was expecting a number" },
	    { .re = "[0-9a-f]+",
		.error = "I was expecting a color of the form rrggbb" },
	} };

static const struct schema_table uptime_table = { 3,
	{
	    { .re = NUMBER, .error = "I was expecting a number" },
	    { .re = COLOR, .error = "I was expecting a color of the form rrggbb" },
	} };

static const struct schema detail_child[] = {
	{ "loss_colors", .table = &loss_table },
	{ "uptime_colors", .table = &uptime_table,
	    .idle = "uptimes are not drawn yet" },
	{ NULL },
};

static const struct schema_key charts_key[] = {
	{ "menu", KEY_MANDATORY },
	{ "title", KEY_MANDATORY },
	{ NULL },
};

static const struct schema_key chart_key[] = {
	{ "menu", KEY_MANDATORY },
	{ "title", KEY_MANDATORY },
	{ "sorter", KEY_MANDATORY, .re = "[^[:space:]]+\\([^[:space:]]+\\)",
	    .error = "use a sorter call here: Sorter(arg1=>val1,arg2=>val2)" },
	{ "format" },
	{ NULL },
};

static const struct schema chart_child[] = {
	{ "/" WORD, .key = chart_key },
	{ NULL },
};

static const struct schema_key multihost_key[] = {
	{ "colors", .re = "[0-9a-z]{6}( [0-9a-z]{6})*",
	    .expected = "colors of the form rrggbb with one blank between them" },
	{ NULL },
};

static const struct schema_key hierarchy_key[] = {
	{ "title", KEY_MANDATORY },
	{ NULL },
};

static const struct schema hierarchy_child[] = {
	{ "/" WORD, .key = hierarchy_key },
	{ NULL },
};

static const struct schema presentation_child[] = {
	{ "overview", .mandatory = true, .key = overview_key },
	{ "detail", .mandatory = true, .key = detail_key, .child = detail_child,
	    .table = &detail_table },
	{ "charts", .key = charts_key, .child = chart_child,
	    .idle = "charts are not drawn yet" },
	{ "multihost", .key = multihost_key },
	{ "hierarchies", .child = hierarchy_child,
	    .idle = "alternate hierarchies are not shown yet" },
	{ NULL },
};

/* --- Probes ---------------------------------------------------------------------- */

static const struct schema_key none[] = { { NULL } };

static const struct schema instance_child[] = {
	{ "/" WORD, SCHEMA_PROBE, .key = none },
	{ NULL },
};

static const struct schema module_child[] = {
	{ "/" WORD, SCHEMA_PROBE, .key = none, .child = instance_child },
	{ NULL },
};

/* --- Targets --------------------------------------------------------------------- */

#define ALERTS_TEXT "Comma separated list of alert names"
#define PARENT WORD ":/(" WORD "(/" WORD ")*)?"

static const struct schema_key targets_key[] = {
	{ "probe", KEY_MANDATORY | KEY_INHERITED },
	{ "menu", KEY_MANDATORY },
	{ "title", KEY_MANDATORY },
	{ "remark" },
	{ "alerts", KEY_INHERITED },
	{ "slaves", KEY_INHERITED },
	{ "menuextra", KEY_INHERITED },
	{ "parents" },
	{ NULL },
};

static const struct schema_key target_key[] = {
	{ "probe", KEY_INHERITED },
	{ "menu" },
	{ "title" },
	{ "alerts", KEY_INHERITED, .re = "([^[:space:],]+(,[^[:space:],]+)*)?",
	    .error = ALERTS_TEXT, .expected = "no blanks between them" },
	{ "note" },
	{ "email", .re = ".+[[:space:]]<[^[:space:]]+@[^[:space:]]+>",
	    .error = "use an email address of the form 'First Last <em@ail.kg>'" },
	{ "host" },
	{ "remark" },
	{ "rawlog", KEY_IDLE },
	{ "alertee", KEY_INHERITED,
	    .re = RECIPIENT "([[:space:]]*,[[:space:]]*" RECIPIENT ")*",
	    .error = "the alertee must be an email address here" },
	{ "slaves", KEY_INHERITED,
	    .re = "([-_0-9a-zA-Z.]+([[:space:]]+[-_0-9a-zA-Z.]+)*)?",
	    .error = "Use the format: slaves=slave1 [slave2]" },
	{ "menuextra", KEY_INHERITED | KEY_IDLE },
	{ "parents", KEY_IDLE, .re = PARENT "( " PARENT ")*",
	    .error = "Use hierarchy:/parent/path syntax" },
	{ "hide", .re = YES_NO, .expected = "yes or no", .fallback = "no" },
	{ "nomasterpoll", KEY_INHERITED, .re = YES_NO, .expected = "yes or no",
	    .fallback = "no" },
	{ "/influx_.+", KEY_IDLE },
	{ NULL },
};

const struct schema schema_target[] = {
	{ "/" WORD, SCHEMA_TARGET, .key = target_key, .child = schema_target },
	{ NULL },
};

/* --- Alerts, Slaves, InfluxDB ---------------------------------------------------- */

#define TO "\\|.+|.+@[^[:space:]]+|snpp:|xmpp:"
#define TO_TEXT "put an email address or the name of a program here"

static const struct schema_key alerts_key[] = {
	{ "to", KEY_MANDATORY, .re = TO, .error = TO_TEXT },
	{ "from", KEY_MANDATORY, .re = ".+@[^[:space:]]+",
	    .error = "put an email address here" },
	{ "edgetrigger", KEY_INHERITED, .re = YES_NO, .error = YES_NO_TEXT,
	    .fallback = "no" },
	{ "mailtemplate", KEY_INHERITED },
	{ NULL },
};

static const struct schema_key alert_key[] = {
	{ "type", KEY_MANDATORY, .re = "rtt|loss|matcher",
	    .error = "Use loss, rtt or matcher" },
	{ "pattern", KEY_MANDATORY,
	    .re = "[^,]+(,[^,]+)*|[^[:space:]]+\\(.+[[:space:]]",
	    .error = "Could not parse pattern or matcher" },
	{ "comment", KEY_MANDATORY },
	{ "to", .re = TO, .error = TO_TEXT },
	{ "edgetrigger", KEY_INHERITED, .re = YES_NO, .error = YES_NO_TEXT,
	    .fallback = "no" },
	{ "mailtemplate", KEY_INHERITED },
	{ "priority", .re = "[1-9][0-9]*",
	    .error = "priority must be between 1 and oo" },
	{ NULL },
};

static const struct schema alert_child[] = {
	{ "/[^[:space:],]+", .key = alert_key },
	{ NULL },
};

static const struct schema_key slaves_key[] = {
	{ "secrets", KEY_MANDATORY },
	{ NULL },
};

static const struct schema_key slave_key[] = {
	{ "display_name", KEY_MANDATORY },
	{ "location" },
	{ "color", KEY_MANDATORY, .re = COLOR,
	    .error = "I was expecting a color of the form rrggbb" },
	{ NULL },
};

static const struct schema_key slave_override_key[] = {
	{ "/[^[:space:]]+" },
	{ NULL },
};

static const struct schema override_child[] = {
	{ "override", .key = slave_override_key },
	{ NULL },
};

static const struct schema slave_child[] = {
	{ "/[-_0-9a-zA-Z.]+", .key = slave_key, .child = override_child },
	{ NULL },
};

static const struct schema_key influx_key[] = {
	{ "host", KEY_MANDATORY },
	{ "database", KEY_MANDATORY },
	{ "port", .fits = positive, .error = INTEGER_TEXT, .fallback = "8086" },
	{ "timeout", .fits = positive, .error = INTEGER_TEXT, .fallback = "15" },
	{ "username" },
	{ "password" },
	{ NULL },
};

/* --- ours ------------------------------------------------------------------------ */

#define LISTEN_TEXT "ADDRESS:PORT, such as [::]:8080 or 127.0.0.1:8080"

static const struct schema_key web_key[] = {
	{ "listen", .fits = some_addresses, .expected = LISTEN_TEXT },
	{ "base", KEY_IDLE, .re = "/[-._~0-9A-Za-z/]*",
	    .expected = "a path that starts with /" },
	{ "title" },
	{ "hosts" },
	{ NULL },
};

static const struct schema_key collector_key[] = {
	{ "listen", .fits = addresses, .expected = LISTEN_TEXT },
	{ "allow" },
	{ "local" },
	{ "telescope" },
	{ NULL },
};

const struct schema_key schema_own[] = {
	{ "sampler", KEY_INHERITED | KEY_TARGET | KEY_OURS,
	    .re = "burst|spread|poisson", .expected = "burst, spread or poisson" },
	{ "refused_is", KEY_INHERITED | KEY_TARGET | KEY_OURS, .re = "reply|loss",
	    .expected = "reply or loss", .fallback = "reply" },
	{ NULL },
};

static const struct schema overrides_child[] = {
	{ "/[^[:space:]]+", .key = schema_own },
	{ NULL },
};

/* --- the file -------------------------------------------------------------------- */

static const struct schema top[] = {
	{ "General", .mandatory = true, .key = general_key },
	{ "Database", .mandatory = true, .key = database_key,
	    .table = &database_table },
	{ "Presentation", .mandatory = true, .key = presentation_key,
	    .child = presentation_child },
	{ "Probes", .mandatory = true, .child = module_child },
	{ "Targets", SCHEMA_TARGET, .mandatory = true, .key = targets_key,
	    .child = schema_target },
	{ "Alerts", .key = alerts_key, .child = alert_child,
	    .idle = "alerts are checked here, but they are not raised yet" },
	{ "Slaves", .key = slaves_key, .child = slave_child,
	    .idle = "slaves are not served yet" },
	{ "InfluxDB", .key = influx_key, .idle = "nothing is sent to InfluxDB yet" },
	{ "Web", .ours = true, .key = web_key },
	{ "Collector", .ours = true, .key = collector_key,
	    .idle = "flows are not evaluated yet" },
	{ "Detection", .ours = true, .idle = "there is nothing to set yet" },
	{ "Actions", .ours = true, .idle = "there is nothing to set yet" },
	{ "Sinks", .ours = true, .idle = "there is nothing to set yet" },
	{ "Overrides", .ours = true, .child = overrides_child },
	{ NULL },
};

const struct schema schema_root = { "", .child = top };

/* --- reading the tables ---------------------------------------------------------- */

/* Expressions are compiled once and kept: a load checks many values by few of them. */
static bool
matches(const char *re, const char *text)
{
	static struct {
		const char *re;
		regex_t regex;
	} cache[128];
	size_t i = 0;

	while (i < 128 && cache[i].re != NULL && cache[i].re != re)
		i++;
	if (i == 128)
		fatalx("schema: more expressions than places for them");
	if (cache[i].re == NULL) {
		char *whole_re = mem_printf("^(%s)$", re);

		if (regcomp(&cache[i].regex, whole_re, REG_EXTENDED | REG_NOSUB) != 0)
			fatalx("schema: %s does not compile", re);
		free(whole_re);
		cache[i].re = re;
	}
	return regexec(&cache[i].regex, text, 0, NULL, 0) == 0;
}

static bool
word(const char *name)
{
	return *name != '\0' &&
	       name[strspn(name,
		   "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] ==
		   '\0';
}

bool
schema_name(const char *pattern, const char *name)
{
	if (pattern[0] != '/')
		return strcmp(pattern, name) == 0;
	if (strcmp(pattern, "/" WORD) == 0)
		return word(name) && not_probe_conf(name);
	return matches(pattern + 1, name);
}

const struct schema_key *
schema_key_find(const struct schema_key *keys, const char *name)
{
	if (keys == NULL)
		return NULL;
	for (; keys->name != NULL; keys++)
		if (schema_name(keys->name, name))
			return keys;
	return NULL;
}

const struct schema *
schema_child(const struct schema *schema, const char *name)
{
	const struct schema *s = schema->child;

	if (s == NULL)
		return NULL;
	for (; s->name != NULL; s++)
		if (schema_name(s->name, name))
			return s;
	return NULL;
}

bool
schema_fits(const struct schema_key *key, const char *value)
{
	if (key->re != NULL && !matches(key->re, value))
		return false;
	return key->fits == NULL || key->fits(value);
}
