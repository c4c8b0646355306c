/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_LOCKS_H
#define TIDINGS_INBOX_LOCKS_H
/*
 * locks - those by which others have a transaction open, and how to keep others
 * from beginning one
 *
 * In WAL mode whoever has a transaction open holds one of the read marks in the
 * -shm file; who begins one while we hold them all tries again for seconds,
 * within SQLite, and does not fail.  In other modes these are the locks of the
 * file itself; who meets us there waits as its busy_timeout says.  A connection
 * that is merely open holds none of them.
 *
 * Locks of fcntl(2) belong to the process: SQLite, in taking and leaving its
 * own, would leave ours.  So it is kept from that while we hold them.
 *
 * It owns a descriptor of the file in which the locks are.  Closing that drops
 * all locks of this process there: so it is opened after the database, and
 * closed after it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/db/db.h"

struct locks {
	int fd; /* 0 = closed */
	bool wal;
};

/* `db` is open, and was read; nobody else in this process has its file open.
 * False with errno. */
bool locks_open(struct locks *locks, const struct db *db, bool wal);
/* After db_close(). */
void locks_close(struct locks *locks);

/* Whether another process may write; *pid is 0 if it cannot be seen from here.
 */
bool locks_find_writer(const struct locks *locks, pid_t *pid);
/* Whether another process has a transaction open. */
bool locks_are_held(const struct locks *locks);

/* Not in WAL mode: a number that each commit of others changes, read without a
 * lock.  It may be that of one which is under way, while there is a writer. */
bool locks_read_counter(const struct locks *locks, uint32_t *counter);

/* Keeps others from beginning a transaction.  False if one is open.  SQLite has
 * no statement running; from here on it may run one transaction. */
bool locks_shut(struct locks *locks);
/* That transaction is over. */
void locks_open_up(struct locks *locks);

#endif
