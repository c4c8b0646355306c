/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/together/pending.h"

#include <stdlib.h>

#include "lib/buf.h"

static struct waiter *waiter_of(struct node *node)
{
	return list_entry(node, struct waiter, among);
}

void pending_open(struct pending *pending)
{
	list_init(&pending->asked);
	list_init(&pending->placed);
	list_init(&pending->looking);
}

static void free_all(struct node *list)
{
	while (!list_empty(list))
		waiter_free(waiter_of(list->next));
}

void pending_close(struct pending *pending)
{
	free_all(&pending->asked);
	free_all(&pending->placed);
	free_all(&pending->looking);
}

struct waiter *pending_add(struct pending *pending, const struct ack *ack)
{
	struct waiter *waiter = mem_new(sizeof(*waiter));

	waiter->ack = *ack;
	list_init(&waiter->look.among);
	list_init(&waiter->among);
	list_append(&pending->asked, &waiter->among);
	return waiter;
}

void waiter_free(struct waiter *waiter)
{
	list_remove(&waiter->among);
	order_unlook(&waiter->look);
	free(waiter->name);
	free(waiter);
}

/* Entries rise but for what is repeated. */
void pending_place(
	struct pending *pending, struct waiter *waiter, uint64_t entry)
{
	struct node *at = pending->placed.prev;

	waiter->entry = entry;
	while (at != &pending->placed && waiter_of(at)->entry > entry)
		at = at->prev;
	list_remove(&waiter->among);
	list_append(at->next, &waiter->among);
}

struct waiter *pending_reach(struct pending *pending, uint64_t id)
{
	struct waiter *first;

	if (list_empty(&pending->placed))
		return NULL;
	first = waiter_of(pending->placed.next);
	if (first->entry > id)
		return NULL;
	list_remove(&first->among);
	return first;
}

struct waiter *pending_lose(
	struct pending *pending, uint64_t last, uint64_t start)
{
	struct node *at = pending->placed.next;

	for (; at != &pending->placed; at = at->next)
		if (waiter_of(at)->entry > last &&
			waiter_of(at)->entry < start) {
			list_remove(at);
			return waiter_of(at);
		}
	return NULL;
}

static struct waiter *overdue_of(struct node *list, uint64_t asked_us)
{
	for (struct node *at = list->next; at != list; at = at->next)
		if (waiter_of(at)->asked < asked_us) {
			list_remove(at);
			return waiter_of(at);
		}
	return NULL;
}

struct waiter *pending_overdue(struct pending *pending, uint64_t asked_us)
{
	struct waiter *waiter = overdue_of(&pending->placed, asked_us);

	return waiter != NULL ? waiter
			      : overdue_of(&pending->looking, asked_us);
}

static void forget_in(struct node *list, const void *peer)
{
	for (struct node *at = list->next; at != list; at = at->next) {
		struct ack *ack = &waiter_of(at)->ack;

		if (ack->peer != peer)
			continue;
		ack->peer = NULL;
		ack->tell = NULL;
	}
}

void pending_forget(struct pending *pending, const void *peer)
{
	forget_in(&pending->asked, peer);
	forget_in(&pending->placed, peer);
	forget_in(&pending->looking, peer);
}
