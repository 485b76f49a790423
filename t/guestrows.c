/* Interfaces of senders whom nobody named, in a minute: what each of them may have,
 * what they leave to each other, and what becomes of it when one is named. */
#include "t/tallied.h"
#include "t/tap.h"

/* One that was heard for long. */
static struct exporter *
an_old_guest(unsigned number)
{
	struct exporter *x = a_guest(number);

	x->first_ms = T0 - EXPORTER_NEW_MS;
	return x;
}

/* X tells of COUNT interfaces from FIRST on, of each OCTETS that came in there. */
static void
tell_interfaces(struct exporter *x, unsigned first, unsigned count, uint64_t octets)
{
	struct flow f = a_flow();

	f.exporter = x;
	f.out = 0;
	f.octets = octets;
	for (unsigned i = first; i < first + count; i++) {
		f.in = i;
		tally_flow(tally, &f, T0 + 20000);
	}
}

static unsigned
rows_of(struct flow_ip ip, uint64_t octets)
{
	const struct table *t = of_minute(MINUTE_INTERFACE, 0);
	unsigned n = 0;

	for (unsigned i = 0; i < t->rows; i++)
		n += flow_ip_same(&t->row[i].key.a, &ip) &&
		     t->row[i].sum.octets[MINUTE_IN] == octets;
	return n;
}

/* A guest makes up interfaces, of more octets than anybody has. */
static void
test_guest_interfaces(void)
{
	struct minute_sum sum;
	uint64_t all = 0;

	afresh("10.0.0.0/8");
	settings.count_all = true;
	tally_configure(tally, &settings);
	tell_interfaces(exporter, 1, 700, 1000);
	tell_interfaces(an_old_guest(2), 1, 48, 5000);
	all = 700 * 1000 + 48 * 5000;
	for (unsigned i = 0; i < 10; i++) {
		tell_interfaces(an_old_guest(3), 1 + 600 * i, 600, 1000000);
		tally_tick(tally, T0 + 20000, on_part, NULL);
	}
	all += 6000 * 1000000ULL;
	tell_interfaces(exporter, 701, 300, 1000);
	tell_interfaces(an_old_guest(3), 1, 10, 1000000);
	all += 300 * 1000 + 10 * 1000000ULL;
	close_all();
	is_int(rows_of(ip4(10, 0, 0, 1), 1000), 1000,
	    "who is named has a row for each of a thousand interfaces");
	is_int(rows_of(ip4(10, 0, 1, 2), 5000), 48, "so has another guest, of its few");
	is_int(rows_of(ip4(10, 0, 1, 3), 1000000) + rows_of(ip4(10, 0, 1, 3), 2000000),
	    MINUTE_GUEST_INTERFACES, "the one that made up 6000 has its share");
	is_int(rows_of(ip4(10, 0, 1, 3), 2000000), 10, "in which sums are whole");
	is_int((long long)tally_counts(tally)->guest_interfaces,
	    6000 - MINUTE_GUEST_INTERFACES, "the others are counted");
	sum = all_of(of_minute(MINUTE_INTERFACE, 0));
	ok(sum.octets[MINUTE_IN] == all && bad_parts == 0,
	    "and lie with the rest: nothing is lost");

	afresh("10.0.0.0/8");
	settings.count_all = true;
	tally_configure(tally, &settings);
	for (unsigned i = 0; i < 200; i++)
		tell_interfaces(an_old_guest(i), 1, 20, 1000000);
	tell_interfaces(exporter, 1, 10, 1);
	close_all();
	is_int((long long)tally_counts(tally)->guest_interfaces,
	    200 * 20 - MINUTE_GUESTS_INTERFACES, "many guests have one share together");
	is_int(rows_of(ip4(10, 0, 0, 1), 1), 10, "and take none of who is named");
	is_int(of_minute(MINUTE_INTERFACE, 0)->rows, 10 + MINUTE_GUESTS_INTERFACES,
	    "all of it is listed");

	/* A guest sends from the address that is an agent's, who is named. */
	afresh("10.0.0.0/8");
	struct exporter *guest = a_guest(7);
	exporter->agent = ip4(10, 0, 1, 7);
	tell_interfaces(exporter, 1, 5, 1000);
	tell_interfaces(guest, 1, 5, 1000000);
	close_all();
	is_int(rows_of(ip4(10, 0, 1, 7), 1000), 5,
	    "a guest has no say in the rows of who is named");
	sum = all_of(of_minute(MINUTE_INTERFACE, 0));
	ok(sum.octets[MINUTE_IN] == 5 * 1001000 &&
		of_minute(MINUTE_INTERFACE, 0)->rows == 5,
	    "what it says lies with the rest");
	settings.count_all = false;
}

