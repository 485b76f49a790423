/* How an exporter samples, as the operator writes it. */
#include "ratelist.h"

#include "t/tap.h"

static struct ratelist list;
static struct err err;

static void
bad(const char *text, const char *why)
{
	ok(ratelist_parse(&list, text, &err) != 0, "'%s' is refused", text);
	if (!ok(strstr(err.text, why) != NULL, "with the reason"))
		printf("#      got: %s\n# expected: %s\n", err.text, why);
	is_int(list.rate, 1000, "and what there was stays");
}

int
main(void)
{
	char text[8192] = "1000";

	ok(ratelist_parse(&list, "3:100, 1000 ,\t2147483647:16777216", &err) == 0,
	    "in any order");
	is_int(list.rate, 1000, "of all");
	is_int(ratelist_of(&list, 3), 100, "of one");
	is_int(ratelist_of(&list, 2147483647), 16777216, "of the last there can be");
	is_int(ratelist_of(&list, 4), 0, "of another nothing");

	bad("0", "1 to 16777216");
	bad("16777217", "1 to 16777216");
	bad("99999999999999999999999", "1 to 16777216");
	bad("010", "1 to 16777216");
	bad("-1", "1 to 16777216");
	bad("1000x", "'1000x'");
	bad("3:", "such as 3:100");
	bad("3:100:7", "'3:100:7'");
	bad(":100", "an interface, 1 to 2147483647");
	bad("0:100", "an interface, 1 to 2147483647");
	bad("2147483648:100", "an interface, 1 to 2147483647");
	bad("eth0:100", "an interface, 1 to 2147483647");
	bad("3 : 100", "an interface, 1 to 2147483647");
	bad("1, 2", "1 and 2: one rate for all");
	bad("7:1, 5:2, 7:3", "interface 7 is there twice");

	for (unsigned i = RATELIST_INTERFACES_MAX; i > 0; i--)
		sprintf(text + strlen(text), " %u:%u", i * 3, i);
	ok(ratelist_parse(&list, text, &err) == 0, "as many as are looked for");
	is_int(ratelist_of(&list, 3), 1, "the first");
	is_int(ratelist_of(&list, 3 * RATELIST_INTERFACES_MAX), RATELIST_INTERFACES_MAX,
	    "the last");
	is_int(ratelist_of(&list, 4), 0, "and none between them");
	strcat(text, " 1:1");
	bad(text, "more than 256 interfaces");

	ok(ratelist_parse(&list, NULL, &err) == 0 && list.rate == 0 && list.count == 0,
	    "nothing is said");
	is_int(ratelist_of(&list, 3), 0, "of anything");
	ratelist_free(&list);
	return tap_done();
}
