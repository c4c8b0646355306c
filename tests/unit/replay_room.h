/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_REPLAY_ROOM_H
#define TIDINGS_TESTS_UNIT_REPLAY_ROOM_H
/*
 * replay_room - streams that lack older events, and what the hub is asked for
 * them
 */
#include "fcgi/replay/fetch.h"
#include "fcgi/replay/replay.h"
#include "tests/unit/stream_room.h"

enum { CROWD = 3 };

struct question {
	enum wire_type type;
	uint64_t number;
	struct wire_in body;
};

static inline bool next(struct room *room, struct question *question)
{
	return room_asked(
		room, &question->type, &question->number, &question->body);
}

/* The next question is for a verdict: there was never a gap, and the channels
 * that are busy are so up to the window. */
static inline void answer_verdict(struct room *room, const char *busy)
{
	struct verdict verdict = {.limit = ROOM_FROM, .busy = busy};
	struct question question;

	assert_true(next(room, &question));
	assert_int_equal(question.type, WIRE_JUDGE);
	wire_get_u8(&question.body);
	verdict.used = wire_get_u64(&question.body);
	room_judges(room, question.number, &verdict);
}

/* The next question is for this channel's events after `after`; there is one,
 * and the answer goes up to `through`. */
static inline void answer_page(struct room *room, const char *channel,
	uint64_t after, uint64_t id, uint64_t through)
{
	struct question question;

	assert_true(next(room, &question));
	assert_int_equal(question.type, WIRE_PAGE);
	assert_int_equal(wire_get_u64(&question.body), after);
	assert_int_equal(wire_get_u64(&question.body), ROOM_FROM);
	assert_true(wire_get_u32(&question.body) > 0);
	assert_int_equal(wire_get_u8(&question.body), 1); /* public */
	assert_int_equal(wire_get_u8(&question.body), 0);
	CHECK_TEXT("channel", wire_get_str16(&question.body), channel);
	assert_true(wire_done(&question.body));
	room_pages(room, question.number, channel, id, through, "old");
}

/* As room_resume(), with a client, and with the channels of a text, a letter
 * each. */
static inline int resume(struct room *room, const char *letters, uint64_t id,
	enum event_dress dress, struct client *client)
{
	struct span names[64];
	struct subscription subscription = {.channels = names,
		.from = WIRE_AFTER,
		.value = id,
		.requested = span_of("what it had"),
		.client = client,
		.dress = dress};

	for (; letters[subscription.count] != '\0'; subscription.count++)
		names[subscription.count] =
			span(letters + subscription.count, 1);
	return room_open(room, &subscription);
}

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)

#endif
