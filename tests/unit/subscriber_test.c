/* SPDX-License-Identifier: MIT */
/* subscriber: a cursor, and at most one half-sent batch */
#include <config.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/http/record.h"
#include "tests/unit/stream_room.h"

enum { LONG = 60000 }; /* longer than the socket's buffer */

/* ---- an owner of our own, who notes what he is told */

static unsigned gone, below, late;
static uint16_t wanted_keepalive; /* seconds; 0 = none asked for */

static void on_gone(struct subscriber *sub)
{
	struct room *room = list_entry(sub->home, struct room, home);

	gone++;
	fanout_forget(room->fanout, sub);
	audience_leave(room->audience, sub);
}

static void on_below(struct subscriber *sub)
{
	(void)sub;
	below++;
}

static void on_late(struct subscriber *sub)
{
	(void)sub;
	late++;
}

/* Live, at the window's end. */
static struct subscriber *subscribe(
	struct room *room, const char *channel, int *fd)
{
	const struct span name = span_of(channel);
	struct subscription subscription = {.request = 1,
		.channels = &name,
		.count = 1,
		.keepalive_ms = wanted_keepalive * 1000u};
	struct subscriber *sub;
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	gone = below = late = 0;
	subscription.fd = ends[0];
	room->home = (struct subscriber_home){
		.loop = room->loop,
		.window = room->window,
		.composer = room->composer,
		.counters = room->counters,
		.unread = room->unread,
		.owner = {on_below, on_late, on_gone},
	};
	sub = subscriber_new(&room->home, &subscription);
	audience_join(room->audience, sub, &name, subscription.types);
	sub->pos = window_end(room->window);
	sub->id = window_newest(room->window);
	*fd = ends[1];
	return sub;
}

static uint64_t end_of(const struct room *room)
{
	return window_end(room->window);
}

/* Without the fan-out, which would write it. */
static void append(struct room *room, const char *channel, size_t len)
{
	static char bytes[LONG];
	struct wire_event event = {.id = ++room->newest,
		.channel = span_of(channel),
		.data = span(bytes, len)};

	for (size_t i = 0; i < len; i++)
		bytes[i] = 'y';
	window_append(room->window, &event);
}

static void test_it_is_given_what_comes_after_its_cursor(void **state)
{
	struct room *room = *state;
	struct subscriber *sub;
	struct span text;
	int fd;

	append(room, "a", 1);
	sub = subscribe(room, "a", &fd);
	append(room, "a", 1);
	append(room, "b", 1);
	assert_int_equal(subscriber_pump(sub, end_of(room)), CAUGHT_UP);
	text = room_text(room, fd);
	CHECK_TEXT("the one", text, "id: 102\ndata: y\n\n");
	assert_int_equal(sub->id, 103); /* has looked through that, too */
	assert_int_equal(subscriber_pump(sub, end_of(room)), CAUGHT_UP);
	assert_int_equal(room_text(room, fd).len, 0);
	subscriber_close(sub);
	close(fd);
}

static struct batch *long_text(void)
{
	static char bytes[1 << 20];

	memset(bytes, 'y', sizeof(bytes));
	return batch_new(1, span(bytes, sizeof(bytes)));
}

