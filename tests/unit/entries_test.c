/* SPDX-License-Identifier: MIT */
/* fcgi/presence/entries, attendees: who is on a channel, by stream and by user;
 * and what the hub is told of our own */
#include <config.h>

#include <string.h>

#include "fcgi/presence/attendees.h"
#include "fcgi/presence/entries.h"
#include "fcgi/stream/opening.h"
#include "lib/wire.h"
#include "tests/unit/unit.h"

struct hall {
	struct entries entries;
	struct buf news[ENTRIES_BYS];
};

static void hall_open(struct hall *hall)
{
	memset(hall, 0, sizeof(*hall));
	entries_open(&hall->entries, span_of("room"), 3);
	for (int by = 0; by < ENTRIES_BYS; by++)
		hall->entries.news[by] = &hall->news[by];
}

static void hall_close(struct hall *hall)
{
	entries_close(&hall->entries);
	for (int by = 0; by < ENTRIES_BYS; by++)
		buf_release(&hall->news[by]);
}

static struct active stream_of(
	uint8_t bytes[ACTIVE_SUBSCRIBER], uint8_t number, const char *user)
{
	memset(bytes, number, ACTIVE_SUBSCRIBER);
	return (struct active){
		.subscriber = bytes,
		.since = 1,
		.topic = span_of("room"),
		.user = span_of(user),
	};
}

static void comes(struct hall *hall, uint8_t number, const char *user)
{
	uint8_t bytes[ACTIVE_SUBSCRIBER];
	struct active active = stream_of(bytes, number, user);

	entries_add(&hall->entries, &active);
}

static void goes(struct hall *hall, uint8_t number, uint64_t now)
{
	uint8_t bytes[ACTIVE_SUBSCRIBER];
	struct active active = stream_of(bytes, number, "");

	entries_remove(&hall->entries, &active, now);
}

/* The first letters of what was told since, as "jl". */
static const char *told(struct hall *hall, enum entries_by by)
{
	static char types[16];
	struct buf *news = &hall->news[by];
	const char *at = news->at, *end = news->at + news->len;
	size_t count = 0;

	while (at < end &&
		(at = memmem(at, (size_t)(end - at), "event: ", 7)) != NULL) {
		assert_true(count < sizeof(types) - 1);
		types[count++] = at[7];
		at += 7;
	}
	types[count] = '\0';
	buf_clear(news);
	return types;
}

static size_t listed(const struct hall *hall, enum entries_by by)
{
	struct buf out = {0};
	size_t count = 0;

	entries_present(&hall->entries, by, &out);
	for (size_t i = 0; i + 8 < out.len; i++)
		count += memcmp(out.at + i, "urn:uuid", 8) == 0;
	buf_release(&out);
	return count;
}

static void test_each_stream_comes_and_goes_once(void **state)
{
	struct hall hall;

	(void)state;
	hall_open(&hall);
	comes(&hall, 1, "");
	comes(&hall, 1, "");
	comes(&hall, 2, "ann");
	assert_string_equal(told(&hall, BY_STREAM), "jj");
	assert_int_equal(listed(&hall, BY_STREAM), 2);
	goes(&hall, 3, 0);
	goes(&hall, 1, 0);
	goes(&hall, 1, 0);
	assert_string_equal(told(&hall, BY_STREAM), "l");
	assert_int_equal(listed(&hall, BY_STREAM), 1);
	hall_close(&hall);
}

static void test_a_user_is_there_with_the_first_and_leaves_after_the_last(
	void **state)
{
	struct hall hall;

	(void)state;
	hall_open(&hall);
	comes(&hall, 1, "ann");
	comes(&hall, 2, "ann");
	assert_string_equal(told(&hall, BY_USER), "j");
	assert_int_equal(listed(&hall, BY_USER), 1);
	goes(&hall, 1, 1000);
	assert_int_equal(entries_tend(&hall.entries, 1000), UINT64_MAX);
	goes(&hall, 2, 2000);
	assert_string_equal(told(&hall, BY_USER), "");
	assert_int_equal(listed(&hall, BY_USER), 1);
	assert_int_equal(
		entries_tend(&hall.entries, 2000 + ENTRIES_GRACE_US - 1),
		2000 + ENTRIES_GRACE_US);
	assert_int_equal(entries_tend(&hall.entries, 2000 + ENTRIES_GRACE_US),
		UINT64_MAX);
	assert_string_equal(told(&hall, BY_USER), "l");
	assert_int_equal(listed(&hall, BY_USER), 0);
	hall_close(&hall);
}

static void test_a_user_who_comes_back_in_time_has_not_left(void **state)
{
	struct hall hall;

	(void)state;
	hall_open(&hall);
	comes(&hall, 1, "ann");
	goes(&hall, 1, 1000);
	comes(&hall, 2, "ann");
	assert_int_equal(
		entries_tend(&hall.entries, 2 * ENTRIES_GRACE_US), UINT64_MAX);
	assert_string_equal(told(&hall, BY_USER), "j");
	assert_string_equal(told(&hall, BY_STREAM), "jlj");
	assert_int_equal(listed(&hall, BY_USER), 1);
	hall_close(&hall);
}

