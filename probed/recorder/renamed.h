/* A target has another name: its files go with it. */
#ifndef RECORDER_RENAMED_H
#define RECORDER_RENAMED_H

#include <stdbool.h>

#define RENAMED_TEXT 2400

/* Does the target PATH have a file, or do slaves of it? */
bool renamed_has_files(const char *path);

/* Move the file of the target FROM to where TO's is, and those of its slaves. Nothing
 * that lies there is replaced. TEXT (RENAMED_TEXT bytes) gets one sentence. 0, or -1
 * when the file did not move. Paths as in the configuration ("A.B"). */
int renamed(const char *from, const char *to, char *text);

#endif
