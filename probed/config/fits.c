#include "config/fits.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/dscp.h"
#include "base/mem.h"
#include "base/prefix.h"
#include "config/schema.h"
#include "interface.h"
#include "ratelist.h"

static bool
whole(const char *value, double least)
{
	double n = schema_number(value);

	return n >= least && n <= 4294967295.0 && n == (double)(unsigned long)n;
}

bool
fits_positive(const char *value)
{
	return whole(value, 1);
}

bool
fits_pixels(const char *value)
{
	return whole(value, 10);
}

bool
fits_three_pings(const char *value)
{
	return schema_number(value) >= 3;
}

bool
fits_ratio(const char *value)
{
	double n = schema_number(value);

	return n > 0 && n <= 1;
}

bool
fits_above_one(const char *value)
{
	return schema_number(value) > 1;
}

bool
fits_body_size(const char *value)
{
	return whole(value, 1) && schema_number(value) <= 1 << 30;
}

bool
fits_service_byte(const char *value)
{
	return dscp_tos(value) >= 0;
}

bool
fits_code_point(const char *value)
{
	return dscp_point(value) >= 0;
}

bool
fits_address(const char *value)
{
	struct addr a;

	return addr_parse(&a, value) == 0;
}

bool
fits_port(const char *value)
{
	double n = schema_number(value);

	return n >= 0 && n <= 65535;
}

bool
fits_line_speed(const char *value)
{
	uint64_t speed[IF_WAYS];

	return if_speed_parse(value, speed) == 0;
}

bool
fits_poll_pause(const char *value)
{
	return strtoul(value, NULL, 10) >= 5 && strtoul(value, NULL, 10) <= 300;
}

bool
fits_sampling_rate(const char *value)
{
	return strtoul(value, NULL, 10) <= RATELIST_RATE_MAX;
}

bool
fits_hops(const char *value)
{
	return strtoul(value, NULL, 10) >= 1 && strtoul(value, NULL, 10) <= 255;
}

bool
fits_echo_size(const char *value)
{
	return whole(value, 12) && schema_number(value) <= 64000;
}

bool
fits_firewall_mark(const char *value)
{
	char *end;
	unsigned long mark = strtoul(value, &end, 0);

	return *value >= '0' && *value <= '9' && *end == '\0' && mark >= 1 &&
	       mark <= 0xffffffffUL;
}

bool
fits_voice_gap(const char *value)
{
	return schema_number(value) >= 20 && schema_number(value) <= 50;
}

bool
fits_addresses(const char *value)
{
	char *copy = mem_str(value), *save = NULL;
	struct addr a;
	bool good = true;

	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL;
	     one = strtok_r(NULL, " ,\t", &save))
		good = good && addr_parse_listen(&a, one, NULL) == 0;
	free(copy);
	return good;
}

bool
fits_prefixes(const char *value)
{
	struct prefixes list = { NULL, 0 };
	struct err err;
	bool good = prefixes_parse(&list, value, &err) == 0 && list.count > 0;

	prefixes_free(&list);
	return good;
}

bool
fits_prefixes_or_none(const char *value)
{
	return value[strspn(value, " ,\t")] == '\0' || fits_prefixes(value);
}

bool
fits_senders(const char *value)
{
	bool private;
	char *rest = prefixes_without(value, "private", &private);
	bool good = private ? fits_prefixes_or_none(rest) : fits_prefixes(rest);

	free(rest);
	return good;
}

bool
fits_own_prefixes(const char *value)
{
	struct prefixes list = { NULL, 0 };
	struct err err;
	bool good = prefixes_parse(&list, value, &err) == 0 && list.count > 0 &&
		    list.count <= PREFIXES_OWN;

	prefixes_free(&list);
	return good;
}

bool
fits_exporters(const char *value)
{
	bool all;
	char *rest = prefixes_without(value, "all", &all);
	bool good = all ? rest[strspn(rest, " ,\t")] == '\0' : fits_own_prefixes(rest);

	free(rest);
	return good;
}

bool
fits_some_addresses(const char *value)
{
	return value[strspn(value, " ,\t")] != '\0' && fits_addresses(value);
}
