/* A message of the kernel's about a radio: what is read of it can be told. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "collector/nl80211.h"

int
fuzz_nl80211(const uint8_t *data, size_t size)
{
	struct nl80211_interface i;
	struct nl80211_station s;
	void *m = malloc(size > 0 ? size : 1); /* aligned, and its end is guarded */

	if (m == NULL)
		return 0;
	if (size > 0)
		memcpy(m, data, size);
	if (nl80211_read_interface(m, size, &i) == 0 && !wifi_name_fits(i.name))
		abort();
	if (nl80211_read_station(m, size, &s) == 0 &&
	    (s.level[WIFI_SIGNAL] < -128 || s.level[WIFI_SIGNAL] > 127 ||
		s.level[WIFI_SEND_RATE] < 0 || s.count[NL80211_FRAMES] < -1))
		abort();
	free(m);
	return 0;
}
