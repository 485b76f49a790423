/* What somebody edits: a form, the text of a file with secrets, a draft of it, and what
 * is different. The first byte says where the one ends and the other begins. */
#include <stdlib.h>
#include <string.h>

#include "edit/mask.h"
#include "t/fuzz.h"
#include "web/diff.h"
#include "web/form.h"

int
fuzz_edit(const uint8_t *data, size_t size)
{
	static const char secret[] = "*** Actions ***\n+ a\ntoken = qZ7verysecretJx\n";
	size_t at = size > 0 ? 1 + data[0] * (size - 1) / 255 : 0, len, back_len;
	char *text = malloc(sizeof secret + size), *draft, *shown, *back;
	struct diff_row *row;
	struct err err;
	unsigned line = 0;

	/* Whoever writes it down elsewhere has told it. */
	if (text == NULL || size == 0 || memmem(data, size, "qZ7very", 7) != NULL) {
		free(text);
		return 0;
	}
	free(form_value((const char *)data + 1, size - 1, "text", &err));
	memcpy(text, secret, sizeof secret - 1);
	memcpy(text + sizeof secret - 1, data + 1, at - 1);
	struct mask *m = mask_new(text, sizeof secret - 1 + at - 1, NULL);
	shown = mask_shown(m, &len);
	/* It is never shown, and comes back where all is left as it is. */
	if (strlen(shown) != len || strstr(shown, "qZ7verysecretJx") != NULL)
		abort();
	back = mask_back(m, shown, len, &back_len, &line);
	if (back == NULL || strlen(back) != back_len ||
	    strstr(back, "token = qZ7verysecretJx\n") == NULL)
		abort();
	free(back);
	draft = malloc(size - at + 1);
	if (draft != NULL) {
		memcpy(draft, data + at, size - at);
		draft[size - at] = '\0';
		free(mask_back(m, draft, size - at, &back_len, &line));
		diff_rows(shown, draft, &row);
		free(row);
		free(draft);
	}
	mask_free(m);
	free(shown);
	free(text);
	return 0;
}
