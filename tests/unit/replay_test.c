/* SPDX-License-Identifier: MIT */
/* replay: older events are asked of the hub once, for all who lack them */
#include <config.h>

#include <unistd.h>

#include "fcgi/stream/replay.h"
#include "tests/unit/stream_room.h"

enum { CROWD = 3 };

static void put_event(struct buf *out, uint64_t id)
{
	const struct wire_event event = {
		.id = id, .channel = span_of("a"), .data = span_of("old")};

	wire_put_u32(out, (uint32_t)wire_event_size(&event));
	wire_put_event(out, &event);
}

/* All that the log has after `used`: one event, up to the window. */
static void answer(struct room *room, uint64_t number, uint64_t used)
{
	struct buf out = {0};

	wire_put_u64(&out, number);
	wire_put_u8(&out, false);
	wire_put_u64(&out, used);
	wire_put_u64(&out, ROOM_FROM);
	wire_put_u64(&out, 77); /* the mark */
	wire_put_u64(&out, 1);
	wire_put_u64(&out, 99);
	wire_put_u32(&out, 1);
	put_event(&out, used + 1);
	room_says(room, WIRE_PAGED, &out);
	buf_release(&out);
}

static size_t count_asked(struct room *room, uint64_t *last)
{
	enum wire_type type;
	struct wire_in body;
	size_t count = 0;

	while (room_asked(room, &type, last, &body))
		count++;
	return count;
}

static void test_a_question_says_what_is_lacked(void **state)
{
	struct room *room = *state;
	int fd = room_resume(room, "a", 50);
	enum wire_type type;
	struct wire_in body;
	uint64_t number;

	assert_true(room_asked(room, &type, &number, &body));
	assert_int_equal(type, WIRE_PAGE);
	assert_int_equal(wire_get_u8(&body), WIRE_AFTER);
	assert_int_equal(wire_get_u64(&body), 50);
	assert_int_equal(wire_get_u64(&body), 0); /* was told of no gap */
	assert_int_equal(wire_get_u64(&body), ROOM_FROM);
	assert_true(wire_get_u32(&body) > 0);
	assert_int_equal(wire_get_u16(&body), 1);
	CHECK_TEXT("channel", wire_get_str8(&body), "a");
	assert_true(wire_done(&body));
	close(fd);
}

static void test_those_who_lack_the_same_share_a_page(void **state)
{
	struct room *room = *state;
	uint64_t number;
	int fds[CROWD];

	for (int i = 0; i < CROWD; i++)
		fds[i] = room_resume(room, "a", 50);
	assert_int_equal(count_asked(room, &number), 1);
	answer(room, number, 50);
	for (int i = 0; i < CROWD; i++) {
		assert_true(has(room_text(room, fds[i]),
			"id: 51\ndata: old\n\nid: 100\nevent: live\n"));
		close(fds[i]);
	}
	assert_int_equal(room->counters->replayed, CROWD);
}

static void test_other_cursors_and_other_channels_are_other_pages(void **state)
{
	struct room *room = *state;
	uint64_t number;
	int fds[CROWD] = {room_resume(room, "a", 50),
		room_resume(room, "a", 51), room_resume(room, "b", 50)};

	assert_int_equal(count_asked(room, &number), CROWD);
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
}

static void test_the_same_question_once_answered_is_asked_again(void **state)
{
	struct room *room = *state;
	uint64_t number;
	int fd = room_resume(room, "a", 50), later;

	assert_int_equal(count_asked(room, &number), 1);
	answer(room, number, 50);
	later = room_resume(room, "a", 50);
	assert_int_equal(count_asked(room, &number), 1);
	close(fd);
	close(later);
}

static void test_envelopes_are_made_of_the_same_page(void **state)
{
	struct room *room = *state;
	const struct span name = span_of("a");
	struct subscription subscription = {.channels = &name,
		.count = 1,
		.from = WIRE_AFTER,
		.value = 50,
		.envelope = true};
	int fd = room_resume(room, "a", 50);
	int other = room_open(room, &subscription);
	uint64_t number;

	assert_int_equal(count_asked(room, &number), 1);
	answer(room, number, 50);
	assert_true(has(room_text(room, fd), "id: 51\ndata: old\n"));
	assert_true(has(room_text(room, other),
		"id: 51\ndata: {\"channel\":\"a\",\"data\":\"old\"}\n"));
	close(fd);
	close(other);
}

static void test_the_hub_is_not_asked_everything_at_once(void **state)
{
	struct room *room = *state;
	int fds[REPLAY_ASKED + CROWD];
	uint64_t number;

	for (int i = 0; i < REPLAY_ASKED + CROWD; i++)
		fds[i] = room_resume(room, "a", (uint64_t)i + 10);
	assert_int_equal(count_asked(room, &number), REPLAY_ASKED);
	answer(room, number, REPLAY_ASKED + 9);
	assert_int_equal(count_asked(room, &number), 1);
	for (int i = 0; i < REPLAY_ASKED + CROWD; i++)
		close(fds[i]);
}

static void test_what_nobody_waits_for_any_more_is_not_asked(void **state)
{
	struct room *room = *state;
	int fds[REPLAY_ASKED + 1];
	uint64_t number;

	for (int i = 0; i < REPLAY_ASKED + 1; i++)
		fds[i] = room_resume(room, "a", (uint64_t)i + 10);
	assert_int_equal(count_asked(room, &number), REPLAY_ASKED);
	for (int i = 0; i < REPLAY_ASKED + 1; i++)
		close(fds[i]);
	room_turn(room);
	assert_int_equal(audience_count(room->audience), 0);
	answer(room, number, REPLAY_ASKED + 9); /* to nobody */
	assert_int_equal(count_asked(room, &number), 0);
}

static void test_when_none_has_answered_those_in_the_queue_are_not_kept(
	void **state)
{
	struct room *room = *state;
	int fds[REPLAY_ASKED + CROWD];

	for (int i = 0; i < REPLAY_ASKED + CROWD; i++)
		fds[i] = room_resume(room, "a", (uint64_t)i + 10);
	questions_expire(room->session.questions, UINT64_MAX);
	assert_int_equal(audience_count(room->audience), 0);
	for (int i = 0; i < REPLAY_ASKED + CROWD; i++) {
		assert_true(has(room_text(room, fds[i]), "retry: "));
		close(fds[i]);
	}
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_a_question_says_what_is_lacked),
		IN_ROOM(test_those_who_lack_the_same_share_a_page),
		IN_ROOM(test_other_cursors_and_other_channels_are_other_pages),
		IN_ROOM(test_the_same_question_once_answered_is_asked_again),
		IN_ROOM(test_envelopes_are_made_of_the_same_page),
		IN_ROOM(test_the_hub_is_not_asked_everything_at_once),
		IN_ROOM(test_what_nobody_waits_for_any_more_is_not_asked),
		IN_ROOM(test_when_none_has_answered_those_in_the_queue_are_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
