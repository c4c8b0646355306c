/* SPDX-License-Identifier: MIT */
/* replay: how much is asked for at a time, and whose turn it is */
#include <config.h>

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/replay/straggler.h"
#include "tests/unit/replay_room.h"

enum { MANY = FETCH_ASKED + CROWD, LONG_EVENT = 300000 };

static size_t count_asked(struct room *room, struct question *last)
{
	size_t count = 0;

	while (next(room, last))
		count++;
	return count;
}

static void test_the_hub_is_not_asked_everything_at_once(void **state)
{
	struct room *room = *state;
	struct verdict verdict = {.used = ROOM_FROM, .limit = ROOM_FROM};
	struct question question;
	int fds[MANY];

	verdict.busy = "";
	for (int i = 0; i < MANY; i++)
		fds[i] = room_resume(room, "a", (uint64_t)i + 10);
	assert_int_equal(count_asked(room, &question), FETCH_ASKED);
	room_judges(room, question.number, &verdict);
	assert_int_equal(count_asked(room, &question), 1);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

static void test_what_nobody_waits_for_any_more_is_not_asked(void **state)
{
	struct room *room = *state;
	struct verdict verdict = {.used = ROOM_FROM, .limit = ROOM_FROM};
	struct question question;
	int fds[MANY];

	verdict.busy = "";
	for (int i = 0; i < MANY; i++)
		fds[i] = room_resume(room, "a", (uint64_t)i + 10);
	assert_int_equal(count_asked(room, &question), FETCH_ASKED);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	for (int i = 0; i < CROWD; i++)
		room_turn(room); /* libev finds some of them at a time */
	assert_int_equal(audience_count(room->audience), 0);
	room_judges(room, question.number, &verdict); /* to nobody */
	assert_int_equal(count_asked(room, &question), 0);
}

static void test_when_none_has_answered_those_in_the_queue_are_not_kept(
	void **state)
{
	struct room *room = *state;
	int fds[MANY];

	for (int i = 0; i < MANY; i++)
		fds[i] = room_resume(room, "a", (uint64_t)i + 10);
	room_turn(room);
	questions_expire(room->session.questions, UINT64_MAX);
	assert_int_equal(audience_count(room->audience), 0);
	for (int i = 0; i < MANY; i++) {
		assert_true(has(room_text(room, fds[i]), "retry: "));
		close(fds[i]);
	}
}

static const char letters[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char busy[] =
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/* Of more than a few channels one stream reads at a time, and never as much
 * that others have to wait. */
static void test_who_reads_many_channels_leaves_the_hub_to_others(void **state)
{
	struct room *room = *state;
	struct question question;
	int fds[CROWD] = {resume(room, letters, 50, EVENT_PLAIN, NULL),
		resume(room, letters, 51, EVENT_PLAIN, NULL)};

	answer_verdict(room, busy);
	answer_verdict(room, busy);
	assert_int_equal(count_asked(room, &question), FETCH_MANY);
	fds[2] = room_resume(room, "a", 52);
	answer_verdict(room, "x");
	answer_page(room, "a", 52, 53, ROOM_FROM);
	assert_true(has(room_text(room, fds[2]), "id: 53\ndata: old\n\n"));
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
}

static void test_a_crowd_of_few_channels_keeps_no_reader_of_many_waiting(
	void **state)
{
	enum { ALL = 4 * FETCH_ASKED };
	struct room *room = *state;
	struct verdict caught_up = {.used = ROOM_FROM, .limit = ROOM_FROM};
	struct question question;
	size_t pages = 0;
	int fds[ALL], fd = resume(room, letters, 5, EVENT_PLAIN, NULL);

	caught_up.busy = "";
	for (int i = 0; i < ALL; i++)
		fds[i] = resume(room, i % 2 == 0 ? "a" : "b",
			(uint64_t)i / 2 % 90 + 5, i % 4 < 2, NULL);
	answer_verdict(room, busy);
	for (int i = 0; i < FETCH_ASKED + FETCH_MANY; i++) {
		assert_true(next(room, &question));
		if (question.type == WIRE_PAGE)
			pages++;
		else
			room_judges(room, question.number, &caught_up);
	}
	assert_in_range(pages, 1, FETCH_MANY);
	for (int i = 0; i < ALL; i++)
		close(fds[i]);
	close(fd);
}

static int count_filled(const int *fds, int count)
{
	int filled = 0, bytes = 0;

	for (int i = 0; i < count; i++)
		filled += ioctl(fds[i], FIONREAD, &bytes) == 0 &&
			  bytes > LONG_EVENT / 10;
	return filled;
}

/* What the web server finds in one round. */
static void test_few_sockets_are_filled_at_a_time(void **state)
{
	static char data[LONG_EVENT + 1];
	enum { ALL = REPLAY_FULL + CROWD };
	struct room *room = *state;
	struct question question;
	int fds[ALL];

	memset(data, 'y', LONG_EVENT);
	for (int i = 0; i < ALL; i++)
		fds[i] = room_resume(room, "a", 50);
	answer_verdict(room, "x");
	assert_true(next(room, &question));
	room_pages(room, question.number, "a", 51, ROOM_FROM, data);
	assert_int_equal(count_filled(fds, ALL), REPLAY_FULL);
	for (int i = 0; i < 20; i++) { /* one is read to its end */
		while (recv(fds[0], data, LONG_EVENT, MSG_DONTWAIT) > 0)
			continue;
		room_turn(room);
	}
	assert_int_equal(count_filled(fds + 1, ALL - 1), REPLAY_FULL);
	room_pass(room, REPLAY_PATIENCE_US); /* the others have stopped */
	assert_int_equal(count_filled(fds + 1, ALL - 1), ALL - 1);
	for (int i = 0; i < ALL; i++)
		close(fds[i]);
}

/* Answers all that is asked for with a long event; returns how much that was.
 */
static size_t give_long_events(struct room *room)
{
	static char data[LONG_EVENT + 1];
	struct question question;
	size_t count = 0;

	memset(data, 'y', LONG_EVENT);
	for (; next(room, &question); count++) {
		struct span name;

		assert_int_equal(question.type, WIRE_PAGE);
		wire_get_u64(&question.body);
		wire_get_u64(&question.body);
		wire_get_u32(&question.body);
		wire_get_u16(&question.body); /* public, and the kind */
		name = wire_get_str16(&question.body);
		room_pages(room, question.number,
			(const char[]){name.at[0], '\0'}, 51, ROOM_FROM, data);
	}
	return count;
}

/* Each lacks a long event of its own, and none reads. */
static void test_while_streams_hold_more_than_is_kept_no_more_is_asked(
	void **state)
{
	enum { EACH = 58, ALL = 2 * EACH };
	struct room *room = *state;
	size_t given;
	int fds[ALL];

	for (int i = 0; i < ALL; i++)
		fds[i] = resume(room, (const char[]){letters[i % EACH], '\0'},
			50, i < EACH, NULL);
	for (int i = 0; i < EACH; i++) /* of two streams each */
		answer_verdict(room, "x");
	given = give_long_events(room);
	assert_in_range(given, FETCH_ASKED, FETCH_ASKED + REPLAY_FULL + 1);
	for (int i = 0; given < ALL && i < ALL; i++) {
		room_pass(room, REPLAY_PATIENCE_US); /* they do not read */
		given += give_long_events(room);
	}
	assert_int_equal(given, ALL);
	for (int i = 0; i < ALL; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_the_hub_is_not_asked_everything_at_once),
		IN_ROOM(test_what_nobody_waits_for_any_more_is_not_asked),
		IN_ROOM(test_when_none_has_answered_those_in_the_queue_are_not_kept),
		IN_ROOM(test_who_reads_many_channels_leaves_the_hub_to_others),
		IN_ROOM(test_a_crowd_of_few_channels_keeps_no_reader_of_many_waiting),
		IN_ROOM(test_few_sockets_are_filled_at_a_time),
		IN_ROOM(test_while_streams_hold_more_than_is_kept_no_more_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
