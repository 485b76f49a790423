/* The tables of one minute while traffic comes to it. Keys of their rows:
 * interfaces: its exporter's address in two words, ifIndex;
 * hosts, peers: the address in two words;
 * ports: protocol << 16 | port; AS: its number;
 * flows: source and destination in two words each, protocol << 32 | sport << 16 |
 * dport. Addresses are words as they lie in memory, IPv4 mapped. */
#ifndef COLLECTOR_OPENMINUTE_H
#define COLLECTOR_OPENMINUTE_H

#include "collector/exporter.h"
#include "collector/tally.h"
#include "collector/toptable.h"

struct open_minute {
	int64_t minute; /* since the epoch */
	bool begun;	/* something came */
	bool changed;	/* since it was given out */
	struct minute_sum total; /* what counts for hosts, services and so on */
	/* All interfaces together, by all exporters: what passes through two is in it
	 * twice, what names none is not. */
	struct minute_sum carried;
	/* What was offered to a table more than once, by how often it was too many: a
	 * flow between two own hosts is of both. Rows and rest together are total and
	 * that. */
	struct minute_sum again[MINUTE_BYS];
	struct toptable table[MINUTE_BYS];
	/* Interfaces of guests, who may make up as many as there are numbers: they have
	 * a small table of their own, and each of them a part of it, by its number. */
	struct toptable guests;
	uint16_t guest_rows[EXPORTERS_MAX];
	unsigned new_rows;			   /* that guests made who were new */
	struct minute_sum protocol[256], dscp[64]; /* these have room for all */
};

void open_minute_init(struct open_minute *m);
void open_minute_free(struct open_minute *m);
/* Begin MINUTE with empty tables. */
void open_minute_begin(struct open_minute *m, int64_t minute);
/* SUM to the interfaces' rest. */
void open_minute_carried(struct open_minute *m, const struct minute_sum *sum);
/* SUM to all and to the other rests. */
void open_minute_total(struct open_minute *m, const struct minute_sum *sum);
/* SUM from the rest of table BY to the row of KEY; HASH is the key's. AGAIN: it is of
 * another row of the table already. Not for protocols and DSCP. */
void open_minute_add(struct open_minute *m, enum minute_by by,
    const struct top_key *key, uint64_t hash, const struct minute_sum *sum, bool again);
enum guest_room {
	GUEST_ROOM,
	GUEST_FULL,  /* of its interfaces, or of all guests' */
	GUEST_LATER, /* of those of guests who are new */
};
/* The same of an interface, which exporter GUEST, a guest, tells of, who IS_NEW or not.
 * Where there is no room for another one SUM stays with the rest. */
enum guest_room open_minute_add_guest(struct open_minute *m, uint32_t guest,
    bool is_new, const struct top_key *key, uint64_t hash,
    const struct minute_sum *sum);
/* Who sends from ADDRESS is named from now on: what it told as a guest of its
 * interfaces is in the same rows as what it tells. */
void open_minute_name(struct open_minute *m, const uint64_t address[2]);
/* Give out that nothing came in MINUTE. */
void open_minute_give_empty(int64_t minute, tally_part_fn part, void *ctx);
/* Give out the greatest rows of each table; of hosts, peers and flows as TALKERS says.
 */
void open_minute_give(const struct open_minute *m, bool final,
    enum tally_talkers talkers, tally_part_fn part, void *ctx);

#endif
