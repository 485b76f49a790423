#include "link/msginforce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "config/conf.h"

uint64_t
in_force_id(const char *action, const char *host, bool out)
{
	char *key = mem_printf("%s %s %d", action, host, out);
	uint64_t id = conf_target_id(key);

	free(key);
	return id;
}

bool
in_force_fits(const struct msg_in_force *m)
{
	struct prefix p;
	struct err err;

	return m->action[0] != '\0' && m->type[0] != '\0' && m->program[0] == '/' &&
	       strchr(m->host, '/') == NULL && prefix_parse(&p, m->host, &err) == 0 &&
	       m->incident >= 0 && m->begin >= 0 && isfinite(m->pps) && m->pps >= 0;
}

void
msg_put_in_force(struct msg_out *out, const struct msg_in_force *m)
{
	struct pack *p = &out->pack;

	pack_u8(p, m->last);
	if (m->last)
		return;
	pack_u8(p, m->out);
	pack_u8(p, m->arrived);
	pack_u64(p, m->settings);
	pack_i64(p, m->incident);
	pack_i64(p, m->begin);
	pack_f64(p, m->pps);
	msg_str(out, m->action);
	msg_str(out, m->type);
	msg_str(out, m->host);
	msg_str(out, m->program);
	msg_str(out, m->arguments);
	msg_str(out, m->announce);
	msg_str(out, m->withdraw);
}

int
msg_get_in_force(struct msg_in *in, struct msg_in_force *m)
{
	struct wire *w = &in->wire;
	uint8_t flag[3] = { wire_u8(w) };

	memset(m, 0, sizeof *m);
	m->last = flag[0] == 1;
	if (flag[0] > 1)
		return -1;
	if (m->last)
		return msg_done(in);
	flag[1] = wire_u8(w);
	flag[2] = wire_u8(w);
	m->out = flag[1] == 1;
	m->arrived = flag[2] == 1;
	m->settings = wire_u64(w);
	m->incident = wire_i64(w);
	m->begin = wire_i64(w);
	m->pps = wire_f64(w);
	msg_get_str(in, m->action, sizeof m->action);
	msg_get_str(in, m->type, sizeof m->type);
	msg_get_str(in, m->host, sizeof m->host);
	msg_get_str(in, m->program, sizeof m->program);
	msg_get_str(in, m->arguments, sizeof m->arguments);
	msg_get_str(in, m->announce, sizeof m->announce);
	msg_get_str(in, m->withdraw, sizeof m->withdraw);
	if (flag[1] > 1 || flag[2] > 1 || !in_force_fits(m))
		return -1;
	return msg_done(in);
}
