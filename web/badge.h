/* How a target is, as a small picture for pages elsewhere. */
#ifndef WEB_BADGE_H
#define WEB_BADGE_H

struct request;

/* GET /badge/A/B.svg, /badge/A/B~slave.svg; of a group: of all below it. */
void badge_handle(struct request *r);

#endif
