/* SPDX-License-Identifier: MIT */
/* replay: older events are asked of the hub once, for all who lack them */
#include <config.h>

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/replay/fetch.h"
#include "fcgi/replay/replay.h"
#include "fcgi/replay/straggler.h"
#include "tests/unit/stream_room.h"

enum { CROWD = 3, MANY = FETCH_ASKED + CROWD, LONG_EVENT = 300000 };

struct question {
	enum wire_type type;
	uint64_t number;
	struct wire_in body;
};

static bool next(struct room *room, struct question *question)
{
	return room_asked(
		room, &question->type, &question->number, &question->body);
}

static size_t count_asked(struct room *room, struct question *last)
{
	size_t count = 0;

	while (next(room, last))
		count++;
	return count;
}

/* The next question is for a verdict: there was never a gap, and the channels
 * that are busy are so up to the window. */
static void answer_verdict(struct room *room, const char *busy)
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
static void answer_page(struct room *room, const char *channel, uint64_t after,
	uint64_t id, uint64_t through)
{
	struct question question;

	assert_true(next(room, &question));
	assert_int_equal(question.type, WIRE_PAGE);
	assert_int_equal(wire_get_u64(&question.body), after);
	assert_int_equal(wire_get_u64(&question.body), ROOM_FROM);
	assert_true(wire_get_u32(&question.body) > 0);
	assert_int_equal(wire_get_u8(&question.body), 0);
	CHECK_TEXT("channel", wire_get_str16(&question.body), channel);
	assert_true(wire_done(&question.body));
	room_pages(room, question.number, channel, id, through, "old");
}

/* As room_resume(), with a client, and with the channels of a text, a letter
 * each. */
