/* What not everybody may know of the house, taken out of what happened: which hosts. */
#ifndef WEB_VEIL_H
#define WEB_VEIL_H

#include "base/veil.h"

/* An incident's sentence, and its evidence, for readers who may not see hosts: those
 * that its facts name (finding_private()), what other judges say of hosts, and the
 * talkers' addresses. To be freed. */
char *veil_summary(const char *summary, const char *evidence);
char *veil_evidence(const char *evidence);

#endif