static void test_who_has_no_name_is_a_user_of_his_own_who_leaves_at_once(
	void **state)
{
	struct hall hall;

	(void)state;
	hall_open(&hall);
	comes(&hall, 1, "");
	comes(&hall, 2, "");
	goes(&hall, 1, 1000);
	assert_string_equal(told(&hall, BY_USER), "jjl");
	assert_int_equal(listed(&hall, BY_USER), 1);
	hall_close(&hall);
}

static void test_a_list_has_so_many_and_says_how_many_there_are(void **state)
{
	struct buf out = {0};
	struct hall hall;

	(void)state;
	hall_open(&hall);
	for (uint8_t n = 1; n <= 3; n++)
		comes(&hall, n, "");
	entries_present(&hall.entries, BY_STREAM, &out);
	buf_add_char(&out, '\0');
	assert_non_null(strstr(out.at, "],\"count\":3,\"more\":false}\n\n"));
	comes(&hall, 4, "");
	comes(&hall, 5, "");
	assert_int_equal(listed(&hall, BY_STREAM), 3);
	assert_int_equal(listed(&hall, BY_USER), 3);
	buf_clear(&out);
	entries_present(&hall.entries, BY_STREAM, &out);
	buf_add_char(&out, '\0');
	assert_non_null(strstr(out.at, "],\"count\":5,\"more\":true}\n\n"));
	buf_release(&out);
	hall_close(&hall);
}

/* ---- our own */

static const struct span room = {"room", 4};
static const struct subscription somebody = {
	.address = "::1", .channels = &room, .count = 1};

static struct attendee *comes_in(struct attendees *attendees)
{
	struct attendee *attendee = attendee_new(&somebody);

	attendees_add(attendees, attendee);
	return attendee;
}

static const uint8_t *number_of(const struct attendee *attendee)
{
	return (const uint8_t *)attendee->body.at;
}

/* The next frame's type; 0 if there is none. */
static uint8_t said(struct attendees *attendees)
{
	struct buf frame = {0};
	struct span body;
	uint8_t type = 0;
	bool bad;

	if (attendees_put(attendees, &frame)) {
		assert_int_equal(
			wire_frame(buf_span(&frame), &type, &body, &bad),
			frame.len);
		assert_true(type != WIRE_LEFT || body.len == ACTIVE_SUBSCRIBER);
	}
	buf_release(&frame);
	return type;
}

static void test_the_hub_is_told_once_who_comes_and_who_leaves(void **state)
{
	struct attendees attendees;
	struct attendee *one, *two;

	(void)state;
	attendees_open(&attendees);
	one = comes_in(&attendees);
	two = comes_in(&attendees);
	assert_memory_not_equal(
		number_of(one), number_of(two), ACTIVE_SUBSCRIBER);
	assert_int_equal(number_of(one)[6] >> 4, 4);
	assert_int_equal(number_of(one)[8] >> 6, 2);
	assert_int_equal(said(&attendees), WIRE_JOINED);
	attendees_remove(&attendees, two); /* nobody has heard of him */
	assert_int_equal(said(&attendees), 0);
	attendees_remove(&attendees, one);
	assert_int_equal(said(&attendees), WIRE_LEFT);
	assert_int_equal(said(&attendees), 0);
	attendees_close(&attendees);
}

static void test_who_was_never_there_is_not_spoken_of(void **state)
{
	struct attendees attendees;

	(void)state;
	attendees_open(&attendees);
	attendees_remove(&attendees, attendee_new(&somebody));
	assert_int_equal(said(&attendees), 0);
	attendees_close(&attendees);
}

static void test_a_hub_that_comes_back_is_told_who_is_still_there(void **state)
{
	struct attendees attendees;
	struct attendee *one;

	(void)state;
	attendees_open(&attendees);
	one = comes_in(&attendees);
	comes_in(&attendees);
	assert_int_equal(said(&attendees), WIRE_JOINED);
	assert_int_equal(said(&attendees), WIRE_JOINED);
	attendees_remove(&attendees, one);
	attendees_hub_left(&attendees);
	assert_int_equal(said(&attendees), WIRE_JOINED);
	assert_int_equal(said(&attendees), 0);
	attendees_close(&attendees);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_stream_comes_and_goes_once),
		cmocka_unit_test(
			test_a_user_is_there_with_the_first_and_leaves_after_the_last),
		cmocka_unit_test(
			test_a_user_who_comes_back_in_time_has_not_left),
		cmocka_unit_test(
			test_who_has_no_name_is_a_user_of_his_own_who_leaves_at_once),
		cmocka_unit_test(
			test_a_list_has_so_many_and_says_how_many_there_are),
		cmocka_unit_test(
			test_the_hub_is_told_once_who_comes_and_who_leaves),
		cmocka_unit_test(test_who_was_never_there_is_not_spoken_of),
		cmocka_unit_test(
			test_a_hub_that_comes_back_is_told_who_is_still_there),
	};

	return cmocka_run_group_tests_name("entries", tests, NULL, NULL);
}
