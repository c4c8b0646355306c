/* SPDX-License-Identifier: MIT */
/*
 * events - random events, and what event_text() makes of them
 *
 * events SEED COUNT [naive] writes batches for differential.mjs to standard
 * output.  An event is refused exactly if a publisher would be (lib/text.h).
 * naive: composed without care, which a judge must find.
 *
 *   batch   u32 number of events, then these, then a text: the stream
 *   event   u8 flags, text id, text type, text channel, text data, text pattern
 *   text    u32 length, bytes
 *   flags   1 = refused, not in the stream; 2 = in an envelope; 4 = the pattern
 *           matches the channel
 *
 * The id is the one that is shown: of an event on several channels that of its
 * last row.  Some events have a pattern, of which some are made for the
 * channel.
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
#include "lib/event/selector.h"
#include "lib/event/topic_list.h"
#include "lib/event/traits.h"
#include "lib/text.h"

enum { BATCH = 1000, REFUSED = 1, ENVELOPE = 2, MATCHES = 4 };

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

/* ---- patterns */

static const char *const literals[] = {
	"a", "b/", "/", ".", "-", "x=", "?", "&y", "#", "%41", "\xc3\xa9", "*"};
static const char *const inserts[] = {"", "a", "b", "7", "~", "a,b", "/", "/a",
	".b", ";a=1", "?a=1&b=2", "&a", "#z", "%C3%A9", "!", "a b", "=", "*"};

static const char *one_of(const char *const *of, size_t count)
{
	return of[below((unsigned)count)];
}

#define ONE_OF(table) one_of(table, sizeof(table) / sizeof((table)[0]))

static void add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

static void add_expression(struct buf *out)
{
	static const char signs[] = "+#./;?&";

	buf_add_char(out, '{');
	if (below(2) == 0)
		buf_add_char(out, signs[below(sizeof(signs) - 1)]);
	for (unsigned n = 1 + below(2);; n--) {
		buf_add_char(out, (char)('a' + below(3)));
		if (below(6) == 0)
			add_text(out, below(2) == 0 ? "*" : ":3");
		if (n == 1)
			break;
		buf_add_char(out, ',');
	}
	buf_add_char(out, '}');
}

/* A template, and a name that it may have become, or not. */
static void draw_pattern(struct buf *pattern, struct buf *channel)
{
	buf_clear(channel);
	add_expression(pattern);
	add_text(channel, ONE_OF(inserts));
	for (unsigned n = below(4); n > 0; n--) {
		const char *literal = ONE_OF(literals);

		add_text(pattern, literal);
		add_text(channel, below(20) == 0 ? ONE_OF(literals) : literal);
		if (below(2) == 0)
			continue;
		add_expression(pattern);
		add_text(channel, ONE_OF(inserts));
	}
	if (channel->len == 0)
		buf_add_char(channel, 'a');
}

static bool is_matched(const struct buf *pattern, const struct buf *channel)
{
	struct selector *selector;
	bool matches;

	if (selector_fault(buf_span(pattern)) != NULL)
		exit(1);
	selector = selector_new(buf_span(pattern));
	matches = selector_matches(selector, buf_span(channel));
	selector_free(selector);
	return matches;
}

/* ---- events */

struct drawn {
	struct buf type, channel, data, pattern, traits;
	uint64_t id; /* of its row */
	uint8_t flags;
};

/* A row of an event on several channels. */
static void draw_traits(struct drawn *drawn)
{
	struct topic_list list;
	unsigned more = 1 + below(4);

	topic_list_begin(&list, buf_span(&drawn->channel));
	for (unsigned i = 0; i < more; i++) {
		size_t opened = topic_list_open(&list);

		buf_printf(&list.names, "also/%u/further", i);
		topic_list_close(&list, opened);
	}
	topic_list_put(&list, &drawn->traits);
	trait_set_index(&drawn->traits, (uint8_t)below(more + 1));
	topic_list_release(&list);
}

static void draw(struct drawn *drawn)
{
	buf_clear(&drawn->type);
	buf_clear(&drawn->channel);
	buf_clear(&drawn->data);
	buf_clear(&drawn->pattern);
	buf_clear(&drawn->traits);
	if (below(3) == 0)
		add_name(&drawn->type, 12);
	else if (below(20) == 0)
		buf_add(&drawn->type, "message", 7);
	add_name(&drawn->channel, 20);
	add_data(&drawn->data);
	drawn->id = below(8) == 0 ? 0 : any() >> (1 + below(63));
	drawn->flags = below(4) == 0 ? ENVELOPE : 0;
	if (below(3) == 0)
		draw_pattern(&drawn->pattern, &drawn->channel);
	if (drawn->pattern.len > 0 &&
		is_matched(&drawn->pattern, &drawn->channel))
		drawn->flags |= MATCHES;
	if (text_type_fault(buf_span(&drawn->type)) != NULL ||
		text_channel_fault(buf_span(&drawn->channel)) != NULL ||
		!text_is_utf8(buf_span(&drawn->data), NULL))
		drawn->flags |= REFUSED;
	else if (drawn->id != 0 && below(4) == 0)
		draw_traits(drawn);
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
		.traits = buf_span(&drawn->traits),
		.data = buf_span(&drawn->data),
	};

	if (naive)
		naive_text(out, &event);
	else
		event_text(out, &event,
			event_dress((drawn->flags & ENVELOPE) != 0, false));
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
		snprintf(id, sizeof(id), "%" PRIu64,
			drawn->id + traits_rise(buf_span(&drawn->traits)));
	buf_add_char(out, (char)drawn->flags);
	put_text(out, span_of(id));
	put_text(out, buf_span(&drawn->type));
	put_text(out, buf_span(&drawn->channel));
	put_text(out, buf_span(&drawn->data));
	put_text(out, buf_span(&drawn->pattern));
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
