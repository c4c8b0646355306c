/* SPDX-License-Identifier: MIT */
/* hub/shared/entry: a proposal as bytes, and what a stranger makes of them */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "hub/shared/entry.h"
#include "lib/event/traits.h"
#include "lib/wire.h"
#include "tests/unit/unit.h"

static struct buf head, blobs, items;

static struct shared_proposal proposal(void)
{
	static const struct shared_item two[] = {
		{.key = {"k", 1}, .digest = {1, 2}, .data = {"one", 3}},
		{.data = {"two", 3}}};
	struct shared_proposal what = {.kind = 3,
		.channel = span_of("news"),
		.type = span_of("tick"),
		.items = two,
		.count = 2,
		.rows = 1,
		.brief = true,
		.once = span_of("left:me"),
		.source = UINT64_MAX,
		.number = 7,
		.cursor = {.name = span_of("orders"), .from = 1, .to = 2},
		.orphan = 99};

	memset(what.origin, 0x11, SHARED_ID);
	memset(what.cursor.identity, 0x22, SHARED_ID);
	return what;
}

static void put(const struct shared_proposal *what)
{
	buf_clear(&head);
	buf_clear(&blobs);
	entry_put_head(&head, what);
	for (uint32_t i = 0; i < what->count; i++)
		entry_put_item(&blobs, &what->items[i]);
}

static const char *read_back(struct shared_entry *entry, uint64_t rows)
{
	return entry_read(
		entry, buf_span(&head), buf_span(&blobs), rows, &items);
}

static void test_a_proposal_comes_back_as_it_went(void **state)
{
	struct shared_proposal what = proposal();
	struct shared_entry entry;

	(void)state;
	put(&what);
	assert_null(read_back(&entry, 2));
	assert_int_equal(entry.what.kind, 3);
	assert_true(entry.what.brief);
	assert_true(span_is(entry.what.channel, "news"));
	assert_true(span_is(entry.what.type, "tick"));
	assert_true(span_is(entry.what.once, "left:me"));
	assert_true(entry.what.source == UINT64_MAX);
	assert_int_equal(entry.what.number, 7);
	assert_int_equal(entry.what.orphan, 99);
	assert_true(span_is(entry.what.cursor.name, "orders"));
	assert_int_equal(entry.what.cursor.to, 2);
	assert_memory_equal(entry.what.origin, what.origin, SHARED_ID);
	assert_memory_equal(
		entry.what.cursor.identity, what.cursor.identity, SHARED_ID);
	assert_int_equal(entry.what.count, 2);
	assert_true(span_is(entry.what.items[0].key, "k"));
	assert_int_equal(entry.what.items[0].digest.low, 2);
	assert_true(span_is(entry.what.items[1].data, "two"));
}

static void test_only_what_is_new_may_be_there(void **state)
{
	struct shared_proposal what = proposal();
	struct shared_entry entry;

	(void)state;
	put(&what);
	buf_clear(&blobs);
	entry_put_item(&blobs, &what.items[1]);
	assert_null(read_back(&entry, 1));
	assert_int_equal(entry.what.count, 1);
	assert_true(span_is(entry.what.items[0].data, "two"));
}

static void test_any_cut_and_any_byte_more_is_refused(void **state)
{
	struct shared_proposal what = proposal();
	struct shared_entry entry;

	(void)state;
	put(&what);
	for (size_t len = 0; len < head.len; len++)
		assert_non_null(entry_read(&entry, span(head.at, len),
			buf_span(&blobs), 2, &items));
	for (size_t len = 0; len < blobs.len; len++)
		assert_non_null(entry_read(&entry, buf_span(&head),
			span(blobs.at, len), 2, &items));
	buf_add_char(&head, 0);
	assert_non_null(read_back(&entry, 2));
}

/* Whatever they are, it ends. */
static void test_any_bytes_are_looked_at_without_harm(void **state)
{
	struct shared_proposal what = proposal();
	struct shared_entry entry;

	(void)state;
	srand(7);
	for (int i = 0; i < 20000; i++) {
		put(&what);
		head.at[(size_t)rand() % head.len] = (char)rand();
		blobs.at[(size_t)rand() % blobs.len] = (char)rand();
		(void)read_back(&entry, 2);
	}
}

