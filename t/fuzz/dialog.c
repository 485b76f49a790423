#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "probes/dialog.h"
#include "probes/icp.h"
#include "probes/radiuswire.h"
#include "probes/tacacswire.h"

#define SECRET "xyzzy5461"

/* The answer of a RADIUS server to the request of RFC 2865 section 7.1. */
int
fuzz_radius(const uint8_t *data, size_t size)
{
	static const uint8_t authenticator[16] = { 0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97,
		0x80, 0x57, 0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4, 0x22, 0x7a };
	uint8_t code;

	if (radius_answer(data, size, 0, authenticator, SECRET, &code) ==
		RADIUS_ANSWER &&
	    code != RADIUS_ACCEPT && code != RADIUS_REJECT && code != RADIUS_CHALLENGE)
		abort();
	return 0;
}

/* What a TACACS+ server says, whose packets are not hidden, so that they can be changed
 * with sense: what is read is hidden here. */
int
fuzz_tacacs(const uint8_t *data, size_t size)
{
	struct tacacs_session s = { SECRET, 0x01020304, TACACS_ASCII, 1 };
	struct tacacs_reply r;
	int len = tacacs_length(data, size, &s);

	if (len <= 0 || (size_t)len > size)
		return 0;
	uint8_t *copy = malloc((size_t)len);
	if (copy == NULL)
		abort();
	memcpy(copy, data, (size_t)len);
	tacacs_veil(copy, (size_t)len, SECRET);
	if (tacacs_read(&r, copy, (size_t)len, &s) == 0 &&
	    strlen(r.message) >= sizeof r.message)
		abort();
	free(copy);
	return 0;
}

int
fuzz_icp(const uint8_t *data, size_t size)
{
	icp_answers(data, size, 0x12345678, "http://example.org/");
	return 0;
}

/* What a server says in lines. The first byte says to whom, the second in pieces of how
 * many bytes. */
int
fuzz_lines(const uint8_t *data, size_t size)
{
	static const struct dialog_kind *const kinds[] = { &dialog_ssh,
		&dialog_another_ssh, &dialog_smtp, &dialog_mail, &dialog_whois };
	struct probe_opts opts = { .most = SIZE_MAX };
	struct dialog d = { .opts = &opts };

	if (size < 2)
		return 0;
	const struct dialog_step *step = kinds[data[0] % 5]->steps;
	size_t piece = data[1] % 64 + 1U, heard = 2;
	d.in = data + heard;
	while (step->say != NULL || step->take != NULL) {
		enum dialog_turn turn =
		    step->take == NULL ? DIALOG_NEXT : step->take(&d);
		if (d.in + d.in_len != data + heard)
			abort();
		if (turn == DIALOG_BAD && d.why[0] == '\0')
			abort();
		if (turn == DIALOG_BAD || (turn == DIALOG_MORE && d.ended))
			break;
		if (turn != DIALOG_MORE) {
			step++;
			continue;
		}
		size_t left = size - heard, more = left < piece ? left : piece;
		d.in_len += more;
		heard += more;
		d.ended = left == 0;
	}
	return 0;
}
