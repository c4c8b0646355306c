/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_DB_DB_FILES_H
#define TIDINGS_LIB_DB_DB_FILES_H
/*
 * db_files - which files SQLite may touch, where strangers write beside them
 *
 * SQLite takes what lies beside a database for its own: it waits for ever for
 * the writer of a FIFO, rolls back whatever a -journal says, and removes the
 * super-journal that this names.  Once confined, for good and in the whole
 * process, it opens the one database, its -journal, -wal and -shm, all regular
 * files without another name, and removes none but these three.  A journal that
 * names a super-journal is not opened: to roll it back takes the other
 * databases, too.  A -shm that is cut short while it is mapped ends nobody.
 */
#include <stdbool.h>

/* `path`: by its real name.  Said again, it is another database. */
void db_files_confine(const char *path);
/* What SQLite was refused since the last db_files_forget(): a sentence,
 * borrowed, or NULL. */
const char *db_files_fault(void);
void db_files_forget(void);
/* Whether what was mapped has been cut short since db_files_confine(): what
 * SQLite read there is not the file. */
bool db_files_cut(void);

#endif
