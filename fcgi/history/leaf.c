/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/history/leaf.h"

#include <inttypes.h>

#include "lib/clock.h"
#include "lib/event/traits.h"
#include "lib/json/json.h"

void leaf_release(struct leaf *leaf)
{
	buf_release(&leaf->text);
	buf_release(&leaf->date);
}

void leaf_clear(struct leaf *leaf)
{
	buf_clear(&leaf->text);
	leaf->count = 0;
	leaf->mortal = false;
	leaf->last = 0;
}

static void begin_event(struct leaf *leaf)
{
	if (leaf->lines)
		return;
	if (leaf->count == 0)
		buf_add_text(&leaf->text, "{\"events\":[");
	else
		buf_add_char(&leaf->text, ',');
}

static void add_id(struct buf *out, uint64_t id)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + id % 10);
		id /= 10;
	} while (id > 0);
	buf_add(out, digits + at, sizeof(digits) - at);
}

/* Events of one second are many, and to write a time takes as long as all the
 * rest of one. */
static void add_time(struct leaf *leaf, uint64_t ms)
{
	const unsigned part = (unsigned)(ms % 1000);
	const char tail[] = {(char)('0' + part / 100),
		(char)('0' + part / 10 % 10), (char)('0' + part % 10), 'Z'};

	if (leaf->date.len == 0 || leaf->second != ms / 1000) {
		leaf->second = ms / 1000;
		buf_clear(&leaf->date);
		clock_rfc3339(&leaf->date, ms);
		leaf->date.len -= sizeof(tail);
	}
	buf_add_span(&leaf->text, buf_span(&leaf->date));
	buf_add(&leaf->text, tail, sizeof(tail));
}

void leaf_add(struct leaf *leaf, const struct wire_event *event)
{
	struct buf *out = &leaf->text;

	begin_event(leaf);
	leaf->last = event->id + traits_rise(event->traits);
	leaf->mortal |= trait_find(event->traits, TRAIT_EXPIRES).len > 0;
	leaf->count++;
	buf_add_text(out, "{\"id\":\"");
	add_id(out, leaf->last);
	buf_add_text(out, "\",\"event\":");
	json_quote(out, event->type.len > 0 ? event->type : span_of("message"));
	buf_add_text(out, ",\"data\":");
	json_quote(out, event->data);
	buf_add_text(out, ",\"at\":\"");
	add_time(leaf, event->at);
	buf_add_text(out, leaf->lines ? "\"}\n" : "\"}");
}

bool leaf_is_full(const struct leaf *leaf)
{
	return leaf->count >= leaf->limit || leaf->text.len >= LEAF_BYTES;
}

void leaf_end(struct leaf *leaf, uint64_t next, bool gap)
{
	struct buf *out = &leaf->text;

	if (!leaf->lines)
		buf_add_text(out, leaf->count == 0 ? "{\"events\":[]" : "]");
	buf_printf(out, "%s\"next\":\"%" PRIu64 "\",\"gap\":%s}\n",
		leaf->lines ? "{" : ",", next, gap ? "true" : "false");
}
