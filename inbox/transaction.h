/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_TRANSACTION_H
#define TIDINGS_INBOX_TRANSACTION_H
/*
 * transaction - one of ours in the file of others, only while none of theirs is
 * open
 *
 * Whoever has read in a transaction and writes next would fail, at once and
 * whatever its busy_timeout, if we had written in between or were writing then.
 * While ours is open nobody else begins one: it is to be short.
 */
#include "inbox/file.h"

/* DB_BUSY: others have one open; later. */
enum db_result transaction_begin(struct inbox_file *file) DB_LOOK;
/* Ends it in any case.  `done`: how it went so far; COMMIT only where that is
 * DB_DONE, which is then answered. In WAL mode it need not be on the disk yet
 * (inbox_file_sync). */
enum db_result transaction_end(
	struct inbox_file *file, enum db_result done) DB_LOOK;

#endif
