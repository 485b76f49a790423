/* What came out of one transfer. */
#include "base/clock.h"
#include "probes/httpfetch.h"
#include "probes/net.h"

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

enum ping_outcome
httpresult_outcome(const struct http_fetch *f, CURLcode result)
{
	long error = 0;

	switch (result) {
	case CURLE_OK:
		return PING_ANSWERED;
	case CURLE_WRITE_ERROR:
		return f->capped ? PING_ANSWERED : PING_BAD_ANSWER;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &error);
		return error == 0 ? PING_TIMEOUT : net_errno((int)error, NULL);
	case CURLE_OPERATION_TIMEDOUT:
		return PING_TIMEOUT;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return PING_CUT_OFF;
	case CURLE_INTERFACE_FAILED:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
	case CURLE_COULDNT_RESOLVE_HOST: /* never: addresses are pinned */
		return PING_NOT_SENT;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
		return PING_CANNOT;
	default: /* certificates, handshakes, status, garbage */
		return PING_BAD_ANSWER;
	}
}

bool
httpresult_status_fits(const struct probe_opts *o, long status)
{
	return !o->want_2xx || (status >= 200 && status < 300) ||
	       (o->allow_3xx && status >= 300 && status < 400);
}
