/* The other end of a dialog: a process of its own that follows a script. */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
	pid_t pid;
	int told; /* what it heard, by a pipe */
	char port[8];
};

/* Serve one TCP connection on ADDRESS by SCRIPT, words that end with NULL:
 *
 *   say:TEXT     bytes:TEXT   say it at once; byte for byte
 *   much:TEXT                 say it again and again, until that fails, at most 4 MB
 *   nul                       say four NULs
 *   hear         hear:TEXT    hear a line, or until TEXT was heard
 *   pause:MS                  do nothing
 *   echo:N                    say again what is heard, N bytes of it
 *   reset        hangup       end the connection
 *
 * After the last word it waits for the end of the connection. */
struct peer peer_stream(const char *address, const char *const *script);
/* Answer one TCP connection's or UDP datagrams by ANSWER, which writes up to ROOM bytes
 * into OUT for what was heard; 0: silence, -1: hang up. TIMES is how often it was
 * called before. */
typedef ssize_t (*peer_answer_fn)(
    const uint8_t *heard, size_t len, uint8_t *out, size_t room, unsigned times);
struct peer peer_answers(const char *address, int type, peer_answer_fn answer);
/* It ends. HEARD (SIZE bytes) gets what it heard as text; may be NULL. */
void peer_end(struct peer *p, char *heard, size_t size);

#endif
