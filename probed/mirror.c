#include "mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>

#include <pcap/pcap.h>

#include "base/mem.h"
#include "base/ring.h"

/* --- one socket ------------------------------------------------------------------- */

/* The link layer of INTERFACE (ARPHRD_*); -1 when there is no such. */
static int
hardware_of(const char *interface)
{
	struct ifreq r = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int type = -1;

	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", interface);
	if (fd >= 0 && ioctl(fd, SIOCGIFHWADDR, &r) == 0)
		type = r.ifr_hwaddr.sa_family;
	if (fd >= 0)
		close(fd);
	return type;
}

/* Of all but Ethernet the packets are taken from the IP header on. */
static bool
is_ethernet(int hardware)
{
	return hardware == ARPHRD_ETHER || hardware == ARPHRD_LOOPBACK;
}

/* FILTER as instructions; freed by pcap_freecode(). */
static int
compile(const char *filter, bool ethernet, struct bpf_program *program, struct err *err)
{
	pcap_t *p = pcap_open_dead(ethernet ? DLT_EN10MB : DLT_RAW, RING_SNAP);
	int result = 0;

	if (p == NULL)
		return err_set(err, "no memory for a filter");
	if (pcap_compile(p, program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		result = err_set(err,
		    "packets_filter: %s, expected a filter as of pcap-filter(7)",
		    pcap_geterr(p));
	pcap_close(p);
	return result;
}

/* libpcap's instructions are the kernel's. */
static int
attach(int fd, const struct bpf_program *program)
{
	struct sock_fprog f = { .len = (unsigned short)program->bf_len,
		.filter = (struct sock_filter *)(void *)program->bf_insns };

	_Static_assert(sizeof(struct sock_filter) == sizeof(struct bpf_insn),
	    "the same instructions");
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f, sizeof f);
}

static int
make_ring(int fd)
{
	int version = TPACKET_V3;
	struct tpacket_req3 ring = { .tp_block_size = RING_BLOCK,
		.tp_block_nr = RING_BLOCKS,
		.tp_frame_size = 512, /* of no meaning to this version */
		.tp_frame_nr = RING_BLOCK / 512 * RING_BLOCKS,
		.tp_retire_blk_tov = RING_WAIT_MS };

	return setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ==
			   0 &&
		       setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) ==
			   0
		   ? 0
		   : -1;
}

static int
join(int fd, unsigned index)
{
	struct packet_mreq all = { .mr_ifindex = (int)index,
		.mr_type = PACKET_MR_PROMISC };

	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
}

static int
bind_to(int fd, unsigned index)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)index };

	return bind(fd, (struct sockaddr *)&at, sizeof at);
}

int
mirror_open(
    const char *interface, const char *filter, bool promiscuous, struct err *err)
{
	unsigned index = if_nametoindex(interface);
	int hardware = hardware_of(interface), fd;
	struct bpf_program program;

	if (index == 0 || hardware < 0)
		return err_set(err, "this host has no interface %s", interface);
	if (compile(filter, is_ethernet(hardware), &program, err) != 0)
		return -1;
	/* Protocol 0: nothing comes before bind() says from where. */
	fd = socket(AF_PACKET,
	    (is_ethernet(hardware) ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC |
		SOCK_NONBLOCK,
	    0);
	if (fd < 0 || attach(fd, &program) != 0 || make_ring(fd) != 0 ||
	    (promiscuous && join(fd, index) != 0) || bind_to(fd, index) != 0) {
		err_set(err, "packets of %s cannot be seen: %s%s", interface,
		    strerror(errno),
		    errno == EPERM || errno == EACCES
			? "; start probed as root, or give CAP_NET_RAW"
			: "");
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	pcap_freecode(&program);
	return fd;
}

bool
mirror_alive(int fd, const char *interface)
{
	struct sockaddr_ll at = { 0 };
	socklen_t len = sizeof at;
	unsigned index = if_nametoindex(interface);

	/* One that is away may be back under the same number only by coming back: then
	 * it has lost its sockets, and says -1. */
	return getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
	       at.sll_ifindex > 0 && (index == 0 || (unsigned)at.sll_ifindex == index);
}

/* --- the configuration ------------------------------------------------------------ */

void
mirror_each(const struct conf *conf,
    void (*each)(void *ctx, const char *interface, const char *filter, bool promiscuous,
	struct place at),
    void *ctx)
{
	const struct conf_section *s = conf_top(conf, "Collector");
	const struct conf_var *wanted = conf_var(s, "packets");
	const char *filter = conf_value(s, "packets_filter", "");
	bool all = strcmp(conf_value(s, "packets_promiscuous", "yes"), "yes") == 0;
	char *copy, *save = NULL;
	unsigned n = 0;

	if (wanted == NULL)
		return;
	copy = mem_str(wanted->value);
	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL && n < MIRRORS_MAX;
	     one = strtok_r(NULL, " ,\t", &save), n++)
		each(ctx, one, filter, all, wanted->at);
	free(copy);
}

int
mirror_filter(const struct conf *conf, struct place *at, struct err *err)
{
	const struct conf_var *var =
	    conf_var(conf_top(conf, "Collector"), "packets_filter");
	struct bpf_program program;

	if (var == NULL)
		return 0;
	*at = var->at;
	if (compile(var->value, true, &program, err) != 0)
		return -1;
	pcap_freecode(&program);
	return 0;
}

struct check {
	FILE *out;
	bool good;
};

static void
check_one(void *ctx, const char *interface, const char *filter, bool promiscuous,
    struct place at)
{
	struct check *c = ctx;
	struct bpf_program program;
	int hardware = hardware_of(interface);
	struct err err;

	(void)promiscuous;
	if (hardware < 0)
		err_set(&err, "this host has no interface %s", interface);
	else if (compile(filter, is_ethernet(hardware), &program, &err) == 0) {
		pcap_freecode(&program);
		return;
	}
	fprintf(c->out, "%s:%u: warning: packets: %s\n", at.file, at.line, err.text);
	c->good = false;
}

bool
mirror_check(const struct conf *conf, FILE *out)
{
	struct check c = { .out = out, .good = true };

	mirror_each(conf, check_one, &c);
	return c.good;
}
