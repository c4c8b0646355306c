/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_HEAP_H
#define TIDINGS_LIB_HEAP_H
/*
 * heap - which comes first
 *
 * A binary heap of things that have a number each: the smallest comes first,
 * and of equal ones any.  A thing is in it by a node of its own and may leave
 * from the middle.  All zero is an empty heap, and a node in none.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
	uint64_t key;
	size_t at; /* place in the heap, from 1; 0 = in none */
};

/* The key once more: those that are compared lie side by side. */
struct heap_place {
	uint64_t key;
	struct heap_node *node;
};

struct heap {
	struct heap_place *places;
	size_t count, room;
};

/* The `type` whose member `member` is *node, which is not NULL. */
#define heap_entry(node, type, member) \
	((type *)((uintptr_t)(node)-offsetof(type, member)))

/* Returns the heap's own memory. */
void heap_release(struct heap *heap);

/* The node must be in no heap. */
void heap_add(struct heap *heap, struct heap_node *node, uint64_t key);
/* Harmless on one that is in none. */
void heap_remove(struct heap *heap, struct heap_node *node);
/* Its key is another now. */
void heap_move(struct heap *heap, struct heap_node *node, uint64_t key);

/* Empty, memory kept.  The nodes are not looked at: they were scratch, and are
 * added again or never looked at again. */
static inline void heap_clear(struct heap *heap)
{
	heap->count = 0;
}

/* NULL if it is empty. */
static inline struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count == 0 ? NULL : heap->places[0].node;
}

/* The key that comes after the first one's; UINT64_MAX if there is none. */
static inline uint64_t heap_second_key(const struct heap *heap)
{
	if (heap->count < 2)
		return UINT64_MAX;
	return heap->count == 2 || heap->places[1].key < heap->places[2].key
		       ? heap->places[1].key
		       : heap->places[2].key;
}

static inline bool heap_has(const struct heap_node *node)
{
	return node->at != 0;
}

#endif
