/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_HUB_H
#define TIDINGS_HUB_HUB_H
/*
 * hub - everything together, one turn of the loop at a time
 *
 * While the loop looks at its descriptors, frames are handed out as they come,
 * and what is to be stored goes into one transaction, unless it is long or
 * there is too much of it.  Then comes the turn: rows of inboxes join the
 * transaction; COMMIT, after which publishers have their answers; followers are
 * sent their events; lists of channels and older events are read, each for some
 * milliseconds at most; a long publish is stored by itself; the loop sleeps,
 * unless work is left.  A transaction that grows past its limits is committed
 * at once.
 */
struct config;
struct lock;

/* Serves until SIGTERM; all is borrowed.  Returns the exit status. */
int hub_run(const struct config *config, int listener, const struct lock *lock);

#endif
