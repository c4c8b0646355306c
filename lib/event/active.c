/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/active.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/event/traits.h"
#include "lib/json/json.h"
#include "lib/wire.h"

static const char urn[] = "urn:uuid:";

enum { HERE = 1, OPENLY = 2 };

enum { URN = sizeof(urn) - 1, TEXT = ACTIVE_TEXT - 1 };

bool active_is_reserved(struct span channel)
{
	static const char name[] = ACTIVE_CHANNEL;
	const size_t len = sizeof(name) - 1;

	return channel.len >= len && memcmp(channel.at, name, len) == 0 &&
	       (channel.len == len || channel.at[len] == '/');
}

void active_veil(struct active *active)
{
	if (active->open)
		return;
	active->user = span(NULL, 0);
	active->payload = span(NULL, 0);
}

/* ---- the subscriber */

static bool dash_before(int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void active_subscriber_text(
	char text[ACTIVE_TEXT], const uint8_t subscriber[ACTIVE_SUBSCRIBER])
{
	char *at = text;

	memcpy(at, urn, URN);
	at += URN;
	for (int i = 0; i < ACTIVE_SUBSCRIBER; i++) {
		if (dash_before(i))
			*at++ = '-';
		at += snprintf(at, 3, "%02x", subscriber[i]);
	}
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool active_subscriber_read(
	struct span text, uint8_t subscriber[ACTIVE_SUBSCRIBER])
{
	const char *at = text.at;

	if (text.len != TEXT || memcmp(at, urn, URN) != 0)
		return false;
	at += URN;
	for (int i = 0; i < ACTIVE_SUBSCRIBER; i++, at += 2) {
		if (dash_before(i) && *at++ != '-')
			return false;
		if (digit(at[0]) < 0 || digit(at[1]) < 0)
			return false;
		subscriber[i] = (uint8_t)(digit(at[0]) * 16 + digit(at[1]));
	}
	return true;
}

/* ---- as text */

static void add_encoded(struct buf *out, struct span text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c != '\0' && (isalnum(c) || strchr("-._~", c) != NULL)) {
			buf_add_char(out, (char)c);
			continue;
		}
		buf_add_char(out, '%');
		buf_add_char(out, digits[c >> 4]);
		buf_add_char(out, digits[c & 15]);
	}
}

void active_path(struct buf *out, const struct active *active)
{
	char subscriber[ACTIVE_TEXT];

	buf_add_text(out, ACTIVE_CHANNEL "/");
	add_encoded(out, active->topic);
	if (active->subscriber == NULL)
		return;
	active_subscriber_text(subscriber, active->subscriber);
	buf_add_char(out, '/');
	add_encoded(out, span(subscriber, TEXT));
}

/* What the document says beyond the protocol. */
static void add_ours(struct buf *out, const struct active *active)
{
	if (active->user.len > 0) {
		buf_add_text(out, ",\"user\":");
		json_quote(out, active->user);
	}
	if (active->since == 0)
		return;
	buf_add_text(out, ",\"since\":\"");
	clock_rfc3339(out, active->since);
	buf_add_char(out, '"');
}

void active_members(struct buf *out, const struct active *active)
{
	char subscriber[ACTIVE_TEXT];

	active_subscriber_text(subscriber, active->subscriber);
	buf_add_text(out, "\"id\":\"");
	active_path(out, active);
	buf_add_text(out, "\",\"type\":\"Subscription\",\"topic\":");
	json_quote(out, active->topic);
	buf_printf(out, ",\"subscriber\":\"%s\",\"active\":%s", subscriber,
		active->here ? "true" : "false");
	if (active->payload.len > 0) {
		buf_add_text(out, ",\"payload\":");
		buf_add_span(out, active->payload);
	}
	add_ours(out, active);
}

void active_document(struct buf *out, const struct active *active)
{
	buf_add_text(out, "{" ACTIVE_CONTEXT);
	active_members(out, active);
	buf_add_char(out, '}');
}

/* ---- as bytes */

void active_put(struct buf *out, const struct active *active)
{
	wire_put_u8(out, (uint8_t)((active->here ? HERE : 0) |
				   (active->open ? OPENLY : 0)));
	wire_put_bytes(out, active->subscriber, ACTIVE_SUBSCRIBER);
	wire_put_u64(out, active->since);
	wire_put_str16(out, active->topic);
	wire_put_str16(out, active->user);
	wire_put_str16(out, active->payload);
}

bool active_get(struct span traits, struct active *active)
{
	struct wire_in in = wire_in(trait_find(traits, TRAIT_ACTIVE));

	uint8_t flags = wire_get_u8(&in);

	active->here = (flags & HERE) != 0;
	active->open = (flags & OPENLY) != 0;
	active->subscriber = (const uint8_t *)(const void *)wire_get_bytes(
		&in, ACTIVE_SUBSCRIBER)
				     .at;
	active->since = wire_get_u64(&in);
	active->topic = wire_get_str16(&in);
	active->user = wire_get_str16(&in);
	active->payload = wire_get_str16(&in);
	return wire_done(&in);
}
