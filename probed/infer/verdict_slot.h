/* What becomes of what windows say about one subject, the path, this box or an end: it
 * opens, goes on, becomes worse or less, goes, comes again, and is over. */
#ifndef INFER_VERDICT_SLOT_H
#define INFER_VERDICT_SLOT_H

#include "infer/verdict_impl.h"

/* D is what the window just judged says about SLOT's subject: S, or NULL, as in
 * verdict_tell(). ALSO is what it says of it by the other sign, delay beside loss or
 * the other way round; NULL: nothing. */
void slot_step(struct verdict *v, struct slot *slot, const struct series *s,
    const struct diagnosis *d, const struct diagnosis *also);
/* It is over, and told to be if it was told: there is nothing to be judged any more. */
void slot_shut(struct verdict *v, struct slot *slot, const struct series *s);
/* What V->under holds is over, by its last words. */
void slot_rest(struct verdict *v);
/* The clock was set by so much. */
void slot_move(struct slot *slot, int64_t windows, int64_t seconds);

#endif
