/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_LIST_H
#define TIDINGS_LIB_LIST_H
/*
 * list - being in a list without allocating
 *
 * A node that is in no list points at itself, so taking it out twice is
 * harmless.  The list's head is a node too.
 */
#include <stdbool.h>
#include <stddef.h>

struct node {
	struct node *prev, *next;
};

/* The `type` whose member `member` is *node. */
#define list_entry(node, type, member) \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct node *node)
{
	node->prev = node->next = node;
}

static inline bool list_empty(const struct node *head)
{
	return head->next == head;
}

/* Also "is this node in a list?" */
static inline bool list_linked(const struct node *node)
{
	return node->next != node;
}

static inline void list_remove(struct node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* `node` must be in no list. */
static inline void list_append(struct node *head, struct node *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Moves everything in `from` to the end of `head`; `from` is empty then. */
static inline void list_move(struct node *head, struct node *from)
{
	if (list_empty(from))
		return;
	from->next->prev = head->prev;
	head->prev->next = from->next;
	from->prev->next = head;
	head->prev = from->prev;
	list_init(from);
}

#endif
