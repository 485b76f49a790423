/* The child that answers one question about the configuration's files. */
#ifndef EDIT_CHILD_H
#define EDIT_CHILD_H

#include "edit/files.h"
#include "rights.h"

struct edit_job {
	struct msg_edit ask;
	const struct edit_file *file; /* all of them */
	size_t files;
	const struct rights *rights;
	int datadir;	  /* O_PATH */
	int answer, text; /* memory files: MSG_EDITED, and the text that goes along */
	bool all;	  /* anything may be changed */
};

/* Answer it, with the rights of the parent, and end. What a stranger wrote is looked at
 * by a child of this one only (check.h). */
void edit_child(const struct edit_job *job) __attribute__((noreturn));

#endif
