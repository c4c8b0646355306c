/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_INBOX_INBOXES_H
#define TIDINGS_HUB_INBOX_INBOXES_H
/*
 * inboxes - all of them, and when to look
 *
 * inotify tells that something is written near an inbox, but a writer's commit
 * becomes visible only after that, and without another event.  So after one the
 * files are looked at again and again, at first after INBOXES_FIRST_US, then
 * more rarely, for INBOXES_HOT_US.  Whatever inotify misses, the poll finds.
 */
#include <stdbool.h>

enum {
	INBOXES_FIRST_US = 30,
	INBOXES_WARM_US =
		120, /* a further event makes it no longer than this */
	INBOXES_LAST_US = 1000,	 /* longest pause between two looks */
	INBOXES_HOT_US = 200000, /* after the last event */
	INBOXES_POLL_MS = 250,
};

struct inboxes;
struct ledger;
struct loop;

/* They move with the ledger's transaction from now on. */
struct inboxes *inboxes_new(struct loop *loop, struct ledger *ledger);
void inboxes_free(struct inboxes *inboxes);

/* Rows into the transaction; true if there may be more. */
bool inboxes_pull(struct inboxes *inboxes);

#endif
