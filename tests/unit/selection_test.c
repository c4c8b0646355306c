/* SPDX-License-Identifier: MIT */
/* selection, composer: each event once, however many channels and patterns of a
 * stream would bring it */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fcgi/http/record.h"
#include "fcgi/stream/fill.h"
#include "fcgi/stream/selection.h"
#include "lib/event/topic_list.h"
#include "lib/event/traits.h"
#include "tests/unit/stream_room.h"

/* Names before patterns; `types` as in types.h. */
static struct subscriber *reader(
	struct room *room, const char *const *names, const char *types)
{
	struct subscriber *sub;
	uint16_t count = 0;

	while (names[count] != NULL)
		count++;
	sub = mem_new(sizeof(*sub) + count * sizeof(sub->memberships[0]));
	sub->request = 1;
	sub->count = count;
	sub->id = ROOM_FROM;
	sub->pos = window_floor(room->window);
	for (uint16_t i = 0; i < count; i++) {
		const struct topic_pattern of = {
			selector_kind(span_of(names[i])), span_of(names[i]),
			span_of(types)};
		struct topic *topic;

		if (of.kind != SELECTOR_EXACT)
			sub->patterns++;
		topic = of.kind == SELECTOR_EXACT && of.types.len == 0
				? topic_get(room->topics, of.text)
				: topic_get_pattern(room->topics, &of);
		while (!fill_some(room->window, topic, 3))
			;
		sub->memberships[i].topic = topic;
	}
	return sub;
}

#define READER(room, ...) \
	reader(room, (const char *const[]){__VA_ARGS__, NULL}, "")
#define READER_OF(room, types, ...) \
	reader(room, (const char *const[]){__VA_ARGS__, NULL}, types)

static void append(struct room *room, uint64_t id, const char *channel,
	const char *type, const char *data)
{
	const struct wire_event event = {.id = id,
		.channel = span_of(channel),
		.type = span_of(type),
		.data = span_of(data)};

	window_append(room->window, &event);
}

/* A publish on several channels: a row on each, from `id` on. */
static struct buf traits_of(const char *const *channels)
{
	struct topic_list list;
	struct buf traits = {0};

	topic_list_begin(&list, span_of(channels[0]));
	for (int i = 1; channels[i] != NULL; i++) {
		size_t opened = topic_list_open(&list);

		buf_add_span(&list.names, span_of(channels[i]));
		assert_null(topic_list_close(&list, opened));
	}
	topic_list_put(&list, &traits);
	topic_list_release(&list);
	return traits;
}

static void append_on(
	struct room *room, uint64_t id, const char *const *channels)
{
	struct buf traits = traits_of(channels);

	for (uint8_t i = 0; channels[i] != NULL; i++) {
		struct wire_event event = {.id = id + i,
			.channel = span_of(channels[i]),
			.data = span_of("x")};

		trait_set_index(&traits, i);
		event.traits = buf_span(&traits);
		window_append(room->window, &event);
	}
	buf_release(&traits);
}

#define ON(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What it is given now, and how many events that is. */
static struct buf given(
	struct room *room, const struct subscriber *sub, uint32_t *count)
{
	struct batch *batch =
		composer_next(room->composer, sub, window_end(room->window));
	struct buf text = {0};

	*count = 0;
	if (batch == NULL)
		return text;
	*count = batch->events;
	buf_add(&text, batch->bytes + RECORD_HEAD, batch->len - RECORD_HEAD);
	batch_drop(batch);
	return text;
}

static void is_given(struct room *room, const struct subscriber *sub,
	uint32_t events, const char *want)
{
	uint32_t count;
	struct buf text = given(room, sub, &count);

	CHECK_TEXT("given", buf_span(&text), want);
	assert_int_equal(count, events);
	buf_release(&text);
}

static void test_what_a_channel_and_two_patterns_bring_comes_once(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a/1", "*", "a/{x}");

	append(room, 101, "a/1", "", "1");
	append(room, 102, "b", "", "2");
	append(room, 103, "a/2", "", "3");
	is_given(room, sub, 3,
		"id: 101\ndata: 1\n\nid: 102\ndata: 2\n\nid: 103\ndata: 3\n\n");
	free(sub);
}

static void test_a_pattern_brings_channels_that_come_later(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER(room, "a/{x}");

	append(room, 101, "a/old", "", "1");
	append(room, 102, "b", "", "2");
	is_given(room, sub, 1, "id: 101\ndata: 1\n\n");
	sub->pos = window_end(room->window);
	append(room, 103, "a/new", "", "3");
	is_given(room, sub, 1, "id: 103\ndata: 3\n\n");
	free(sub);
}

