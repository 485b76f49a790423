#include "web/slavebook.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define TELL_S 60

static struct slavenote **notes;
static size_t note_count;
static struct slavenote nobody = { .name = (char *)"", .protocol = "" };

const char *
slave_fault_word(enum slave_fault fault)
{
	static const char *const words[FAULTS] = { "unknown_slave", "no_secret",
		"protocol", "signature", "replay", "line", "target", "row", "time",
		"busy" };

	return words[fault];
}

struct slavenote *
slavebook_note(const struct conf_slave *slave)
{
	struct slavenote *note;

	if (slave == NULL)
		return &nobody;
	for (size_t i = 0; i < note_count; i++)
		if (strcmp(notes[i]->name, slave->name) == 0)
			return notes[i];
	notes = mem_grow(notes, note_count + 1, sizeof(struct slavenote *));
	note = notes[note_count++] = mem_zero(1, sizeof *note);
	note->name = mem_str(slave->name);
	note->protocol = "";
	return note;
}

void
slavebook_fault(struct slavenote *note, enum slave_fault fault, const char *fmt, ...)
{
	static struct log_limit limit[FAULTS];
	unsigned skipped;
	va_list ap;

	note->fault[fault]++;
	note->trouble_at = clock_wall_s();
	va_start(ap, fmt);
	vsnprintf(note->trouble, sizeof note->trouble, fmt, ap);
	va_end(ap);
	for (char *s = note->trouble; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x7f)
			*s = '?';
	if (log_allowed(&limit[fault], TELL_S, &skipped))
		log_warnx("slave %s: %s%s", note->name, note->trouble,
		    skipped > 0 ? " (and more of this)" : "");
}

static void
note_free(struct slavenote *note)
{
	free(note->name);
	free(note);
}

void
slavebook_reload(const struct conf *next)
{
	size_t kept = 0;

	for (size_t i = 0; i < note_count; i++) {
		if (conf_slave_by_name(next, notes[i]->name) == NULL) {
			note_free(notes[i]);
			continue;
		}
		notes[i]->stamp = notes[i]->own_stamp = 0;
		notes[i]->current = false;
		notes[kept++] = notes[i];
	}
	note_count = kept;
}

void
slavebook_free(void)
{
	for (size_t i = 0; i < note_count; i++)
		note_free(notes[i]);
	free(notes);
	notes = NULL;
	note_count = 0;
}
