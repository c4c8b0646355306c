/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event_size.h"

#include <stdio.h>

enum {
	ID_LINE = 4 + 16 + 1, /* "id: ", WIRE_ID_MAX, its end */
	TYPE_LINE = 7 + 1,    /* "event: ", its end */
	DATA_LINE = 6 + 1,    /* "data: ", its end */
	BLANK_LINE = 1,
};

/* Without the data's lines. */
static size_t head_size(struct span type)
{
	size_t size = ID_LINE + BLANK_LINE;

	if (type.len > 0 && !span_is(type, "message"))
		size += TYPE_LINE + type.len;
	return size;
}

size_t event_size(struct span type, struct span data)
{
	size_t ends = 0, pairs = 0;

	/* LF, CR and CRLF end a line. */
	for (size_t i = 0; i < data.len; i++) {
		ends += data.at[i] == '\n' || data.at[i] == '\r';
		pairs += i > 0 && data.at[i] == '\n' && data.at[i - 1] == '\r';
	}
	return head_size(type) + data.len - ends +
	       (ends - pairs + 1) * DATA_LINE;
}

size_t event_surely(struct span type, size_t limit)
{
	size_t least = head_size(type) + DATA_LINE;

	return least > limit ? 0 : (limit - least) / DATA_LINE;
}

bool event_fits(struct span type, struct span data, size_t limit)
{
	if (data.len > limit)
		return false;
	if (data.len > 0 && data.len <= event_surely(type, limit))
		return true;
	return event_size(type, data) <= limit;
}

const char *event_size_fault(char sentence[EVENT_SIZE_SENTENCE],
	struct span type, struct span data, size_t limit)
{
	if (event_fits(type, data, limit))
		return NULL;
	snprintf(sentence, EVENT_SIZE_SENTENCE,
		"the event has %zu bytes as it is sent (id, type, \"data: \" "
		"before each line); max_event allows %zu",
		event_size(type, data), limit);
	return sentence;
}
