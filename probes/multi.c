#include "probes/multi.h"

#include "probes/net.h"

enum ping_outcome
multi_outcome(CURL *easy, CURLcode result)
{
	long error = 0;

	switch (result) {
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
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
	case CURLE_ABORTED_BY_CALLBACK:
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
