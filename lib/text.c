/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/text.h"

/* The shapes of a sequence by its first byte: how many bytes follow and what
 * the second may be (RFC 3629, the table "UTF8-octets" of its section 4). */
struct shape {
	unsigned char first_low, first_high;
	unsigned char more;
	unsigned char second_low, second_high;
};

static const struct shape shapes[] = {
	{0xc2, 0xdf, 1, 0x80, 0xbf},
	{0xe0, 0xe0, 2, 0xa0, 0xbf}, /* shorter would do below a0 */
	{0xe1, 0xec, 2, 0x80, 0xbf},
	{0xed, 0xed, 2, 0x80, 0x9f}, /* above are the surrogates */
	{0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf}, /* shorter would do below 90 */
	{0xf1, 0xf3, 3, 0x80, 0xbf},
	{0xf4, 0xf4, 3, 0x80, 0x8f}, /* above is beyond U+10FFFF */
};

/* How many bytes of `text` from `i` on are ASCII for sure. */
static size_t skip_ascii(struct span text, size_t i)
{
	size_t from = i;
	uint64_t eight;

	while (text.len - i >= sizeof(eight)) {
		memcpy(&eight, text.at + i, sizeof(eight));
		if ((eight & 0x8080808080808080U) != 0)
			break;
		i += sizeof(eight);
	}
	while (i < text.len && (text.at[i] & 0x80) == 0)
		i++;
	return i - from;
}

/* Bytes of the sequence that begins at `at`; 0 if it is wrong, then *good of
 * its bytes are right. */
static size_t sequence(const unsigned char *at, size_t len, size_t *good)
{
	const struct shape *shape = NULL;

	*good = 0;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (at[0] >= shapes[i].first_low &&
			at[0] <= shapes[i].first_high)
			shape = &shapes[i];
	if (shape == NULL)
		return 0;
	for (*good = 1; *good <= shape->more; (*good)++) {
		unsigned char low = *good == 1 ? shape->second_low : 0x80;
		unsigned char high = *good == 1 ? shape->second_high : 0xbf;

		if (*good == len || at[*good] < low || at[*good] > high)
			return 0;
	}
	return *good;
}

bool text_is_utf8(struct span text, size_t *bad)
{
	size_t i = 0;

	while (i < text.len) {
		size_t good;
		size_t len;

		i += skip_ascii(text, i);
		if (i == text.len)
			break;
		len = sequence((const unsigned char *)text.at + i, text.len - i,
			&good);
		if (len == 0) {
			if (bad != NULL)
				*bad = i + good;
			return false;
		}
		i += len;
	}
	return true;
}

size_t text_character(struct span text, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text.at;
	size_t good, len;

	*code = at[0];
	if (at[0] < 0x80)
		return 1;
	len = sequence(at, text.len, &good);
	*code &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++)
		*code = *code << 6 | (at[i] & 0x3fu);
	return len;
}

/* Unicode's Cc: C0, DEL and C1.  `text` is UTF-8. */
static bool has_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && (unsigned char)text.at[i + 1] < 0xa0)
			return true;
	}
	return false;
}

static const char *name_fault(struct span name)
{
	if (!text_is_utf8(name, NULL))
		return "a channel name is UTF-8";
	if (has_control(name))
		return "a channel name has no control characters";
	return NULL;
}

const char *text_channel_fault(struct span name)
{
	if (name.len == 0 || name.len > CHANNEL_MAX)
		return "a channel name has 1 to 255 bytes";
	return name_fault(name);
}

const char *text_topic_fault(struct span name)
{
	if (name.len == 0 || name.len > TOPIC_MAX)
		return "a channel name has 1 to 1,000 bytes here";
	return name_fault(name);
}

const char *text_type_fault(struct span type)
{
	if (type.len > TYPE_MAX)
		return "an event type has at most 64 bytes";
	if (!text_is_utf8(type, NULL))
		return "an event type is UTF-8";
	if (has_control(type))
		return "an event type has no control characters";
	return NULL;
}

const char *text_key_fault(struct span key)
{
	if (key.len > KEY_MAX)
		return "an id has at most 200 bytes";
	if (!text_is_utf8(key, NULL))
		return "an id is UTF-8";
	if (has_control(key))
		return "an id has no control characters";
	return NULL;
}

const char *text_event_fault(
	struct span channel, struct span type, struct span data)
{
	const char *fault = text_topic_fault(channel);

	if (fault == NULL)
		fault = text_type_fault(type);
	if (fault == NULL && !text_is_utf8(data, NULL))
		fault = "the data is not valid UTF-8";
	return fault;
}

bool text_to_u64(struct span text, uint64_t *value)
{
	uint64_t sum = 0;

	if (text.len == 0 || text.len > 19)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(text.at[i] - '0');
	}
	if (sum > INT64_MAX)
		return false;
	*value = sum;
	return true;
}

bool text_to_duration(struct span text, uint64_t *ms)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {
		{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
	uint64_t number;

	if (text.len < 2 || text.len > 11 ||
		!text_to_u64(span(text.at, text.len - 1), &number))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit != text.at[text.len - 1])
			continue;
		*ms = number * units[i].ms;
		return true;
	}
	return false;
}
