/* Files whose history goes on in another form or under another name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cached.h"
#include "recorder/aside.h"
#include "recorder/history_impl.h"
#include "recorder/renamed.h"

#define LEDGER_NS (10 * CLOCK_NS_PER_S)

void
history_give_up(struct history *h)
{
	migrate_free(h->migration);
	h->migration = NULL;
}

/* --- another form ---------------------------------------------------------------- */

/* S's file has become what it should. */
static void
carried(struct history *h, struct series *s)
{
	char kept[STORE_PATH + 64];

	h->counts.migrated++;
	log_info("%s", migrate_text(h->migration));
	if (s->entry != NULL)
		h->ops->carried(h->ctx, s->entry->path, migrate_text(h->migration));
	if (s->under != NULL) {
		if (aside_move(s->under, kept, sizeof kept) < 0)
			snprintf(kept, sizeof kept, "%s", s->under);
		history_tell(h, s->id,
		    "%s: has the history of %s under its own, which is kept as %s",
		    s->file.path, s->under, kept);
	}
	free(s->under);
	s->under = NULL;
	history_ready(h, s);
	history_unstick(h);
}

/* Or it has not. */
static void
not_carried(struct history *h, struct series *s, const struct err *err)
{
	if (s->under != NULL) {
		history_tell(h, s->id, "%s; the history of %s stays where it is",
		    err->text, s->under);
		free(s->under);
		s->under = NULL;
		history_ready(h, s);
		return;
	}
	snprintf(h->report.text, sizeof h->report.text, "%s", err->text);
	h->report.set_aside = false;
	history_stick(h, s);
}

/* Carry files over until END, one after the other. */
void
history_carry(struct history *h, int64_t end)
{
	struct series *s;
	struct err err;

	for (int64_t now; (now = clock_mono_ns()) < end &&
			  (s = TAILQ_FIRST(&h->list[IN_OLD])) != NULL;) {
		enum migrate_state state = MIGRATE_FAILED;
		if (h->migration == NULL)
			h->migration =
			    rrdfile_change(&s->file, s->under, &h->archives, &err);
		if (h->migration != NULL)
			state = migrate_work(h->migration, end - now, &err);
		if (state == MIGRATE_MORE)
			return;
		if (state == MIGRATE_DONE)
			carried(h, s);
		else
			not_carried(h, s, &err);
	}
}

/* --- another name ---------------------------------------------------------------- */

/* A loss of the newest lines costs little, and a new file concerns many of them. */
void
history_keep_ledger(struct history *h, bool now)
{
	static struct log_limit limit;

	if (!h->ledger.changed || (!now && clock_mono_ns() < h->ledger_due_ns))
		return;
	h->ledger_due_ns = clock_mono_ns() + LEDGER_NS;
	if (ledger_write(&h->ledger) < 0 && log_allowed(&limit, HISTORY_TELL_S, NULL))
		log_warn("%s", LEDGER);
}

/* Targets that have another name than before find their history there. */
void
history_follow_names(struct history *h, const struct conf *conf)
{
	size_t count;
	struct ledger_move *move = ledger_moves(&h->ledger, conf, &count);
	char text[RENAMED_TEXT], why[512];
	struct series *other, *next;

	/* What waits of slaves goes where their files still are. */
	HASH_ITER(hh, h->series, other, next)
		if (count != 0 && other->slave && !TAILQ_EMPTY(&other->rows))
			history_drain(h, other);
	for (size_t i = 0; i < count; i++) {
		struct series *s = history_find(h, conf_target_id(move[i].from));
		if (!move[i].certain)
			continue;
		if (s != NULL) {
			history_drain(h, s);
			s->entry = NULL;
			s->file.judged = false;
		}
		/* Rows that rrdcached does not hand out now are lost to history, which
		 * is better than history to them. */
		if (store_rrd_path(text, move[i].from) == 0)
			cached_flush(text, why, sizeof why);
		if (renamed(move[i].from, move[i].to, text) < 0) {
			history_tell(h, conf_target_id(move[i].to), "%s", text);
			continue;
		}
		if (s != NULL)
			history_drop_rows(
			    h, s); /* would begin a file at the old place */
		ledger_rename(&h->ledger, move[i].from, move[i].to);
		log_info("%s", text);
		h->ops->carried(h->ctx, move[i].to, text);
	}
	free(move);
}

int
history_merge(struct history *h, const char *from, const char *to, struct err *err)
{
	struct series *s = history_find(h, conf_target_id(to));
	const struct series *old = history_find(h, conf_target_id(from));
	char from_file[STORE_PATH], text[RENAMED_TEXT];

	if (s == NULL || !s->wanted)
		return err_set(
		    err, "%.200s is no target, expected one that is measured", to);
	if (old != NULL)
		return err_set(err, "%.200s is a target itself", from);
	if (store_rrd_path(from_file, from) < 0 || access(from_file, F_OK) != 0)
		return err_set(err, "%.200s has no history", from);
	if (access(s->file.path, F_OK) != 0) {
		if (renamed(from, to, text) < 0)
			return err_set(err, "%.500s", text);
		log_info("%s", text);
		h->ops->carried(h->ctx, to, text);
		return 0;
	}
	free(s->under);
	s->under = mem_str(from_file);
	s->file.judged = false;
	history_move(h, s, IN_OLD);
	return 0;
}
