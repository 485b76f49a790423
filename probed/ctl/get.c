/* Find the daemon and ask it over HTTP, by its Unix socket or by an address. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "config/conf.h"
#include "ctl/ctl.h"
#include "store.h"

#define BODY_MAX (256 * 1024 * 1024)
#define CONNECT_MS 3000L
#define TOTAL_MS 15000L
#define POST_MS 60000L

/* Bytes of an answer as they come. */
struct body {
	char *data;
	size_t len, room;
};

static size_t
take(char *data, size_t one, size_t n, void *ctx)
{
	struct body *b = ctx;

	if (n > BODY_MAX - b->len)
		return 0;
	if (b->len + n + 1 > b->room) {
		b->room = (b->len + n + 1) * 2;
		b->data = mem_grow(b->data, b->room, 1);
	}
	memcpy(b->data + b->len, data, n * one);
	b->len += n;
	b->data[b->len] = '\0';
	return n;
}

/* The data directory that the configuration at PATH names; the caller's to free. NULL
 * with ERR. */
static char *
data_of_config(const char *path, struct err *err)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_load(path, &report);
	char *data = NULL;

	if (conf != NULL)
		data = mem_str(conf->datadir);
	else if (report.count > 0)
		err_set(err,
		    "%s has %zu errors, so it does not tell the data directory, expected "
		    "--data DIR (probed --check --config %s shows them)",
		    path, report.errors, path);
	else
		err_set(err, "%s cannot be read, expected --data DIR", path);
	conf_report_free(&report);
	conf_free(conf);
	return data;
}

/* Is there a probectl.sock below DATA? */
static bool
has_socket(const char *data)
{
	char *path = mem_printf("%s/" STORE_SOCKET, data);
	struct stat st;
	bool there = lstat(path, &st) == 0 || errno == EACCES;

	free(path);
	return there;
}

/* Which data directory: as told, else of the installed configuration, else what
 * ./bootstrap run made here. */
char *
ctl_data(const struct ctl *ctl, struct err *err)
{
	static const char installed[] = SYSCONFDIR "/smokebox/config";

	if (ctl->data != NULL)
		return mem_str(ctl->data);
	if (ctl->config != NULL)
		return data_of_config(ctl->config, err);
	if (access(installed, F_OK) == 0)
		return data_of_config(installed, err);
	if (has_socket("run/data"))
		return mem_str("run/data");
	if (access("/config", F_OK) == 0)
		return data_of_config("/config", err);
	err_set(err,
	    "which daemon? Neither %s nor run/data is there, expected --data DIR, "
	    "--config PATH or --url URL",
	    installed);
	return NULL;
}

/* Why the socket below DATA does not answer. */
static int
explain(const char *data, int why, struct err *err)
{
	struct stat st;

	switch (why) {
	case ENOENT:
		return err_set(err,
		    "no daemon works on %s: there is no %s, expected a running probed",
		    data, STORE_SOCKET);
	case ECONNREFUSED:
		return err_set(err,
		    "no daemon works on %s: nobody listens on %s, expected a running probed",
		    data, STORE_SOCKET);
	case EACCES:
		if (stat(STORE_SOCKET, &st) == 0)
			return err_set(err,
			    "%s/%s: permission denied, expected to be root, uid %u or of "
			    "group %u",
			    data, STORE_SOCKET, (unsigned)st.st_uid,
			    (unsigned)st.st_gid);
		return err_set(err,
		    "%s/%s: permission denied, expected a directory that may be searched",
		    data, STORE_DIR);
	default:
		return err_set(err, "%s/%s: %s", data, STORE_SOCKET, strerror(why));
	}
}

/* Make this handle speak to the daemon of CTL. DATA gets its data directory, or NULL.
 * The socket is reached from within the directory: a path in a socket address is
 * short. */
static int
aim(CURL *curl, const struct ctl *ctl, const char *path, char **data, struct err *err)
{
	char *url;

	*data = NULL;
	if (ctl->url != NULL) {
		size_t len = strlen(ctl->url);

		while (len > 0 && ctl->url[len - 1] == '/')
			len--;
		url = mem_printf("%.*s%s", (int)len, ctl->url, path);
	} else {
		*data = ctl_data(ctl, err);
		if (*data == NULL)
			return -1;
		if (chdir(*data) < 0)
			return err_set(err,
			    "%s: %s, expected the data directory of a probed", *data,
			    strerror(errno));
		if (access(STORE_SOCKET, W_OK) < 0)
			return explain(*data, errno, err);
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, STORE_SOCKET);
		url = mem_printf("http://localhost%s", path);
	}
	curl_easy_setopt(curl, CURLOPT_URL, url);
	free(url);
	return 0;
}

static int
perform(CURL *curl, const struct ctl *ctl, const char *data, struct body *body,
    struct err *err)
{
	char text[CURL_ERROR_SIZE] = "";
	long status = 0, why = 0;

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "probectl");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	CURLcode code = curl_easy_perform(curl);
	if (code == CURLE_OK) {
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		return (int)status;
	}
	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &why);
	if (data != NULL && code == CURLE_COULDNT_CONNECT && why != 0)
		return explain(data, (int)why, err);
	return err_set(err, "%s: %s", data != NULL ? data : ctl->url,
	    text[0] != '\0' ? text : curl_easy_strerror(code));
}

static int
ask(const struct ctl *ctl, const char *path, bool post, char **body, struct err *err)
{
	/* Relative paths in the options mean where we began. */
	char *here = getcwd(NULL, 0), *data = NULL;
	struct body b = { 0 };
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		fatalx("libcurl does not start");
	if (post)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, post ? POST_MS : TOTAL_MS);
	int status = aim(curl, ctl, path, &data, err);
	if (status == 0)
		status = perform(curl, ctl, data, &b, err);
	curl_easy_cleanup(curl);
	if (here != NULL && data != NULL && chdir(here) < 0)
		log_warn("%s", here);
	free(here);
	free(data);
	if (status < 0) {
		free(b.data);
		b.data = NULL;
	}
	*body = b.data != NULL || status < 0 ? b.data : mem_str("");
	return status;
}

int
ctl_get(const struct ctl *ctl, const char *path, char **body, struct err *err)
{
	return ask(ctl, path, false, body, err);
}

int
ctl_post(const struct ctl *ctl, const char *path, char **body, struct err *err)
{
	return ask(ctl, path, true, body, err);
}
