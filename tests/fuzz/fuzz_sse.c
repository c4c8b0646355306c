/* SPDX-License-Identifier: MIT */
/*
 * fuzz_sse - any bytes as a stream of events, in pieces of any size
 *
 * The first byte says how long the pieces are.  Compared with a reader that has
 * all of it at once, cuts it into lines, and does what the HTML standard says
 * of each.
 */
#include <config.h>

#include <string.h>

#include "client/http/sse.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

/* ---- the plain reader */

struct plain {
	struct buf out, data, type, id;
	bool has_id;
	uint64_t retry;
};

/* An event as bytes that can be compared: each length before its text. */
static void write_event(struct buf *out, struct span id, struct span type,
	struct span data, bool has_id)
{
	const struct span parts[] = {id, type, data};

	buf_add_char(out, has_id ? 'i' : '-');
	for (int i = 0; i < 3; i++) {
		buf_printf(out, "%zu:", parts[i].len);
		buf_add_span(out, parts[i]);
	}
}

static void dispatch(struct plain *plain)
{
	struct span type = plain->type.len > 0 ? buf_span(&plain->type)
					       : span_of("message");

	if (plain->data.len > 0)
		write_event(&plain->out, buf_span(&plain->id), type,
			span(plain->data.at, plain->data.len - 1),
			plain->has_id);
	buf_clear(&plain->data);
	buf_clear(&plain->type);
	plain->has_id = false;
}

static void field(struct plain *plain, struct span name, struct span value)
{
	struct buf *set = NULL;

	if (span_is(name, "data")) {
		buf_add_span(&plain->data, value);
		buf_add_char(&plain->data, '\n');
	} else if (span_is(name, "event")) {
		set = &plain->type;
	} else if (span_is(name, "id")) {
		if (value.len == 0 || !memchr(value.at, '\0', value.len)) {
			set = &plain->id;
			plain->has_id = true;
		}
	} else if (span_is(name, "retry")) {
		text_to_u64(value, &plain->retry);
	}
	if (set != NULL) {
		buf_clear(set);
		buf_add_span(set, value);
	}
}

static void line(struct plain *plain, struct span text)
{
	size_t colon = 0, from;

	if (text.len == 0) {
		dispatch(plain);
		return;
	}
	while (colon < text.len && text.at[colon] != ':')
		colon++;
	if (colon == 0)
		return;
	from = colon == text.len ? colon : colon + 1;
	if (from < text.len && text.at[from] == ' ')
		from++;
	field(plain, span(text.at, colon),
		span(text.at + from, text.len - from));
}

static void read_all(struct plain *plain, struct span text)
{
	size_t from = 0;

	if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		from = 3;
	for (size_t at = from; at < text.len; at++) {
		if (text.at[at] != '\r' && text.at[at] != '\n')
			continue;
		line(plain, span(text.at + from, at - from));
		if (text.at[at] == '\r' && at + 1 < text.len &&
			text.at[at + 1] == '\n')
			at++;
		from = at + 1;
	}
}

/* ---- ours */

static bool take(void *arg, const struct sse_event *event)
{
	write_event(arg, event->id, event->type, event->data, event->has_id);
	return true;
}

static void feed(struct sse *sse, struct span text, size_t piece)
{
	while (text.len > 0) {
		size_t len = text.len < piece ? text.len : piece;
		/* a copy of its own: reading beyond it is found out */
		char *copy = mem_text(span(text.at, len));

		MUST(sse_feed(sse, span(copy, len)));
		free(copy);
		text = span(text.at + len, text.len - len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plain plain = {0};
	struct buf heard = {0};
	struct span text;
	struct sse sse;

	if (size == 0)
		return 0;
	text = span(data + 1, size - 1);
	read_all(&plain, text);
	sse_init(&sse, take, &heard);
	for (int again = 0; again < 2; again++) {
		buf_clear(&heard);
		sse_begin(&sse);
		feed(&sse, text, (size_t)data[0] + 1);
		MUST(span_equal(buf_span(&heard), buf_span(&plain.out)));
		MUST(sse.retry_ms == plain.retry);
	}
	sse_release(&sse);
	buf_release(&heard);
	buf_release(&plain.out);
	buf_release(&plain.data);
	buf_release(&plain.type);
	buf_release(&plain.id);
	return 0;
}
