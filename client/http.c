/*
 * http - see http.h
 *
 * curl's multi interface throughout: only that lets a signal, a deadline and a
 * silent server end a wait.
 */
#include <config.h>

#include "client/http.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/interrupt.h"
#include "client/option.h"
#include "client/url.h"
#include "lib/clock.h"

struct http {
	CURLM *multi;
	struct buf url; /* terminated, no slash at its end */
	struct transfer *transfers;
};

struct transfer {
	struct transfer *next;
	struct http *http;
	CURL *easy;
	struct curl_slist *lines;
	const struct http_request *request;
	struct http_answer *answer;
	uint64_t began, heard; /* monotonic us */
	bool too_long, done;
	char error[CURL_ERROR_SIZE];
};

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
	if (answer->body.len + len > HTTP_BODY_MAX) {
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

/* ---- one request */

static void set_request(struct transfer *transfer)
{
	const struct http_request *request = transfer->request;
	struct buf url = {0};
	CURL *easy = transfer->easy;

	buf_printf(&url, "%s%s", transfer->http->url.at, request->path);
	buf_add_char(&url, '\0');
	curl_easy_setopt(easy, CURLOPT_URL, url.at);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->lines);
	if (request->method != NULL && strcmp(request->method, "POST") == 0) {
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

static enum outcome of_code(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum outcome outcome;
	} outcomes[] = {
		{CURLE_URL_MALFORMAT, OUT_USAGE},
		{CURLE_UNSUPPORTED_PROTOCOL, OUT_USAGE},
		{CURLE_PEER_FAILED_VERIFICATION, OUT_TLS},
		{CURLE_SSL_CONNECT_ERROR, OUT_TLS},
		{CURLE_SSL_CERTPROBLEM, OUT_TLS},
		{CURLE_SSL_CACERT_BADFILE, OUT_TLS},
		{CURLE_SSL_ENGINE_INITFAILED, OUT_TLS},
	};

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (outcomes[i].code == code)
			return outcomes[i].outcome;
	return OUT_AWAY;
}

static void judge_code(struct transfer *transfer, CURLcode code)
{
	struct http_answer *answer = transfer->answer;

	answer->outcome = of_code(code);
	buf_printf(&answer->sentence, "%s: ", transfer->http->url.at);
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

static void judge(struct transfer *transfer, CURLcode code)
{
	struct http_answer *answer = transfer->answer;
	CURL *easy = transfer->easy;
	curl_off_t after = 0;
	char *type = NULL;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after);
	buf_add_span(&answer->type, span_of(type));
	keep_header(easy, "Server", &answer->server);
	keep_header(easy, "Access-Control-Allow-Origin", &answer->origin);
	answer->retry_after_ms = (uint64_t)after * 1000;
	if (answer->interrupted)
		return;
	if (code == CURLE_OK)
		answer_judge(answer, transfer->http->url.at,
			transfer->request->path);
	else
		judge_code(transfer, code);
}

/* ---- the wait */

static bool is_late(struct transfer *transfer)
{
	return request_is_late(transfer->request, transfer->began,
		transfer->heard, clock_mono_us(), transfer->http->url.at,
		transfer->answer);
}

static void end(struct transfer *transfer)
{
	if (transfer->done)
		return;
	transfer->done = true;
	curl_multi_remove_handle(transfer->http->multi, transfer->easy);
	buf_add_char(&transfer->answer->sentence, '\0');
	buf_add_char(&transfer->answer->type, '\0');
	buf_add_char(&transfer->answer->server, '\0');
	buf_add_char(&transfer->answer->origin, '\0');
}

static void end_ended(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		struct transfer *transfer = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
			(char **)&transfer);
		judge(transfer, code);
		end(transfer);
	}
}

static void end_late(struct http *http)
{
	bool interrupted = interrupt_caught();

	for (struct transfer *at = http->transfers; at != NULL; at = at->next) {
		if (at->done || (!interrupted && !is_late(at)))
			continue;
		at->answer->interrupted |= interrupted;
		end(at);
	}
}

void http_turn(struct http *http, int ms)
{
	struct curl_waitfd signals = {interrupt_fd(), CURL_WAIT_POLLIN, 0};
	int running;

	curl_multi_poll(http->multi, &signals, signals.fd >= 0, ms, NULL);
	curl_multi_perform(http->multi, &running);
	end_ended(http);
	end_late(http);
}

struct transfer *http_start(struct http *http,
	const struct http_request *request, struct http_answer *answer)
{
	struct transfer *transfer = mem_new(sizeof(*transfer));
	int running;

	answer_release(answer);
	transfer->http = http;
	transfer->request = request;
	transfer->answer = answer;
	request_lines(request, add_line, transfer);
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		abort(); /* no memory */
	transfer->next = http->transfers;
	http->transfers = transfer;
	set_always(transfer);
	set_request(transfer);
	transfer->began = transfer->heard = clock_mono_us();
	curl_multi_add_handle(http->multi, transfer->easy);
	curl_multi_perform(http->multi, &running);
	end_ended(http);
	return transfer;
}

bool http_is_done(const struct transfer *transfer)
{
	return transfer->done;
}

void http_stop(struct transfer *transfer)
{
	struct transfer **at = &transfer->http->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	end(transfer);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->lines);
	free(transfer);
}

void http_perform(struct http *http, const struct http_request *request,
	struct http_answer *answer)
{
	struct transfer *transfer = http_start(http, request, answer);

	while (!http_is_done(transfer))
		http_turn(http, 250);
	http_stop(transfer);
}

/* ---- life */

struct http *http_new(void)
{
	const char *url = option_text("url");
	struct http *http;

	if (!url_will_do(url)) {
		fail(OUT_USAGE,
			"%s: the URL must begin with http:// or https://", url);
		return NULL;
	}
	http = mem_new(sizeof(*http));
	buf_add_span(&http->url, span_of(url));
	while (http->url.at[http->url.len - 1] == '/')
		http->url.len--;
	buf_add_char(&http->url, '\0');
	curl_global_init(CURL_GLOBAL_DEFAULT);
	http->multi = curl_multi_init();
	if (http->multi == NULL)
		abort(); /* no memory */
	return http;
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	while (http->transfers != NULL)
		http_stop(http->transfers);
	curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	buf_release(&http->url);
	free(http);
}

const char *http_url(const struct http *http)
{
	return http->url.at;
}
