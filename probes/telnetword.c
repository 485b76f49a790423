#include "probes/telnet.h"

#include <ctype.h>
#include <string.h>

enum {
	TELNET_SE = 240,
	TELNET_SB = 250,
	TELNET_WILL = 251,
	TELNET_WONT = 252,
	TELNET_DO = 253,
	TELNET_DONT = 254,
	TELNET_IAC = 255
};

enum state {
	STATE_TEXT,
	STATE_IAC,
	STATE_VERB,   /* an option follows */
	STATE_SUB,    /* in a subnegotiation */
	STATE_SUB_IAC /* behind an IAC in one */
};

/* Behind IAC. */
static enum state
telnet_command(struct telnet *t, uint8_t c)
{
	if (c == TELNET_SB)
		return STATE_SUB;
	if (c < TELNET_WILL || c == TELNET_IAC)
		return STATE_TEXT;
	t->verb = c;
	return STATE_VERB;
}

size_t
telnet_text(struct telnet *t, const uint8_t *in, size_t len, char *out, uint8_t *reply,
    size_t reply_max, size_t *reply_len)
{
	size_t n = 0;

	*reply_len = 0;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = in[i];

		switch (t->state) {
		case STATE_TEXT:
			if (c == TELNET_IAC)
				t->state = STATE_IAC;
			else if (c != '\0' && c != '\r')
				out[n++] = (char)c;
			break;
		case STATE_IAC:
			t->state = telnet_command(t, c);
			break;
		case STATE_VERB:
			t->state = STATE_TEXT;
			/* Refusals of what we never asked for need no answer. */
			if ((t->verb != TELNET_DO && t->verb != TELNET_WILL) ||
			    *reply_len + 3 > reply_max)
				break;
			reply[(*reply_len)++] = TELNET_IAC;
			reply[(*reply_len)++] =
			    t->verb == TELNET_DO ? TELNET_WONT : TELNET_DONT;
			reply[(*reply_len)++] = c;
			break;
		case STATE_SUB:
			if (c == TELNET_IAC)
				t->state = STATE_SUB_IAC;
			break;
		default:
			t->state = c == TELNET_SE ? STATE_TEXT : STATE_SUB;
		}
	}
	return n;
}

static bool
telnet_ends(const char *line, const char *text)
{
	size_t len = strlen(line), n = strlen(text);

	return len >= n && strcmp(line + len - n, text) == 0;
}

static bool
telnet_prompt(const char *line)
{
	size_t n = strlen(line);

	while (n > 0 && line[n - 1] == ' ')
		n--;
	if (n < 2 || (line[n - 1] != '>' && line[n - 1] != '#'))
		return false;
	return isalnum((unsigned char)line[n - 2]) ||
	       strchr("@_-.", line[n - 2]) != NULL;
}

bool
telnet_came(enum telnet_wait wait, const char *text, const char *line)
{
	switch (wait) {
	case TELNET_HAS:
		return strstr(line, text) != NULL;
	case TELNET_ENDS:
		return telnet_ends(line, text);
	case TELNET_PROMPT:
		return telnet_prompt(line);
	case TELNET_LOGIN:
		return strstr(line, "ogin:") != NULL || strstr(line, "name:") != NULL ||
		       strstr(line, "word:") != NULL;
	}
	return false;
}
