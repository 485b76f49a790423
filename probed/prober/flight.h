/* Rounds that are under way, told for eyes: which pings were sent, which were answered.
 */
#ifndef PROBER_FLIGHT_H
#define PROBER_FLIGHT_H

struct event_base;

/* Begin; runs are open. */
void flight_open(struct event_base *base);
/* Pings may have been sent or answered: within a second the news of some rounds is
 * told, of all in turn where they are more than go into a message or than are looked at
 * at once. */
void flight_news(void);
void flight_close(void);

#endif
