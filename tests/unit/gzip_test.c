/* SPDX-License-Identifier: MIT */
/* gzip: a member without an end, of pieces that know nothing of each other */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

#include "fcgi/stream/deflater.h"
#include "fcgi/stream/gzip.h"
#include "tests/unit/stream_room.h"

extern const struct deflater tidings_deflater;

enum { STORED = 10 }; /* bytes more: a block's head, and an empty block */

static unsigned deflated; /* pieces */

static size_t count_piece(
	void *state, const void *from, size_t len, void *to, size_t room)
{
	deflated++;
	return tidings_deflater.piece(state, from, len, to, room);
}

static struct deflater counting;

static int enter(void **state)
{
	counting = tidings_deflater;
	counting.piece = count_piece;
	room_deflater = &counting;
	deflated = 0;
	return room_enter(state);
}

static int leave(void **state)
{
	room_deflater = NULL;
	return room_leave(state);
}

/* ---- a browser that has zlib */

struct browser {
	int fd;
	z_stream *stream;
	bool begun;  /* its head has come */
	size_t came; /* bytes of body, as they are sent */
	struct buf text;
};

static struct browser listen_to(struct room *room, const struct span *channels,
	uint16_t count, uint64_t after)
{
	struct subscription subscription = {.channels = channels,
		.count = count,
		.gzip = true,
		.fresh = after == 0,
		.from = WIRE_AFTER,
		.value = after,
		.requested = span_of("what it had"),
		.headers = span_of("Content-Encoding: gzip\r\n")};
	struct browser browser = {.fd = room_open(room, &subscription),
		.stream = mem_new(sizeof(z_stream))};

	assert_int_equal(inflateInit2(browser.stream, 16 + 15), Z_OK);
	return browser;
}

static struct browser listen_on(struct room *room, const char *channel)
{
	const struct span name = span_of(channel);

	return listen_to(room, &name, 1, 0);
}

static void leave_it(struct browser *browser)
{
	inflateEnd(browser->stream);
	free(browser->stream);
	close(browser->fd);
	buf_release(&browser->text);
}

/* All that has come, as text; fails unless all of it can be read at once. */
static struct span reads(struct room *room, struct browser *browser)
{
	enum { ROOM = 4 << 20 };
	struct span said = room_text(room, browser->fd);
	z_stream *stream = browser->stream;

	if (!browser->begun) {
		const char *end = memmem(said.at, said.len, "\r\n\r\n", 4);

		assert_non_null(end);
		assert_true(has(said, "Content-Encoding: gzip\r\n"));
		said = span(end + 4, (size_t)(said.at + said.len - end - 4));
		browser->begun = true;
	}
	browser->came = said.len;
	buf_clear(&browser->text);
	stream->next_in = (const Bytef *)said.at;
	stream->avail_in = (uInt)said.len;
	stream->next_out = (Bytef *)buf_reserve(&browser->text, ROOM);
	stream->avail_out = ROOM;
	if (said.len > 0)
		assert_int_equal(inflate(stream, Z_SYNC_FLUSH), Z_OK);
	/* Go's reader gives what it has at an empty stored block only. */
	if (said.len > 0)
		assert_memory_equal(said.at + said.len - 4, "\0\0\xff\xff", 4);
	assert_int_equal(stream->avail_in, 0);
	assert_true(stream->avail_out > 0);
	browser->text.len = ROOM - stream->avail_out;
	return buf_span(&browser->text);
}

/* As publishers write it. */
static const char *some_json(unsigned i)
{
	static char text[400];

	snprintf(text, sizeof(text),
		"{\"order\":%u,\"customer\":{\"name\":\"Anna %u\",\"city\":\"L"
		"isboa\"},\"items\":[{\"sku\":\"%08x\",\"count\":%u},{\"sku\":"
		"\"%08x\",\"count\":%u}],\"state\":\"paid\",\"message\":\"the "
		"order was paid and will be sent\",\"timestamp\":\"2026-11-30T"
		"12:00:%02uZ\"}",
		i, i * 7, i * 2654435761u, i % 7, i * 40503u, i % 5, i % 60);
	return text;
}

