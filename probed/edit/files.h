/* Which files of the configuration can be seen and edited through web. */
#ifndef EDIT_FILES_H
#define EDIT_FILES_H

#include <sys/stat.h>

#include "config/conf.h"
#include "link/msgedit.h"

#define EDIT_FILES 128

struct edit_file {
	const char *path;      /* as the configuration has it */
	char name[EDIT_NAME];  /* below the directory of the main file, or PATH */
	char shown[EDIT_NAME]; /* as complaints call it */
	uint32_t number;       /* edit_number() of the name */
	uint32_t generation;   /* another one whenever it is another file */
	struct stat st;	       /* st_size -1: there is no such file */
};

/* Those that CONF was read from, with what they are just now, but not those that hold
 * nothing but a secret; and those of ours that are missing. How many, EDIT_FILES at
 * most. For the parent alone: it counts generations. */
size_t edit_files(
    const struct conf *conf, const char *config_path, struct edit_file *file);
/* Is A the file that B is? */
bool edit_same(const struct stat *a, const struct stat *b);

#endif
