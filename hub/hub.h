#ifndef TIDINGS_HUB_H
#define TIDINGS_HUB_H
/*
 * hub - everything together, one turn of the loop at a time
 *
 * A turn: frames that have arrived are handed out, and what is to be stored is
 * put into one transaction as it comes; then rows from inboxes join it; then
 * COMMIT, which lets publishers have their answers; then followers get their
 * events; then pages are read for at most PAGE_US; then the loop waits.  A
 * transaction that grows past its limits is committed at once, in the middle of
 * the turn.
 */
struct config;
struct lock;

/* Serves until SIGTERM; all is borrowed.  Returns the exit status. */
int hub_run(const struct config *config, int listener, const struct lock *lock);

#endif
