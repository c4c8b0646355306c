/* SPDX-License-Identifier: MIT */
/* replay: events that go while they are asked for, or are of another log */
#include <config.h>

#include <unistd.h>

#include "tests/unit/replay_room.h"

static void answer_pruned(struct room *room, uint64_t mark)
{
	struct question question;
	struct buf out = {0};

	assert_true(next(room, &question));
	assert_int_equal(question.type, WIRE_PAGE);
	wire_put_u64(&out, question.number);
	wire_put_u64(&out, ROOM_FROM);
	wire_put_u64(&out, mark);
	wire_put_u32(&out, 0);
	room_says(room, WIRE_PAGED, &out);
	buf_release(&out);
	room_turn(room);
}

static void test_what_is_pruned_meanwhile_is_judged_by_the_hub(void **state)
{
	struct room *room = *state;
	struct verdict gap = {true, 80, ROOM_FROM, "x", NULL};
	int fd = room_resume(room, "a", 50);
	struct question question;
	struct span text;

	answer_verdict(room, "x");
	answer_pruned(room, 75);
	assert_false(has(room_text(room, fd), "live"));
	assert_true(next(room, &question));
	assert_int_equal(question.type, WIRE_JUDGE);
	wire_get_u8(&question.body);
	assert_int_equal(wire_get_u64(&question.body), 50);
	room_judges(room, question.number, &gap);
	text = room_text(room, fd);
	assert_true(has(text, "id: 80\nevent: reset\ndata: {\"requested\":"
			      "\"50\",\"oldest\":\"40\",\"newest\":\"99\"}"));
	assert_true(has(text, "event: live"));
	assert_int_equal(room->asked.len, 0); /* the strip is good for it */
	close(fd);
}

static void test_a_strip_that_stays_doubtful_is_read_again(void **state)
{
	struct room *room = *state;
	int fd = room_resume(room, "a", 50);

	answer_verdict(room, "x");
	answer_pruned(room, 75);
	answer_verdict(room, "x"); /* no gap, says the hub */
	answer_verdict(room, "x");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	assert_true(has(room_text(room, fd), "id: 51\ndata: old\n\n"));
	close(fd);
}

static void test_of_another_log_everything_is_asked_again(void **state)
{
	struct room *room = *state;
	int fd = room_resume(room, "a", 50);
	struct question old;

	answer_verdict(room, "x");
	assert_true(next(room, &old));
	room->session.identity[0] ^= 1;
	room_hub_comes(room, ROOM_FROM);
	assert_true(next(room, &old)); /* is said again, as anything is */
	assert_int_equal(old.type, WIRE_PAGE);
	room_pages(room, old.number, "a", 51, ROOM_FROM, "of the old log");
	answer_verdict(room, "x");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	assert_false(has(room_text(room, fd), "of the old log"));
	close(fd);
}

/* The next question is for a verdict; how many marks it tells. */
static uint16_t told_with(struct question *question)
{
	uint16_t count;

	assert_int_equal(question->type, WIRE_JUDGE);
	wire_get_u8(&question->body);
	wire_get_u64(&question->body);
	wire_get_u64(&question->body);
	wire_get_str16(&question->body);
	for (count = wire_get_u16(&question->body); count > 0; count--) {
		wire_get_u8(&question->body);
		wire_get_str16(&question->body);
	}
	return wire_get_u16(&question->body);
}

static void test_what_another_log_had_lost_is_forgotten(void **state)
{
	static const uint64_t marks[] = {90};
	const struct verdict gap = {true, 80, ROOM_FROM, "x", marks};
	struct room *room = *state;
	int fd = room_resume(room, "a", 50);
	struct question question;

	assert_true(next(room, &question));
	room_judges(room, question.number, &gap);
	answer_pruned(room, 95);
	assert_true(next(room, &question));
	assert_int_equal(told_with(&question), 1);
	room->session.identity[0] ^= 1;
	room_hub_comes(room, ROOM_FROM);
	assert_true(next(room, &question)); /* what is said again, and then: */
	assert_true(next(room, &question));
	assert_int_equal(told_with(&question), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_what_is_pruned_meanwhile_is_judged_by_the_hub),
		IN_ROOM(test_a_strip_that_stays_doubtful_is_read_again),
		IN_ROOM(test_of_another_log_everything_is_asked_again),
		IN_ROOM(test_what_another_log_had_lost_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
