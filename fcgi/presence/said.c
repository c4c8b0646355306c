/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/said.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/json/json.h"

static char *put(char *to, struct span *text)
{
	if (text->len > 0)
		memcpy(to, text->at, text->len);
	text->at = to;
	return to + text->len;
}

void said_init(struct said *said, const struct active *active)
{
	struct active *own = &said->active;
	char *at;

	*own = *active;
	memcpy(said->subscriber, active->subscriber, ACTIVE_SUBSCRIBER);
	own->subscriber = said->subscriber;
	own->topic = span(NULL, 0);
	at = said->bytes = mem_new(active->user.len + active->payload.len + 1);
	at = put(at, &own->user);
	put(at, &own->payload);
}

void said_json(
	struct buf *out, struct span channel, const struct active *active)
{
	char subscriber[ACTIVE_TEXT];

	active_subscriber_text(subscriber, active->subscriber);
	buf_add_char(out, '{');
	if (channel.len > 0) {
		buf_add_text(out, "\"channel\":");
		json_quote(out, channel);
		buf_add_char(out, ',');
	}
	buf_printf(out, "\"id\":\"%s\"", subscriber);
	if (active->user.len > 0) {
		buf_add_text(out, ",\"user\":");
		json_quote(out, active->user);
	}
	if (active->payload.len > 0) {
		buf_add_text(out, ",\"payload\":");
		buf_add_span(out, active->payload);
	}
	buf_add_text(out, ",\"since\":\"");
	clock_rfc3339(out, active->since);
	buf_add_text(out, "\"}");
}

void said_release(struct said *said)
{
	free(said->bytes);
}
