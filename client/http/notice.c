/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/notice.h"

#include "lib/json/json.h"
#include "lib/text.h"

/* True unless the event has an id that no server of ours gives. */
static bool has_good_id(const struct sse_event *event)
{
	uint64_t id;

	return !event->has_id || text_to_u64(event->id, &id);
}

static enum notice read_own(
	const struct sse_event *event, struct json_object *object)
{
	uint64_t oldest, newest;

	if (!event->has_id)
		return NOTICE_UNREADABLE;
	if (span_is(event->type, "connected") &&
		(json_length(json_list(object, "channels")) > 0 ||
			json_length(json_list(object, "patterns")) > 0))
		return NOTICE_CONNECTED;
	if (span_is(event->type, "reset") &&
		json_id(object, "oldest", &oldest) &&
		json_id(object, "newest", &newest))
		return NOTICE_RESET;
	if (span_is(event->type, "live") && object != NULL)
		return NOTICE_LIVE;
	return NOTICE_UNREADABLE;
}

enum notice notice_read(const struct sse_event *event,
	struct json_object *object, struct enveloped *enveloped)
{
	*enveloped = (struct enveloped){0};
	if (!has_good_id(event))
		return NOTICE_UNREADABLE;
	if (!json_text(object, "channel", &enveloped->channel) ||
		enveloped->channel.len == 0 ||
		!json_text(object, "data", &enveloped->data))
		return read_own(event, object);
	json_text(object, "at", &enveloped->at);
	return NOTICE_PUBLISHED;
}

bool notice_is_head(const struct sse_event *event)
{
	struct json_object *object = json_parse(event->data);
	bool good = has_good_id(event) &&
		    read_own(event, object) == NOTICE_CONNECTED;

	json_free(object);
	return good;
}
