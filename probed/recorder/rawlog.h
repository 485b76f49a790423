/* The variable rawlog: SmokePing's plain lines of what a target's rows have, beside its
 * file: A/B.DATE.csv, A/B~slave.DATE.csv. */
#ifndef RECORDER_RAWLOG_H
#define RECORDER_RAWLOG_H

#include <stdint.h>

/* Append ROW, "time:uptime:loss:median:ping1...", of the history FILE ("A/B.rrd") to
 * the log whose name FORMAT makes of TIME (epoch seconds), by strftime(); a slash in
 * that becomes "-". What goes wrong is in the messages, and nothing waits for it. */
void rawlog_add(const char *file, const char *format, int64_t time, const char *row);

#endif
