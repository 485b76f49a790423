/* Text in another encoding than UTF-8: Presentation's variable "charset". */
#ifndef CONFIG_CHARSET_H
#define CONFIG_CHARSET_H

#include "config/tree.h"

/* Turn every value and cell of TREE that is not plain ASCII into UTF-8, where
 * Presentation names another encoding. What cannot be turned stays as it is; an
 * encoding that is not known is a warning. */
void charset_apply(struct conf_tree *tree, struct conf_report *report);

#endif