/* Each may have a MiB of last values: there is an end to how many. */
static void test_a_long_text_that_nobody_reads_ends_when_there_are_too_many(
	void **state)
{
	enum { FIT = (UNREAD_BYTES >> 20) - 1, COUNT = FIT + 2 };
	struct room *room = *state;
	struct subscriber *subs[COUNT];
	char bytes[32 << 10];
	int fds[COUNT];

	for (int i = 0; i < COUNT; i++) {
		subs[i] = subscribe(room, "a", &fds[i]);
		assert_int_equal(
			subscriber_give(subs[i], long_text()), BLOCKED);
		if (i != FIT - 1)
			continue;
		while (recv(fds[0], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			;
		room_turn(room); /* it is given more */
	}
	assert_true(unread_bytes(room->unread) > UNREAD_BYTES);
	room_turn(room);
	assert_int_equal(gone, 2); /* with heads they are more than a MiB */
	assert_true(unread_bytes(room->unread) <= UNREAD_BYTES);
	for (int i = 0; i < COUNT; i++) {
		if (i != 1 && i != 2)
			subscriber_close(subs[i]);
		close(fds[i]);
	}
	assert_int_equal(unread_bytes(room->unread), 0);
}

static void test_what_others_are_given_too_counts_once_they_have_gone(
	void **state)
{
	struct room *room = *state;
	struct batch *shared = long_text();
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "a", &fd);
	assert_int_equal(subscriber_give(sub, batch_hold(shared)), BLOCKED);
	subscriber_beat(sub);
	assert_int_equal(unread_bytes(room->unread), 0);
	batch_drop(shared);
	subscriber_beat(sub);
	assert_true(unread_bytes(room->unread) > 0);
	subscriber_close(sub);
	assert_int_equal(unread_bytes(room->unread), 0);
	close(fd);
}

static void test_nothing_is_written_beyond_the_horizon(void **state)
{
	struct room *room = *state;
	struct subscriber *sub;
	uint64_t horizon;
	int fd;

	sub = subscribe(room, "a", &fd);
	append(room, "a", 1);
	horizon = end_of(room);
	append(room, "a", 1);
	assert_int_equal(subscriber_pump(sub, horizon), CAUGHT_UP);
	CHECK_TEXT("only that", room_text(room, fd), "id: 101\ndata: y\n\n");
	subscriber_close(sub);
	close(fd);
}

/* By itself it would be given what nobody else is. */
static void test_with_gzip_who_was_blocked_goes_on_with_the_others(void **state)
{
	struct room *room = *state;
	struct batch *piece = long_text();
	struct subscriber *sub;
	char bytes[32 << 10];
	uint64_t pos;
	int fd;

	sub = subscribe(room, "a", &fd);
	sub->gzip = piece->is_gzip = true;
	pos = sub->pos;
	assert_int_equal(subscriber_give(sub, piece), BLOCKED);
	append(room, "a", 3);
	for (int turn = 0; turn < 100; turn++) {
		(void)!recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		room_turn(room);
	}
	assert_true(subscriber_is_ready(sub));
	assert_int_equal(late, 1);
	assert_int_equal(sub->pos, pos);
	subscriber_close(sub);
	close(fd);
}

static void test_a_full_socket_is_waited_for_and_nothing_is_lost(void **state)
{
	struct room *room = *state;
	struct buf all = {0};
	struct subscriber *sub;
	char bytes[7000];
	ssize_t got;
	int fd;

	sub = subscribe(room, "a", &fd);
	append(room, "a", LONG);
	append(room, "a", LONG);
	append(room, "a", 3);
	assert_int_equal(subscriber_pump(sub, end_of(room)), BLOCKED);
	assert_false(subscriber_is_ready(sub));
	for (int turn = 0; turn < 100; turn++) {
		got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (got > 0)
			buf_add(&all, bytes, (size_t)got);
		room_turn(room);
	}
	assert_true(subscriber_is_ready(sub));
	assert_int_equal(sub->id, 103);
	/* the heads of records, those of events, and what is in them */
	assert_true(all.len > 2 * LONG + 3);
	assert_true(has(buf_span(&all), "id: 101\ndata: yyy"));
	assert_true(has(buf_span(&all), "id: 102\ndata: yyy"));
	assert_true(has(buf_span(&all), "id: 103\ndata: yyy\n\n"));
	assert_int_equal(room->counters->delivered, 3);
	buf_release(&all);
	subscriber_close(sub);
	close(fd);
}

static void test_who_is_far_behind_takes_turns_with_the_others(void **state)
{
	struct room *room = *state;
	const int size = 100000; /* the kernel doubles it */
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "a", &fd);
	assert_int_equal(setsockopt(loop_io_fd(&sub->watch), SOL_SOCKET,
				 SO_SNDBUF, &size, sizeof(size)),
		0);
	for (int i = 0; i < 6; i++)
		append(room, "a", RECORD_BODY - 100);
	assert_int_equal(subscriber_pump(sub, end_of(room)), MORE);
	assert_int_equal(sub->id, 104);
	room_text(room, fd);
	room_turn(room);
	assert_int_equal(sub->id, 106);
	subscriber_close(sub);
	close(fd);
}

