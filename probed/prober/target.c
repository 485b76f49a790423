#include "prober/target.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/schedule.h"

#define TARGET_GAP_NS CLOCK_NS_PER_S	       /* fping's -p */
#define TARGET_TIMEOUT_NS (2 * CLOCK_NS_PER_S) /* fping's most, where none is set */
#define TARGET_NEXT_NS (10 * CLOCK_NS_PER_MS)  /* fping's -i */

/* --- variables -------------------------------------------------------------------- */

/* KEY in ns (it is written in seconds), or FALLBACK where it makes no sense. */
static int64_t
target_ns(const struct conf *conf, const struct conf_target *t, const char *key,
    int64_t fallback)
{
	const char *text = conf_target_value(conf, t, key, NULL);
	char *end;

	if (text == NULL)
		return fallback;
	double v = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(v) || v <= 0 || v > 86400)
		return fallback;
	return (int64_t)llround(v * CLOCK_NS_PER_S);
}

static bool
target_is(const struct conf *conf, const struct conf_target *t, const char *key)
{
	const char *v = conf_target_value(conf, t, key, NULL);

	return v != NULL && (strcasecmp(v, "true") == 0 || strcasecmp(v, "yes") == 0 ||
				strcmp(v, "1") == 0);
}

/* Rounds that do not go by the step cannot be spread over it. */
static uint8_t
target_pace(const struct conf *conf)
{
	return conf->once ? RUN_ONCE : conf->nosleep ? RUN_ALWAYS : RUN_BY_STEP;
}

/* --- identity --------------------------------------------------------------------- */

/* Variables that change what is shown or told, not what is measured. */
static bool
target_is_looks(const char *key)
{
	static const char *const looks[] = { "menu", "title", "remark", "alerts",
		"alertee", "hide", "nomasterpoll", "slaves", "email", "parents",
		"rawlog" };

	for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
		if (strcmp(key, looks[i]) == 0)
			return true;
	return false;
}

static void
target_write_vars(FILE *out, const struct conf_section *s)
{
	for (size_t i = 0; s != NULL && i < s->vars; i++)
		if (!target_is_looks(s->var[i].key))
			fprintf(out, "%s=%s\n", s->var[i].key, s->var[i].value);
	fputs("\n", out);
}

/* Of a file that KEY names, what tells when it is another one: its words are read with
 * the options. */
static void
target_write_file(
    FILE *out, const struct conf *conf, const struct conf_target *t, const char *key)
{
	const char *path = conf_target_value(conf, t, key, NULL);
	struct stat st;

	if (path != NULL && stat(path, &st) == 0)
		fprintf(out, "%s %ju %jd %jd.%09ld\n", key, (uintmax_t)st.st_ino,
		    (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec);
}

char *
target_identity(const struct conf *conf, const struct conf_target *t)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%d\n", target_pace(conf));
	fprintf(out, "%s\n%s\n%u %u\n%s\n", t->path, t->host == NULL ? "" : t->host,
	    t->step, t->pings, t->note == NULL ? "" : t->note);
	if (t->probe != NULL)
		fprintf(out, "%s %s %d\n", t->probe->name, t->probe->module,
		    t->probe->offset_pct);
	target_write_vars(out, t->section);
	target_write_vars(out, t->probe == NULL ? NULL : t->probe->section);
	for (const struct conf_target *n = t; n != NULL; n = n->parent)
		target_write_vars(out, conf_target_override(n));
	target_write_vars(out, conf_probe_override(conf, t->probe));
	target_write_file(out, conf, t, "passwordfile");
	target_write_file(out, conf, t, "secretfile");
	mem_stream_end(out);
	return text;
}

/* --- when ------------------------------------------------------------------------- */

static uint8_t
target_sampler(const struct conf *conf, const struct conf_target *t)
{
	const char *v = conf_target_value(conf, t, "sampler", NULL);

	if (target_pace(conf) != RUN_BY_STEP)
		return SAMPLER_BURST;
	if (v != NULL && strcmp(v, "poisson") == 0)
		return SAMPLER_POISSON;
	if (v != NULL && strcmp(v, "spread") == 0)
		return SAMPLER_SPREAD;
	if (v != NULL && strcmp(v, "burst") == 0)
		return SAMPLER_BURST;
	if (t->probe != NULL && strcmp(t->probe->module, "FPingContinuous") == 0)
		return SAMPLER_EVEN;
	/* A default does not count. */
	if (conf_target_var(conf, t, "hostinterval") != NULL ||
	    conf_target_var(conf, t, "mininterval") != NULL ||
	    target_is(conf, t, "blazemode"))
		return SAMPLER_BURST;
	return SAMPLER_SPREAD;
}

/* How far apart the pings of a round are, where they follow each other. */
static int64_t
target_gap(const struct plan *p, const struct conf *conf, const struct conf_target *t,
    const struct run_spec *s, int64_t least)
{
	bool echo = s->type == NULL || s->type == &probe_icmp;

	if (p->sampler == SAMPLER_TRAIN)
		return s->train.gap_ms * CLOCK_NS_PER_MS;
	if (p->sampler == SAMPLER_EVEN)
		return target_ns(
		    conf, t, "hostinterval", plan_even_gap(p->step, p->count));
	return target_ns(conf, t, "hostinterval", echo ? TARGET_GAP_NS : least);
}

