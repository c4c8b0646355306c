#ifndef TIDINGS_FILES_H
#define TIDINGS_FILES_H
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
#include <sys/types.h>

enum {
	FILES_WAL_BYTES = 9 << 20, /* HUB_WAL_PAGES and one transaction */
	FILES_SPARE = 8, /* it is not, if less than this many times as much is
			    free on the disk */
};

struct files {
	const char *path; /* borrowed */
	char *wal;
	dev_t device;
	ino_t inode, wal_inode;
	int notify; /* -1 if there is no inotify */
};

/* Both files are there.  A fault is a failed start. */
void files_open(struct files *files, const char *path);
void files_close(struct files *files);

/* Ends the process if one of the two is no longer what was opened.  A -wal
 * whose database is gone is moved out of the way of the next one. */
void files_check(const struct files *files);
/* The same, if something has happened in the folder. */
void files_check_news(const struct files *files);

#endif