static void refuse(struct shared_proposal what, uint64_t rows)
{
	struct shared_entry entry;

	put(&what);
	assert_non_null(read_back(&entry, rows));
}

static void test_text_over_its_limits_is_refused(void **state)
{
	struct shared_proposal what = proposal();
	struct shared_item item = {.data = span_of("\xff")};
	static char big[ENTRY_DATA_MAX + 1];

	(void)state;
	what.channel = span_of("a\nb");
	refuse(what, 2);
	what.channel = span_of("");
	refuse(what, 2);
	what = proposal();
	what.type = span_of("\x01");
	refuse(what, 2);
	what = proposal();
	what.traits = span_of("nonsense");
	refuse(what, 2);
	what = proposal();
	what.items = &item;
	what.count = 1;
	refuse(what, 1);
	memset(big, 'x', sizeof(big));
	item.data = span(big, sizeof(big));
	refuse(what, 1);
	what = proposal();
	what.orphan = WIRE_ID_MAX + 1;
	refuse(what, 2);
}

static void test_rows_are_those_of_its_channels(void **state)
{
	struct shared_proposal what = proposal();
	struct buf names = {0}, traits = {0};
	struct shared_entry entry;

	(void)state;
	refuse(what, 1);
	refuse(what, 3);
	what.rows = 2;
	refuse(what, 4);
	wire_put_str16(&names, span_of("news"));
	wire_put_str16(&names, span_of("other"));
	trait_add_topics(&traits, buf_span(&names), 2);
	what.traits = buf_span(&traits);
	put(&what);
	assert_null(read_back(&entry, 4));
	what.rows = 3;
	refuse(what, 6);
	buf_release(&names);
	buf_release(&traits);
}

static void test_a_row_of_an_event_on_several_channels_may_come_alone(
	void **state)
{
	struct shared_item item = {.data = span_of("x")};
	struct shared_proposal what = proposal();
	struct buf names = {0}, traits = {0};
	struct shared_entry entry;

	(void)state;
	wire_put_str16(&names, span_of("other"));
	wire_put_str16(&names, span_of("news"));
	trait_add_topics(&traits, buf_span(&names), 2);
	trait_set_index(&traits, 1);
	what.traits = buf_span(&traits);
	what.items = &item;
	what.count = what.rows = 1;
	put(&what);
	assert_null(read_back(&entry, 1));
	refuse(what, 2);
	buf_release(&names);
	buf_release(&traits);
}

static void test_ids_are_digits_of_their_length(void **state)
{
	uint8_t id[SHARED_ID], wanted[SHARED_ID];
	struct buf text = {0};

	(void)state;
	memset(wanted, 0xa7, sizeof(wanted));
	entry_put_id(&text, wanted, SHARED_ID);
	assert_true(entry_read_id(buf_span(&text), id, SHARED_ID));
	assert_memory_equal(id, wanted, SHARED_ID);
	text.at[3] = 'g';
	assert_false(entry_read_id(buf_span(&text), id, SHARED_ID));
	assert_false(entry_read_id(span_of("a7"), id, SHARED_ID));
	buf_release(&text);
}

static int clean_up(void **state)
{
	(void)state;
	buf_release(&head);
	buf_release(&blobs);
	buf_release(&items);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_proposal_comes_back_as_it_went),
		cmocka_unit_test(test_only_what_is_new_may_be_there),
		cmocka_unit_test(test_any_cut_and_any_byte_more_is_refused),
		cmocka_unit_test(test_any_bytes_are_looked_at_without_harm),
		cmocka_unit_test(test_text_over_its_limits_is_refused),
		cmocka_unit_test(test_rows_are_those_of_its_channels),
		cmocka_unit_test(
			test_a_row_of_an_event_on_several_channels_may_come_alone),
		cmocka_unit_test(test_ids_are_digits_of_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