static void publish_some(struct room *room, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		room_publish(room, "news", some_json(i));
}

/* ---- */

static void test_what_it_reads_is_what_a_plain_stream_is_given(void **state)
{
	struct room *room = *state;
	struct browser one = listen_on(room, "news");
	struct browser other = listen_on(room, "news");
	int plain = room_listen(room, "news");
	struct buf given = {0}, read = {0};

	CHECK("a greeting", has(reads(room, &one), "event: connected\n"));
	reads(room, &other);
	room_text(room, plain);
	for (unsigned i = 0; i < 20; i++) {
		publish_some(room, i * 3);
		room_publish(room, "news", "short");
		room_publish_bytes(room, "news", i * 700, i % 2 == 0);
		for (int turn = 0; turn < 3; turn++) {
			room_pass(room, 10000);
			buf_add_span(&read, reads(room, &one));
			buf_add_span(&given, room_text(room, plain));
			reads(room, &other);
		}
	}
	assert_true(given.len > 100000);
	assert_true(deflated > 15);
	assert_true(span_equal(buf_span(&given), buf_span(&read)));
	buf_release(&given);
	buf_release(&read);
	close(plain);
	leave_it(&one);
	leave_it(&other);
}

static void test_what_many_are_given_is_deflated_once(void **state)
{
	enum { MANY = 50, EVENTS = 60 };
	struct room *room = *state;
	struct browser browsers[MANY];

	for (int i = 0; i < MANY; i++) {
		browsers[i] = listen_on(room, "news");
		reads(room, &browsers[i]);
	}
	publish_some(room, EVENTS);
	room_turn(room);
	for (int i = 0; i < MANY; i++) {
		struct span text = reads(room, &browsers[i]);

		CHECK("the last", has(text, "\"order\":59,"));
		assert_true(browsers[i].came * 4 <= text.len);
	}
	assert_int_equal(deflated, 1);
	for (int i = 0; i < MANY; i++)
		leave_it(&browsers[i]);
}

static void test_it_may_begin_at_any_piece(void **state)
{
	struct room *room = *state;
	struct browser first = listen_on(room, "news");
	struct browser second = listen_on(room, "news");
	struct browser late;

	reads(room, &first);
	reads(room, &second);
	publish_some(room, 40);
	room_turn(room);
	late = listen_on(room, "news");
	CHECK("late", !has(reads(room, &late), "\"order\""));
	publish_some(room, 30);
	room_pass(room, 1000000);
	assert_int_equal(deflated, 2);
	CHECK("late", has(reads(room, &late), "\"order\":29,"));
	assert_true(late.came * 3 < late.text.len);
	leave_it(&late);
	leave_it(&first);
	leave_it(&second);
}

static void test_what_only_one_is_given_is_not_worth_it(void **state)
{
	struct room *room = *state;
	const struct span own[] = {span_of("news"), span_of("own")};
	struct browser alone = listen_to(room, own, 2, 0);
	struct browser other = listen_on(room, "news");

	reads(room, &alone);
	reads(room, &other);
	publish_some(room, 40);
	room_turn(room);
	CHECK("alone", has(reads(room, &alone), "\"order\":39,"));
	assert_true(alone.came > alone.text.len);
	/* It is on a channel with others, who are all on that one only. */
	CHECK("other", has(reads(room, &other), "\"order\":39,"));
	assert_true(other.came < other.text.len);
	assert_int_equal(deflated, 1);
	leave_it(&alone);
	leave_it(&other);
}

