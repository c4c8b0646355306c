/* SPDX-License-Identifier: MIT */
/* fill, filling: a new pattern is given what the window holds, piece by piece
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/stream/carry.h"
#include "fcgi/stream/fill.h"
#include "fcgi/stream/filling.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/patterns.h"
#include "fcgi/stream/subscriber.h"
#include "fcgi/stream/window.h"
#include "lib/loop.h"
#include "tests/unit/unit.h"

enum {
	LIMIT = 24 << 10,
	STEPS = 30000,
	STRANGERS = 50, /* new patterns of one client */
	CHANNELS = 40,
	READING_US = 100, /* by which the clock moves when it is read */
};

struct room {
	struct topics *topics;
	struct window *window;
	struct clock clock;
	uint64_t now;
	struct loop *loop;
	struct filling *filling;
};

static uint64_t tick(void *arg)
{
	struct room *room = arg;

	return room->now += READING_US;
}

/* ---- who waits, and who has been told that he need not any more */

static struct subscriber *told[STRANGERS + 1];
static size_t told_count;

static void on_filled(struct subscriber *sub)
{
	told[told_count++] = sub;
}

static struct subscriber *listener(
	struct room *room, const char *text, const void *client)
{
	struct subscriber *sub =
		mem_new(sizeof(*sub) + sizeof(sub->memberships[0]));
	const struct topic_pattern of = {
		selector_kind(span_of(text)), span_of(text), {0}};

	sub->count = sub->patterns = 1;
	sub->client = (struct client *)(uintptr_t)client;
	sub->memberships[0].topic = topic_get_pattern(room->topics, &of);
	sub->memberships[0].topic->subscribers++;
	sub->opening = opening_new(sub, &(struct subscription){0});
	sub->opens = true;
	if (filling_is_due(sub))
		filling_add(room->filling, sub);
	return sub;
}

static void leave_it(struct room *room, struct subscriber *sub)
{
	struct topic *topic = sub->memberships[0].topic;

	opening_leave(sub);
	topic->subscribers--;
	topic_tidy(room->topics, topic);
	free(sub);
}

static int enter(void **state)
{
	struct room *room = mem_new(sizeof(*room));

	room->topics = topics_new();
	room->window = window_new(LIMIT, room->topics);
	window_begin(room->window, 0);
	room->clock = (struct clock){tick, tick, room};
	room->loop = loop_new(&room->clock);
	room->filling = filling_new(room->loop, room->window, on_filled);
	told_count = 0;
	*state = room;
	return 0;
}

static int leave(void **state)
{
	struct room *room = *state;

	filling_free(room->filling);
	loop_free(room->loop);
	window_free(room->window);
	topics_free(room->topics);
	free(room);
	return 0;
}

static void append(struct room *room, uint64_t id, const char *channel)
{
	window_append(
		room->window, &(struct wire_event){.id = id,
				      .channel = span_of(channel),
				      .type = span_of(id % 3 == 0 ? "a" : "b"),
				      .data = span_of("data")});
}

/* ---- against a model that looks at all there is */

static const char *const texts[] = {
	"*", "{a}", "a{n}", "b/{n}", "{a}/{b}", "a1{n}", "{+any}2", "none{x}"};

static bool is_right(const struct room *room, const struct topic *pattern)
{
	uint32_t count = 0;

	for (uint64_t at = window_floor(room->window) + 1;
		at <= window_end(room->window); at++) {
		const struct entry *entry = window_entry(room->window, at);

		if (!selector_matches(
			    pattern->selector, topic_name(entry->topic)) ||
			!carries(pattern, &entry->event))
			continue;
		if (count == pattern->count || topic_at(pattern, count) != at)
			return false;
		count++;
	}
	return count == pattern->count;
}

static struct topic *begin(struct room *room, long which)
{
	static const char type[] = "\1a";
	struct topic_pattern of = {SELECTOR_EXACT, span_of("a1"),
		which % 2 == 0 ? span(type, 2) : span(NULL, 0)};
	struct topic *topic;

	if ((size_t)which < COUNT(texts)) {
		of.text = span_of(texts[which]);
		of.kind = selector_kind(of.text);
	} else {
		of.types = span(type, 2);
	}
	topic = topic_get_pattern(room->topics, &of);
	topic->subscribers++;
	return topic;
}

static void end(struct room *room, struct topic *topic)
{
	topic->subscribers--;
	topic_tidy(room->topics, topic);
}

static void publish(struct room *room, uint64_t id)
{
	char name[16];

	snprintf(name, sizeof(name), "%s%ld", random() % 2 == 0 ? "a" : "b/",
		random() % 15);
	append(room, id, name);
}

/* Patterns come, are filled a little, and go; the window goes on, and what it
 * held first has long left it. */
