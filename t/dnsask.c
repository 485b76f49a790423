/* Ask SERVER PORT NAME TYPE over UDP by the codec of the DNS probe, and print the
 * answer's records and its RCODE: for comparison with dig. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/addr.h"
#include "probes/dnstext.h"

int
main(int argc, char **argv)
{
	struct dnswire_asking how = { .id = 0x5a5a, .recursion = true, .edns = 4096 };
	struct timeval most = { 5, 0 };
	struct dnswire_question q;
	struct dnswire_answer a;
	struct dnswire_record rr;
	struct addr to;
	struct err err;
	uint8_t buf[65536];
	char rcode[16];
	int more;

	if (argc != 5 || addr_parse(&to, argv[1]) != 0)
		return 2;
	addr_set_port(&to, (unsigned)atoi(argv[2]));
	if (dnswire_ask(&q, argv[3], argv[4], &err) != 0)
		fatalx("%s", err.text);
	int fd = socket(to.sa.sa_family, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	size_t len = dnswire_query(buf, &how, &q);
	if (connect(fd, &to.sa, addr_len(&to)) != 0 ||
	    send(fd, buf, len, 0) != (ssize_t)len)
		fatal("%s", argv[1]);
	ssize_t n = recv(fd, buf, sizeof buf, 0);
	if (n < 0 || dnswire_match(&a, buf, (size_t)n, how.id, &q, true) != 0)
		fatalx("no answer");
	while ((more = dnswire_next(&a, &rr)) == 1) {
		if (rr.section != 0)
			continue;
		if (dnstext_record(&rr, stdout) != 0)
			fatalx("a broken record");
		putchar('\n');
	}
	printf("%s%s%s\n", dnstext_rcode(a.rcode, rcode), a.authoritative ? " aa" : "",
	    a.truncated ? " tc" : "");
	return more != 0;
}
