/* SmokePing's pid file, for scripts that look into it, and for a SmokePing that is
 * started later: it does not, where the process named there is alive. */
#ifndef PIDFILE_H
#define PIDFILE_H

/* Write our number to DIR/smokeping.pid, until pidfile_leave(). A DIR that is NULL, is
 * missing or cannot be written to, and a file that names another smokeping or probed
 * that runs, are left alone, with a word in the log. */
void pidfile_take(const char *dir);
/* Remove it, if it is still ours. */
void pidfile_leave(void);

#endif
