/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_DISK_FILES_H
#define TIDINGS_HUB_LOG_DISK_FILES_H
/*
 * files - log.db and log.db-wal, as files in a folder
 *
 * Whoever removes or replaces one of them under the hub would have it write
 * where nobody reads.  inotify tells; asking with stat() at each commit would
 * make the next fsync write the inode too, because a time that was looked at
 * must change.
 *
 * The write-ahead log is made as long as it gets at the start: bringing a
 * growing file to the disk takes twice as long.
 */
#include <stdbool.h>
#include <sys/types.h>

enum {
	FILES_WAL_BYTES = 7 << 20,  /* LEDGER_WAL_PAGES and one transaction */
	FILES_WAL_STEP = 256 << 10, /* each time, where nobody is to wait */
	FILES_SPARE = 8, /* it is not, if less than this many times as much is
			    free on the disk */
};

struct files {
	const char *path; /* borrowed */
	char *wal;
	dev_t device;
	ino_t inode, wal_inode;
	off_t size, wal_size; /* when they were last looked at */
	bool shortened;	      /* the write-ahead log, by us */
	int notify;	      /* -1 if there is no inotify */
};

/* Both files are there.  A fault is a failed start. */
void files_open(struct files *files, const char *path);
void files_close(struct files *files);

enum files_state {
	FILES_FINE,
	FILES_WAL_GONE, /* removed or replaced; the database is there */
	FILES_DB_GONE,	/* the database is, whatever became of the other */
	FILES_DB_CUT,	/* it has become shorter */
	FILES_WAL_CUT,	/* likewise: what is missing in it reads as zeros once
			   more is written, and must not get into the database */
};

enum files_state files_look(struct files *files);
/* True if something has happened to one of them, to their names or to the folder
 * since it was last asked, or if nobody can tell. */
bool files_have_news(const struct files *files);
/* The write-ahead log was emptied: it is made as long again as at the start,
 * some of it each time that the second is called. */
void files_renew_wal(struct files *files);
void files_tend(struct files *files);
/* Out of the way of another database, which it would ruin. */
void files_move_wal_away(const struct files *files);

#endif
