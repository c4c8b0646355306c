/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_FILE_H
#define TIDINGS_INBOX_FILE_H
/*
 * file - one SQLite file with a table `broadcast` that others write
 *
 * Nothing in it is trusted: no trigger or view of its schema runs on
 * our connection, and every row is checked again by whoever reads it.  A
 * database that is not ours keeps its journal mode; what is added to it is the
 * table tidings_identity, by which the log knows it again.  Nothing here waits
 * for a lock, or writes while others have a transaction open (transaction.h).
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inbox/locks.h"
#include "lib/config/config.h"
#include "lib/db/db.h"

enum {
	INBOX_IDENTITY = 16,
	INBOX_VALUE_MAX = 4 << 20, /* no value above this is even read */
	INBOX_STATEMENT_MS = 2000, /* of work: none takes longer in a database
				      that was made to be read */
};

struct inbox_file {
	struct db db;
	struct locks locks;
	uint8_t identity[INBOX_IDENTITY];
	bool wal;   /* reading does not keep writers waiting */
	bool named; /* the log of `wal` is on the disk under its name */
	dev_t device;
	ino_t inode, wal_inode, shm_inode;
	struct query rows, next_id, newest, set_error, due, consume, sequence,
		version, below, schema, keep, mode;
	char fault[256]; /* of the last transaction of ours that failed */
	uint64_t schema_version; /* that was found to be good */
};

/* NULL if it is open; else a sentence, borrowed until the next call, and it is
 * closed.  `log`: the path of the log, which is no inbox. */
const char *inbox_file_open(struct inbox_file *file,
	const struct config_inbox *config, const char *log);
void inbox_file_close(struct inbox_file *file);

/* True if `path` is no longer the file that was opened. */
bool inbox_file_moved(const struct inbox_file *file, const char *path);
/* True if it is open with a write-ahead log, or an index of it, that others no
 * longer find: what they commit would never be seen. */
bool inbox_file_split(struct inbox_file *file);
/* Brings to the disk what can be read: it may be there for others to see before
 * it would outlive a power cut, which would then give its ids to other rows.
 * False with errno. */
bool inbox_file_sync(struct inbox_file *file);

/* (contents.c) Sees to its table and its identity; makes the table only with
 * `create`.  NULL, or why that cannot be now; borrowed until the next call. */
const char *inbox_file_furnish(struct inbox_file *file, bool create);
/* (contents.c) NULL, or why it is no inbox any more since its schema was
 * changed; borrowed until the next call.  What a lock hides is found out by the
 * next. */
const char *inbox_file_ruined(struct inbox_file *file);

/* (transaction.c) True if others have changed its journal mode. */
bool inbox_file_switched(struct inbox_file *file);

#endif
