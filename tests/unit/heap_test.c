/* SPDX-License-Identifier: MIT */
/* heap: the smallest first, whoever leaves meanwhile */
#include <config.h>

#include <stdlib.h>

#include "lib/heap.h"
#include "tests/unit/unit.h"

enum { MANY = 500 };

struct thing {
	struct heap_node node;
	uint64_t number;
};

/* Everything that is left comes out in order, `count` of them. */
static void check_order(struct heap *heap, size_t count)
{
	struct heap_node *first;
	uint64_t before = 0;
	size_t out = 0;

	assert_int_equal(heap->count, count);
	while ((first = heap_first(heap)) != NULL) {
		assert_true(first->key >= before);
		assert_true(first->key ==
			    heap_entry(first, struct thing, node)->number);
		before = first->key;
		heap_remove(heap, first);
		assert_false(heap_has(first));
		out++;
	}
	assert_int_equal(out, count);
}

static void add(struct heap *heap, struct thing *thing, uint64_t number)
{
	thing->number = number;
	heap_add(heap, &thing->node, number);
}

static void fill(struct heap *heap, struct thing *things)
{
	srandom(7);
	for (size_t i = 0; i < MANY; i++)
		add(heap, &things[i], (uint64_t)random() % (2 * MANY));
}

static void test_the_smallest_comes_first(void **state)
{
	struct thing things[MANY] = {0};
	struct heap heap = {0};

	(void)state;
	assert_null(heap_first(&heap));
	fill(&heap, things);
	check_order(&heap, MANY);
	heap_release(&heap);
}

static void test_whoever_is_in_the_middle_may_leave(void **state)
{
	struct thing things[MANY] = {0};
	struct heap heap = {0};
	size_t left = MANY;

	(void)state;
	fill(&heap, things);
	for (size_t i = 0; i < MANY; i += 3, left--) {
		heap_remove(&heap, &things[i].node);
		heap_remove(&heap, &things[i].node);
	}
	check_order(&heap, left);
	heap_release(&heap);
}

static void test_who_gets_another_number_gets_another_place(void **state)
{
	struct thing things[MANY] = {0};
	struct heap heap = {0};

	(void)state;
	fill(&heap, things);
	for (size_t i = 0; i < MANY; i += 2) {
		things[i].number = (uint64_t)random() % (2 * MANY);
		heap_move(&heap, &things[i].node, things[i].number);
	}
	check_order(&heap, MANY);
	heap_release(&heap);
}

static void test_the_second_key_is_that_of_the_one_that_comes_next(void **state)
{
	struct thing things[MANY] = {0};
	struct heap heap = {0};
	uint64_t second;

	(void)state;
	assert_true(heap_second_key(&heap) == UINT64_MAX);
	fill(&heap, things);
	while (heap.count > 1) {
		second = heap_second_key(&heap);
		heap_remove(&heap, heap_first(&heap));
		assert_true(heap.places[0].key == second);
	}
	assert_true(heap_second_key(&heap) == UINT64_MAX);
	heap_release(&heap);
}

static void test_one_that_was_emptied_is_filled_again(void **state)
{
	struct thing things[MANY] = {0};
	struct heap heap = {0};

	(void)state;
	fill(&heap, things);
	heap_clear(&heap);
	assert_null(heap_first(&heap));
	add(&heap, &things[0], 2);
	add(&heap, &things[1], 1);
	check_order(&heap, 2);
	heap_release(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_smallest_comes_first),
		cmocka_unit_test(test_whoever_is_in_the_middle_may_leave),
		cmocka_unit_test(
			test_who_gets_another_number_gets_another_place),
		cmocka_unit_test(
			test_the_second_key_is_that_of_the_one_that_comes_next),
		cmocka_unit_test(test_one_that_was_emptied_is_filled_again),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
