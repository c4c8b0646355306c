/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_CURSORS_H
#define TIDINGS_HUB_SHARED_CURSORS_H
/*
 * cursors - how far inboxes are published, asked of the order
 *
 * Each question has one answer; while there is no link it waits.
 */
#include "hub/shared/conn.h"
#include "lib/list.h"
#include "lib/span.h"

struct cursors_asked {
	struct conn *conn; /* borrowed */
	const char *prefix;
	struct node waiting, asked;
	void (*answered)(void *arg, void *whose, uint64_t cursor);
	void *arg;
	bool linked;
};

void cursors_init(struct cursors_asked *cursors, struct conn *conn,
	const char *prefix,
	void (*answered)(void *arg, void *whose, uint64_t cursor), void *arg);
void cursors_release(struct cursors_asked *cursors);

void cursors_ask(struct cursors_asked *cursors, struct span name,
	const uint8_t *identity, void *whose);
void cursors_linked(struct cursors_asked *cursors);
void cursors_lost(struct cursors_asked *cursors);

#endif
