/* Handing a letter to whoever delivers it, as SmokePing's General says. */
#ifndef CTL_MAILOUT_H
#define CTL_MAILOUT_H

#include "base/log.h"
#include "config/conf.h"

/* Send TEXT, headers and body with plain newlines, from FROM to TO (addresses, blanks
 * or commas between them): by SMTP to the first of General's mailhost that takes it,
 * else by its sendmail. 0, or -1 with ERR. */
int mailout(const struct conf *conf, const char *from, const char *to, const char *text,
    struct err *err);

#endif
