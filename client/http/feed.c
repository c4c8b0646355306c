/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/feed.h"

#include <string.h>

#include "client/http/backoff.h"
#include "client/http/notice.h"
#include "client/http/url.h"
#include "lib/clock.h"
#include "lib/json/json.h"

enum { SILENCE_MS = 60000 }; /* four keep-alives: then the stream is dead */

static void tell(struct feed *feed, const struct sse_event *event,
	const struct enveloped *enveloped)
{
	const struct follow_event told = {
		.id = event->has_id ? event->id : span(NULL, 0),
		.type = event->type,
		.channel = enveloped->channel,
		.data = enveloped->data,
		.at = enveloped->at,
		.replayed = feed->state == FEED_BEHIND,
	};

	feed->event(feed->arg, &told);
}

static void on_connected(struct feed *feed, struct json_object *object)
{
	bool behind = false;

	json_flag(object, "behind", &behind);
	feed->state = behind ? FEED_BEHIND : FEED_LIVE;
	feed->tries = 0;
}

static bool on_event(void *arg, const struct sse_event *event)
{
	struct feed *feed = arg;
	struct json_object *object = json_parse(event->data);
	struct enveloped enveloped;

	switch (notice_read(event, object, &enveloped)) {
	case NOTICE_PUBLISHED:
		tell(feed, event, &enveloped);
		break;
	case NOTICE_CONNECTED:
		on_connected(feed, object);
		break;
	case NOTICE_RESET:
		feed->gap = true;
		break;
	case NOTICE_LIVE:
		feed->state = FEED_LIVE;
		break;
	case NOTICE_UNREADABLE:
		feed->garbled = true;
		break;
	}
	if (event->has_id) {
		buf_clear(&feed->last);
		buf_add_span(&feed->last, event->id);
	}
	json_free(object);
	return true;
}

static bool on_bytes(void *arg, struct span bytes)
{
	struct feed *feed = arg;

	return sse_feed(&feed->sse, bytes);
}

static void start(struct feed *feed)
{
	buf_clear(&feed->path);
	buf_printf(&feed->path, "/stream?envelope=1&time=1&%.*s",
		(int)feed->query.len, feed->query.at);
	if (feed->last.len > 0) {
		buf_add_span(&feed->path, span_of("&lastEventId="));
		url_encode(&feed->path, buf_span(&feed->last));
	}
	buf_add_char(&feed->path, '\0');
	sse_begin(&feed->sse);
	answer_release(&feed->answer);
	feed->state = FEED_OPENING;
	feed->request = (struct http_request){.path = feed->path.at,
		.silence_ms = SILENCE_MS,
		.bytes = on_bytes,
		.arg = feed};
	feed->transfer = http_start(feed->http, &feed->request, &feed->answer);
}

static void stop(struct feed *feed)
{
	if (feed->transfer != NULL)
		http_stop(feed->transfer);
	feed->transfer = NULL;
}

/* In the server's own words, if it has any. */
static void say_why(struct feed *feed)
{
	struct json_object *body = json_parse(buf_span(&feed->answer.body));
	struct span message = {0};
	const char *sentence = feed->answer.sentence.len > 1
				       ? feed->answer.sentence.at
				       : "the stream has ended";

	json_text(body, "message", &message);
	buf_clear(&feed->trouble);
	buf_add_span(
		&feed->trouble, message.len > 0 ? message : span_of(sentence));
	buf_add_char(&feed->trouble, '\0');
	json_free(body);
}

void feed_open(struct feed *feed, struct http *http, struct span query)
{
	feed->http = http;
	buf_add_span(&feed->query, query);
	sse_init(&feed->sse, on_event, feed);
	start(feed);
}

bool feed_turn(struct feed *feed)
{
	enum feed_state before = feed->state;
	uint64_t now = clock_mono_us();

	if (feed->transfer == NULL) {
		if (now >= feed->again)
			start(feed);
	} else if (http_is_done(feed->transfer)) {
		say_why(feed);
		stop(feed);
		feed->again = now + backoff_ms(feed->tries++) * 1000;
		feed->state = FEED_WAITING;
	}
	return feed->state != before;
}

void feed_close(struct feed *feed)
{
	if (feed->http == NULL)
		return;
	stop(feed);
	answer_release(&feed->answer);
	sse_release(&feed->sse);
	buf_release(&feed->query);
	buf_release(&feed->path);
	buf_release(&feed->last);
	buf_release(&feed->trouble);
	*feed = (struct feed){0};
}
