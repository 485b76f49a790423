/* The files of static/, packed into the program at build: templates as they are, what
 * browsers fetch also in gzip form, under a name that changes with the content. */
#ifndef WEB_ASSET_H
#define WEB_ASSET_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
	const char *name; /* "smokebox.css" */
	const char *type;
	const unsigned char *data, *gzip;
	size_t len, gzip_len;
	const char *hash; /* of the content, hexadecimal */
	const char *url;  /* "/static/HASH/NAME" */
};
extern const struct asset assets[]; /* generated; end: name NULL */

/* By name, or NULL. */
const struct asset *asset_find(const char *name);
/* The text of template NAME ("page.html"), or NULL. */
const char *asset_template(const char *name, size_t *len);
/* The address of NAME for a page; the name must exist. */
const char *asset_url(const char *name);

#endif
