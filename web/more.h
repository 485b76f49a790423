/* What a target's last round said beside loss and times. */
#ifndef WEB_MORE_H
#define WEB_MORE_H

#include "web/html.h"
#include "web/state.h"

/* Put that of T into list "more" of PAGE: items with label, value and unit. Nothing
 * where there is nothing to say; counts are told only when they are not 0. */
void more_present(
    struct html *page, const struct conf_target *t, const struct live *live);

#endif
