#include "collector/gateway.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/container.h"

/* Is NAME one end of a pair whose other end is the engine's (veth), or its tunnel
 * (tun)? On the host's own network the default route leads through a real card, and its
 * gateway is a router, perhaps one that sends flows. */
static bool
is_engines(const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq r = { .ifr_data = (void *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is;

	if (fd < 0)
		return false;
	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
	is = ioctl(fd, SIOCETHTOOL, &r) == 0 &&
	     (strcmp(info.driver, "veth") == 0 || strcmp(info.driver, "tun") == 0);
	close(fd);
	return is;
}

static void
add(char *buf, const struct addr *a)
{
	char text[ADDR_TEXT];
	size_t len = strlen(buf);

	addr_text(a, text);
	if (strchr(text, '%') == NULL)
		snprintf(
		    buf + len, GATEWAY_TEXT - len, "%s%s", len > 0 ? " " : "", text);
}

static void
read_route4(char *buf)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256], name[IF_NAMESIZE];
	unsigned to, gateway, flags;

	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		struct addr a = { .v4.sin_family = AF_INET };

		if (sscanf(line, "%15s %x %x %x", name, &to, &gateway, &flags) != 4 ||
		    to != 0 || gateway == 0 || !is_engines(name))
			continue;
		a.v4.sin_addr.s_addr = gateway; /* printed as it lies in memory */
		add(buf, &a);
		break;
	}
	if (file != NULL)
		fclose(file);
}

static void
read_route6(char *buf)
{
	static const char none[] = "00000000000000000000000000000000";
	FILE *file = fopen("/proc/net/ipv6_route", "re");
	char line[256], name[IF_NAMESIZE], to[33], hop[33];
	unsigned bits;

	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		struct addr a = { .v6.sin6_family = AF_INET6 };

		if (sscanf(line, "%32s %x %*s %*s %32s %*s %*s %*s %*s %15s", to, &bits,
			hop, name) != 4 ||
		    strcmp(to, none) != 0 || bits != 0 || strcmp(hop, none) == 0 ||
		    strlen(hop) != 32 || !is_engines(name))
			continue;
		for (unsigned i = 0; i < 16; i++) {
			unsigned byte = 0;

			sscanf(hop + 2 * i, "%2x", &byte);
			a.v6.sin6_addr.s6_addr[i] = (uint8_t)byte;
		}
		add(buf, &a);
		break;
	}
	if (file != NULL)
		fclose(file);
}

const char *
gateway_of_container(char buf[GATEWAY_TEXT])
{
	buf[0] = '\0';
	if (container_inside()) {
		read_route4(buf);
		read_route6(buf);
	}
	return buf;
}
