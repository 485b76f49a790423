/* Load tests: starting one, and what came of the last ones. */
#ifndef WEB_LOADTESTS_H
#define WEB_LOADTESTS_H

struct html;
struct msg_in;
struct request;

/* /api/v1/loadtests: GET lists them, POST begins one; /loadtest: the button. */
void loadtests_handle(struct request *r);
/* What the recorder says of one that was asked for: 0, or -1. That it went down. */
int loadtests_message(struct msg_in *in);
void loadtests_recorder_gone(void);
/* The last ones, and a button for whom it is, on the page of traffic. */
void loadtests_put(struct html *page, const struct request *r);

#endif
