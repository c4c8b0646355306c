#ifndef TIDINGS_INBOX_ERROR_H
#define TIDINGS_INBOX_ERROR_H
/*
 * inbox_error - why rows of an inbox were not published
 *
 * A reason goes three steps: noted with the cursor that passes the row over;
 * then, once nobody else writes the inbox, written into the row; then removed
 * from the log.
 */
#include <stddef.h>
#include <stdint.h>

#include "hub/inbox.h"

void errors_read(struct inbox *inbox);
void errors_forget(struct inbox *inbox);
size_t errors_count(const struct inbox *inbox);
/* In a transaction. */
void errors_add(struct inbox *inbox, uint64_t row, const char *reason);
void errors_write(struct inbox *inbox);
void errors_settle(struct inbox *inbox);
void errors_revert(struct inbox *inbox);
/* Writes some reasons into their rows, if nobody else is writing. */
void errors_tell(struct inbox *inbox);

#endif
