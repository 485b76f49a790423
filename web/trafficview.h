/* What the parts of the page of traffic share. A further part is a function here and a
 * template that traffic.html names. */
#ifndef WEB_TRAFFICVIEW_H
#define WEB_TRAFFICVIEW_H

#include "web/html.h"
#include "web/talkers.h"

struct request;

struct traffic_view {
	int64_t now, start, end; /* as asked for */
	bool live;		 /* it goes on until now */
	bool hosts;		 /* the reader may see who it is */
	struct talkers t;
};

/* V of the arguments start and end, without its talkers. 0, or -1 after having
 * answered.
 */
int traffic_parse(struct request *r, struct traffic_view *v);

/* How full interfaces are. */
void trafficview_interfaces(struct html *page, const struct traffic_view *v);
/* The same as table "interfaces" of F. */
struct viewfile;
void trafficview_interfaces_file(struct viewfile *f, const struct traffic_view *v);
/* How far the figures can be trusted, as sentences. */
void trafficview_trust(struct html *page, const struct traffic_view *v);
/* Who exports, and what to do where nobody does. */
void trafficview_exporters(
    struct html *page, struct request *r, const struct traffic_view *v);

/* trafficfile.c: /traffic.csv and the like, and the ways there. */
void trafficfile_handle(struct request *r);
void trafficfile_links(struct html *page, const struct request *r);

/* "1.24 GB" to BUF, which is returned. */
const char *traffic_bytes(char *buf, size_t size, double octets);

#endif
