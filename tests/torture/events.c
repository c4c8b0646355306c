/* SPDX-License-Identifier: MIT */
/*
 * events - random events, and what event_text() makes of them
 *
 * events SEED COUNT [naive] writes batches for differential.mjs to standard
 * output.  An event is refused exactly if a publisher would be (lib/text.h).
 * naive: composed without care, which a judge must find.
 *
 *   batch   u32 number of events, then these, then a text: the stream
 *   event   u8 flags, text id, text type, text channel, text data
 *   text    u32 length, bytes
 *   flags   1 = refused, not in the stream; 2 = in an envelope
 *
 * Numbers are little-endian.
 */
#include <config.h>

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/event.h"
#include "lib/buf.h"
#include "lib/text.h"

enum { BATCH = 1000, REFUSED = 1, ENVELOPE = 2 };

/* ---- chance: splitmix64 */

static uint64_t state;

static uint64_t any(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned below(unsigned limit)
{
	return (unsigned)(any() % limit);
}

/* ---- texts with everything that has ever hurt a stream */

#define WORD(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct span good[] = {WORD("\n"), WORD("\r"), WORD("\r\n"),
	WORD("\n\n"), WORD("\n\r"), WORD("\r\r\n"), WORD("\0"),
	WORD("\xef\xbb\xbf"), WORD("\xe2\x80\xa8"), WORD("\xe2\x80\xa9"),
	WORD("\xc2\x85"), WORD("\v"), WORD("\f"), WORD("\x1e"), WORD(" "),
	WORD(":"), WORD(": "), WORD("data:"), WORD("data: x\n\n"),
	WORD("\nid: 9\n"), WORD("\revent: forged\r"), WORD("\nretry:1\n"),
	WORD("id"), WORD("event"), WORD("\""), WORD("\\"), WORD("\\n"),
	WORD("</script>"), WORD("\xc3\xa9"), WORD("\xf0\x9f\x93\xa3"),
	WORD("\xef\xbf\xbf"), WORD("\xf4\x8f\xbf\xbf"), WORD("\xed\x9f\xbf"),
	WORD("\xee\x80\x80"), WORD("\x7f"), WORD("0"), WORD("text")};

static const struct span bad[] = {WORD("\xff"), WORD("\xfe\xff"),
	WORD("\xc0\x80"), WORD("\xc0\xaf"), WORD("\xe0\x80\x8a"),
	WORD("\xed\xa0\x80"), WORD("\xf4\x90\x80\x80"),
	WORD("\xf0\x80\x80\x8d"), WORD("\xe2\x80"), WORD("\x80"), WORD("\xc3")};

enum {
	GOOD = sizeof(good) / sizeof(good[0]),
	BAD = sizeof(bad) / sizeof(bad[0]),
};

static void add_words(struct buf *out, unsigned most, unsigned bad_in)
{
	for (unsigned n = below(most + 1); n > 0; n--) {
		if (below(bad_in) == 0)
			buf_add_span(out, bad[below(BAD)]);
		else if (below(4) == 0)
			buf_add_char(out, (char)below(128));
		else
			buf_add_span(out, good[below(GOOD)]);
	}
}

/* Names: mostly plain, else they would nearly all be refused. */
static void add_name(struct buf *out, unsigned most)
{
	if (below(50) == 0) {
		add_words(out, 1 + below(40), 10);
		return;
	}
	for (unsigned n = below(most) + 1; n > 0; n--)
		if (below(12) == 0)
			buf_add_span(out, good[GOOD - 9 + below(8)]);
		else
			buf_add_char(out, (char)(' ' + below(95)));
}

static void add_data(struct buf *out)
{
	static const unsigned most[] = {1, 3, 8, 8, 20, 20, 60, 300};

	add_words(out, most[below(8)], below(5) == 0 ? 30 : UINT32_MAX);
}

/* ---- events */

struct drawn {
	struct buf type, channel, data;
	uint64_t id;
	uint8_t flags;
};

static void draw(struct drawn *drawn)
{
	buf_clear(&drawn->type);
	buf_clear(&drawn->channel);
	buf_clear(&drawn->data);
	if (below(3) == 0)
		add_name(&drawn->type, 12);
	else if (below(20) == 0)
		buf_add(&drawn->type, "message", 7);
	add_name(&drawn->channel, 20);
	add_data(&drawn->data);
	drawn->id = below(8) == 0 ? 0 : any() >> (1 + below(63));
	drawn->flags = below(4) == 0 ? ENVELOPE : 0;
	if (text_type_fault(buf_span(&drawn->type)) != NULL ||
		text_channel_fault(buf_span(&drawn->channel)) != NULL ||
		!text_is_utf8(buf_span(&drawn->data), NULL))
		drawn->flags |= REFUSED;
}

/* As one writes it who has never read the standard. */
static void naive_text(struct buf *out, const struct wire_event *event)
{
	buf_printf(out, "id: %" PRIu64 "\n", event->id);
	buf_add(out, "event: ", 7);
	buf_add_span(out, event->type);
	buf_add(out, "\ndata: ", 7);
	buf_add_span(out, event->data);
	buf_add(out, "\n\n", 2);
}

static void compose(struct buf *out, const struct drawn *drawn, int naive)
{
	struct wire_event event = {
		.id = drawn->id,
		.channel = buf_span(&drawn->channel),
		.type = buf_span(&drawn->type),
		.data = buf_span(&drawn->data),
	};

	if (naive)
		naive_text(out, &event);
	else
		event_text(out, &event, (drawn->flags & ENVELOPE) != 0);
}

/* ---- batches */

static void put_u32(struct buf *out, size_t number)
{
	for (int i = 0; i < 4; i++)
		buf_add_char(out, (char)(number >> 8 * i));
}

static void put_text(struct buf *out, struct span text)
{
	put_u32(out, text.len);
	buf_add_span(out, text);
}

static void put_event(struct buf *out, const struct drawn *drawn)
{
	char id[24] = "";

	if (drawn->id != 0)
		snprintf(id, sizeof(id), "%" PRIu64, drawn->id);
	buf_add_char(out, (char)drawn->flags);
	put_text(out, span_of(id));
	put_text(out, buf_span(&drawn->type));
	put_text(out, buf_span(&drawn->channel));
	put_text(out, buf_span(&drawn->data));
}

static void write_batch(unsigned count, int naive)
{
	static struct drawn drawn;
	static struct buf out, stream;

	buf_clear(&out);
	buf_clear(&stream);
	put_u32(&out, count);
	for (; count > 0; count--) {
		draw(&drawn);
		put_event(&out, &drawn);
		if ((drawn.flags & REFUSED) == 0)
			compose(&stream, &drawn, naive);
	}
	put_text(&out, buf_span(&stream));
	if (fwrite(out.at, 1, out.len, stdout) != out.len)
		exit(1);
}

int main(int argc, char **argv)
{
	unsigned long count;

	if (argc < 3)
		return 2;
	state = strtoull(argv[1], NULL, 10);
	count = strtoul(argv[2], NULL, 10);
	while (count > 0) {
		unsigned part = count < BATCH ? (unsigned)count : BATCH;

		write_batch(part, argc > 3);
		count -= part;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