static void test_a_pattern_has_all_that_the_window_holds(void **state)
{
	enum { PATTERNS = COUNT(texts) + 1 };
	struct topic *listened[PATTERNS] = {NULL};
	struct room *room = *state;
	size_t compared = 0;

	srandom(18);
	for (uint64_t step = 1; step <= STEPS; step++) {
		long which = random() % PATTERNS;
		struct topic **at = &listened[which];

		publish(room, step);
		if (step % 7000 == 0)
			window_begin(room->window, step);
		if (*at == NULL)
			*at = begin(room, which);
		else if (random() % 40 == 0 && (*at)->filled) {
			end(room, *at);
			*at = NULL;
		}
		if (*at == NULL || !fill_some(room->window, *at, 13))
			continue;
		assert_true(is_right(room, *at));
		compared++;
	}
	for (size_t i = 0; i < COUNT(listened); i++)
		if (listened[i] != NULL)
			end(room, listened[i]);
	assert_true(window_floor(room->window) > STEPS / 2);
	assert_true(compared > STEPS / 3);
	assert_int_equal(topics_patterns(room->topics)->held, 0);
}

/* One that has gone half way leaves nothing. */
static void test_a_pattern_may_go_while_it_is_filled(void **state)
{
	struct room *room = *state;
	struct topic *topic;

	for (uint64_t id = 1; id <= 40; id++)
		append(room, id, "a1");
	topic = begin(room, 1);
	assert_false(fill_some(room->window, topic, 10));
	assert_int_equal(topic->count, 10);
	for (uint64_t id = 41; id <= 2000; id++)
		append(room, id, "a1");
	assert_int_equal(topic->count, 0);
	assert_false(fill_some(room->window, topic, 10));
	end(room, topic);
	assert_int_equal(topics_patterns(room->topics)->held, 0);
	append(room, 2001, "a1");
}

/* Who was before it has missed them, for all that the pattern can tell. */
static void test_a_new_pattern_knows_that_events_have_left_before(void **state)
{
	struct room *room = *state;
	struct topic *topic;

	for (uint64_t id = 1; id <= 2000; id++)
		append(room, id, "a1");
	topic = begin(room, 1);
	while (!fill_some(room->window, topic, 10))
		;
	assert_true(topic->evicted > 0);
	assert_int_equal(topic->evicted, window_floor(room->window));
	end(room, topic);
}

/* ---- in turns */

static void test_a_turn_is_short_whatever_a_stranger_brings(void **state)
{
	struct room *room = *state;
	struct subscriber *subs[STRANGERS];
	char text[32];
	uint64_t before;

	for (uint64_t id = 1; id <= CHANNELS; id++)
		append(room, id, "a1");
	for (int i = 0; i < STRANGERS; i++) {
		snprintf(text, sizeof(text), "{x}%d", i);
		subs[i] = listener(room, text, "stranger");
	}
	for (int turns = 0; told_count < STRANGERS; turns++) {
		before = room->now;
		loop_turn_over(room->loop);
		assert_true(room->now - before <=
			    FILLING_SLICE_US + 20ull * READING_US);
		assert_true(turns < 1000);
	}
	for (int i = 0; i < STRANGERS; i++)
		leave_it(room, subs[i]);
}

static void test_a_neighbour_waits_for_one_piece_of_the_stranger(void **state)
{
	struct room *room = *state;
	struct subscriber *subs[STRANGERS + 1];
	size_t before;
	char text[32];

	for (uint64_t id = 1; id <= CHANNELS; id++)
		append(room, id, "a1");
	for (int i = 0; i < STRANGERS; i++) {
		snprintf(text, sizeof(text), "{x}%d", i);
		subs[i] = listener(room, text, "stranger");
	}
	subs[STRANGERS] = listener(room, "{y}", "neighbour");
	while (told_count == 0 || told[told_count - 1] != subs[STRANGERS])
		for (before = told_count; told_count == before;)
			loop_turn_over(room->loop);
	assert_true(told_count < 10);
	for (int i = 0; i <= STRANGERS; i++)
		leave_it(room, subs[i]);
}

static void test_who_leaves_meanwhile_is_not_told(void **state)
{
	struct room *room = *state;
	struct subscriber *gone, *stays;

	for (uint64_t id = 1; id <= CHANNELS; id++)
		append(room, id, "a1");
	gone = listener(room, "{x}", "one");
	stays = listener(room, "{x}", "two");
	leave_it(room, gone);
	while (told_count == 0)
		loop_turn_over(room->loop);
	assert_ptr_equal(told[0], stays);
	assert_false(filling_is_due(stays));
	leave_it(room, stays);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_pattern_has_all_that_the_window_holds),
		TEST(test_a_pattern_may_go_while_it_is_filled),
		TEST(test_a_new_pattern_knows_that_events_have_left_before),
		TEST(test_a_turn_is_short_whatever_a_stranger_brings),
		TEST(test_a_neighbour_waits_for_one_piece_of_the_stranger),
		TEST(test_who_leaves_meanwhile_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
