/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "client/http/interrupt.h"
#include "client/http/transfer.h"
#include "client/http/url.h"
#include "client/option/option.h"

/* curl's multi interface throughout: only that lets a signal, a deadline and a
 * silent server end a wait. */
struct http {
	CURLM *multi;
	struct buf url; /* terminated, no slash at its end */
	struct transfer *transfers;
	int watched; /* -1 = none */
};

static void end_ended(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		struct transfer *transfer = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
			(char **)&transfer);
		transfer_judge(transfer, code);
		transfer_end(transfer);
	}
}

static void end_late(struct http *http)
{
	bool interrupted = interrupt_caught();

	for (struct transfer *at = http->transfers; at != NULL; at = at->next) {
		if (at->done || (!interrupted && !transfer_is_late(at)))
			continue;
		at->answer->interrupted |= interrupted;
		transfer_end(at);
	}
}

static void add_fd(struct curl_waitfd *fds, unsigned *count, int fd)
{
	if (fd >= 0)
		fds[(*count)++] = (struct curl_waitfd){fd, CURL_WAIT_POLLIN, 0};
}

void http_watch(struct http *http, int fd)
{
	http->watched = fd;
}

void http_turn(struct http *http, int ms)
{
	struct curl_waitfd fds[2];
	unsigned count = 0;
	int running;

	add_fd(fds, &count, interrupt_fd());
	add_fd(fds, &count, http->watched);
	curl_multi_poll(http->multi, fds, count, ms, NULL);
	curl_multi_perform(http->multi, &running);
	end_ended(http);
	end_late(http);
}

struct transfer *http_start(struct http *http,
	const struct http_request *request, struct http_answer *answer)
{
	struct transfer *transfer =
		transfer_new(http->multi, http->url.at, request, answer);
	int running;

	transfer->owner = http;
	transfer->next = http->transfers;
	http->transfers = transfer;
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
	struct transfer **at = &transfer->owner->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	transfer_free(transfer);
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

static bool is_token(const char *token)
{
	for (const char *at = token; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			return false;
	return true;
}

/* What --token and --user say: Authorization has room for one of them. */
static bool check_proof(void)
{
	const char *token = option_text("token");

	if (token == NULL || *token == '\0')
		return true;
	if (!is_token(token))
		fail(EXIT_USAGE, "--token: a token has no space in it, and no "
				 "other letters than those of ASCII");
	else if (option_text("user") != NULL)
		fail(EXIT_USAGE, "--token and --user: a request can show one "
				 "of them");
	else
		return true;
	return false;
}

struct http *http_new(void)
{
	const char *url = option_text("url"), *fault = url_fault(url);
	struct http *http;

	if (fault != NULL) {
		fail(EXIT_USAGE, "%s: %s", url, fault);
		return NULL;
	}
	if (!check_proof())
		return NULL;
	http = mem_new(sizeof(*http));
	http->watched = -1;
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
