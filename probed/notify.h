/* Word to the service manager (sd_notify(3)): nothing happens without one. */
#ifndef NOTIFY_H
#define NOTIFY_H

struct event_base;

/* Take NOTIFY_SOCKET and WATCHDOG_USEC from the environment (removing them), and pat
 * the watchdog from BASE's loop at half its time. */
void notify_init(struct event_base *base);
/* "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=..." */
void notify(const char *state);

#endif
