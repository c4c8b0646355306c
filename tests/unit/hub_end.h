/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_UNIT_HUB_END_H
#define TIDINGS_TESTS_UNIT_HUB_END_H
/*
 * hub_end - the hub at the other end of a reader's connection
 *
 * All of its rooms but the loop's timers: a test takes its turns.  A file of
 * its own, since both programs know a struct inbox.
 */
#include "lib/loop.h"
#include "tests/unit/hub_room.h"

struct hub_end;

/* On the room's ledger, with the inboxes of its configuration; its loop may
 * serve the reader's end too. */
struct hub_end *hub_end_new(struct room *room);
void hub_end_free(struct hub_end *hub);
struct loop *hub_end_loop(struct hub_end *hub);

/* A connection on which all was said that the supervisor says before it hands
 * it down. */
int hub_end_connect(struct hub_end *hub, const char *inbox);
/* What was said is heard, and answered. */
void hub_end_turn(struct hub_end *hub);
/* The next COMMIT finds no room on the disk. */
void hub_end_fail(struct hub_end *hub);

#endif
