/* What exporters teach beyond what there is room for is counted by name. */
#include "t/flowgram.h"
#include "t/tap.h"

/* A template of number 256 that no other port has. */
static void
define_from(unsigned port)
{
	const uint16_t own[4][2] = { { 1, 4 }, { 8, 4 }, { (uint16_t)(1000 + port), 4 },
		{ 12, 4 } };

	v9(0, 1);
	template(0, 256, 4, own);
	give_from(1, port);
}

static void
test_variants(void)
{
	afresh();
	for (unsigned i = 0; i < TEMPLATE_VARIANTS_MAX; i++)
		define_from(1 + i);
	is_int((long long)all->no_room[CEILING_VARIANTS], 0,
	    "four processes may have a template of one number");
	define_from(100);
	define_from(101);
	is_int((long long)all->no_room[CEILING_VARIANTS], 2,
	    "a fifth and a sixth have one go");
	define_from(101);
	is_int(
	    (long long)all->no_room[CEILING_VARIANTS], 2, "but not by saying it again");
	is_int(
	    (long long)all->evicted, 0, "and none for want of room for templates");
}

static void
sampler_from(unsigned port, unsigned id)
{
	v9_sampler_row(1, id, 100);
	give_from(1, port);
}

static void
test_samplers(void)
{
	afresh();
	for (unsigned i = 0; i < EXPORTER_SAMPLERS_MAX; i++)
		sampler_from(1, i);
	sampler_from(1, 3);
	ok(all->no_room[CEILING_SAMPLERS] == 0 && faults[FAULT_FLOW_FULL] == 0,
	    "as many samplers as there is room for");
	sampler_from(1, 200);
	ok(all->no_room[CEILING_SAMPLERS] == 0 && faults[FAULT_FLOW_FULL] == 1,
	    "one more of the same port is a fault");
	sampler_from(2, 1);
	sampler_from(2, 2);
	ok(all->no_room[CEILING_SAMPLERS] == 2 && faults[FAULT_FLOW_FULL] == 1,
	    "for one of another port an old one goes, which is counted");
}

int
main(void)
{
	test_variants();
	test_samplers();
	for (unsigned i = 0; i < FLOW_CEILINGS; i++)
		ok(flow_ceiling_word((enum flow_ceiling)i) != NULL, "it has a name: %s",
		    flow_ceiling_word((enum flow_ceiling)i));
	exporters_free(all);
	return tap_done();
}
