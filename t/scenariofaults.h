/* What networks are made of, and what happens to them, for more than one table of
 * scenarios. */
#ifndef T_SCENARIOFAULTS_H
#define T_SCENARIOFAULTS_H

#include "t/scenarioworld.h"

/* Of a network that was drawn. */
void make_plain(struct world *w);
void make_wireless(struct world *w);
void make_with_printer(struct world *w);
void make_restless(struct world *w);
void make_counted(struct world *w);
void make_in_container(struct world *w);
void make_dual(struct world *w);
void make_dual_without_hops(struct world *w);
void make_dual_six(struct world *w);
void make_dual_few(struct world *w);
void make_dual_fourth(struct world *w);
void make_no_hops(struct world *w);
void make_silent_access(struct world *w);
void make_carrier_nat(struct world *w);
void make_no_gateway(struct world *w);
void make_silent_gateway_and_hops(struct world *w);
void make_refusing(struct world *w);
void make_unreachable(struct world *w);
void make_filtered(struct world *w);
void make_fast(struct world *w);
/* What is far, or near, is measured every five minutes, and the rest each minute. */
void make_seldom_ends(struct world *w);
void make_seldom_hops(struct world *w);
void make_with_radio(struct world *w);
void make_with_weak_radio(struct world *w);

/* At T seconds since the onset, which may be before it. */
void fault_nothing(struct world *w, double t);
void fault_lan_loss(struct world *w, double t);
void fault_lan_light(struct world *w, double t);
void fault_lan_dead(struct world *w, double t);
void fault_router_loss(struct world *w, double t);
void fault_router_dead(struct world *w, double t);
void fault_line_loss(struct world *w, double t);
void fault_line_light(struct world *w, double t);
void fault_line_dead(struct world *w, double t);
void fault_core_loss(struct world *w, double t);
void fault_core_dead(struct world *w, double t);
void fault_peer_loss(struct world *w, double t);
void fault_peer_dead(struct world *w, double t);
void fault_line_delay(struct world *w, double t);
void fault_core_delay(struct world *w, double t);
void fault_lan_delay(struct world *w, double t);
void fault_upload(struct world *w, double t);
void fault_end_loss(struct world *w, double t);
void fault_end_dead(struct world *w, double t);
void fault_end_delay(struct world *w, double t);
void fault_resolver_dead(struct world *w, double t);
void fault_resolver_slow(struct world *w, double t);
void fault_interface_blinks(struct world *w, double t);
void fault_interface_down(struct world *w, double t);
void fault_route_gone(struct world *w, double t);

/* An attack of BITS at a host at home. */
void name_attack(struct world *w, double bits, bool is);

/* A fault of so much, drawn once for each run. */
#define LINK_LOSS(NAME, LINK, LOW, HIGH)                                               \
	void NAME(struct world *w, double t)                                           \
	{                                                                              \
		if (world_on(w, t))                                                    \
			w->link[LINK].more_loss = LOW + w->a * (HIGH - LOW);           \
	}
#define LINK_DELAY(NAME, LINK, LOW, HIGH)                                              \
	void NAME(struct world *w, double t)                                           \
	{                                                                              \
		w->truth = LOW + w->a * (HIGH - LOW);                                  \
		if (world_on(w, t))                                                    \
			w->link[LINK].more_delay = w->truth;                           \
	}

#endif
