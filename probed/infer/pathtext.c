#include "infer/pathtext.h"

#include <stdio.h>

const char *
rung_label(enum rung rung)
{
	static const char *const label[RUNGS] = { "not known", "this host",
		"container bridge", "far end of the tunnel", "home network",
		"home gateway", "access hop", "provider core", "transit", "far end" };

	return label[rung];
}

const char *
rung_segment(enum rung rung)
{
	static const char *const label[RUNGS] = { "", "", "inside this machine",
		"tunnel", "home network", "home network", "access line", "provider",
		"transit", "beyond the provider" };

	return label[rung];
}

static const char *
hidden_text(enum ladder_hidden hidden)
{
	switch (hidden) {
	case HIDDEN_NEAR:
		return "Not visible from here: software on this machine, such as Docker "
		       "Desktop or a proxy, answers in place of the routers.";
	case HIDDEN_TUNNEL:
		return "Not visible from here: all leads through a tunnel.";
	case HIDDEN_HOPS:
		return "Not visible from here: no router on the way lets itself be seen.";
	default:
		return "Not visible from here.";
	}
}

const char *
anchor_why(enum rung rung, const struct ladder_anchor *a)
{
	switch ((enum ladder_sight)a->sight) {
	case LADDER_SEEN:
		return a->before > 0 ? "Hops in front of it never answer: some of what "
				       "is seen here may be theirs."
				     : "";
	case LADDER_ABSENT:
		if (rung == RUNG_GATEWAY)
			return "This machine, or the host of its container, is the router "
			       "itself.";
		return rung == RUNG_PROVIDER
			   ? "The ways part right behind the access hop."
			   : "There is none.";
	case LADDER_SILENT:
		return "It is there, and never answers.";
	case LADDER_HIDDEN:
		return hidden_text((enum ladder_hidden)a->hidden);
	default:
		return rung == RUNG_PROVIDER
			   ? "Not known yet: it takes far targets in three networks."
			   : "Not known yet: it takes a far target whose way was walked.";
	}
}

const char *
change_text(unsigned ttl, const struct addr *from, const struct addr *to, char *buf)
{
	char a[ADDR_TEXT], b[ADDR_TEXT];

	snprintf(buf, PATHTEXT_CHANGE, "changed at hop %u, from %s to %s", ttl,
	    addr_text(from, a), addr_text(to, b));
	return buf;
}

const char *
break_text(bool elsewhere, unsigned ttl, const struct addr *from, const struct addr *to,
    char *buf)
{
	char a[ADDR_TEXT], b[ADDR_TEXT];

	addr_text(from, a);
	addr_text(to, b);
	if (elsewhere)
		snprintf(buf, PATHTEXT_CHANGE,
		    "leads elsewhere at hop %u: to %s, not %s", ttl, b, a);
	else if (ttl == 0)
		snprintf(buf, PATHTEXT_CHANGE, "as before");
	else if (a[0] == '\0')
		snprintf(buf, PATHTEXT_CHANGE, "ends at once: %s, hop %u, is silent", b,
		    ttl);
	else
		snprintf(buf, PATHTEXT_CHANGE, "ends behind %s: %s, hop %u, is silent",
		    a, b, ttl);
	return buf;
}

const char *
reason_label(enum hops_reason reason)
{
	static const char *const label[HOPS_REASONS] = { "a new target or address",
		"a hop seemed to be another one", "a round was bad", "the daily walk",
		"somebody asked", "watched all the time" };

	return label[reason];
}
