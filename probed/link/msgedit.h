/* The configuration's files: web asks the parent in numbers, the parent answers. */
#ifndef LINK_MSGEDIT_H
#define LINK_MSGEDIT_H

#include "link/msg.h"

#define EDIT_TEXT_MAX (1024 * 1024) /* bytes of a file that can be edited */
#define EDIT_DRAFTS 32		    /* STORE_DRAFT/0 ... */
#define EDIT_ROWS 160
#define EDIT_NAME 512

enum edit_what {
	EDIT_LIST, /* which files there are */
	EDIT_TEXT, /* what one holds, or held: NUMBER is the version, 0 the present */
	EDIT_VERSIONS, /* which versions of one are kept */
	EDIT_CHECK,    /* would draft NUMBER do in the place of one? */
	EDIT_SAVE,     /* put it there, if so */
	EDIT_WHATS
};

/* MSG_EDIT: web -> parent. */
struct msg_edit {
	uint32_t ticket;
	uint8_t what;	     /* enum edit_what */
	uint32_t file;	     /* edit_number() of its name; of EDIT_LIST 0 */
	uint32_t number;     /* draft or version */
	uint32_t generation; /* of the file that a draft began with */
};
void msg_put_edit(struct msg_out *out, const struct msg_edit *e);
int msg_get_edit(struct msg_in *in, struct msg_edit *e);
/* What a file is called in these messages: never 0. */
uint32_t edit_number(const char *name);

enum edit_end {
	EDIT_DONE,
	EDIT_WRONG,	/* the rows say what is wrong with it */
	EDIT_STALE,	/* the file is another one meanwhile */
	EDIT_GUARDED,	/* it changes what may not be changed from here */
	EDIT_UNKNOWN,	/* there is no such file or version */
	EDIT_READ_ONLY, /* it cannot be written */
	EDIT_OFF,	/* nobody may */
	EDIT_FAILED,	/* TEXT says why */
	EDIT_ENDS
};

enum edit_flags { /* of a file */
	EDIT_IS_READ_ONLY = 1 << 0,
	EDIT_IS_MISSING = 1 << 1, /* what is built in holds */
	EDIT_IS_NOW = 1 << 2,	  /* of a version: that is what the file holds */
	EDIT_FLAGS = (1 << 3) - 1
};

/* Of EDIT_LIST a file, of EDIT_VERSIONS a version, else a complaint. */
struct msg_edited_row {
	uint8_t kind;	    /* enum edit_flags; of a complaint enum conf_severity */
	uint32_t number;    /* generation; version; line, 0: none */
	int64_t when, size; /* epoch seconds it was written; bytes */
	char name[EDIT_NAME], text[EDIT_NAME]; /* of the file; what is to be said */
};

/* MSG_EDITED: parent -> web; a descriptor of the text that was asked for, in which
 * secrets are masked. */
struct msg_edited {
	uint32_t ticket;
	uint8_t end;	     /* enum edit_end */
	uint8_t flags;	     /* enum edit_flags of the file */
	uint32_t generation; /* of the file, now */
	int64_t when;	     /* likewise; or of the version */
	char name[EDIT_NAME], text[EDIT_NAME];
	uint16_t rows, more; /* that are here, that found no room */
	struct msg_edited_row row[EDIT_ROWS];
};
/* Rows that find no room are counted as more. */
void msg_put_edited(struct msg_out *out, const struct msg_edited *e);
int msg_get_edited(struct msg_in *in, struct msg_edited *e);

#endif
