/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_INBOX_REJECTS_H
#define TIDINGS_HUB_INBOX_REJECTS_H
/*
 * rejects - why rows of an inbox were not published
 *
 * A reason goes three steps: noted with the cursor that passes the row over;
 * then, once nobody else writes the inbox, written into the row; then removed
 * from the log.
 */
#include <stddef.h>
#include <stdint.h>

#include "hub/inbox/inbox.h"

void rejects_read(struct inbox *inbox);
void rejects_forget(struct inbox *inbox);
size_t rejects_count(const struct inbox *inbox);
/* In a transaction. */
void rejects_add(struct inbox *inbox, uint64_t row, const char *reason);
void rejects_write(struct inbox *inbox);
void rejects_settle(struct inbox *inbox);
void rejects_revert(struct inbox *inbox);
/* Writes some reasons into their rows, if nobody else is writing. */
void rejects_tell(struct inbox *inbox);

#endif
