/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_LINES_H
#define TIDINGS_INBOX_LINES_H
/*
 * lines - what readers of inboxes say to the log; lib/lines.h has how it is
 * written.  A SENTENCE_ is said at the end of the line that is named above it.
 */

/*
 * ---- Of inboxes
 * An inbox that is not there, or cannot be read, is tried again four times a
 * second, and the same trouble is said once.
 */

/*
 * NAME FILE NUMBER
 * It is read from there on.
 */
#define LINE_OPENED "inbox %s (%s): open, after row %llu"

/*
 * NAME FILE SENTENCE
 * It cannot be read at the moment. `/health`, `tidings status` and `tidings
 * check` say the same; `/usr/share/doc/tidings/docs/troubleshooting.md` has
 * what to do. The sentence is the system's or SQLite's, or one of these: "is a
 * directory, not a file"; "is not a regular file"; "is the log itself" (give
 * it a file of its own); "is a link of another user" (with `create = yes` the
 * file, or a link to it, is root's or that of `tidings-inbox`); "its folder"
 * with what the system says (it is missing, say); "it has no table broadcast"
 * (use `tidings inbox init`, or `create = yes`); "its table cannot be made
 * now" and "its table tidings_identity cannot be made now" (somebody has
 * locked it); "its folder is read-only for tidings-inbox (systemd: it needs
 * ReadWritePaths=)" (the unit's sandbox, see above); "tidings-inbox may not
 * write file and folder"; "tidings-inbox may not read it"; "its disk is full";
 * "its file format is newer than this SQLite knows" (a newer one has written
 * it, or bytes of its head were changed); "broadcast is not an ordinary table
 * in it"; "its table broadcast has no AUTOINCREMENT, so that ids would be used
 * again"; "the hub is still busy with what was before"; "out of memory"; "a
 * statement takes longer than SECONDS s" (its schema asks for too much); "its
 * -shm file was cut short while it was open"; "stopped: another inbox is the
 * same file, or a copy of it" (drop the table `tidings_identity` of the copy).
 */
#define LINE_TROUBLE "inbox %s (%s): %.255s"

/* LINE_TROUBLE */
#define SENTENCE_REPLACED "was removed or replaced"
/* LINE_TROUBLE */
#define SENTENCE_WAL_REPLACED "its write-ahead log was removed or replaced"
/*
 * LINE_TROUBLE
 * It is opened anew.
 */
#define SENTENCE_MODE_CHANGED "its journal mode was changed"

/*
 * LINE_TROUBLE ID ID
 * Somebody has restored a backup of it; the sentence says what to do.
 */
#define SENTENCE_OLDER_COPY                                                \
	"stopped: its ids go up to %llu, but %llu was already published: " \
	"this is an older copy (to publish all its rows, drop its table "  \
	"tidings_identity)"

/*
 * NAME SECONDS PROGRAM
 * The process that is named, by its number, has begun a transaction and does
 * not end it. Rows of others wait, or are refused as "database is locked"; all
 * else goes on.
 */
#define LINE_LOCKED \
	"inbox %s: has been locked for %d s by %s: nobody else can insert"

/* NAME SECONDS */
#define LINE_UNLOCKED "inbox %s: is no longer locked, after %d s"
/*
 * LINE_TROUBLE
 * The reasons cannot be written into its column `error`; end whatever holds
 * the lock.
 */
#define SENTENCE_FULL_LOCKED \
	"waits: too many rows could not be published, and it is locked"

/*
 * LINE_TROUBLE
 * Each has a value of more than 64 MiB.
 */
#define SENTENCE_FULL                                                         \
	"waits: too many rows can neither be published nor hold the reason: " \
	"remove them"

/*
 * LINE_TROUBLE ERROR
 * Its programs may insert other rows under the same numbers afterwards.
 */
#define SENTENCE_NOT_SYNCED                                                   \
	"cannot be brought to the disk: a power cut may take back rows that " \
	"were published: %s"

/*
 * LINE_TROUBLE
 * Something in the database, such as a foreign key, refuses it. Nothing is
 * lost or published twice, but the table grows.
 */
#define SENTENCE_NOT_DELETED "its published rows cannot be deleted"

/*
 * NAME NUMBER REASON
 * The row is passed over; its column `error` says the same. Mend it and insert
 * it again.
 */
#define LINE_REJECT "inbox %s: row %lld not published: %.*s"

/*
 * NUMBER
 * A row that can be neither published nor told so has to be remembered, and
 * there is no memory; the process begins anew.
 */
#define LINE_NO_MEMORY_ROW "memory: cannot keep row %lld"

/*
 * NAME FILE
 * Its troubles keep changing. `/health` has the latest.
 */
#define LINE_NO_MORE "inbox %s (%s): more about it is not said in this minute"

/*
 * NAME TABLE REASON COMMAND
 * A table to which `tidings inbox init --on` gave triggers has lost them, or
 * changed: "there is no such table any more", "its columns are not those that
 * its triggers know", "its triggers are not those that were made", that they
 * are on another table now, or that it was renamed. Its changes are not
 * published until the command is run.
 */
#define LINE_TABLE_FAULT "inbox %s: table %s: %s: %s"

/*
 * NAME NUMBER
 * Likewise.
 */
#define LINE_MORE_TABLES "inbox %s: and %zu more tables: see tidings check"

/*
 * NAME
 * More than 20 within a second.
 */
#define LINE_MORE_REJECTS \
	"inbox %s: more rows not published: see their column error"

/*
 * ERROR
 * No more inotify instances (`fs.inotify.max_user_instances`): a row may take
 * a quarter of a second.
 */
#define LINE_INOTIFY "inbox: inotify: rows are found by polling only"

/* ---- Of the walls */

/*
 * NAME FILE REASON
 * It is not read, and tried again: "no limit of core dumps", "no limit of file
 * sizes", "no limit of memory", "no limit of processes", "not dumpable",
 * "no_new_privs", "Landlock" or "seccomp" is what the kernel or a sandbox
 * refuses, and the system's reason follows. A unit of your own must allow what
 * the packaged one does.
 */
#define LINE_NOT_SHUT_IN "inbox %s (%s): cannot be shut in: %s"

/*
 * NAME SENTENCE
 * It is read, and something of its walls lacks: "this kernel has no Landlock",
 * "Landlock was not switched on when this kernel started", "Landlock's calls
 * are forbidden here" (by a sandbox: see `SystemCallFilter=` in the packaged
 * unit), or "a sanitizer or valgrind runs along".
 */
#define LINE_WALLS_LACK "inbox %s: %s"

/* ---- Of the hub */

/*
 * PATH ERROR
 * No process is started; it is tried again, and rows wait.
 */
#define LINE_HUB_UNREACHED "hub %s: cannot be reached"

/*
 * NAME REASON
 * The process ends, and another begins as soon as the hub is there. REASON is
 * what the hub said, or one of these: "the hub does not answer" (for 30
 * seconds); "the hub said what is not understood"; "sent a frame of an
 * impossible length"; "has stopped reading". The hub says "this user may not
 * speak to the hub" if the user of `tidings-inbox` is not its `inbox_user`;
 * "no such inbox is in the hub's tidings.conf" until it is reloaded; and it
 * names its version if it has another one: reload both.
 */
#define LINE_HUB_AWAY "inbox %s: the hub is away: %s"

#endif
