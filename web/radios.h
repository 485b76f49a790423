/* This host's radios, as the recorder tells of them. */
#ifndef WEB_RADIOS_H
#define WEB_RADIOS_H

#include "base/json.h"
#include "link/msgwifi.h"

struct html;
struct viewfile;

/* Take MSG_WIFI. 0, or -1. */
int radios_message(struct msg_in *in);
void radios_forget(void);
/* Those that are told of just now, COUNT of them; valid until the next message. */
const struct msg_wifi *radios_list(size_t *count);

/* "wifi": { ... } into the object of the status, and of the interfaces. */
void radios_put(struct json *j);
/* "history_wifi": { ... } of the radio called NAME, START .. END in at most POINTS
 * rows; null where there is none. */
void radios_put_history(struct json *j, const char *name, int64_t start, int64_t end,
    int64_t now, unsigned points);
/* A line for each on a page: "radio" with r_name and r_text. */
void radios_page(struct html *page);
/* As table "radios" of F. */
void radios_file(struct viewfile *f);

#endif
