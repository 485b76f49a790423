#include <math.h>

#include "t/scenariofaults.h"

/* --- what is made of a network ---------------------------------------------------- */

void
make_plain(struct world *w)
{
	(void)w;
}

void
make_wireless(struct world *w)
{
	w->wireless = true;
	w->link[LAN].delay = between(0.001, 0.004);
	w->jitter[GATEWAY] = between(0.0005, 0.0015);
}

void
make_with_printer(struct world *w)
{
	w->there[PRINTER] = true;
}

void
make_restless(struct world *w)
{
	w->restless = true;
}

void
make_counted(struct world *w)
{
	w->in = w->out = 0.05;
}

void
make_in_container(struct world *w)
{
	w->there[BRIDGE] = true;
}

void
make_dual_without_hops(struct world *w)
{
	w->dual = true;
	w->hit = 6;
}

/* Both families, of which the sixth may fail alone. */
void
make_dual(struct world *w)
{
	make_dual_without_hops(w);
	for (unsigned i = GATEWAY6; i < NODES; i++) {
		unsigned twin = i - GATEWAY6 + GATEWAY;
		w->there[i] = true;
		w->jitter[i] = w->jitter[twin];
		w->phase[i] = fmod(w->phase[twin] + w->step / 3, w->step);
	}
}

/* The same, with as many ends of each as the ladder asks of who is the provider's. */
void
make_dual_six(struct world *w)
{
	w->fars = FARS;
	for (unsigned i = END; i < END + FARS; i++)
		w->there[i] = true;
	make_dual(w);
}

void
make_dual_few(struct world *w)
{
	w->fars = 4;
	for (unsigned i = END + w->fars; i < END + FARS; i++)
		w->there[i] = false;
	make_dual(w);
}

void
make_dual_fourth(struct world *w)
{
	make_dual(w);
	w->hit = 4;
}

void
make_no_hops(struct world *w)
{
	w->there[ACCESS] = w->there[PROVIDER] = false;
}

void
make_silent_access(struct world *w)
{
	w->there[ACCESS] = false;
}

void
make_carrier_nat(struct world *w)
{
	w->carrier_nat = true;
}

void
make_no_gateway(struct world *w)
{
	w->there[GATEWAY] = false;
}

void
make_silent_gateway_and_hops(struct world *w)
{
	make_no_hops(w);
	make_no_gateway(w);
}

void
make_refusing(struct world *w)
{
	w->error = VERDICT_REFUSED;
}

void
make_unreachable(struct world *w)
{
	w->error = VERDICT_UNREACHABLE;
}

void
make_filtered(struct world *w)
{
	w->error = VERDICT_PROHIBITED;
}

void
make_fast(struct world *w)
{
	w->step = 1;
	w->pings = 5;
	for (unsigned i = 0; i < NODES; i++)
		w->phase[i] = chance();
}

static void
make_seldom(struct world *w, unsigned from, unsigned end)
{
	w->step = 60;
	w->pings = 20;
	w->seldom = 5;
	for (unsigned i = 0; i < NODES; i++) {
		w->seldoms[i] = i >= from && i < end;
		w->phase[i] = chance() * w->step;
	}
}

void
make_seldom_ends(struct world *w)
{
	make_seldom(w, END, END + FARS);
}

void
make_seldom_hops(struct world *w)
{
	make_seldom(w, GATEWAY, PROVIDER + 1);
}

void
make_with_radio(struct world *w)
{
	make_wireless(w);
	w->signal = between(-68, -40);
	w->retries = between(0.01, 0.12);
}

void
make_with_weak_radio(struct world *w)
{
	make_with_radio(w);
	w->signal = -80;
	w->retries = 0.3;
}

/* --- what happens ----------------------------------------------------------------- */

void
fault_nothing(struct world *w, double t)
{
	(void)w;
	(void)t;
}

LINK_LOSS(fault_lan_loss, LAN, 0.2, 0.4)
LINK_LOSS(fault_lan_light, LAN, 0.06, 0.1)
LINK_LOSS(fault_lan_dead, LAN, 1, 1)
LINK_LOSS(fault_router_loss, ROUTER, 0.2, 0.4)
LINK_LOSS(fault_router_dead, ROUTER, 1, 1)
LINK_LOSS(fault_line_loss, LINE, 0.2, 0.4)
LINK_LOSS(fault_line_light, LINE, 0.05, 0.08)
LINK_LOSS(fault_line_dead, LINE, 1, 1)
LINK_LOSS(fault_core_loss, CORE, 0.2, 0.4)
LINK_LOSS(fault_core_dead, CORE, 1, 1)
LINK_LOSS(fault_peer_loss, PEER1, 0.2, 0.4)
LINK_LOSS(fault_peer_dead, PEER1, 1, 1)
LINK_DELAY(fault_line_delay, LINE, 0.02, 0.1)
LINK_DELAY(fault_core_delay, CORE, 0.02, 0.06)

void
fault_lan_delay(struct world *w, double t)
{
	if (world_on(w, t))
		w->link[LAN].tail = 0.1 + w->a * 0.1;
}

void
fault_upload(struct world *w, double t)
{
	w->in = 0.1;
	w->out = 0.05;
	if (!world_on(w, t))
		return;
	w->out = 0.88 + w->b * 0.1;
	w->link[LINE].more_delay = 0.08 + w->a * 0.2;
}

void
fault_end_loss(struct world *w, double t)
{
	if (world_on(w, t))
		w->own_loss[w->victim] = 0.25 + w->a * 0.4;
}

void
fault_end_dead(struct world *w, double t)
{
	if (world_on(w, t))
		w->own_loss[w->victim] = 1;
}

void
fault_end_delay(struct world *w, double t)
{
	if (world_on(w, t))
		w->own_delay[w->victim] = 0.03 + w->a * 0.1;
}

void
fault_resolver_dead(struct world *w, double t)
{
	if (world_on(w, t))
		w->own_loss[RESOLVER] = 1;
}

void
fault_resolver_slow(struct world *w, double t)
{
	if (world_on(w, t))
		w->own_delay[RESOLVER] = 0.05 + w->a * 0.1;
}

void
fault_interface_down(struct world *w, double t)
{
	w->cannot_send = world_on(w, t);
}

/* As where a plug is half in. */
void
fault_interface_blinks(struct world *w, double t)
{
	w->cannot_send = world_on(w, t) && fmod(t, 300) < 40;
}

void
fault_route_gone(struct world *w, double t)
{
	w->no_route = world_on(w, t);
}

void
name_attack(struct world *w, double bits, bool is)
{
	w->attack = is ? bits : 0;
	w->attacked |= is;
}
