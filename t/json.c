/* JSON as written: commas, escaping, numbers that read back. */
#include "base/json.h"

#include "tap.h"

static char *text;
static size_t size;

static void
begin(struct json *j)
{
	free(text);
	jw_init(j, open_memstream(&text, &size));
}

static const char *
end(struct json *j)
{
	fclose(j->out);
	return text;
}

int
main(void)
{
	static const struct {
		const char *in, *out;
	} str[] = {
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "line\nbell\a", "\"line\\u000abell\\u0007\"" },
		{ "<script>&", "\"\\u003cscript\\u003e\\u0026\"" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x92\xa8",
		    "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x92\xa8\"" },
		{ "\xff\xc3", "\"\\ufffd\\ufffd\"" },
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },		 /* overlong */
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" }, /* surrogate */
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },		 /* cut off */
		{ NULL, "null" },
	};
	static const struct {
		double in;
		const char *out;
	} num[] = {
		{ 0, "0" },
		{ 0.1, "0.1" },
		{ -1.5e-7, "-1.5e-07" },
		{ 0.012345678, "0.012345678" },
		{ NAN, "null" },
		{ INFINITY, "null" },
	};
	struct json j;

	for (size_t i = 0; i < sizeof str / sizeof *str; i++) {
		begin(&j);
		jw_str(&j, str[i].in);
		is_str(end(&j), str[i].out, "string");
	}
	for (size_t i = 0; i < sizeof num / sizeof *num; i++) {
		begin(&j);
		jw_num(&j, num[i].in);
		is_str(end(&j), num[i].out, "number");
	}
	begin(&j);
	jw_rounded(&j, 2.0 / 3, 12);
	is_str(end(&j), "0.666666666667", "a mean, without its noise");
	begin(&j);
	jw_rounded(&j, NAN, 12);
	is_str(end(&j), "null", "a mean of nothing");
	begin(&j);
	jw_num(&j, 1.0 / 3);
	ok(strtod(end(&j), NULL) == 1.0 / 3, "a third reads back the same");

	begin(&j);
	jw_object(&j);
	jw_key(&j, "a");
	jw_array(&j);
	jw_int(&j, -1);
	jw_bool(&j, true);
	jw_null(&j);
	jw_array(&j);
	jw_array_end(&j);
	jw_object(&j);
	jw_object_end(&j);
	jw_array_end(&j);
	jw_key(&j, "b");
	jw_str(&j, "");
	jw_object_end(&j);
	is_str(
	    end(&j), "{\"a\":[-1,true,null,[],{}],\"b\":\"\"}", "nesting and commas");
	free(text);
	return tap_done();
}