/* Forged addresses take half of what all guests have. */
static void
test_new(void)
{
	const struct tally_counts *c;

	afresh("10.0.0.0/8");
	c = tally_counts(tally);
	settings.count_all = true;
	tally_configure(tally, &settings);
	tell_interfaces(a_guest(1), 1, 128, 1000000);
	tell_interfaces(a_guest(2), 1, 128, 1000000);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	is_int((long long)c->new_guest_interfaces, 128,
	    "of two new guests with 128 interfaces each one has rows");
	is_int((long long)c->guest_interfaces, 0, "none had too many by itself");
	tell_interfaces(an_old_guest(3), 1, 100, 1000);
	tell_interfaces(an_old_guest(4), 1, 27, 1000);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	ok(c->new_guest_interfaces == 128 && c->guest_interfaces == 0,
	    "those who were heard for long have all of theirs");
	tell_interfaces(an_old_guest(4), 28, 1, 1000);
	tell_interfaces(a_guest(2), 129, 1, 1000000);
	tell_interfaces(a_guest(1), 1, 128, 1000000);
	close_all();
	ok(c->new_guest_interfaces == 128 && c->guest_interfaces == 2,
	    "until there is no room at all");
	ok(rows_of(ip4(10, 0, 1, 1), 2000000) == 128 &&
		rows_of(ip4(10, 0, 1, 3), 1000) == 100 &&
		rows_of(ip4(10, 0, 1, 4), 1000) == 27,
	    "and who has a row keeps it");
	struct minute_sum sum = all_of(of_minute(MINUTE_INTERFACE, 0));
	ok(sum.octets[MINUTE_IN] == 385 * 1000000ULL + 128 * 1000 && bad_parts == 0,
	    "nothing is lost");

	/* It is new for ten minutes. */
	afresh("10.0.0.0/8");
	tally_configure(tally, &settings);
	struct exporter *later = a_guest(2);
	tell_interfaces(a_guest(1), 1, 128, 1000);
	later->first_ms = T0 + 20000 - EXPORTER_NEW_MS + 1;
	tell_interfaces(later, 1, 1, 1000);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	is_int((long long)tally_counts(tally)->new_guest_interfaces, 1,
	    "a guest is new until ten minutes have passed");
	later->first_ms--;
	tell_interfaces(later, 2, 1, 1000);
	close_all();
	ok(tally_counts(tally)->new_guest_interfaces == 1 &&
		rows_of(ip4(10, 0, 1, 2), 1000) == 1,
	    "and then it is not");
	settings.count_all = false;
}

/* What a minute says of interface INTERFACE of IP, in all its rows. */
static uint64_t
octets_of(struct flow_ip ip, uint32_t interface)
{
	const struct table *t = of_minute(MINUTE_INTERFACE, 0);
	uint64_t n = 0;

	for (unsigned i = 0; i < t->rows; i++)
		if (flow_ip_same(&t->row[i].key.a, &ip) &&
		    t->row[i].key.number == interface)
			n += t->row[i].sum.octets[MINUTE_IN];
	return n;
}

/* The operator names a guest while a minute goes on. */
static void
test_named(void)
{
	struct minute_sum sum;

	afresh("10.0.0.0/8");
	struct exporter *x = a_guest(5), *other = a_guest(6);
	tell_interfaces(x, 1, 3, 1000);
	tell_interfaces(other, 1, 2, 700);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	tell_interfaces(x, 1, 3, 100); /* gathered, and in no row yet */
	x->guest = false;
	tell_interfaces(x, 1, 2, 10);
	tell_interfaces(other, 1, 2, 70);
	close_all();
	ok(octets_of(ip4(10, 0, 1, 5), 1) == 1110 &&
		octets_of(ip4(10, 0, 1, 5), 2) == 1110,
	    "what it told as a guest is in the rows of who is named");
	is_int((long long)octets_of(ip4(10, 0, 1, 5), 3), 1100,
	    "of an interface that it did not tell of since, too");
	ok(octets_of(ip4(10, 0, 1, 6), 1) == 770 &&
		octets_of(ip4(10, 0, 1, 6), 2) == 770,
	    "and another guest has its own");
	sum = all_of(of_minute(MINUTE_INTERFACE, 0));
	ok(of_minute(MINUTE_INTERFACE, 0)->rows == 5 && bad_parts == 0 &&
		sum.octets[MINUTE_IN] == 3 * 1100 + 2 * 10 + 2 * 770,
	    "nothing is lost, and nothing there twice");

	/* Named with an agent; a guest sends from the address of that. */
	afresh("10.0.0.0/8");
	x = a_guest(5);
	other = a_guest(6);
	x->agent = ip4(10, 0, 1, 6);
	tell_interfaces(x, 1, 1, 1000);
	tell_interfaces(other, 1, 1, 700);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	x->guest = false;
	tell_interfaces(x, 1, 1, 10);
	close_all();
	is_int((long long)octets_of(ip4(10, 0, 1, 6), 1), 10,
	    "what a guest told who sends from its agent's address is not its own");
	is_int((long long)octets_of(ip4(10, 0, 1, 5), 1), 1000,
	    "and what it told by its own address stays there");

	/* With its room that of others comes back. */
	afresh("10.0.0.0/8");
	x = an_old_guest(5);
	tell_interfaces(x, 1, 128, 1000);
	tell_interfaces(an_old_guest(6), 1, 127, 700);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	x->guest = false;
	tell_interfaces(x, 129, 1, 1000);
	tell_interfaces(an_old_guest(7), 1, 100, 500);
	close_all();
	ok(rows_of(ip4(10, 0, 1, 5), 1000) == 129 &&
		rows_of(ip4(10, 0, 1, 6), 700) == 127 &&
		rows_of(ip4(10, 0, 1, 7), 500) == 100,
	    "it leaves its room to other guests");
}

int
main(void)
{
	test_guest_interfaces();
	test_new();
	test_named();
	tally_free(tally);
	exporters_free(exporters);
	prefixes_free(&settings.local);
	return tap_done();
}