static void test_those_on_one_pattern_share_a_batch(void **state)
{
	struct room *room = *state;
	struct subscriber *one = READER(room, "a/{x}");
	struct subscriber *two = READER(room, "a/{x}");
	struct batch *first, *second;

	append(room, 101, "a/1", "", "1");
	first = composer_next(room->composer, one, window_end(room->window));
	second = composer_next(room->composer, two, window_end(room->window));
	assert_ptr_equal(first, second);
	batch_drop(first);
	batch_drop(second);
	free(one);
	free(two);
}

static void test_of_several_channels_the_first_that_is_heard_counts(
	void **state)
{
	struct room *room = *state;
	struct subscriber *all = READER(room, "*");
	struct subscriber *b = READER(room, "b{x}");
	struct subscriber *both = READER(room, "c", "b{x}");
	struct subscriber *c = READER(room, "c");

	append_on(room, 101, ON("a", "b1", "c"));
	/* All are shown the id of the last row. */
	is_given(room, all, 1, "id: 103\ndata: x\n\n");
	is_given(room, b, 1, "id: 103\ndata: x\n\n");
	is_given(room, both, 1, "id: 103\ndata: x\n\n");
	is_given(room, c, 1, "id: 103\ndata: x\n\n");
	free(all);
	free(b);
	free(both);
	free(c);
}

/* Row by row, of those that may be his: is it he who is given it? */
static void test_a_row_is_taken_if_no_channel_before_it_is_heard(void **state)
{
	static const struct {
		const char *name;
		const char *listens[3];
		const char *takes; /* + or - for each row of a, b1, c */
	} cases[] = {
		{"all", {"*"}, "+--"},
		{"the first", {"a"}, "+--"},
		{"a pattern for the second", {"b{x}"}, "++-"},
		{"one for the second, and the third", {"c", "b{x}"}, "++-"},
		{"one for each", {"{x}"}, "+--"},
		{"the last by a pattern", {"c{x}"}, "+++"},
		{"the third, and a pattern for the first", {"c", "{x}a"},
			"+--"},
	};
	struct room *room = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subscriber *sub = reader(room, cases[i].listens, "");
		struct buf traits = traits_of(ON("a", "b1", "c"));

		for (uint8_t k = 0; k < 3; k++) {
			trait_set_index(&traits, k);
			CHECK(cases[i].name,
				selection_takes(sub, buf_span(&traits)) ==
					(cases[i].takes[k] == '+'));
		}
		buf_release(&traits);
		free(sub);
	}
}

static void test_only_types_that_are_wanted_come(void **state)
{
	struct room *room = *state;
	struct subscriber *sub =
		READER_OF(room, "\5alert\7message", "b", "a/{x}");

	append(room, 101, "a/1", "alert", "1");
	append(room, 102, "a/1", "other", "2");
	append(room, 103, "b", "", "3");
	append(room, 104, "b", "alerts", "4");
	append(room, 105, "c", "alert", "5");
	append(room, 0, "b", "alert", "now");
	append(room, 0, "a/1", "alert", "volatile");
	is_given(room, sub, 2,
		"id: 101\nevent: alert\ndata: 1\n\nid: 103\ndata: 3\n\n"
		"event: alert\ndata: now\n\n");
	free(sub);
}

static void test_with_types_too_the_first_channel_counts(void **state)
{
	struct room *room = *state;
	struct subscriber *sub = READER_OF(room, "\7message", "c", "b{x}");
	struct subscriber *none = READER_OF(room, "\1x", "c", "b{x}");

	append_on(room, 101, ON("a", "b1", "c"));
	is_given(room, sub, 1, "id: 103\ndata: x\n\n");
	is_given(room, none, 0, "");
	free(sub);
	free(none);
}

static void test_a_pattern_carries_only_what_is_stored(void **state)
{
	struct wire_event stored = {.id = 5, .type = span_of("t")};
	struct wire_event passing = {.id = 0, .type = span_of("t")};

	(void)state;
	assert_true(selection_carries(SELECTOR_TEMPLATE, span_of(""), &stored));
	assert_true(selection_carries(SELECTOR_EVERY, span_of("\1t"), &stored));
	assert_false(
		selection_carries(SELECTOR_EVERY, span_of("\1s"), &stored));
	assert_false(selection_carries(SELECTOR_EVERY, span_of(""), &passing));
	assert_false(
		selection_carries(SELECTOR_TEMPLATE, span_of(""), &passing));
	assert_true(
		selection_carries(SELECTOR_EXACT, span_of("\1t"), &passing));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, room_enter, room_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_what_a_channel_and_two_patterns_bring_comes_once),
		TEST(test_a_pattern_brings_channels_that_come_later),
		TEST(test_those_on_one_pattern_share_a_batch),
		TEST(test_of_several_channels_the_first_that_is_heard_counts),
		TEST(test_a_row_is_taken_if_no_channel_before_it_is_heard),
		TEST(test_only_types_that_are_wanted_come),
		TEST(test_with_types_too_the_first_channel_counts),
		TEST(test_a_pattern_carries_only_what_is_stored),
	};

	return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
