/* What not everybody may know of the house, taken out of what happened: which hosts. */
#ifndef WEB_VEIL_H
#define WEB_VEIL_H

/* TEXT with "a device" in place of NAME ("": nothing is); to be freed. */
char *veil_text(const char *text, const char *name);
/* An incident's sentence, and its evidence, for readers who may not see hosts: those
 * that its facts name (finding_private()), what other judges say of hosts, and the
 * talkers' addresses. To be freed. */
char *veil_summary(const char *summary, const char *evidence);
char *veil_evidence(const char *evidence);

#endif