static int resume(struct room *room, const char *letters, uint64_t id,
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

static void test_a_question_says_what_is_lacked(void **state)
{
	struct room *room = *state;
	int fd = room_resume(room, "a", 50);
	struct question question;

	assert_true(next(room, &question));
	assert_int_equal(question.type, WIRE_JUDGE);
	assert_int_equal(wire_get_u8(&question.body), WIRE_AFTER);
	assert_int_equal(wire_get_u64(&question.body), 50);
	assert_int_equal(wire_get_u64(&question.body), ROOM_FROM);
	assert_int_equal(wire_get_str16(&question.body).len, 0);
	assert_int_equal(wire_get_u16(&question.body), 1);
	assert_int_equal(wire_get_u8(&question.body), 0);
	CHECK_TEXT("channel", wire_get_str16(&question.body), "a");
	assert_int_equal(wire_get_u16(&question.body), 0); /* told of no gap */
	assert_true(wire_done(&question.body));
	close(fd);
}

static void test_those_who_lack_the_same_share_a_question(void **state)
{
	struct room *room = *state;
	int fds[CROWD];

	for (int i = 0; i < CROWD; i++)
		fds[i] = room_resume(room, "a", 50);
	answer_verdict(room, "x");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	for (int i = 0; i < CROWD; i++) {
		assert_true(has(room_text(room, fds[i]),
			"id: 51\ndata: old\n\nid: 100\nevent: live\n"));
		close(fds[i]);
	}
	assert_int_equal(room->counters->replayed, CROWD);
	assert_int_equal(room->asked.len, 0);
}

static void test_what_one_has_read_others_read_with_channels_of_their_own(
	void **state)
{
	struct room *room = *state;
	struct question question;
	int fds[CROWD] = {resume(room, "ab", 50, EVENT_PLAIN, NULL),
		resume(room, "ac", 50, EVENT_PLAIN, NULL)};

	answer_verdict(room, "x ");
	answer_verdict(room, "x ");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	fds[2] = resume(room, "ad", 50, EVENT_PLAIN, NULL);
	answer_verdict(room, "x ");
	assert_false(next(room, &question));
	for (int i = 0; i < CROWD; i++) {
		assert_true(has(room_text(room, fds[i]),
			"id: 51\ndata: old\n\nid: 100\nevent: live\n"));
		close(fds[i]);
	}
}

static void test_who_is_elsewhere_in_a_range_reads_the_rest_of_it(void **state)
{
	struct room *room = *state;
	struct question question;
	struct span text;
	int fds[2];

	fds[0] = room_resume(room, "a", 50);
	answer_verdict(room, "x");
	answer_page(room, "a", 50, 51, ROOM_FROM);
	fds[1] = room_resume(room, "a", 51);
	answer_verdict(room, "x");
	assert_false(next(room, &question));
	text = room_text(room, fds[1]);
	assert_false(has(text, "old"));
	assert_true(has(text, "event: live"));
	close(fds[0]);
	close(fds[1]);
}

static void test_channels_are_merged_as_far_as_all_are_known(void **state)
{
	struct room *room = *state;
	int fd = resume(room, "abc", 50, EVENT_PLAIN, NULL);
	struct span text;

	answer_verdict(room, "x x");
	answer_page(room, "a", 50, 60, 70);
	assert_false(has(room_text(room, fd), "old"));
	answer_page(room, "c", 50, 55, ROOM_FROM);
	assert_true(has(room_text(room, fd),
		"id: 55\ndata: old\n\nid: 60\ndata: old\n\n"));
	answer_page(room, "a", 70, 80, ROOM_FROM);
	text = room_text(room, fd);
	assert_true(has(text, "id: 80\ndata: old\n\nid: 100\nevent: live\n"));
	close(fd);
}

static void test_quiet_channels_are_not_asked_for(void **state)
{
	struct room *room = *state;
	int fd = resume(room, "abc", 50, EVENT_PLAIN, NULL);
	struct question question;

	answer_verdict(room, "   ");
	assert_false(next(room, &question));
	assert_true(has(room_text(room, fd), "id: 100\nevent: live\n"));
	close(fd);
}

static void test_each_dress_is_read_once(void **state)
{
	struct room *room = *state;
	struct question question;
	int fd = room_resume(room, "a", 50);
	int other = resume(room, "a", 50, EVENT_ENVELOPE, NULL);
	int third = resume(room, "a", 50, EVENT_MERCURE, NULL);

	answer_verdict(room, "x"); /* for all */
	answer_page(room, "a", 50, 51, ROOM_FROM);
	answer_page(room, "a", 50, 51, ROOM_FROM);
	answer_page(room, "a", 50, 51, ROOM_FROM);
	assert_false(next(room, &question));
	assert_true(has(room_text(room, fd), "id: 51\ndata: old\n"));
	assert_true(has(room_text(room, other),
		"id: 51\ndata: {\"channel\":\"a\",\"data\":\"old\"}\n"));
	assert_true(has(room_text(room, third), "\nid: #51\ndata: old\n\n"));
	close(fd);
	close(other);
	close(third);
}

/* One strip is held, the other has been asked for. */
static void test_who_leaves_while_he_waits_leaves_the_rest_to_others(
	void **state)
{
	struct room *room = *state;
	struct question last;
	int fds[CROWD] = {resume(room, "ac", 50, EVENT_PLAIN, NULL),
		resume(room, "ac", 50, EVENT_PLAIN, NULL)};

	answer_verdict(room, "xx");
	answer_page(room, "a", 50, 60, ROOM_FROM);
	assert_true(next(room, &last));
	close(fds[0]);
	room_turn(room);
	assert_int_equal(audience_count(room->audience), 1);
	room_pages(room, last.number, "c", 55, ROOM_FROM, "old");
	assert_true(has(room_text(room, fds[1]),
		"id: 55\ndata: old\n\nid: 60\ndata: old\n\n"));
	close(fds[1]);
	fds[2] = resume(room, "ad", 50, EVENT_PLAIN, NULL);
	answer_verdict(room, "xx");
	assert_true(next(room, &last));
	close(fds[2]);
	room_turn(room);
	assert_int_equal(audience_count(room->audience), 0);
	room_pages(room, last.number, "d", 55, ROOM_FROM, "old"); /* nobody */
	assert_int_equal(room->asked.len, 0);
}

/* ---- what was pruned */

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

/* ---- how much, and whose turn */

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
		wire_get_u8(&question.body);
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

#define IN_ROOM(test) \
	cmocka_unit_test_setup_teardown(test, room_enter, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(test_a_question_says_what_is_lacked),
		IN_ROOM(test_while_streams_hold_more_than_is_kept_no_more_is_asked),
		IN_ROOM(test_those_who_lack_the_same_share_a_question),
		IN_ROOM(test_what_one_has_read_others_read_with_channels_of_their_own),
		IN_ROOM(test_who_is_elsewhere_in_a_range_reads_the_rest_of_it),
		IN_ROOM(test_channels_are_merged_as_far_as_all_are_known),
		IN_ROOM(test_quiet_channels_are_not_asked_for),
		IN_ROOM(test_each_dress_is_read_once),
		IN_ROOM(test_who_leaves_while_he_waits_leaves_the_rest_to_others),
		IN_ROOM(test_what_is_pruned_meanwhile_is_judged_by_the_hub),
		IN_ROOM(test_a_strip_that_stays_doubtful_is_read_again),
		IN_ROOM(test_of_another_log_everything_is_asked_again),
		IN_ROOM(test_what_another_log_had_lost_is_forgotten),
		IN_ROOM(test_the_hub_is_not_asked_everything_at_once),
		IN_ROOM(test_what_nobody_waits_for_any_more_is_not_asked),
		IN_ROOM(test_when_none_has_answered_those_in_the_queue_are_not_kept),
		IN_ROOM(test_few_sockets_are_filled_at_a_time),
		IN_ROOM(test_who_reads_many_channels_leaves_the_hub_to_others),
		IN_ROOM(test_a_crowd_of_few_channels_keeps_no_reader_of_many_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