static void test_short_ones_and_what_becomes_hardly_shorter_are_stored(
	void **state)
{
	struct room *room = *state;
	struct browser one = listen_on(room, "news");
	struct browser other = listen_on(room, "news");
	char noise[4000];

	reads(room, &one);
	reads(room, &other);
	room_publish(room, "news", "short");
	room_turn(room);
	CHECK("short", has(reads(room, &one), "data: short\n\n"));
	assert_int_equal(one.came, one.text.len + STORED);
	assert_int_equal(deflated, 0);
	for (size_t i = 0; i < sizeof(noise) - 1; i++)
		noise[i] = (char)('!' + random() % 90);
	noise[sizeof(noise) - 1] = '\0';
	room_publish(room, "news", noise);
	room_pass(room, 1000000);
	CHECK("noise", has(reads(room, &one), noise));
	CHECK("noise", has(reads(room, &other), noise));
	assert_int_equal(one.came, one.text.len + STORED);
	assert_int_equal(deflated, 1); /* not tried again */
	leave_it(&one);
	leave_it(&other);
}

static void test_who_comes_back_is_given_the_older_ones_too(void **state)
{
	struct room *room = *state;
	const struct span news = span_of("news");
	struct browser one, other;
	uint64_t from = room->newest;

	publish_some(room, 100);
	room_turn(room);
	one = listen_to(room, &news, 1, from);
	other = listen_to(room, &news, 1, from + 10);
	for (int i = 0; i < 10; i++)
		room_pass(room, 1000000);
	CHECK("one", has(reads(room, &one), "\"order\":0,"));
	CHECK("one", has(buf_span(&one.text), "\"order\":99,"));
	CHECK("one", has(buf_span(&one.text), "event: live\n"));
	CHECK("other", has(reads(room, &other), "\"order\":99,"));
	CHECK("other", !has(buf_span(&other.text), "\"order\":9,"));
	leave_it(&one);
	leave_it(&other);
}

static void test_a_comment_can_be_read_at_once(void **state)
{
	struct room *room = *state;
	struct browser browser = listen_on(room, "news");

	reads(room, &browser);
	for (int s = 0; s < ROOM_KEEPALIVE_S; s++)
		room_pass(room, 1000000);
	CHECK_TEXT("a comment", reads(room, &browser), ":\n");
	leave_it(&browser);
}

/* Streams that share nothing, on channels that others are on, too. */
static void test_no_more_is_deflated_in_a_turn_than_it_has_time_for(
	void **state)
{
	enum { MANY = 40, LONG = 20000 };
	struct room *room = *state;
	struct browser browsers[MANY + 1];
	char name[MANY][16];

	browsers[MANY] = listen_on(room, "news");
	for (int i = 0; i < MANY; i++) {
		struct span channels[2];

		snprintf(name[i], sizeof(name[i]), "c%02d", i);
		channels[0] = span_of(name[i / 2]);
		channels[1] = span_of(name[i]);
		if (i % 2 == 0)
			channels[1] = span_of("news");
		browsers[i] = listen_to(room, channels, i == 1 ? 1 : 2, 0);
		reads(room, &browsers[i]);
	}
	reads(room, &browsers[MANY]);
	for (int i = 0; i < MANY; i++)
		room_publish_bytes(room, name[i], LONG, true);
	room_turn(room);
	assert_true(deflated > 0);
	assert_true(deflated <= GZIP_TURN / LONG);
	for (int i = 0; i <= MANY; i++) {
		reads(room, &browsers[i]);
		leave_it(&browsers[i]);
	}
}

static void test_a_stream_is_no_larger_for_it(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct subscriber), 168);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_what_it_reads_is_what_a_plain_stream_is_given),
		IN_ROOM(test_what_many_are_given_is_deflated_once),
		IN_ROOM(test_it_may_begin_at_any_piece),
		IN_ROOM(test_what_only_one_is_given_is_not_worth_it),
		IN_ROOM(test_short_ones_and_what_becomes_hardly_shorter_are_stored),
		IN_ROOM(test_who_comes_back_is_given_the_older_ones_too),
		IN_ROOM(test_a_comment_can_be_read_at_once),
		IN_ROOM(test_no_more_is_deflated_in_a_turn_than_it_has_time_for),
		cmocka_unit_test(test_a_stream_is_no_larger_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
