/* This host's radios: the kernel is asked every few seconds how they do. No rights are
 * needed, and what cannot be seen is one word, never a warning: most hosts have none.
 */
#ifndef COLLECTOR_RADIOS_H
#define COLLECTOR_RADIOS_H

struct event_base;
struct keep;
struct radios;

/* What is seen goes to the recorder by KEEP, which is borrowed. */
struct radios *radios_new(struct event_base *base, struct keep *keep);
/* Ask now, and from now on. */
void radios_begin(struct radios *r);

#endif
