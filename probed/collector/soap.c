#include "collector/soap.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/mem.h"

#define HEADERS_MAX 8192
/* For all of a request: a router may send a byte a second for ever. */
static const struct timeval deadline = { 8, 0 }, at_once = { 0, 0 };
#define SILENCE_S 5

struct soap {
	struct event_base *base;
	soap_answer_fn answer;
	void *ctx;
	struct evhttp_connection *connection; /* NULL: nothing is asked */
	struct event *late, *done;
	struct evbuffer *body; /* of the answer */
	char why[80];	       /* "" when there is one */
};

/* libevent goes on with a connection behind our call, so that it is freed later. */
static void
finish(struct soap *s)
{
	event_del(s->late);
	event_add(s->done, &at_once);
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	struct soap *s = arg;
	size_t len = evbuffer_get_length(s->body);
	uint8_t *data = mem_alloc(len + 1);
	char why[sizeof s->why];

	(void)fd;
	(void)what;
	evbuffer_remove(s->body, data, len);
	snprintf(why, sizeof why, "%s", s->why);
	soap_stop(s);
	s->answer(s->ctx, data, len, why[0] != '\0' ? why : NULL);
	free(data);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct soap *s = arg;

	(void)fd;
	(void)what;
	snprintf(s->why, sizeof s->why, "it does not come to an end of its answer");
	finish(s);
}

static void
on_error(enum evhttp_request_error error, void *arg)
{
	struct soap *s = arg;

	snprintf(s->why, sizeof s->why, "%s",
	    error == EVREQ_HTTP_TIMEOUT		? "no answer"
	    : error == EVREQ_HTTP_DATA_TOO_LONG ? "an answer that is too long"
	    : error == EVREQ_HTTP_EOF		? "it hangs up"
						: "an answer that is no HTTP");
}

static void
on_answer(struct evhttp_request *request, void *arg)
{
	struct soap *s = arg;

	if (request == NULL || evhttp_request_get_response_code(request) == 0) {
		if (s->why[0] == '\0')
			snprintf(s->why, sizeof s->why, "cannot be reached");
	} else if (evhttp_request_get_response_code(request) != 200) {
		snprintf(s->why, sizeof s->why, "HTTP status %d",
		    evhttp_request_get_response_code(request));
	} else {
		evbuffer_add_buffer(s->body, evhttp_request_get_input_buffer(request));
	}
	finish(s);
}

static void
begin(struct soap *s, const struct igd_url *url, enum evhttp_cmd_type method,
    const struct igd_service *service, const char *action)
{
	char host[32], soap_action[IGD_TEXT + 80];

	soap_stop(s);
	s->connection = evhttp_connection_base_new(s->base, NULL, url->host, url->port);
	struct evhttp_request *request = evhttp_request_new(on_answer, s);
	if (s->connection == NULL || request == NULL)
		fatalx("no memory for an HTTP request");
	evhttp_connection_set_max_headers_size(s->connection, HEADERS_MAX);
	evhttp_connection_set_max_body_size(s->connection, IGD_BYTES_MAX);
	evhttp_connection_set_timeout(s->connection, SILENCE_S);
	evhttp_request_set_error_cb(request, on_error);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	snprintf(host, sizeof host, "%s:%u", url->host, (unsigned)url->port);
	evhttp_add_header(headers, "Host", host);
	evhttp_add_header(headers, "Connection", "close");
	if (service != NULL) {
		snprintf(soap_action, sizeof soap_action, "\"%s#%s\"", service->type,
		    action);
		evhttp_add_header(headers, "SOAPAction", soap_action);
		evhttp_add_header(
		    headers, "Content-Type", "text/xml; charset=\"utf-8\"");
		evbuffer_add_printf(evhttp_request_get_output_buffer(request),
		    "<?xml version=\"1.0\"?>\r\n"
		    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		    "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>"
		    "<u:%s xmlns:u=\"%s\"></u:%s></s:Body></s:Envelope>\r\n",
		    action, service->type, action);
	}
	event_add(s->late, &deadline);
	/* When it fails the request is freed, and on_answer() may have been called. */
	if (evhttp_make_request(s->connection, request, method, url->path) != 0) {
		if (s->why[0] == '\0')
			snprintf(s->why, sizeof s->why, "cannot be reached");
		finish(s);
	}
}

void
soap_get(struct soap *s, const struct igd_url *url)
{
	begin(s, url, EVHTTP_REQ_GET, NULL, NULL);
}

void
soap_call(struct soap *s, const struct igd_service *service, const char *action)
{
	begin(s, &service->control, EVHTTP_REQ_POST, service, action);
}

void
soap_stop(struct soap *s)
{
	event_del(s->late);
	event_del(s->done);
	if (s->connection != NULL)
		evhttp_connection_free(s->connection);
	s->connection = NULL;
	evbuffer_drain(s->body, evbuffer_get_length(s->body));
	s->why[0] = '\0';
}

struct soap *
soap_new(struct event_base *base, soap_answer_fn answer, void *ctx)
{
	struct soap *s = mem_zero(1, sizeof *s);

	s->base = base;
	s->answer = answer;
	s->ctx = ctx;
	s->late = event_new(base, -1, 0, on_late, s);
	s->done = event_new(base, -1, 0, on_done, s);
	s->body = evbuffer_new();
	if (s->late == NULL || s->done == NULL || s->body == NULL)
		fatalx("no memory for HTTP");
	return s;
}