/* What would be MORE if it had to look again for nothing. */
static void test_a_turns_share_that_was_all_is_the_end_of_it(void **state)
{
	struct room *room = *state;
	const int size = 100000; /* the kernel doubles it */
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "a", &fd);
	assert_int_equal(setsockopt(loop_io_fd(&sub->watch), SOL_SOCKET,
				 SO_SNDBUF, &size, sizeof(size)),
		0);
	for (int i = 0; i < 4; i++)
		append(room, "a", RECORD_BODY - 100);
	append(room, "b", 1);
	assert_int_equal(subscriber_pump(sub, end_of(room)), CAUGHT_UP);
	assert_int_equal(loop_io_wanted(&sub->watch), LOOP_READ);
	assert_int_equal(sub->id, 105);
	subscriber_close(sub);
	close(fd);
}

static void overtake(struct room *room, const char *channel)
{
	for (int i = 0; i < 2 * ROOM_WINDOW / LONG; i++)
		append(room, channel, LONG);
}

static void test_one_that_the_window_has_overtaken_says_so(void **state)
{
	struct room *room = *state;
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "a", &fd);
	overtake(room, "a");
	assert_true(subscriber_is_below(sub));
	assert_int_equal(subscriber_pump(sub, end_of(room)), BELOW);
	assert_int_equal(below, 0); /* who calls asks for the page */
	assert_int_equal(room_text(room, fd).len, 0);
	subscriber_close(sub);
	close(fd);
}

static void test_what_left_the_window_on_other_channels_is_not_missed(
	void **state)
{
	struct room *room = *state;
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "quiet", &fd);
	overtake(room, "a");
	assert_false(subscriber_is_below(sub));
	append(room, "quiet", 1);
	assert_int_equal(subscriber_pump(sub, end_of(room)), CAUGHT_UP);
	assert_true(has(room_text(room, fd), "data: y\n"));
	subscriber_close(sub);
	close(fd);
}

static void test_one_that_falls_behind_by_itself_tells_its_owner(void **state)
{
	struct room *room = *state;
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "a", &fd);
	append(room, "a", LONG);
	append(room, "a", LONG);
	assert_int_equal(subscriber_pump(sub, end_of(room)), BLOCKED);
	overtake(room, "a");
	for (int i = 0; i < 100 && below == 0; i++) {
		char bytes[LONG];

		(void)!recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		room_turn(room);
	}
	assert_int_equal(below, 1);
	subscriber_close(sub);
	close(fd);
}

static void test_a_browser_that_leaves_is_told_to_the_owner_once(void **state)
{
	struct room *room = *state;
	int fd;

	subscribe(room, "a", &fd);
	close(fd);
	room_turn(room);
	room_turn(room);
	assert_int_equal(gone, 1);
	assert_int_equal(audience_count(room->audience), 0);
}

static void test_a_write_that_fails_is_its_end(void **state)
{
	struct room *room = *state;
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "a", &fd);
	append(room, "a", 1);
	close(fd);
	assert_int_equal(subscriber_pump(sub, end_of(room)), GONE);
	assert_int_equal(gone, 1);
}

static void test_the_web_server_is_told_that_a_stream_ends(void **state)
{
	struct room *room = *state;
	int fd;

	subscriber_close(subscribe(room, "a", &fd));
	CHECK_TEXT("its end", room_text(room, fd), "<end><closed>");
	assert_int_equal(gone, 1);
	close(fd);
}

/* The seconds, of `seconds`, after which a comment came; bit 0 = the first. */
static unsigned beats(struct room *room, int fd, int seconds)
{
	unsigned came = 0;

	for (int s = 0; s < seconds; s++) {
		room_pass(room, 1000000);
		if (has(room_text(room, fd), ":\n"))
			came |= 1U << s;
	}
	return came;
}

static const struct {
	const char *name;
	uint16_t keepalive;
	int every;
} keepalives[] = {
	{"the one that is configured", 0, ROOM_KEEPALIVE_S},
	{"a shorter one", 3, 3},
	{"the shortest there can be", 1, 1},
	{"the same", ROOM_KEEPALIVE_S, ROOM_KEEPALIVE_S},
	{"a longer one is taken down", 60, ROOM_KEEPALIVE_S},
};

