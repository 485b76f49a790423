/* Would a draft do? Looked at in a child that may nothing, so that whoever wrote it
 * gains nothing by a fault of ours. */
#ifndef EDIT_CHECK_H
#define EDIT_CHECK_H

#include "consult.h"
#include "edit/child.h"

struct check {
	const struct edit_job *job;
	const struct edit_file *file; /* that it is for ... */
	const char *now;	      /* ... and what that holds, LEN bytes */
	size_t len;
	int draft; /* descriptor */
	int whole; /* memory file: the draft with its secrets, when it would do */
	struct consult asked;
};

/* Run the check. The answer is in the job's memory file then, as ANSWER goes on from
 * here. True when it would do. */
bool check_draft(struct check *check, struct msg_edited *answer);
/* Write ANSWER where the parent finds it. */
void check_tell(const struct edit_job *job, const struct msg_edited *answer);

#endif
