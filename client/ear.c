#include <config.h>

#include "client/ear.h"

#include "client/notice.h"

static bool on_event(void *arg, const struct sse_event *event)
{
	struct ear *ear = arg;

	if (event->has_id) {
		buf_clear(&ear->last);
		buf_add_span(&ear->last, event->id);
	}
	if (!ear->connected && notice_is_head(event)) {
		ear->connected = true;
		return true;
	}
	if (span_is(event->type, "live"))
		return true;
	ear->events++;
	if (ear->event != NULL)
		ear->event(ear->arg, event);
	return true;
}

static bool on_bytes(void *arg, struct span bytes)
{
	struct ear *ear = arg;

	ear->bytes += bytes.len;
	return sse_feed(&ear->sse, bytes);
}

void ear_open(struct ear *ear, struct http *http, struct span path)
{
	ear->http = http;
	buf_add_span(&ear->path, path);
	buf_add_char(&ear->path, '\0');
	sse_init(&ear->sse, on_event, ear);
	ear->request = (struct http_request){
		.path = ear->path.at, .bytes = on_bytes, .arg = ear};
	ear->transfer = http_start(http, &ear->request, &ear->answer);
}

bool ear_has_ended(const struct ear *ear)
{
	return http_is_done(ear->transfer);
}

void ear_close(struct ear *ear)
{
	if (ear->transfer != NULL)
		http_stop(ear->transfer);
	answer_release(&ear->answer);
	sse_release(&ear->sse);
	buf_release(&ear->path);
	buf_release(&ear->last);
	*ear = (struct ear){0};
}
