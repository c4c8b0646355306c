#ifndef TIDINGS_HOLDER_H
#define TIDINGS_HOLDER_H
/*
 * holder - the other process that keeps everybody from writing an inbox
 *
 *   FREE   nobody holds its lock, or not for long
 *   HELD   one process holds it, since `since`, and commits nothing
 *   TOLD   it did so for HOLDER_PATIENCE_US; a log line has named it
 *
 * It owns a descriptor of the file in which the lock is.  Closing that drops
 * all locks of this process there: so it is opened after the database, and
 * closed after it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/db.h"

enum { HOLDER_PATIENCE_US = 2000000 };

struct holder {
	enum { FREE, HELD, TOLD } state;
	int fd;		  /* -1 = nobody is looked for */
	bool wal;	  /* it is that of the -shm file */
	pid_t pid;	  /* 0 = not to be seen from here */
	uint64_t since;	  /* monotonic us */
	uint64_t version; /* changes with each commit of others */
};

void holder_init(struct holder *holder);
/* `db` is open; nobody else in this process has its file open. */
void holder_open(struct holder *holder, const struct db *db, bool wal);
/* After db_close(). */
void holder_close(struct holder *holder);

/* Looks who holds the lock now; the query `version` answers PRAGMA
 * data_version.  A line when somebody has held it for too long, and when it is
 * free again; the log names it so. */
void holder_look(
	struct holder *holder, struct query *version, const char *inbox);

#endif
