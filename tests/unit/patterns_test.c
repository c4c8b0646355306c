/* SPDX-License-Identifier: MIT */
/* patterns: which of them match a channel, and what they have of the window */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/fill.h"
#include "fcgi/stream/patterns.h"
#include "fcgi/stream/window.h"
#include "tests/unit/unit.h"

enum { LIMIT = 64 << 10 };

struct room {
	struct topics *topics;
	struct patterns *patterns;
	struct window *window;
};

static int enter(void **state)
{
	struct room *room = mem_new(sizeof(*room));

	room->topics = topics_new();
	room->patterns = topics_patterns(room->topics);
	room->window = window_new(LIMIT, room->topics);
	window_begin(room->window, 100);
	*state = room;
	return 0;
}

static int leave(void **state)
{
	struct room *room = *state;

	window_free(room->window);
	topics_free(room->topics);
	free(room);
	return 0;
}

/* Somebody begins to listen. */
static struct topic *listen(struct room *room, const char *text)
{
	struct topic *topic = topic_get_pattern(room->topics,
		&(struct topic_pattern){
			selector_kind(span_of(text)), span_of(text), {0}});

	topic->subscribers++;
	while (!fill_some(room->window, topic, 3))
		;
	return topic;
}

/* To one type of a channel's events. */
static struct topic *listen_to(
	struct room *room, const char *channel, const char *type)
{
	struct buf types = {0};
	struct topic *topic;

	buf_add_char(&types, (char)strlen(type));
	buf_add_span(&types, span_of(type));
	topic = topic_get_pattern(
		room->topics, &(struct topic_pattern){SELECTOR_EXACT,
				      span_of(channel), buf_span(&types)});
	buf_release(&types);
	topic->subscribers++;
	while (!fill_some(room->window, topic, 3))
		;
	return topic;
}

static void stop(struct room *room, struct topic *topic)
{
	topic->subscribers--;
	topic_tidy(room->topics, topic);
}

static void append_of(
	struct room *room, uint64_t id, const char *channel, const char *type)
{
	const struct wire_event event = {.id = id,
		.channel = span_of(channel),
		.type = span_of(type),
		.data = span_of("data")};

	window_append(room->window, &event);
}

static void append(struct room *room, uint64_t id, const char *channel)
{
	append_of(room, id, channel, "");
}

static bool matches(struct room *room, const char *channel, struct topic *topic)
{
	const struct patterns_of *matched = patterns_match(
		room->patterns, topic_get(room->topics, span_of(channel)));

	for (uint32_t i = 0; matched != NULL && i < matched->count; i++)
		if (matched->of[i].topic == topic)
			return true;
	return false;
}

static uint64_t id_at(struct room *room, const struct topic *topic, uint32_t i)
{
	return window_entry(room->window, topic_at(topic, i))->event.id;
}

/* ---- which */

static void test_a_channel_is_given_the_patterns_that_match_it(void **state)
{
	struct room *room = *state;
	struct topic *every = listen(room, "*");
	struct topic *builds = listen(room, "builds/{name}");
	struct topic *one = listen(room, "builds/7{x}");
	struct topic *any = listen(room, "{a}/{b}");

	assert_true(matches(room, "builds/71", every));
	assert_true(matches(room, "builds/71", builds));
	assert_true(matches(room, "builds/71", one));
	assert_true(matches(room, "builds/71", any));
	assert_false(matches(room, "builds/8", one));
	assert_false(matches(room, "build", builds));
	assert_true(matches(room, "build", every));
	assert_false(matches(room, "builds/7/1", builds));
	assert_int_equal(room->patterns->count, 4);
}

static void test_what_was_found_is_not_kept_when_patterns_come_or_go(
	void **state)
{
	struct room *room = *state;
	struct topic *first = listen(room, "a{x}"), *second;

	assert_true(matches(room, "ab", first));
	second = listen(room, "{x}b");
	assert_true(matches(room, "ab", second));
	stop(room, first);
	assert_false(matches(room, "ab", first));
	assert_true(matches(room, "ab", second));
	stop(room, second);
	assert_int_equal(room->patterns->count, 0);
	assert_null(patterns_match(
		room->patterns, topic_get(room->topics, span_of("ab"))));
}

/* A thousand for a thousand users. */
static void test_very_many_with_different_beginnings_do_not_hinder(void **state)
{
	struct room *room = *state;
	struct topic *wanted = NULL;

	for (unsigned i = 0; i < 1000; i++) {
		char text[40];
		struct topic *topic;

		snprintf(text, sizeof(text), "users/%03u/{+r}", i);
		topic = listen(room, text);
		wanted = i == 500 ? topic : wanted;
	}
	assert_true(matches(room, "users/500/mail/1", wanted));
	assert_int_equal(
		patterns_match(room->patterns,
			topic_get(room->topics, span_of("users/500/mail/1")))
			->count,
		1);
}

/* Their beginning is the whole name. */
static void test_very_many_that_want_one_type_of_a_channel_are_all_found(
	void **state)
{
	struct room *room = *state;
	struct topic *wanted[100];
	char name[40];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "users/%u", i);
		wanted[i] = listen_to(room, name, "alert");
	}
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "users/%u", i);
		assert_true(matches(room, name, wanted[i]));
	}
	assert_false(matches(room, "users/1", wanted[10]));
}

/* ---- what they have */

