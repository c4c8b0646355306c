/* SPDX-License-Identifier: MIT */
/*
 * fuzz_event - any data, read back as a browser reads it
 *
 * The reader below follows the HTML standard (9.2.6) and shares no line with
 * event.c.  Whatever is in the data, exactly one event comes out, it is the one
 * that went in, and its line ends are all that has changed.
 */
#include <config.h>

#include <string.h>

#include "fcgi/stream/event.h"
#include "lib/event_size.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

#define TIME	"2026-11-30T18:30:00.123Z"
#define TIME_MS 1796063400123u

struct heard {
	struct buf id, type, data;
	unsigned events, times;
};

static void heard_release(struct heard *heard)
{
	buf_release(&heard->id);
	buf_release(&heard->type);
	buf_release(&heard->data);
}

static void field(struct heard *heard, struct span line)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct span name = line;
	struct span value = span(NULL, 0);

	if (colon == line.at)
		return; /* a comment */
	if (colon != NULL) {
		name.len = (size_t)(colon - line.at);
		value = span(colon + 1, line.len - name.len - 1);
		if (value.len > 0 && value.at[0] == ' ')
			value = span(value.at + 1, value.len - 1);
	}
	if (span_is(name, "data")) {
		buf_add_span(&heard->data, value);
		buf_add_char(&heard->data, '\n');
	} else if (span_is(name, "event")) {
		buf_clear(&heard->type);
		buf_add_span(&heard->type, value);
	} else if (span_is(name, "id")) {
		buf_clear(&heard->id);
		buf_add_span(&heard->id, value);
	} else if (span_is(name, "at")) {
		heard->times++;
	} else {
		MUST(false); /* nothing else was written */
	}
}

static void hear(struct heard *heard, struct span text)
{
	size_t begin = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '\n' && text.at[i] != '\r')
			continue;
		MUST(text.at[i] != '\r'); /* we end lines with LF alone */
		if (i == begin)
			heard->events++;
		else
			field(heard, span(text.at + begin, i - begin));
		begin = i + 1;
	}
	MUST(begin == text.len);
}

/* `data` with each CR and CRLF as LF, and one LF at its end. */
static void normalise(struct buf *out, struct span data)
{
	for (size_t i = 0; i < data.len; i++) {
		if (data.at[i] == '\n' && i > 0 && data.at[i - 1] == '\r')
			continue;
		buf_add_char(out, data.at[i] == '\r' ? '\n' : data.at[i]);
	}
	buf_add_char(out, '\n');
}

static void check_plain(const struct wire_event *event)
{
	struct wire_event longest = *event;
	struct heard heard = {0};
	struct buf text = {0};
	struct buf want = {0};

	event_text(&text, event, EVENT_PLAIN);
	hear(&heard, buf_span(&text));
	normalise(&want, event->data);
	MUST(heard.events == 1);
	MUST(span_equal(buf_span(&heard.data), buf_span(&want)));
	MUST(span_equal(buf_span(&heard.type), event->type));
	MUST((heard.id.len > 0) == (event->id != 0));
	longest.id = WIRE_ID_MAX;
	buf_clear(&text);
	event_text(&text, &longest, EVENT_PLAIN);
	MUST(text.len == event_size(event->type, event->data));
	MUST(event_fits(event->type, event->data, text.len));
	MUST(!event_fits(event->type, event->data, text.len - 1));
	buf_release(&text);
	buf_release(&want);
	heard_release(&heard);
}

/* Where times are asked for one line is added, and nothing else changes. */
static void check_timed(const struct wire_event *event)
{
	struct heard heard = {0}, untimed = {0};
	struct buf text = {0}, plain = {0};

	event_text(&plain, event, EVENT_PLAIN);
	event_text(&text, event, EVENT_TIMED);
	hear(&heard, buf_span(&text));
	hear(&untimed, buf_span(&plain));
	MUST(heard.events == 1);
	MUST(heard.times == 1 && untimed.times == 0);
	MUST(text.len == plain.len + strlen("at: " TIME "\n"));
	MUST(span_equal(buf_span(&heard.data), buf_span(&untimed.data)));
	MUST(span_equal(buf_span(&heard.type), buf_span(&untimed.type)));
	MUST(span_equal(buf_span(&heard.id), buf_span(&untimed.id)));
	buf_release(&text);
	buf_release(&plain);
	heard_release(&heard);
	heard_release(&untimed);
}

/* As on a stream of Mercure: nothing but the id is spelt otherwise. */
static void check_mercure(const struct wire_event *event)
{
	struct heard heard = {0};
	struct buf text = {0}, plain = {0};

	event_text(&plain, event, EVENT_PLAIN);
	event_text(&text, event, EVENT_MERCURE);
	hear(&heard, buf_span(&text));
	MUST(heard.events == 1);
	MUST(heard.id.len > 1 && heard.id.at[0] == '#');
	buf_drop(&text, strlen("id: #"));
	buf_drop(&plain, strlen("id: "));
	MUST(span_equal(buf_span(&text), buf_span(&plain)));
	buf_release(&text);
	buf_release(&plain);
	heard_release(&heard);
}

/* The envelope is JSON and says the same; only for text, as the hub takes no
 * other. */
static void check_envelope(const struct wire_event *event)
{
	struct document document;
	struct json_fault fault;
	struct heard heard = {0};
	struct buf text = {0};
	struct buf data = {0};

	event_text(&text, event, EVENT_TIMED_ENVELOPE);
	hear(&heard, buf_span(&text));
	MUST(heard.events == 1 && heard.times == 0);
	MUST(document_read(&document, buf_span(&heard.data), &fault));
	MUST(document.count == 3);
	json_decode(&data, document_member(&document, "at")->value);
	MUST(span_is(buf_span(&data), TIME));
	buf_clear(&data);
	json_decode(&data, document_member(&document, "data")->value);
	MUST(span_equal(buf_span(&data), event->data));
	buf_clear(&data);
	json_decode(&data, document_member(&document, "channel")->value);
	MUST(span_equal(buf_span(&data), event->channel));
	document_release(&document);
	buf_release(&text);
	buf_release(&data);
	heard_release(&heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_event event = {.at = TIME_MS, .channel = span_of("news")};
	size_t type = size > 0 ? data[0] % 8 : 0;

	if (size < 1 + type)
		return 0;
	event.id = data[0] / 8;
	event.type = span(data + 1, type);
	event.data = span(data + 1 + type, size - 1 - type);
	/* Nothing else passes the publisher's door. */
	if (text_type_fault(event.type) != NULL ||
		span_is(event.type, "message"))
		event.type = span(NULL, 0);
	if (!text_is_utf8(event.data, NULL))
		return 0;
	check_plain(&event);
	check_timed(&event);
	if (event.id != 0)
		check_mercure(&event);
	if (text_channel_fault(event.data) == NULL)
		event.channel = event.data;
	check_envelope(&event);
	return 0;
}
