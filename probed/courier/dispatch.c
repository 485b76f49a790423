#include "courier/dispatch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/mem.h"
#include "courier/errand.h"
#include "courier/mail.h"
#include "courier/service.h"
#include "courier/snpp.h"
#include "link/sandbox.h"

#define MAIL_ROOM (64 * 1024)
#define HISTORY_ROOM (8 * 1024) /* bytes of each history that a program gets */

struct dispatch {
	outcome_fn done;
	void *ctx;
	struct transfer *transfer;
	struct errand *errand;
	struct snpp *snpp;
};

/* A template in use, as it was when it could be read last. */
struct template
{
	char *path, *text;
	bool wanted;
	LIST_ENTRY(template) link;
};

static struct {
	const struct conf *conf;
	char host[256];
	LIST_HEAD(, template) templates;
} room;

/* --- templates -------------------------------------------------------------------- */

static struct template *
template_of(const char *path)
{
	struct template *t;

	LIST_FOREACH(t, &room.templates, link)
	if (strcmp(t->path, path) == 0)
		return t;
	t = mem_zero(1, sizeof *t);
	t->path = mem_str(path);
	LIST_INSERT_HEAD(&room.templates, t, link);
	return t;
}

static void
want_template(const struct conf_section *s)
{
	const struct conf_var *var = conf_var(s, "mailtemplate");
	struct template *t;
	struct err err;

	if (var == NULL || *var->value == '\0')
		return;
	t = template_of(var->value);
	if (t->wanted)
		return;
	t->wanted = true;
	sandbox_read(t->path);
	char *text = mailtemplate_read(t->path, &err);
	if (text == NULL) {
		log_warnx("%s:%u: mailtemplate %s; alerts are mailed with %s",
		    var->at.file, var->at.line, err.text,
		    t->text == NULL ? "the usual text" : "what it said before");
		return;
	}
	free(t->text);
	t->text = text;
}

/* The template for the alert NAME, or NULL. */
static const char *
template_text(const char *alert)
{
	const struct conf_section *alerts = conf_top(room.conf, "Alerts");
	const struct conf_section *s =
	    alerts == NULL ? NULL : conf_child(alerts, alert);
	const char *path = conf_value(s != NULL ? s : alerts, "mailtemplate", "");

	return *path == '\0' ? NULL : template_of(path)->text;
}

void
dispatch_configure(const struct conf *conf)
{
	const struct conf_section *alerts = conf_top(conf, "Alerts");
	struct template *t, *after;

	room.conf = conf;
	if (room.host[0] == '\0' &&
	    (gethostname(room.host, sizeof room.host - 1) != 0 || room.host[0] == '\0'))
		strcpy(room.host, "localhost");
	LIST_FOREACH(t, &room.templates, link)
	t->wanted = false;
	if (alerts != NULL) {
		want_template(alerts);
		for (const struct conf_section *s = alerts->first; s != NULL;
		     s = s->next)
			want_template(s);
	}
	for (t = LIST_FIRST(&room.templates); t != NULL; t = after) {
		after = LIST_NEXT(t, link);
		if (t->wanted)
			continue;
		LIST_REMOVE(t, link);
		free(t->path);
		free(t->text);
		free(t);
	}
}

/* --- on its way ------------------------------------------------------------------- */

static void
on_outcome(void *ctx, const struct outcome *outcome)
{
	struct dispatch *d = ctx;
	outcome_fn done = d->done;
	void *whose = d->ctx;

	free(d);
	done(whose, outcome);
}

/* HISTORY ("loss: S, 0%, 40%") without its oldest values where it is too long for an
 * argument. To be freed. */
static char *
newest_of(const char *history)
{
	size_t len = strlen(history), name = strcspn(history, " ");

	if (len <= HISTORY_ROOM)
		return mem_str(history);
	const char *tail = strstr(history + len - HISTORY_ROOM + name, ", ");
	return mem_printf("%.*s%s", name < HISTORY_ROOM / 2 ? (int)name : 0, history,
	    tail != NULL ? tail + 1 : "");
}

