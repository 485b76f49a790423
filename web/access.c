#include "web/access.h"

#include "web/request.h"
#include "web/session.h"

bool
access_hosts(const struct request *r)
{
	if (request_is_local(r))
		return true;
	return request_is_trusted(r) && (!session_wanted() || session_is_open(r));
}

bool
access_is_private(enum minute_by by)
{
	return by == MINUTE_HOST || by == MINUTE_PEER || by == MINUTE_PORT ||
	       by == MINUTE_AS || by == MINUTE_FLOW;
}
