/* SPDX-License-Identifier: MIT */
/* table: found by key, listed in pages, however many */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/table.h"
#include "tests/unit/unit.h"

struct thing {
	struct table_node node;
	size_t seen;
	char name[24];
};

static const struct siphash_key secret = {
	0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

static struct span key_of(const struct table_node *node)
{
	return span_of(table_entry(node, struct thing, node)->name);
}

static struct thing *find(const struct table *table, const char *name)
{
	struct table_node *node = table_find(table, span_of(name));

	return node == NULL ? NULL : table_entry(node, struct thing, node);
}

/* `count` things named 0, 1, 2 ... */
static struct thing *fill(struct table *table, size_t count)
{
	struct thing *things = mem_new(count * sizeof(*things));

	table_init(table, key_of, &secret);
	for (size_t i = 0; i < count; i++) {
		snprintf(things[i].name, sizeof(things[i].name), "%zu", i);
		table_add(table, &things[i].node);
	}
	return things;
}

static void end(struct table *table, struct thing *things)
{
	table_release(table);
	table_release(table);
	free(things);
}

/* Everything is passed once, and `count` are there. */
static void check_all(const struct table *table, size_t count)
{
	size_t passed = 0;

	for (struct table_node *at = table_first(table); at != NULL;
		at = table_next(table, at))
		passed++;
	assert_int_equal(passed, count);
	assert_int_equal(table->count, count);
}

/* ---- by key */

static void test_what_was_added_is_found_and_nothing_else(void **state)
{
	struct table table;
	struct thing *things = fill(&table, 5000);
	struct thing *found;

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		found = find(&table, things[i].name);
		assert_ptr_equal(found, &things[i]);
	}
	assert_null(find(&table, "5000"));
	assert_null(find(&table, ""));
	check_all(&table, 5000);
	end(&table, things);
}

static void test_an_empty_table_has_nothing(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, key_of, NULL);
	assert_null(find(&table, "main"));
	assert_null(table_first(&table));
	assert_null(table_after(&table, span_of("main")));
	table_release(&table);
}

static void test_what_was_removed_is_gone_and_the_rest_is_not(void **state)
{
	struct table table;
	struct thing *things = fill(&table, 5000);

	(void)state;
	for (size_t i = 0; i < 5000; i += 2)
		table_remove(&table, &things[i].node);
	for (size_t i = 0; i < 5000; i++)
		assert_ptr_equal(find(&table, things[i].name),
			i % 2 == 0 ? NULL : &things[i]);
	check_all(&table, 2500);
	end(&table, things);
}

/* ---- its size */

static void test_it_shrinks_to_what_it_was(void **state)
{
	struct table table;
	struct thing *things = fill(&table, 1);
	struct thing *more = mem_new(20000 * sizeof(*more));
	size_t before = table.chains;

	(void)state;
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < 20000; i++) {
			snprintf(more[i].name, sizeof(more[i].name), "+%zu", i);
			table_add(&table, &more[i].node);
		}
		assert_true(table.chains >= 20000);
		check_all(&table, 20001);
		for (size_t i = 0; i < 20000; i++)
			table_remove(&table, &more[i].node);
		assert_int_equal(table.chains, before);
		check_all(&table, 1);
	}
	free(more);
	end(&table, things);
}

/* Every chain there is, at every size: the order is the same throughout. */
static void test_growing_and_shrinking_keep_the_order(void **state)
{
	struct table table;
	struct thing *things = fill(&table, 3000);
	struct table_node *order[200];

	(void)state;
	for (size_t i = 200; i < 3000; i++)
		table_remove(&table, &things[i].node);
	order[0] = table_first(&table);
	for (size_t i = 1; i < 200; i++)
		order[i] = table_next(&table, order[i - 1]);
	assert_null(table_next(&table, order[199]));
	for (size_t i = 200; i < 3000; i++) {
		size_t next = 0;

		table_add(&table, &things[i].node);
		if (i % 50 != 0)
			continue;
		for (struct table_node *at = table_first(&table); at != NULL;
			at = table_next(&table, at))
			if (next < 200 && at == order[next])
				next++;
		assert_int_equal(next, 200);
	}
	end(&table, things);
}

/* ---- pages */

