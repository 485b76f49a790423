#include "probes/ftpwire.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The code that LINE begins with, 0 when it does not; LAST: no line follows it. */
static int
ftpwire_code(const char *line, bool *last)
{
	for (int i = 0; i < 3; i++)
		if (!isdigit((unsigned char)line[i]))
			return 0;
	*last = line[3] != '-';
	if (line[3] != '-' && line[3] != ' ' && line[3] != '\0')
		return 0;
	int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
	return code >= 100 && code <= 599 ? code : 0;
}

/* A whole line is there. */
static enum ftpwire_turn
ftpwire_line(struct ftpwire *w, int *code)
{
	bool last = false;
	int here = ftpwire_code(w->line, &last);

	if (w->code == 0) {
		if (here == 0)
			return FTPWIRE_BAD;
		w->code = here;
	}
	if (here != w->code || !last)
		return FTPWIRE_MORE;
	*code = w->code;
	w->code = 0;
	return FTPWIRE_REPLY;
}

enum ftpwire_turn
ftpwire_take(struct ftpwire *w, const uint8_t **data, size_t *len, int *code)
{
	while (*len > 0) {
		uint8_t c = *(*data)++;
		(*len)--;
		if (++w->heard > FTPWIRE_MOST)
			return FTPWIRE_BAD;
		if (c != '\n') {
			if (w->len == FTPWIRE_LINE)
				return FTPWIRE_BAD;
			w->line[w->len++] = c != '\0' ? (char)c : '?';
			continue;
		}
		if (w->len > 0 && w->line[w->len - 1] == '\r')
			w->len--;
		w->line[w->len] = '\0';
		w->len = 0;
		enum ftpwire_turn turn = ftpwire_line(w, code);
		if (turn != FTPWIRE_MORE)
			return turn;
	}
	return FTPWIRE_MORE;
}

unsigned
ftpwire_epsv(const char *line)
{
	const char *at = strchr(line, '(');
	unsigned port = 0;
	int end = 0;

	if (at == NULL || at[1] == '\0' || at[2] != at[1] || at[3] != at[1] ||
	    isdigit((unsigned char)at[1]))
		return 0;
	if (sscanf(at + 4, "%5u%n", &port, &end) != 1 || at[4 + end] != at[1])
		return 0;
	return port <= 65535 ? port : 0;
}

unsigned
ftpwire_pasv(const char *line)
{
	unsigned n[6];
	const char *at = line + strcspn(line, " ");

	at += strcspn(at, "0123456789"); /* the parentheses are not always there */
	if (sscanf(at, "%3u,%3u,%3u,%3u,%3u,%3u", &n[0], &n[1], &n[2], &n[3], &n[4],
		&n[5]) != 6)
		return 0;
	for (int i = 0; i < 6; i++)
		if (n[i] > 255)
			return 0;
	return n[4] * 256 + n[5];
}
