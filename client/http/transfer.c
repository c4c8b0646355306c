/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/transfer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/http/url.h"
#include "client/option/option.h"
#include "lib/clock.h"

/* ---- what curl calls */

static bool is_stream(const struct transfer *transfer)
{
	return transfer->request->bytes != NULL &&
	       transfer->answer->status == 200;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct transfer *transfer = arg;
	const struct http_request *request = transfer->request;
	struct http_answer *answer = transfer->answer;

	(void)one;
	transfer->heard = clock_mono_us();
	if (answer->status == 0) {
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
			&answer->status);
		answer->seconds =
			(double)(transfer->heard - transfer->began) / 1e6;
	}
	if (is_stream(transfer)) {
		bool more = request->bytes(request->arg, span(bytes, len));

		/* what was done with it is no silence of the server's */
		transfer->heard = clock_mono_us();
		if (more)
			return len;
		answer->interrupted = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (answer->body.len + len > REQUEST_BODY_MAX) {
		transfer->too_long = true;
		return CURL_WRITEFUNC_ERROR;
	}
	buf_add(&answer->body, bytes, len);
	return len;
}

/* Commands that are run while it is open shall not hold it. */
static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)purpose;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return CURL_SOCKOPT_OK;
}

static size_t on_withheld(char *to, size_t one, size_t len, void *arg)
{
	(void)to;
	(void)one;
	(void)len;
	(void)arg;
	return CURL_READFUNC_PAUSE;
}

/* ---- one request */

static void set_request(struct transfer *transfer)
{
	const struct http_request *request = transfer->request;
	struct buf url = {0};
	CURL *easy = transfer->easy;

	buf_add_span(&url, span_of(transfer->url));
	if (request->at_root)
		url.len = (size_t)(url_path(transfer->url) - transfer->url);
	buf_printf(&url, "%s%c", request->path, '\0');
	curl_easy_setopt(easy, CURLOPT_URL, url.at);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->lines);
	if (request->withheld > 0) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)request->withheld);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_withheld);
	} else if (request->method != NULL &&
		   strcmp(request->method, "POST") == 0) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)request->body.len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
			request->body.at == NULL ? "" : request->body.at);
	} else if (request->method != NULL) {
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	}
	buf_release(&url);
}

/* What every request has. */
static void set_always(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(
		easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(
		easy, CURLOPT_CONNECTTIMEOUT_MS, (long)REQUEST_CONNECT_MS);
	/* A server that vanishes without a word is found out in a minute. */
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	curl_easy_setopt(easy, CURLOPT_USERPWD, option_text("user"));
	if (option_given("ca-file"))
		curl_easy_setopt(easy, CURLOPT_CAINFO, option_text("ca-file"));
	if (option_switch("insecure")) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void add_line(void *arg, const char *line)
{
	struct transfer *transfer = arg;

	transfer->lines = curl_slist_append(transfer->lines, line);
}

/* ---- how it ended */

static void add_sentence(struct http_answer *answer, const char *text)
{
	buf_add_span(&answer->sentence, span_of(text));
}

static enum exit_status of_code(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum exit_status exit_status;
	} exit_statuses[] = {
		{CURLE_URL_MALFORMAT, EXIT_USAGE},
		{CURLE_UNSUPPORTED_PROTOCOL, EXIT_USAGE},
		{CURLE_PEER_FAILED_VERIFICATION, EXIT_TLS},
		{CURLE_SSL_CONNECT_ERROR, EXIT_TLS},
		{CURLE_SSL_CERTPROBLEM, EXIT_TLS},
		{CURLE_SSL_CACERT_BADFILE, EXIT_TLS},
		{CURLE_SSL_ENGINE_INITFAILED, EXIT_TLS},
	};

	for (size_t i = 0; i < sizeof(exit_statuses) / sizeof(exit_statuses[0]);
		i++)
		if (exit_statuses[i].code == code)
			return exit_statuses[i].exit_status;
	return EXIT_AWAY;
}

static void judge_code(struct transfer *transfer, CURLcode code)
{
	struct http_answer *answer = transfer->answer;

	answer->exit_status = of_code(code);
	buf_printf(&answer->sentence, "%s: ", transfer->url);
	if (transfer->too_long)
		add_sentence(answer, "the answer is too long");
	else if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
		 code == CURLE_GOT_NOTHING)
		add_sentence(answer, "the connection was cut");
	else
		add_sentence(answer, transfer->error[0] != '\0'
					     ? transfer->error
					     : curl_easy_strerror(code));
}

static void keep_header(CURL *easy, const char *name, struct buf *out)
{
	struct curl_header *header;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) ==
		CURLHE_OK)
		buf_add_span(out, span_of(header->value));
}

void transfer_judge(struct transfer *transfer, CURLcode code)
{
	struct http_answer *answer = transfer->answer;
	CURL *easy = transfer->easy;
	curl_off_t after = 0;
	char *type = NULL;
	long version = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	answer->http2 = version == CURL_HTTP_VERSION_2_0;
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after);
	buf_add_span(&answer->type, span_of(type));
	keep_header(easy, "Server", &answer->server);
	keep_header(easy, "Access-Control-Allow-Origin", &answer->origin);
	answer->retry_after_ms = (uint64_t)after * 1000;
	if (answer->interrupted)
		return;
	if (code == CURLE_OK)
		answer_judge(answer, transfer->url, transfer->request->path);
	else
		judge_code(transfer, code);
}

bool transfer_is_late(struct transfer *transfer)
{
	return request_is_late(transfer->request, transfer->began,
		transfer->heard, clock_mono_us(), transfer->url,
		transfer->answer);
}

/* ---- life */

struct transfer *transfer_new(CURLM *multi, const char *url,
	const struct http_request *request, struct http_answer *answer)
{
	struct transfer *transfer = mem_new(sizeof(*transfer));

	answer_release(answer);
	transfer->multi = multi;
	transfer->url = url;
	transfer->request = request;
	transfer->answer = answer;
	request_lines(request, add_line, transfer);
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		abort(); /* no memory */
	set_always(transfer);
	set_request(transfer);
	transfer->began = transfer->heard = clock_mono_us();
	curl_multi_add_handle(multi, transfer->easy);
	return transfer;
}

void transfer_end(struct transfer *transfer)
{
	if (transfer->done)
		return;
	transfer->done = true;
	curl_multi_remove_handle(transfer->multi, transfer->easy);
	buf_add_char(&transfer->answer->sentence, '\0');
	buf_add_char(&transfer->answer->type, '\0');
	buf_add_char(&transfer->answer->server, '\0');
	buf_add_char(&transfer->answer->origin, '\0');
}

void transfer_free(struct transfer *transfer)
{
	transfer_end(transfer);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->lines);
	free(transfer);
}
