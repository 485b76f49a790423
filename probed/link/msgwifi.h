/* What is seen of a radio, from the collector to the recorder and on to web. */
#ifndef LINK_MSGWIFI_H
#define LINK_MSGWIFI_H

#include "link/msg.h"
#include "wifi.h"

/* MSG_WIFI. Where none is seen, there is one of them without a name that says why. */
struct msg_wifi {
	uint8_t sight; /* enum wifi_sight */
	bool leads;    /* the recorder's word: this host's way out is by this radio */
	struct wifi wifi; /* empty unless WIFI_SEEN */
};
void msg_put_wifi(struct msg_out *out, const struct msg_wifi *m);
/* 0, or -1 when it is not to be believed. */
int msg_get_wifi(struct msg_in *in, struct msg_wifi *m);

#endif