static void test_a_subscriber_may_ask_for_comments_more_often(void **state)
{
	struct room *room = *state;
	struct subscriber *subs[COUNT(keepalives)];
	int fds[COUNT(keepalives)];

	for (size_t i = 0; i < COUNT(keepalives); i++) {
		wanted_keepalive = keepalives[i].keepalive;
		subs[i] = subscribe(room, "a", &fds[i]);
		room_pass(room, 1000000);
	}
	wanted_keepalive = 0;
	for (size_t i = 0; i < COUNT(keepalives); i++) {
		int every = keepalives[i].every;
		unsigned came;

		room_read(room, &fds[i], 1);
		came = beats(room, fds[i], 2 * every);
		CHECK(keepalives[i].name, (came & ((1U << every) - 1)) != 0);
		CHECK(keepalives[i].name,
			(came & ((1U << every) - 1)) == came >> every);
		CHECK(keepalives[i].name, __builtin_popcount(came) == 2);
	}
	for (size_t i = 0; i < COUNT(keepalives); i++) {
		subscriber_close(subs[i]);
		close(fds[i]);
	}
}

/* One second has no more of them to write than another. */
static void test_the_comments_are_spread_over_the_seconds(void **state)
{
	enum { EACH = 4, MANY = EACH * ROOM_KEEPALIVE_S };
	struct room *room = *state;
	struct subscriber *subs[MANY];
	int fds[MANY];

	room_pass(room, 7000000);
	for (int i = 0; i < MANY; i++)
		subs[i] = subscribe(room, "a", &fds[i]);
	for (int s = 0; s < ROOM_KEEPALIVE_S; s++) {
		int came = 0;

		room_pass(room, 1000000);
		for (int i = 0; i < MANY; i++)
			came += has(room_text(room, fds[i]), ":\n");
		assert_int_equal(came, EACH);
	}
	for (int i = 0; i < MANY; i++) {
		subscriber_close(subs[i]);
		close(fds[i]);
	}
}

static void test_each_is_sent_a_comment_in_the_keep_alive_interval(void **state)
{
	struct room *room = *state;
	const struct batch *half;
	struct subscriber *sub;
	int fd;

	sub = subscribe(room, "a", &fd);
	for (int s = 0; s < ROOM_KEEPALIVE_S; s++)
		room_pass(room, 1000000);
	CHECK_TEXT("one", room_text(room, fd), ":\n");
	append(room, "a", LONG);
	append(room, "a", LONG);
	assert_int_equal(subscriber_pump(sub, end_of(room)), BLOCKED);
	half = sub->half;
	for (int s = 0; s < ROOM_KEEPALIVE_S; s++)
		room_pass(room, 1000000);
	assert_ptr_equal(sub->half, half); /* and none in the middle */
	subscriber_close(sub);
	close(fd);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_it_is_given_what_comes_after_its_cursor),
		IN_ROOM(test_a_long_text_that_nobody_reads_ends_when_there_are_too_many),
		IN_ROOM(test_what_others_are_given_too_counts_once_they_have_gone),
		IN_ROOM(test_nothing_is_written_beyond_the_horizon),
		IN_ROOM(test_with_gzip_who_was_blocked_goes_on_with_the_others),
		IN_ROOM(test_a_full_socket_is_waited_for_and_nothing_is_lost),
		IN_ROOM(test_who_is_far_behind_takes_turns_with_the_others),
		IN_ROOM(test_a_turns_share_that_was_all_is_the_end_of_it),
		IN_ROOM(test_one_that_the_window_has_overtaken_says_so),
		IN_ROOM(test_what_left_the_window_on_other_channels_is_not_missed),
		IN_ROOM(test_one_that_falls_behind_by_itself_tells_its_owner),
		IN_ROOM(test_a_browser_that_leaves_is_told_to_the_owner_once),
		IN_ROOM(test_a_write_that_fails_is_its_end),
		IN_ROOM(test_the_web_server_is_told_that_a_stream_ends),
		IN_ROOM(test_each_is_sent_a_comment_in_the_keep_alive_interval),
		IN_ROOM(test_a_subscriber_may_ask_for_comments_more_often),
		IN_ROOM(test_the_comments_are_spread_over_the_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
