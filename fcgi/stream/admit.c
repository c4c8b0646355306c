/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/admit.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/counters.h"
#include "fcgi/guard/limit.h"
#include "fcgi/http/record.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/filter.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/patterns.h"
#include "fcgi/stream/topic.h"
#include "lib/buf.h"
#include "lib/event/active.h"

/* Would the client understand a stream?  curl says that it takes anything. */
static bool takes_streams(const char *accept)
{
	return accept[0] == '\0' || strstr(accept, "text/event-stream") ||
	       strstr(accept, "*/*") || strstr(accept, "text/*");
}

/* By what the limiter says; yes if it was not asked. */
static const struct refusal refusals[] = {
	[LIMIT_YES] = {503, "shutting_down", "the responder is being stopped",
		NULL},
	[LIMIT_TOO_MANY] = {503, "too_many_streams",
		"no further stream can be served for now (streams, channels, "
		"selectors)",
		NULL},
	[LIMIT_TOO_MANY_FROM_YOU] = {429, "too_many_from_address",
		"this address has too many streams (streams_per_address, "
		"channels_per_address)",
		NULL},
};

/* Takes `fd`. */
static void stream_later(
	struct admit *admit, int fd, uint16_t request, struct span headers)
{
	struct buf text = {0};
	struct buf out = {0};

	counters_answered(admit->counters, 200);
	event_head(&text, EVENT_PLAIN, admit->retry_ms, headers);
	record_stdout(&out, request, buf_span(&text));
	record_end(&out, request);
	/* A fresh socket takes this whole; if not, its browser sees a cut
	 * connection and comes back just the same. */
	(void)!send(fd, out.at, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
	buf_release(&text);
	buf_release(&out);
}

static void refuse(struct admit *admit, struct request *request,
	const struct refusal *refusal)
{
	reply_error_with(admit->replies, request, "Retry-After: 5\r\n",
		refusal->status, refusal->code, refusal->sentence);
}

static void refuse_for_now(struct admit *admit, struct request *request,
	const struct refusal *refusal)
{
	if (!takes_streams(request->accept)) {
		refuse(admit, request, refusal);
		return;
	}
	counters_refused(admit->counters, refusal->code);
	/* The connection is what there may be too few of. */
	buf_printf(&request->headers, "Connection: close\r\n");
	stream_later(
		admit, request->fd, request->id, buf_span(&request->headers));
	request->fd = -1;
	request_free(request);
}

static void answer_head(struct admit *admit, struct request *request)
{
	buf_printf(&request->headers, "Content-Type: " EVENT_STREAM_TYPE "\r\n"
				      "X-Accel-Buffering: no\r\n");
	reply(admit->replies, request, &(struct answer){.status = 200});
}

static bool is_known(const struct admit *admit,
	const struct subscription *wanted, struct span text)
{
	const struct topic_pattern pattern = {selector_kind(text), text,
		filter_is(wanted->types) ? span(NULL, 0) : wanted->types};

	return topic_find_pattern(admit->topics, &pattern) != NULL;
}

/* Those of its filter, if it is another one. */
static size_t new_templates(
	const struct admit *admit, const struct subscription *wanted)
{
	const struct topic_pattern pattern = {
		SELECTOR_EXACT, span_of(ACTIVE_CHANNEL), wanted->types};
	size_t count = filter_templates(wanted->types);

	return count > 0 && topic_find_pattern(admit->topics, &pattern) == NULL
		       ? count
		       : 0;
}

/* With its patterns there are no more than there may be. */
static bool has_room(
	const struct admit *admit, const struct subscription *wanted)
{
	const struct patterns *patterns = topics_patterns(admit->topics);
	size_t count, templates;

	if (wanted == NULL)
		return true;
	templates = new_templates(admit, wanted);
	if (templates == 0 && wanted->patterns == 0)
		return true;
	count = patterns->count - patterns->channels + patterns->templates +
		templates;
	for (uint16_t i = (uint16_t)(wanted->count - wanted->patterns);
		i < wanted->count; i++)
		count += !is_known(admit, wanted, wanted->channels[i]);
	return count <= admit->selectors;
}

struct client *admit_enter(struct admit *admit, struct request *request,
	const struct subscription *wanted)
{
	size_t channels = wanted == NULL ? 0 : wanted->count;
	enum limit_word word = LIMIT_YES;
	struct client *client = NULL;

	if (request->head) {
		answer_head(admit, request);
		return NULL;
	}
	if (!admit->shut && !has_room(admit, wanted))
		word = LIMIT_TOO_MANY;
	else if (!admit->shut)
		word = limit_enter(
			admit->limiter, request->address, channels, &client);
	if (client == NULL)
		refuse_for_now(admit, request, &refusals[word]);
	return client;
}

struct client *admit_count(struct admit *admit, struct request *request)
{
	enum limit_word word = LIMIT_YES;
	struct client *client = NULL;

	if (!admit->shut)
		word = limit_enter(
			admit->limiter, request->address, 1, &client);
	if (client == NULL)
		refuse(admit, request, &refusals[word]);
	return client;
}

void admit_refuse(
	struct admit *admit, struct request *request, enum access_word word)
{
	bool for_now = word == ACCESS_NOT_YET || word == ACCESS_LATER;

	if (for_now && !request->head)
		refuse_for_now(admit, request, refusal_of(word));
	else
		refusal_reply(admit->replies, request, word);
}