/* SmokePing's arguments: name, target, losses, times, host and, where the alert is edge
 * triggered, 1 or 0. What is no alert has its kind and its sentence in place of name
 * and losses. */
static struct errand *
start_command(const struct address *a, const struct parcel *p, struct dispatch *d)
{
	const struct letter *l = &p->letter[0];
	bool alert = *l->alert != '\0';
	const char *edge = !alert		    ? letter_is_over(l) ? "0" : "1"
			   : l->edge == EDGE_NONE   ? NULL
			   : l->edge == EDGE_RAISED ? "1"
						    : "0";
	char *loss = alert ? newest_of(l->loss)
			   : mem_strn(l->summary, strnlen(l->summary, HISTORY_ROOM));
	char *rtt = newest_of(l->rtt);
	const char *argv[] = { a->program, alert ? l->alert : l->kind, l->subject, loss,
		rtt, l->host, edge, NULL };
	char id[PARCEL_ID];

	parcel_id(p, id);
	struct errand *e =
	    errand_start((char *const *)argv, id, NULL, 0, on_outcome, d);
	free(loss);
	free(rtt);
	return e;
}

static struct errand *
start_sendmail(const struct address *a, const struct parcel *p, struct dispatch *d)
{
	char *from = address_bare(a->from), *to = address_bare(a->to), id[PARCEL_ID];
	char f[] = "-f";
	char *argv[] = { a->program, f, from, to, NULL };
	size_t len;
	char *text =
	    mail_message(a, p, template_text(p->letter[0].alert), room.host, &len);

	parcel_id(p, id);
	struct errand *e = errand_start(argv, id, text, len, on_outcome, d);
	free(text);
	free(from);
	free(to);
	return e;
}

static struct transfer *
start_smtp(const struct address *a, const struct parcel *p, struct dispatch *d)
{
	size_t len;
	char *text =
	    mail_message(a, p, template_text(p->letter[0].alert), room.host, &len);

	return transfer_mail(a, text, len, room.host, on_outcome, d);
}

struct dispatch *
dispatch_start(
    const struct address *a, const struct parcel *p, outcome_fn done, void *ctx)
{
	struct dispatch *d = mem_zero(1, sizeof *d);

	d->done = done;
	d->ctx = ctx;
	switch (a->way) {
	case WAY_SERVICE:
		d->transfer = transfer_post(a, p, on_outcome, d);
		break;
	case WAY_SMTP:
		d->transfer = start_smtp(a, p, d);
		break;
	case WAY_SENDMAIL:
		d->errand = start_sendmail(a, p, d);
		break;
	case WAY_COMMAND:
		d->errand = start_command(a, p, d);
		break;
	case WAY_SNPP:
		d->snpp = snpp_send(a, p, on_outcome, d);
		break;
	case WAY_NONE:
		fatalx("a letter without a way");
	}
	return d;
}

void
dispatch_cancel(struct dispatch *d)
{
	if (d->transfer != NULL)
		transfer_cancel(d->transfer);
	if (d->errand != NULL)
		errand_cancel(d->errand);
	if (d->snpp != NULL)
		snpp_cancel(d->snpp);
	free(d);
}

const char *
dispatch_obstacle(const struct address *a)
{
	if (a->way == WAY_NONE)
		return a->cannot;
	if ((a->way == WAY_SENDMAIL || a->way == WAY_COMMAND) && !errand_possible())
		return "the runner, which executes programs, is not there yet";
	return NULL;
}

size_t
dispatch_room(const struct address *a)
{
	if (a->way == WAY_SNPP)
		return SNPP_ROOM;
	return a->service != NULL ? a->service->max - SERVICE_TITLE - 1 : MAIL_ROOM;
}

bool
dispatch_single(const struct address *a)
{
	return a->way == WAY_COMMAND;
}
