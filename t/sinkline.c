/* A round as a line of InfluxDB's protocol. */
#include "courier/sinkline.h"

#include "base/mem.h"
#include "tap.h"

static const char *slave;
static struct conf_probe probe = { .name = "FPing" };
static struct conf_section section;
static struct conf_target target = {
	.path = "A.B.C",
	.title = "The host C",
	.host = "192.0.2.1",
	.probe = &probe,
	.section = &section,
};

/* The line of the pings in WORD: digits answer in that many ms, T times out, X is not
 * sent. To be freed. */
static char *
line(const char *word, bool loss_tags)
{
	struct round r = { .row = 1700000010, .step = 10 };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool put;

	r.count = (uint16_t)strlen(word);
	for (size_t i = 0; word[i] != '\0'; i++) {
		r.ping[i].rtt_ns = -1;
		r.ping[i].outcome = PING_TIMEOUT;
		if (word[i] == 'X')
			r.ping[i].outcome = PING_NOT_SENT;
		if (word[i] >= '0' && word[i] <= '9') {
			r.ping[i].outcome = PING_ANSWERED;
			r.ping[i].rtt_ns = (word[i] - '0') * 1000000LL;
		}
	}
	put = sinkline(out, &target, slave, &r, loss_tags);
	fclose(out);
	ok(put == (size > 0), "what it says is what it does");
	return text;
}

static void
is_line(const char *word, bool loss_tags, const char *want, const char *what)
{
	char *got = line(word, loss_tags);

	is_str(got, want, what);
	free(got);
}

static void
rounds(void)
{
	is_line("3142", false,
	    "FPing,host=192.0.2.1,path=/A/B/C,slave=master,title=The\\ host\\ C "
	    "loss=0i,loss_percent=0i,median=3.000000e-03,ping1=1.000000e-03,"
	    "ping2=2.000000e-03,ping3=3.000000e-03,ping4=4.000000e-03,"
	    "min=1.000000e-03,max=4.000000e-03 1700000010000\n",
	    "all answered, the upper median");
	is_line("T5T", true,
	    "FPing,host=192.0.2.1,loss=2,loss_percent=66,path=/A/B/C,slave=master,"
	    "title=The\\ host\\ C loss=2i,loss_percent=66i,median=5.000000e-03,"
	    "ping2=5.000000e-03,min=5.000000e-03,max=5.000000e-03 1700000010000\n",
	    "lost pings have no field; loss among the tags");
	is_line("TTT", false,
	    "FPing,host=192.0.2.1,path=/A/B/C,slave=master,title=The\\ host\\ C "
	    "loss=3i,loss_percent=100i 1700000010000\n",
	    "all lost");
	is_line("0", false,
	    "FPing,host=192.0.2.1,path=/A/B/C,slave=master,title=The\\ host\\ C "
	    "loss=0i,loss_percent=0i,median=1.000000e-101,ping1=1.000000e-101,"
	    "min=1.000000e-101,max=1.000000e-101 1700000010000\n",
	    "0 is something that is not");
	slave = "far.example";
	is_line("T", false,
	    "FPing,host=192.0.2.1,path=/A/B/C,slave=far.example,title=The\\ host\\ C "
	    "loss=1i,loss_percent=100i 1700000010000\n",
	    "what a slave sees");
	slave = NULL;
	is_line("XXX", false, "", "an unknown round has no line");
}

static void
escapes(void)
{
	struct conf_var var[] = {
		{ .key = "menu", .value = "C" },
		{ .key = "influx_location", .value = "Z\xc3\xbcrich, a=b" },
		{ .key = "influx_empty", .value = "" },
		{ .key = "influx_a,b", .value = "c:\\d\\" },
	};

	section.var = var;
	section.vars = 4;
	probe.name = "my probe,1=";
	target.title = "line\nbreak";
	is_line("T", false,
	    "my\\ probe\\,1=,host=192.0.2.1,path=/A/B/C,slave=master,"
	    "tag_location=Z\xc3\xbcrich\\,\\ a\\=b,tag_a\\,b=c:\\d/,"
	    "title=line\\ break loss=1i,loss_percent=100i 1700000010000\n",
	    "what has a meaning is escaped, no value runs into the next");
}

int
main(void)
{
	rounds();
	escapes();
	return tap_done();
}
