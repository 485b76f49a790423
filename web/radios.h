/* This host's radios, as the recorder tells of them. */
#ifndef WEB_RADIOS_H
#define WEB_RADIOS_H

#include "base/json.h"
#include "link/msgwifi.h"
#include "web/usage.h"

struct html;
struct viewfile;

/* Take MSG_WIFI. 0, or -1. */
int radios_message(struct msg_in *in);
void radios_forget(void);
/* Those that are told of just now, COUNT of them; valid until the next message. */
const struct msg_wifi *radios_list(size_t *count);

/* "wifi": { ... } into the object of the status, and of the interfaces. */
void radios_put(struct json *j);
/* The history of the radio called NAME into U, which the caller frees, START .. END in
 * at most POINTS rows; its columns are radios_column() of 0 .. WIFI_DS - 1. 0, or -1
 * where there is none. */
int radios_history(struct usage *u, const char *name, int64_t start, int64_t end,
    int64_t now, unsigned points);
const char *radios_column(unsigned column, char buf[USAGE_NAME]);
/* A line for each on a page: "radio" with r_name and r_text. */
void radios_page(struct html *page);
/* As table "radios" of F. */
void radios_file(struct viewfile *f);

#endif
