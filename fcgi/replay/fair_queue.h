/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_REPLAY_FAIR_QUEUE_H
#define TIDINGS_FCGI_REPLAY_FAIR_QUEUE_H
/*
 * fair_queue - whose turn it is: one of each client after the other
 *
 * Round robin by client, then among his own in the order in which they came:
 * who has three thousand places keeps one who has a single place waiting for
 * one turn, not for three thousand.
 *
 * A place is part of its owner, and in one queue at most.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/list.h"

struct fair_queue;
struct fair_client;

struct fair_place {
	struct node node;
	struct fair_client *client; /* NULL = in no queue */
};

struct fair_queue *fair_queue_new(void);
/* Nobody may be left. */
void fair_queue_free(struct fair_queue *queue);

void fair_place_init(struct fair_place *place);
/* `who`: the client, not looked at.  It must be in no queue. */
void fair_queue_add(
	struct fair_queue *queue, struct fair_place *place, const void *who);
/* Harmless on one that is in none. */
void fair_queue_remove(struct fair_place *place);
/* Takes out whose turn it is; NULL if nobody waits. */
struct fair_place *fair_queue_take(struct fair_queue *queue);

bool fair_queue_is_empty(const struct fair_queue *queue);

#endif
