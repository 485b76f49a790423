#include "courier/mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <nettle/base64.h>

#include "base/mem.h"

#define LINE_MAX_MAIL 900 /* RFC 5322 lets no line be longer than 998 */
#define WORD_BYTES 42	  /* of text in an encoded word, which has 75 letters at most */
#define REFERENCES 50
#define TEXT_MAX (512 * 1024)

/* Our text of an alert; what stands in it is what SmokePing tells. */
static const char alert_text[] =
    "Subject: [SmokeAlert] <##ALERT##> <##WHAT##> on <##LINE##>\n"
    "\n"
    "<##STAMP##>\n"
    "\n"
    "The alert \"<##ALERT##>\" <##WHAT##> for\n"
    "<##URL##>\n"
    "\n"
    "Pattern:  <##PAT##>\n"
    "Comment:  <##COMMENT##>\n"
    "Host:     <##HOST##>\n"
    "\n"
    "What was measured, the newest last:\n"
    "<##LOSS##>\n"
    "<##RTT##>\n";

/* --- headers ---------------------------------------------------------------------- */

static void
put_date(FILE *out, int64_t time)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)time;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return;
	long minutes = tm.tm_gmtoff / 60;
	fprintf(out, "Date: %s, %d %s %d %02d:%02d:%02d %c%02ld%02ld\n",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, minutes < 0 ? '-' : '+',
	    labs(minutes) / 60, labs(minutes) % 60);
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* A header's value of LEN bytes: what is no ASCII as encoded words (RFC 2047). */
static void
put_value(FILE *out, const char *text, size_t len)
{
	if (is_ascii(text, len)) {
		for (size_t i = 0, column = 20; i < len; i++, column++) {
			/* A header goes on in a line that begins with a blank. */
			if (text[i] == ' ' && i > 0 && column > 70) {
				putc('\n', out);
				column = 0;
			}
			putc(text[i], out);
		}
		return;
	}
	for (size_t at = 0; at < len;) {
		size_t n = len - at < WORD_BYTES ? len - at : WORD_BYTES;
		char code[BASE64_ENCODE_RAW_LENGTH(WORD_BYTES) + 1];

		while (n > 1 && at + n < len &&
		       ((unsigned char)text[at + n] & 0xc0) == 0x80)
			n--;
		base64_encode_raw(code, n, (const uint8_t *)text + at);
		fprintf(out, "%s=?UTF-8?B?%.*s?=", at == 0 ? "" : "\n ",
		    (int)BASE64_ENCODE_RAW_LENGTH(n), code);
		at += n;
	}
}

/* Our headers but those of the text. */
static void
put_headers(
    FILE *out, const struct address *a, const struct parcel *p, const char *host)
{
	char id[PARCEL_ID];
	int64_t last = 0;

	parcel_id(p, id);
	fprintf(out, "To: %s\nFrom: %s\n", a->to, a->from);
	/* That of the letter, not of the try: a repeat is the same to the last byte. */
	put_date(out, p->letter[p->count - 1].time);
	fprintf(out, "Message-ID: <%s.smokebox@%s>\n", id, host);
	/* Problem and recovery stand together at the reader's. */
	for (size_t i = 0, n = 0; i < p->count && n < REFERENCES; i++) {
		int64_t incident = p->letter[i].incident;

		if (incident != 0 && incident != last)
			fprintf(out, "%s <incident.%lld.smokebox@%s>\n",
			    n++ == 0 ? "References:" : "", (long long)incident, host);
		last = incident;
	}
	fputs("Auto-Submitted: auto-generated\nMIME-Version: 1.0\n", out);
	fprintf(out, "X-Smokebox-Id: %s\n", id);
}

/* Has the head of TEXT (up to its empty line) a header NAME, with its colon? */
static bool
has_header(const char *text, const char *name)
{
	while (*text != '\0' && *text != '\n') {
		if (strncasecmp(text, name, strlen(name)) == 0)
			return true;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

/* --- text ------------------------------------------------------------------------- */

/* The headers of TEXT, a filled template, encoded where that is needed. Returns what
 * follows their empty line. */
static const char *
put_template_headers(FILE *out, const char *text)
{
	while (*text != '\0' && *text != '\n') {
		size_t len = strcspn(text, "\n"), name = strcspn(text, ":");

		if (text[len > 0 ? len - 1 : 0] == '\r')
			len--;
		if (name + 2 <= len) {
			fprintf(out, "%.*s: ", (int)name, text);
			put_value(out, text + name + 2, len - name - 2);
			putc('\n', out);
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return *text == '\n' ? text + 1 : text;
}

/* TEXT in lines that are not too long. */
static void
put_body(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), n = len;

		if (n > LINE_MAX_MAIL) {
			n = LINE_MAX_MAIL;
			while (n > 0 && text[n] != ' ')
				n--;
			if (n == 0)
				n = LINE_MAX_MAIL;
			while (n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
				n--;
		}
		size_t shown = n > 0 && text[n - 1] == '\r' ? n - 1 : n;
		fprintf(out, "%.*s\n", (int)shown, text);
		text += n;
		text += n == len ? *text == '\n' : *text == ' ';
	}
}

/* What is no letter of an alert: title and text. */
static char *
plain_text(const struct parcel *p)
{
	char *all = NULL, *text = parcel_text(p, TEXT_MAX);
	size_t len;
	FILE *out = mem_stream(&all, &len);

	fputs("Subject: [smokebox] ", out);
	parcel_title(p, out);
	fprintf(out, "\n\n%s\n", text);
	mem_stream_end(out);
	free(text);
	return all;
}

char *
mail_message(const struct address *a, const struct parcel *p, const char *template,
    const char *host, size_t *len)
{
	bool alert = p->count == 1 && *p->letter[0].alert != '\0';
	char *text =
	    alert ? mailtemplate_fill(template != NULL ? template : alert_text, p)
		  : plain_text(p);
	char *message = NULL;
	FILE *out = mem_stream(&message, len);

	put_headers(out, a, p, host);
	if (!has_header(text, "Content-Type:"))
		fputs("Content-Type: text/plain; charset=utf-8\n"
		      "Content-Transfer-Encoding: 8bit\n",
		    out);
	const char *body = put_template_headers(out, text);
	putc('\n', out);
	put_body(out, body);
	mem_stream_end(out);
	free(text);
	return message;
}
