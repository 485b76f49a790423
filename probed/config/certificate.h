/* The certificate of our own HTTPS: read by the parent, who may, for web, who may not.
 */
#ifndef CONFIG_CERTIFICATE_H
#define CONFIG_CERTIFICATE_H

#include <sys/stat.h>

#include "config/tree.h"

#define CERTIFICATE_MAX (128 * 1024) /* bytes of a file */
/* Stands for the end of a line of PEM in a value, which has but one. */
#define CERTIFICATE_LINE '|'

/* Of TEXT the blocks of PEM whose names end with KIND, each line ended by
 * CERTIFICATE_LINE, to be freed; what stands around them is for people. */
char *certificate_blocks(const char *text, const char *kind);
/* Give *** Web *** of TREE, where it has listen_tls, the variables certificate_pem and
 * key_pem with the blocks of PEM that the files of certificate and certificate_key
 * hold. Relative names begin in DIR ("" or with a slash at its end). What cannot be
 * read is a warning, and the variable is empty. NOTE is told of each file. */
void certificate_read(struct conf_tree *tree, struct conf_report *report,
    const char *dir, void (*note)(void *ctx, const char *path, const struct stat *st),
    void *ctx);

#endif