static void test_a_new_pattern_has_what_the_window_holds(void **state)
{
	struct room *room = *state;
	struct topic *topic;

	append(room, 101, "a1");
	append(room, 102, "b1");
	append(room, 103, "a2");
	append(room, 0, "a1"); /* volatile */
	append(room, 105, "a1");
	topic = listen(room, "a{n}");
	assert_int_equal(topic->count, 3);
	assert_int_equal(id_at(room, topic, 0), 101);
	assert_int_equal(id_at(room, topic, 1), 103);
	assert_int_equal(id_at(room, topic, 2), 105);
	append(room, 106, "a3");
	append(room, 107, "b1");
	append(room, 0, "a3");
	assert_int_equal(topic->count, 4);
	assert_int_equal(id_at(room, topic, 3), 106);
	assert_int_equal(room->patterns->held, 4);
	stop(room, topic);
	assert_int_equal(room->patterns->held, 0);
}

static void test_what_leaves_the_window_leaves_its_patterns(void **state)
{
	struct room *room = *state;
	struct topic *early = listen(room, "a{n}"), *late;

	for (uint64_t id = 101; id < 1500; id++)
		append(room, id, id % 3 == 0 ? "b" : "a1");
	late = listen(room, "{+n}1");
	for (uint64_t id = 1500; id < 3000; id++)
		append(room, id, id % 3 == 0 ? "b" : "a1");
	assert_true(early->evicted > 0);
	assert_int_equal(early->count, late->count);
	for (uint32_t i = 0; i < early->count; i++)
		assert_int_equal(topic_at(early, i), topic_at(late, i));
	assert_int_equal(room->patterns->held, early->count + late->count);
	window_begin(room->window, 5000);
	assert_int_equal(room->patterns->held, 0);
}

/* Positions of patterns count in the window's bytes. */
static void test_patterns_take_their_part_of_the_window(void **state)
{
	struct room *room = *state;
	uint64_t alone, held;

	for (uint64_t id = 101; id < 2000; id++)
		append(room, id, "a");
	alone = window_end(room->window) - window_floor(room->window);
	for (int i = 0; i < 50; i++) {
		char text[16];

		snprintf(text, sizeof(text), "{v%d}", i);
		listen(room, text);
	}
	for (uint64_t id = 2000; id < 4000; id++)
		append(room, id, "a");
	held = window_end(room->window) - window_floor(room->window);
	assert_true(held > 0 && held < alone / 2);
}

/* ---- types */

static void test_a_channel_of_one_type_has_its_events_and_no_others(
	void **state)
{
	struct room *room = *state;
	struct topic *alert, *plain;

	append_of(room, 101, "a", "alert");
	append_of(room, 102, "a", "");
	append_of(room, 103, "b", "alert");
	alert = listen_to(room, "a", "alert");
	plain = listen_to(room, "a", "message");
	append_of(room, 104, "a", "alert");
	append_of(room, 0, "a", "alert"); /* it is asked for by its name */
	append_of(room, 106, "a", "alarm");
	assert_int_equal(alert->count, 3);
	assert_int_equal(id_at(room, alert, 1), 104);
	assert_int_equal(id_at(room, alert, 2), 0);
	assert_int_equal(plain->count, 1);
	assert_int_equal(id_at(room, plain, 0), 102);
	for (uint64_t id = 107; id < 3000; id++)
		append_of(room, id, "a", id % 2 ? "alert" : "");
	assert_int_equal(room->patterns->held, alert->count + plain->count);
}

static void test_a_name_with_a_brace_is_a_name_if_it_is_a_channels(void **state)
{
	struct room *room = *state;
	struct topic *channel = listen_to(room, "a{b}", "t");
	struct topic *star = listen_to(room, "*", "t");

	append_of(room, 101, "ax", "t");
	append_of(room, 102, "a{b}", "t");
	append_of(room, 103, "*", "t");
	assert_int_equal(channel->count, 1);
	assert_int_equal(id_at(room, channel, 0), 102);
	assert_int_equal(star->count, 1);
	assert_int_equal(id_at(room, star, 0), 103);
	assert_int_equal(room->patterns->channels, 2);
}

static void test_the_same_channel_with_other_types_is_another_topic(
	void **state)
{
	struct room *room = *state;
	struct topic *a = listen_to(room, "c", "a"),
		     *b = listen_to(room, "c", "b");

	assert_ptr_not_equal(a, b);
	assert_ptr_equal(a, listen_to(room, "c", "a"));
	assert_ptr_not_equal(a, topic_get(room->topics, span_of("c")));
	assert_true(
		span_equal(topic_key_asked(topic_key(a)), span("\0\1\0c", 4)));
	CHECK_TEXT("types", topic_key_types(topic_key(a)),
		"\1"
		"a");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(test_a_channel_is_given_the_patterns_that_match_it),
		TEST(test_what_was_found_is_not_kept_when_patterns_come_or_go),
		TEST(test_very_many_with_different_beginnings_do_not_hinder),
		TEST(test_very_many_that_want_one_type_of_a_channel_are_all_found),
		TEST(test_a_new_pattern_has_what_the_window_holds),
		TEST(test_what_leaves_the_window_leaves_its_patterns),
		TEST(test_patterns_take_their_part_of_the_window),
		TEST(test_a_channel_of_one_type_has_its_events_and_no_others),
		TEST(test_a_name_with_a_brace_is_a_name_if_it_is_a_channels),
		TEST(test_the_same_channel_with_other_types_is_another_topic),
	};

	return cmocka_run_group_tests_name("patterns", tests, NULL, NULL);
}