/* Marks up to `limit` things behind `after` and returns the last one's key. */
static struct span turn_page(
	const struct table *table, const char *after, size_t limit)
{
	struct table_node *at = after == NULL
					? table_first(table)
					: table_after(table, span_of(after));
	struct span last = {0};

	for (; at != NULL && limit > 0; at = table_next(table, at), limit--) {
		table_entry(at, struct thing, node)->seen++;
		last = key_of(at);
	}
	return last;
}

static void test_pages_show_everything_once(void **state)
{
	struct table table;
	struct thing *things = fill(&table, 1000);
	struct span last = turn_page(&table, NULL, 7);

	(void)state;
	while (last.len > 0)
		last = turn_page(&table, last.at, 7);
	for (size_t i = 0; i < 1000; i++)
		CHECK(things[i].name, things[i].seen == 1);
	end(&table, things);
}

/* Between two pages the last one's name goes, others go, and so many come that
 * the table grows to eight times its size. */
static void test_whoever_stays_is_shown_once_whatever_comes_and_goes(
	void **state)
{
	struct table table;
	struct thing *stay = fill(&table, 1000);
	struct thing *come = mem_new(7000 * sizeof(*come));
	size_t count = 0;
	char last[24] = "";

	(void)state;
	for (struct span at = turn_page(&table, NULL, 10); at.len > 0;
		at = turn_page(&table, last, 10)) {
		snprintf(last, sizeof(last), "%s", at.at);
		for (size_t i = 0; i < 70 && count < 7000; i++, count++) {
			snprintf(come[count].name, sizeof(come[count].name),
				"come %zu", count);
			table_add(&table, &come[count].node);
		}
		if (last[0] == 'c')
			table_remove(&table, &find(&table, last)->node);
	}
	assert_int_equal(count, 7000);
	for (size_t i = 0; i < 1000; i++)
		CHECK(stay[i].name, stay[i].seen == 1);
	free(come);
	end(&table, stay);
}

/* ---- who chooses names */

/* Two numbers of one hash under this secret; found by some billion tries. */
static const uint64_t twins[2] = {0x0ab03a78d6dac974u, 0x5207f25a99ca5eafu};

struct number {
	struct table_node node;
	uint64_t number;
};

static struct span number_of(const struct table_node *node)
{
	const struct number *it = table_entry(node, const struct number, node);

	return span(&it->number, sizeof(it->number));
}

static void test_two_of_one_hash_are_two(void **state)
{
	struct number numbers[2] = {{.number = twins[0]}, {.number = twins[1]}};
	struct table table;
	struct table_node *first, *second;

	(void)state;
	for (size_t order = 0; order < 2; order++) {
		table_init(&table, number_of, &secret);
		table_add(&table, &numbers[order].node);
		table_add(&table, &numbers[1 - order].node);
		assert_true(numbers[0].node.hash == numbers[1].node.hash);
		for (size_t i = 0; i < 2; i++)
			assert_ptr_equal(
				table_find(&table, number_of(&numbers[i].node)),
				&numbers[i].node);
		first = table_first(&table);
		second = table_after(&table, number_of(first));
		assert_non_null(second);
		assert_ptr_equal(table_next(&table, first), second);
		assert_null(table_after(&table, number_of(second)));
		table_remove(&table, first);
		assert_ptr_equal(table_find(&table, number_of(second)), second);
		assert_null(table_find(&table, number_of(first)));
		table_release(&table);
	}
}

static void test_each_process_has_an_order_of_its_own(void **state)
{
	struct table one, other;
	struct thing *things = fill(&one, 1);
	struct siphash_key key = {1, 2};

	(void)state;
	table_init(&other, key_of, &key);
	assert_true(siphash(&one.secret, span_of("0")) !=
		    siphash(&other.secret, span_of("0")));
	table_release(&other);
	table_init(&other, key_of, NULL);
	assert_memory_equal(&other.secret, siphash_secret(), sizeof(key));
	table_release(&other);
	end(&one, things);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_added_is_found_and_nothing_else),
		cmocka_unit_test(test_an_empty_table_has_nothing),
		cmocka_unit_test(
			test_what_was_removed_is_gone_and_the_rest_is_not),
		cmocka_unit_test(test_it_shrinks_to_what_it_was),
		cmocka_unit_test(test_growing_and_shrinking_keep_the_order),
		cmocka_unit_test(test_pages_show_everything_once),
		cmocka_unit_test(
			test_whoever_stays_is_shown_once_whatever_comes_and_goes),
		cmocka_unit_test(test_two_of_one_hash_are_two),
		cmocka_unit_test(test_each_process_has_an_order_of_its_own),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
