/* Has a call been made before? */
#ifndef WEB_REPLAY_H
#define WEB_REPLAY_H

#include <stdint.h>

enum replay {
	REPLAY_FRESH,
	REPLAY_AGAIN, /* this one was made before */
	REPLAY_TIME,  /* its clock and ours are too far apart */
	REPLAY_EARLY, /* older than our memory: it might have been made before */
	REPLAY_FULL,  /* too many calls in this span */
};

/* Judge the call of SLAVE with NONCE, said to be made at TIME, now being NOW (epoch
 * seconds), and remember it. SINCE is when this memory began. */
enum replay replay_check(const char *slave, const char *nonce, int64_t time, int64_t now,
    int64_t since);
void replay_free(void);

#endif
