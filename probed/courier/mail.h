/* Letters as mail. */
#ifndef COURIER_MAIL_H
#define COURIER_MAIL_H

#include <stddef.h>

#include "base/log.h"
#include "courier/address.h"
#include "courier/letter.h"

#define TEMPLATE_MAX (64 * 1024)

/* The whole message for P to A, lines ended by a newline alone; LEN gets its length. A
 * single letter of an alert is written by TEMPLATE, as SmokePing's are, or by our own
 * text (NULL). HOST is this machine's name. To be freed. */
char *mail_message(const struct address *a, const struct parcel *p,
    const char *template, const char *host, size_t *len);

/* Fill in the template TEXT: every <##KEYWORD##> of SmokePing's, and HOST, PRIORITY and
 * SUMMARY. What is filled in is never more than a line. To be freed. */
char *mailtemplate_fill(const char *text, const struct parcel *p);
/* Is TEXT a template: header lines, among them Subject, an empty line? 0, or -1 with
 * ERR. */
int mailtemplate_check(const char *text, struct err *err);
/* The file at PATH, checked, as it is now. To be freed; NULL with ERR. */
char *mailtemplate_read(const char *path, struct err *err);

#endif
