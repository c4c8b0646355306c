/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/heap.h"

#include <stdlib.h>

#include "lib/buf.h"

enum { FIRST_ROOM = 16 };

void heap_release(struct heap *heap)
{
	free(heap->nodes);
	*heap = (struct heap){0};
}

static void put(struct heap *heap, size_t at, struct heap_node *node)
{
	heap->nodes[at - 1] = node;
	node->at = at;
}

/* The place below `at` whose number is the smaller; `at` if there is none. */
static size_t lesser_child(const struct heap *heap, size_t at)
{
	size_t child = 2 * at;

	if (child > heap->count)
		return at;
	if (child < heap->count &&
		heap->nodes[child]->key < heap->nodes[child - 1]->key)
		child++;
	return child;
}

/* The place of `node`, which is to be at `at` or above. */
static size_t rise(struct heap *heap, size_t at, const struct heap_node *node)
{
	while (at > 1 && node->key < heap->nodes[at / 2 - 1]->key) {
		put(heap, at, heap->nodes[at / 2 - 1]);
		at /= 2;
	}
	return at;
}

/* Finds the place of `node`, which is to be at `at` or above or below. */
static void settle(struct heap *heap, size_t at, struct heap_node *node)
{
	size_t child;

	at = rise(heap, at, node);
	while ((child = lesser_child(heap, at)) != at &&
		heap->nodes[child - 1]->key < node->key) {
		put(heap, at, heap->nodes[child - 1]);
		at = child;
	}
	put(heap, at, node);
}

void heap_add(struct heap *heap, struct heap_node *node, uint64_t key)
{
	if (heap->count == heap->room) {
		heap->room = heap->room == 0 ? FIRST_ROOM : heap->room * 2;
		heap->nodes = mem_resize(
			heap->nodes, heap->room * sizeof(*heap->nodes));
	}
	node->key = key;
	heap->count++;
	put(heap, rise(heap, heap->count, node), node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_node *last;
	size_t at = node->at;

	if (at == 0)
		return;
	node->at = 0;
	last = heap->nodes[--heap->count];
	if (last != node)
		settle(heap, at, last);
}

void heap_move(struct heap *heap, struct heap_node *node, uint64_t key)
{
	node->key = key;
	settle(heap, node->at, node);
}
