/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/listener.h"

#include "client/http/notice.h"

static bool on_event(void *arg, const struct sse_event *event)
{
	struct listener *listener = arg;

	if (event->has_id) {
		buf_clear(&listener->last);
		buf_add_span(&listener->last, event->id);
	}
	if (!listener->connected && notice_is_head(event)) {
		listener->connected = true;
		return true;
	}
	if (span_is(event->type, "live"))
		return true;
	listener->events++;
	if (listener->event != NULL)
		listener->event(listener->arg, event);
	return true;
}

static bool on_bytes(void *arg, struct span bytes)
{
	struct listener *listener = arg;

	listener->bytes += bytes.len;
	return sse_feed(&listener->sse, bytes);
}

void listener_open(
	struct listener *listener, struct http *http, struct span path)
{
	listener->http = http;
	buf_add_span(&listener->path, path);
	buf_add_char(&listener->path, '\0');
	sse_init(&listener->sse, on_event, listener);
	listener->request = (struct http_request){
		.path = listener->path.at, .bytes = on_bytes, .arg = listener};
	listener->transfer =
		http_start(http, &listener->request, &listener->answer);
}

bool listener_has_ended(const struct listener *listener)
{
	return http_is_done(listener->transfer);
}

void listener_close(struct listener *listener)
{
	if (listener->transfer != NULL)
		http_stop(listener->transfer);
	answer_release(&listener->answer);
	sse_release(&listener->sse);
	buf_release(&listener->path);
	buf_release(&listener->last);
	*listener = (struct listener){0};
}
