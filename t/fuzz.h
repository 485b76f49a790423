/* The fuzz targets: each reads bytes from outside through one room's door. They return
 * 0 and must neither crash nor leak, whatever they are given. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_TARGET(name) int fuzz_##name(const uint8_t *data, size_t size)

/* What a clock may show, epoch seconds, when something that was believed is judged: the
 * first moments, today, the year 2100, and the last that nanoseconds can tell. */
#define FUZZ_TIMES                                                                     \
	{                                                                              \
		0, 1, 899, 86400, 1700000000, 4102444800, INT64_MAX / 1000000000       \
	}

FUZZ_TARGET(alert);    /* pattern or matcher of an alert */
FUZZ_TARGET(capture);  /* packets of a file */
FUZZ_TARGET(certificate); /* files in PEM */
FUZZ_TARGET(baselines); /* what is usual at hosts */
FUZZ_TARGET(congestion); /* what was learned of lines */
FUZZ_TARGET(conf);     /* configuration text */
FUZZ_TARGET(dns);      /* DNS answer */
FUZZ_TARGET(dnsframe); /* DNS over a connection */
FUZZ_TARGET(edit);     /* a file that is edited, and the form it comes by */
FUZZ_TARGET(icp);      /* web cache's answer */
FUZZ_TARGET(ftp);      /* replies of an FTP server */
FUZZ_TARGET(icmp);     /* ICMP reply */
FUZZ_TARGET(igd);      /* what a router says of itself */
FUZZ_TARGET(ledger);   /* what a file of history belongs to */
FUZZ_TARGET(lessons);  /* what exporters had taught */
FUZZ_TARGET(letter);   /* what the courier reads */
FUZZ_TARGET(lines);    /* what a server says */
FUZZ_TARGET(minutes);  /* table of the ring of minutes */
FUZZ_TARGET(msg);      /* message between workers */
FUZZ_TARGET(picture);  /* name of a picture */
FUZZ_TARGET(pages);    /* a user's page, a chart's format */
FUZZ_TARGET(perl);     /* what a SmokePing tells its slave */
FUZZ_TARGET(netflow);  /* datagrams of NetFlow and IPFIX */
FUZZ_TARGET(nl80211);  /* what the kernel says of radios */
FUZZ_TARGET(packet);   /* head of a packet */
FUZZ_TARGET(paper);    /* document for the painter */
FUZZ_TARGET(path);     /* what is kept of a way */
FUZZ_TARGET(query);    /* HTTP query */
FUZZ_TARGET(radius);   /* RADIUS answer */
FUZZ_TARGET(raw);      /* record of the raw ring */
FUZZ_TARGET(rrd);      /* RRD file */
FUZZ_TARGET(request);  /* what is sent to web */
FUZZ_TARGET(report);   /* what smokeboxes tell each other */
FUZZ_TARGET(rowline);  /* a line that a slave sends */
FUZZ_TARGET(sflow);    /* datagrams of sFlow */
FUZZ_TARGET(stamp);    /* STAMP packet */
FUZZ_TARGET(tacacs);   /* TACACS+ answer */
FUZZ_TARGET(telnet);   /* a router over telnet */
FUZZ_TARGET(tool);     /* output of a program that measures */
FUZZ_TARGET(usual);    /* usual delays, kept over a restart */

#endif
