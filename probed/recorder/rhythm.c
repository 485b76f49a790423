#include "recorder/rhythm.h"

int64_t
rhythm_row(struct rhythm *rhythm, int64_t time, unsigned step)
{
	int64_t s = step, row = time / s * s;

	/* What came before comes again when its answer was lost: it has its row, and
	 * those that follow keep to the newest. */
	if (rhythm->row > 0 && time <= rhythm->time)
		return time == rhythm->time || row > rhythm->row ? rhythm->row : row;
	if (rhythm->row > 0) {
		int64_t kept = rhythm->row + (time - rhythm->time + s / 2) / s * s;

		/* not more than half a step ahead of it, nor a whole one too old */
		if (kept - time <= s / 2 && time - kept < 2 * s && kept > rhythm->row)
			row = kept;
	}
	rhythm->time = time;
	rhythm->row = row;
	return row;
}
