/* From bytes to logical lines, as Config::Grammar reads them: trimmed, without
 * comments, continuations joined, defines put in. */
#ifndef CONFIG_LEX_H
#define CONFIG_LEX_H

#include <stdbool.h>
#include <stddef.h>

#define LEX_LINE_MAX (1024 * 1024)

/* Text that grows. */
struct text {
	char *s; /* NUL-terminated once something was added */
	size_t len, room;
};

void text_add(struct text *text, const char *s, size_t len);
void text_clear(struct text *text); /* keeps the room */
void text_free(struct text *text);

struct lex {
	const char *at, *end;
	unsigned line;	  /* number of the last physical line read */
	bool checked;	  /* checked text: every line is taken as it is */
	struct text text; /* the logical line */
};

/* DATA (borrowed) must not hold NUL bytes. */
void lex_init(struct lex *lex, const char *data, size_t len, bool checked);
/* The next logical line that is not empty, in lex->text.s; false at the end. */
bool lex_next(struct lex *lex);
void lex_free(struct lex *lex);

/* The defines of one load. Zero it first. */
struct defines {
	struct define *define;
	size_t count;
};

/* Remember that NAME, a regular expression, stands for VALUE from now on. */
void defines_add(struct defines *defines, const char *name, const char *value);
/* Put values for names in LINE; false when it grows beyond LEX_LINE_MAX. */
bool defines_apply(const struct defines *defines, struct text *line);
void defines_free(struct defines *defines);

/* "KEY = VALUE": cuts LINE in place. False when it is none. */
bool lex_pair(char *line, char **key, char **value);
/* Split LINE in place into the cells of a table row, quotes and escapes resolved.
 * Returns their number; at most MAX are stored in CELL. */
size_t lex_cells(char *line, char **cell, size_t max);
/* White space as Perl sees it in bytes. */
bool lex_space(char c);

#endif