static void
target_plan(struct run_spec *s, const struct conf *conf, const struct conf_target *t,
    unsigned position)
{
	struct plan *p = &s->plan;
	int64_t least = target_ns(conf, t, "mininterval", TARGET_NEXT_NS);
	int64_t wait = TARGET_TIMEOUT_NS;

	p->step = (t->step == 0 ? 1 : t->step) * CLOCK_NS_PER_S;
	p->sampler = target_sampler(conf, t);
	if (conf_train(conf, t, &s->train))
		p->sampler = SAMPLER_TRAIN;
	p->gap = target_gap(p, conf, t, s, least);
	if (p->sampler != SAMPLER_TRAIN && p->gap < wait)
		wait = p->gap;
	p->timeout = target_ns(conf, t, "timeout", wait);
	p->phase = plan_phase(t->id, p->step);
	if (t->probe != NULL && t->probe->offset_pct >= 0)
		p->phase =
		    (p->step / 100 * t->probe->offset_pct + position * least) % p->step;
	if (s->opts != NULL && s->type->plan != NULL)
		s->type->plan(s->opts, p);
	plan_settle(p);
	if (p->sampler == SAMPLER_BURST && t->probe != NULL &&
	    conf_target_var(conf, t, "mininterval") != NULL) {
		s->lane = t->probe->name;
		s->lane_gap = least;
	}
}

/* --- what ------------------------------------------------------------------------- */

/* How this process measures MODULE; NULL when it does not. */
static const struct probe_type *
target_type(const char *module)
{
	for (const struct probe_row *row = probe_rows; row->module != NULL; row++)
		if (strcmp(row->module, module) == 0)
			return row->type;
	return NULL;
}

/* Why T cannot be measured whatever its options are: into ERR, -1. Else 0. */
static int
target_check(
    const struct conf_target *t, const struct probe_type *type, struct err *err)
{
	static const char said[] = "cannot measure: "; /* so say we, too */

	if (t->note != NULL)
		return err_set(err, "%s",
		    strncmp(t->note, said, sizeof said - 1) == 0
			? t->note + sizeof said - 1
			: t->note);
	if (conf_lacks_address(t))
		return err_set(err, "its host has not told its address yet");
	if (t->probe == NULL || t->host == NULL)
		return err_set(err, "no probe is in force here");
	if (t->pings > ROUND_MAX_PINGS)
		return err_set(
		    err, "%u pings, expected %d at most", t->pings, ROUND_MAX_PINGS);
	if (type == NULL)
		return err_set(
		    err, "probe module %s is not measured yet", t->probe->module);
	return 0;
}

static int
target_check_icmp(const struct probe_type *type, int family,
    const struct probe_host *host, const char how[2][ICMPSOCK_WHY], struct err *err)
{
	bool has4 = host->icmp_rung[0] != ICMP_NONE;
	bool has6 = host->icmp_rung[1] != ICMP_NONE;

	if ((type->needs & PROBE_ICMP) == 0)
		return 0;
	if (family != AF_INET6 && !has4 && (family == AF_INET || !has6))
		return err_set(err, "no ICMP socket for IPv4: %s", how[0]);
	if (family == AF_INET6 && !has6)
		return err_set(err, "no ICMP socket for IPv6: %s", how[1]);
	return 0;
}

void
target_read(struct target *target, const struct conf *conf, const struct conf_target *t,
    const struct probe_host *host, const char how[2][ICMPSOCK_WHY], unsigned position)
{
	struct run_spec *s = &target->spec;
	bool failed = true;

	*target = (struct target){ .identity = target_identity(conf, t) };
	s->target = t->id;
	s->path = t->path;
	s->pace = target_pace(conf);
	s->name = t->host;
	s->type = t->probe == NULL ? NULL : target_type(t->probe->module);
	if (target_check(t, s->type, &target->cannot) == 0) {
		s->opts = s->type->options(conf, t, &target->cannot);
		failed = s->opts == NULL;
	}
	if (!failed) {
		target->resolve = t->host;
		s->family = AF_UNSPEC;
		if (s->type->wants != NULL)
			s->type->wants(s->opts, &target->resolve, &s->family);
		if ((s->type->needs & PROBE_ADDRESS) == 0)
			target->resolve = NULL;
		failed = target_check_icmp(
			     s->type, s->family, host, how, &target->cannot) != 0;
	}
	if (failed) {
		s->cannot = target->cannot.text;
		target->resolve = NULL;
	}
	s->blaze = !failed && target_is(conf, t, "blazemode");
	s->plan.count = (t->pings == 0 ? 1 : t->pings) + s->blaze;
	if (s->plan.count > ROUND_MAX_PINGS + s->blaze)
		s->plan.count = ROUND_MAX_PINGS + s->blaze;
	target_plan(s, conf, t, position);
}

void
target_free(struct target *target)
{
	free(target->identity);
}
