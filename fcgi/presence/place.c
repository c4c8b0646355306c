/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/place.h"

#include <string.h>

#include "fcgi/http/query.h"

/* Takes "/segment" off `rest`, decoded; false if it is none. */
static bool next_segment(struct span *rest, struct buf *segment)
{
	const char *end;
	size_t len;

	if (rest->len < 2 || rest->at[0] != '/')
		return false;
	end = memchr(rest->at + 1, '/', rest->len - 1);
	len = end == NULL ? rest->len : (size_t)(end - rest->at);
	if (!query_decode(segment, span(rest->at + 1, len - 1)))
		return false;
	*rest = span(rest->at + len, rest->len - len);
	return segment->len > 0 && segment->len <= ACTIVE_TOPIC_MAX;
}

bool place_read(struct span rest, struct place *place)
{
	struct buf text = {0};
	bool found = true;

	if (rest.len > 0)
		found = next_segment(&rest, &place->topic);
	if (found && rest.len > 0) {
		place->one = true;
		found = next_segment(&rest, &text) &&
			active_subscriber_read(
				buf_span(&text), place->subscriber);
	}
	buf_release(&text);
	return found && rest.len == 0;
}

void place_path(struct buf *out, const struct place *place)
{
	const struct active active = {
		.topic = buf_span(&place->topic),
		.subscriber = place->one ? place->subscriber : NULL,
	};

	if (place->topic.len == 0)
		buf_add_text(out, ACTIVE_CHANNEL);
	else
		active_path(out, &active);
}
