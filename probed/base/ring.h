/* The ring in which the kernel lays packets of an AF_PACKET socket (TPACKET_V3): the
 * parent asks for it, the collector maps it. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stddef.h>

#define RING_BLOCK (128u << 10)
#define RING_BLOCKS 64u
#define RING_BYTES ((size_t)RING_BLOCK * RING_BLOCKS)
#define RING_WAIT_MS 60 /* a block that is not full is handed over after that */
/* Of each packet: headers, through tags and a tunnel, to ports and flags. */
#define RING_SNAP 192

#endif
