/* The fields of a form as a browser posts it, whose values may be whole texts. */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include <stddef.h>

#include "base/log.h"

/* The value of the first field called NAME in the LEN bytes of BODY
 * (application/x-www-form-urlencoded), malloced: UTF-8, its lines ended by \n as
 * browsers do not post them. NULL with ERR when it is missing, or no text. BODY may be
 * NULL. */
char *form_value(const char *body, size_t len, const char *name, struct err *err);

#endif
