/* What who glances has to know, on the front page: what is open, and who is worst. */
#ifndef WEB_GLANCE_H
#define WEB_GLANCE_H

#include <stdbool.h>

#include "web/html.h"

/* Put it into PAGE, for template glance.html, as who may see HOSTS or not reads it.
 * Nothing where there are so few targets that the page itself is a glance, or no result
 * yet. */
void glance_put(struct html *page, bool hosts);

#endif
