/* What came out of one transfer. */
#include "base/clock.h"
#include "probes/httpfetch.h"
#include "probes/multi.h"

int64_t
httpresult_time(CURL *easy, CURLINFO info)
{
	curl_off_t us = 0;

	curl_easy_getinfo(easy, info, &us);
	return us;
}

int64_t
httpresult_figure(const struct http_fetch *f)
{
	CURL *e = f->easy;

	switch (f->run->opts->figure) {
	case HTTP_TOTAL_LESS_LOOKUP:
		return httpresult_time(e, CURLINFO_TOTAL_TIME_T) -
		       httpresult_time(e, CURLINFO_NAMELOOKUP_TIME_T);
	case HTTP_TOTAL:
		return httpresult_time(e, CURLINFO_TOTAL_TIME_T);
	case HTTP_CONNECT:
		return httpresult_time(e, CURLINFO_CONNECT_TIME_T);
	case HTTP_APPCONNECT:
		return httpresult_time(e, CURLINFO_APPCONNECT_TIME_T);
	case HTTP_PRETRANSFER:
		return httpresult_time(e, CURLINFO_PRETRANSFER_TIME_T);
	case HTTP_STARTTRANSFER:
		return httpresult_time(e, CURLINFO_STARTTRANSFER_TIME_T);
	case HTTP_REDIRECT:
		break;
	}
	return 0;
}

void
httpresult_phases(struct http_fetch *f, bool redirect)
{
	CURL *e = f->easy;
	struct http_phases *p = &f->phases;
	int64_t lookup = httpresult_time(e, CURLINFO_NAMELOOKUP_TIME_T),
		connect = httpresult_time(e, CURLINFO_CONNECT_TIME_T),
		tls = httpresult_time(e, CURLINFO_APPCONNECT_TIME_T),
		ready = httpresult_time(e, CURLINFO_PRETRANSFER_TIME_T),
		first = httpresult_time(e, CURLINFO_STARTTRANSFER_TIME_T),
		total = httpresult_time(e, CURLINFO_TOTAL_TIME_T);

	if (redirect) {
		p->redirects += total - lookup;
		p->redirected = true;
		return;
	}
	p->connect += connect > lookup ? connect - lookup : 0;
	p->tls += tls > connect ? tls - connect : 0;
	p->over_tls = p->over_tls || tls > connect;
	p->first_byte += first > ready ? first - ready : 0;
	p->transfer += first > 0 && total > first ? total - first : 0;
}

void
httpresult_tell(const struct http_fetch *f)
{
	const struct http_phases *p = &f->phases;
	struct probe_run *run = f->run;

	if (run->lookup_ns > 0)
		probe_extra(run, EXTRA_LOOKUP, (double)run->lookup_ns / CLOCK_NS_PER_S);
	probe_extra(run, EXTRA_CONNECT, (double)p->connect / 1e6);
	if (p->over_tls)
		probe_extra(run, EXTRA_TLS, (double)p->tls / 1e6);
	probe_extra(run, EXTRA_FIRST_BYTE, (double)p->first_byte / 1e6);
	probe_extra(run, EXTRA_TRANSFER, (double)p->transfer / 1e6);
	if (p->redirected)
		probe_extra(run, EXTRA_REDIRECTS, (double)p->redirects / 1e6);
}

enum ping_outcome
httpresult_outcome(const struct http_fetch *f, CURLcode result)
{
	if (result == CURLE_OK)
		return PING_ANSWERED;
	if (result == CURLE_WRITE_ERROR)
		return f->capped && !f->overlong ? PING_ANSWERED : PING_BAD_ANSWER;
	return multi_outcome(f->easy, result);
}
