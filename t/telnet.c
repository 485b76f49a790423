/* Telnet's own bytes, and what is waited for. */
#include "probes/telnet.h"

#include <string.h>

#include "t/tap.h"

/* IN of LEN bytes, in pieces of SIZE: is the text WANT, and are the REPLIES right? */
static void
text(const char *in, size_t len, size_t size, const char *want, const char *replies)
{
	struct telnet t = { 0 };
	char out[200];
	uint8_t reply[100];
	size_t n = 0, r = 0, more;

	for (size_t at = 0; at < len; at += size) {
		size_t part = len - at < size ? len - at : size;
		n += telnet_text(&t, (const uint8_t *)in + at, part, out + n, reply + r,
		    sizeof reply - r, &more);
		r += more;
	}
	out[n] = '\0';
	is_str(out, want, "the text");
	reply[r] = '\0';
	is_str((char *)reply, replies, "the refusals");
}

int
main(void)
{
	static const char in[] =
	    "\xff\xfb\x01\xff\xfd\x18\xff\xfa\x18\x01\xff\xff\xff\xf0Us\0er\r\nna"
	    "\xff\xf1me: \xff\xfc\x01\xff\xfe\x03";
	static const struct {
		enum telnet_wait wait;
		const char *text, *line;
		bool came;
	} table[] = {
		{ TELNET_PROMPT, "", "r1.example#", true },
		{ TELNET_PROMPT, "", "me@router> ", true },
		{ TELNET_PROMPT, "", "r1(config)#", false },
		{ TELNET_PROMPT, "", ">", false },
		{ TELNET_PROMPT, "", "", false },
		{ TELNET_PROMPT, "", "me@router> ping", false },
		{ TELNET_HAS, "word:", "Password: ", true },
		{ TELNET_HAS, "word:", "Username: ", false },
		{ TELNET_ENDS, "[5]: ", "Repeat count [5]: ", true },
		{ TELNET_ENDS, "[5]: ", "Repeat count [5]: 20", false },
		{ TELNET_ENDS, "[5]: ", "", false },
		{ TELNET_LOGIN, "", "login: ", true },
		{ TELNET_LOGIN, "", "Username:", true },
		{ TELNET_LOGIN, "", "Welcome", false },
	};

	for (size_t size = 1; size < sizeof in; size++)
		text(in, sizeof in - 1, size,
		    "User\nname: ", "\xff\xfe\x01\xff\xfc\x18");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		ok(telnet_came(table[i].wait, table[i].text, table[i].line) ==
			table[i].came,
		    "'%s' %s", table[i].line, table[i].came ? "came" : "did not come");

	struct telnet t = { 0 };
	uint8_t reply[4];
	char out[20];
	size_t replies;
	telnet_text(&t, (const uint8_t *)"\xff\xfd\x01\xff\xfd\x02", 6, out, reply,
	    sizeof reply, &replies);
	is_int(replies, 3, "refusals without room are left out");
	return tap_done();
}
