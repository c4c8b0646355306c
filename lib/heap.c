/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/heap.h"

#include <stdlib.h>

#include "lib/buf.h"

enum { FIRST_ROOM = 16 };

void heap_release(struct heap *heap)
{
	free(heap->places);
	*heap = (struct heap){0};
}

static void put(struct heap *heap, size_t at, struct heap_place place)
{
	heap->places[at - 1] = place;
	place.node->at = at;
}

/* The place below `at` whose number is the smaller; `at` if there is none. */
static size_t lesser_child(const struct heap *heap, size_t at)
{
	size_t child = 2 * at;

	if (child > heap->count)
		return at;
	if (child < heap->count &&
		heap->places[child].key < heap->places[child - 1].key)
		child++;
	return child;
}

/* The place of one with that key, which is to be at `at` or above. */
static size_t rise(struct heap *heap, size_t at, uint64_t key)
{
	while (at > 1 && key < heap->places[at / 2 - 1].key) {
		put(heap, at, heap->places[at / 2 - 1]);
		at /= 2;
	}
	return at;
}

/* Finds the place of one that is to be at `at` or above or below. */
static void settle(struct heap *heap, size_t at, struct heap_place place)
{
	size_t child;

	at = rise(heap, at, place.key);
	while ((child = lesser_child(heap, at)) != at &&
		heap->places[child - 1].key < place.key) {
		put(heap, at, heap->places[child - 1]);
		at = child;
	}
	put(heap, at, place);
}

static struct heap_place place_of(struct heap_node *node, uint64_t key)
{
	node->key = key;
	return (struct heap_place){key, node};
}

void heap_add(struct heap *heap, struct heap_node *node, uint64_t key)
{
	if (heap->count == heap->room) {
		heap->room = heap->room == 0 ? FIRST_ROOM : heap->room * 2;
		heap->places = mem_resize(
			heap->places, heap->room * sizeof(*heap->places));
	}
	heap->count++;
	put(heap, rise(heap, heap->count, key), place_of(node, key));
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_place last;
	size_t at = node->at;

	if (at == 0)
		return;
	node->at = 0;
	last = heap->places[--heap->count];
	if (last.node != node)
		settle(heap, at, last);
}

void heap_move(struct heap *heap, struct heap_node *node, uint64_t key)
{
	settle(heap, node->at, place_of(node, key));
}
