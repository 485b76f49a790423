/* What a reader chose, as a cookie of the browser has it. Every byte of it may come
 * from anybody. */
#ifndef WEB_WISH_H
#define WEB_WISH_H

#include <stdbool.h>

#include "base/zone.h"

#define WISH_COOKIE "smokebox-look"

struct wish {
	char theme[8];	      /* "light", "dark"; "": as the system is */
	char zone[ZONE_NAME]; /* wish_zone_exists(); "": this machine's */
	bool renew; /* without scripts, pages are loaded again by themselves */
	bool safe;  /* loss is shown in colours that everybody tells apart */
};

/* Is NAME a time zone that this machine knows ("Europe/Berlin")? */
bool wish_zone_exists(const char *name);

/* The one in COOKIES, a header's value or NULL: smokebox-look=THEME:ZONE:renew:safe,
 * parts at its end with their colons perhaps missing, each of the words too. What makes
 * no sense is no wish. */
void wish_find(struct wish *w, const char *cookies);

#endif
