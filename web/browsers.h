/* This browser <-> box: the answer that a page times, and what those tell who time it. */
#ifndef WEB_BROWSERS_H
#define WEB_BROWSERS_H

#include <stdbool.h>

struct html;
struct request;

/* /api/v1/echo: GET is answered with as little as there is; a POST of a minute's figures
 * goes to the recorder, where *** Web *** record_browsers says so. */
void browsers_echo(struct request *r);
/* GET /api/v1/browsers: whose figures there are, and the history of one. */
void browsers_handle(struct request *r);
/* What the script of the front page needs. */
void browsers_put(struct html *page);

#endif
