/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LINES_H
#define TIDINGS_HUB_LINES_H
/*
 * lines - what the hub says to the log; lib/lines.h has how it is written
 */

/* ---- Of the log */

/*
 * FILE ID
 * The hub is up.
 */
#define LINE_LOG_OPEN "log %s: open, newest id %llu"

/*
 * FILE REASON
 * Nobody can publish; `/health` says so too. REASON is "no room on the disk",
 * or "another program has locked the log": some sqlite3(1) that has begun to
 * write to it. Streams and replay go on.
 */
#define LINE_LOG_NOT_WRITABLE "log %s: cannot be written: %s"

/*
 * FILE
 * That is over.
 */
#define LINE_LOG_WRITABLE "log %s: can be written again"

/*
 * FILE FILE
 * A second hub does not start on the same log.
 */
#define LINE_LOG_LOCKED "log %s: another hub uses it (%s is locked)"

/*
 * FILE FILE ERROR
 * The folder is not the hub's to write.
 */
#define LINE_LOG_LOCK_FILE "log %s: lock file %s"

/* FILE FOLDER ERROR */
#define LINE_LOG_FOLDER "log %s: its directory %s"
/* FILE FOLDER ERROR */
#define LINE_LOG_WRITE_FOLDER "log %s: cannot write its directory %s"
/* FILE ERROR */
#define LINE_LOG_WRITE "log %s: cannot write it"
/* FILE ERROR */
#define LINE_LOG_CREATE "log %s: create"
/*
 * FILE ERROR
 * Owner or permissions of the folder or the file will not do, or the path is
 * wrong.
 */
#define LINE_LOG_STAT "log %s: stat"

/* FILE */
#define LINE_LOG_NO_SQLITE "log %s: is not an SQLite database"
/* FILE */
#define LINE_LOG_FOREIGN "log %s: is a database, but not a Tidings log"
/* FILE */
#define LINE_LOG_NO_META "log %s: its table meta is incomplete"
/* FILE */
#define LINE_LOG_NO_IDENTITY "log %s: has no identity"
/*
 * FILE
 * The path is wrong, or the file was changed; restore a backup.
 */
#define LINE_LOG_NO_SECRET "log %s: has no secret"

/*
 * FILE NUMBER NUMBER
 * An older Tidings wrote it; that one will not read it any more.
 */
#define LINE_LOG_UPGRADED "log %s: brought from schema %lld to %lld"

/*
 * FILE NUMBER NUMBER
 * Start the newer hub again: an older one does not guess.
 */
#define LINE_LOG_NEWER                                                   \
	"log %s: was written by a newer Tidings (schema %lld, this one " \
	"knows %d)"

/* FILE */
#define LINE_LOG_REPLACED "log %s: was removed or replaced while in use"
/*
 * FILE
 * The hub ends at once and starts on what is there now. A `PRAGMA
 * wal_checkpoint(TRUNCATE)` by another program has this effect too; then
 * nothing is lost.
 */
#define LINE_LOG_CUT "log %s: was cut short while in use"

/* FILE ERROR */
#define LINE_LOG_WAL "log %s: its write-ahead log"
/*
 * FILE NAME
 * What was in the log is gone; browsers that come back are told so. Restore a
 * backup, if there is one.
 */
#define LINE_LOG_MADE_ANEW                                                   \
	"log %s: was removed or emptied, and is made anew: its write-ahead " \
	"log is now %s"

/*
 * FILE NAME
 * A write-ahead log whose `log.db` is gone was put out of the way of the new
 * one. It may be removed.
 */
#define LINE_LOG_OLD_WAL "log %s: its write-ahead log is now %s"

/*
 * FILE ERROR
 * No more inotify instances (`fs.inotify.max_user_instances`); the file is
 * looked at now and then instead.
 */
#define LINE_LOG_INOTIFY "log %s: inotify: its removal is noticed late"

/*
 * FILE ERROR
 * The disk failed to store what was written. The hub ends, so that nothing is
 * acknowledged that is not there; look at the kernel's log.
 */
#define LINE_LOG_FSYNC "log %s: fsync"

/*
 * FILE ID
 * It is passed over, as if it had been removed by age: each stream that comes
 * back from below it is sent `reset`; all else is served. The disk may be
 * failing, or something else has written the file.
 */
#define LINE_LOG_DAMAGED_EVENT \
	"log %s: damaged: event %llu is not what was stored, or gone"

/* FILE NAME */
#define LINE_LOG_DAMAGED_SHOWN                                               \
	"log %s: damaged: the row of what is public of channel %.*s: it is " \
	"counted anew"
/* FILE NAME */
#define LINE_LOG_DAMAGED_ROW \
	"log %s: damaged: the row of channel %.*s: it is counted anew"
/*
 * FILE
 * All that was published before counts as removed: streams on this channel,
 * and on channels that are not there, are sent `reset` if they come back from
 * below.
 */
#define LINE_LOG_DAMAGED_NAME "log %s: damaged: a channel's name"

/*
 * FILE ID ID
 * While the hub was not running, or in the moment when it was killed, the log
 * or its write-ahead log was emptied, cut short, removed or put back from an
 * older copy. The line is usual after a restore; otherwise find out who did
 * it. Streams that had got beyond the end are sent `reset`.
 */
#define LINE_LOG_ENDS_EARLY                                                   \
	"log %s: ends at id %llu, but ids up to %llu were acknowledged: the " \
	"events between are gone"

/* FILE ID */
#define LINE_LOG_DAMAGED_ID "log %s: damaged: an id of %llu"
/* FILE ID */
#define LINE_LOG_MISPLACED "log %s: damaged: event %llu is not in its place"
/* FILE */
#define LINE_LOG_DAMAGED_IDENTITY "log %s: damaged: its identity"
/* FILE */
#define LINE_LOG_DAMAGED_SECRET "log %s: damaged: its secret"
/*
 * FILE
 * The file was changed by something else, or the disk is broken. `PRAGMA
 * integrity_check` tells more; restore a backup.
 */
#define LINE_LOG_DAMAGED_RECEIPT "log %s: damaged: a receipt"

/* FILE SENTENCE */
#define LINE_LOG_SQLITE "log %s: %s"
/* FILE SENTENCE */
#define LINE_LOG_READ "log %s: read: %s"
/* FILE SENTENCE */
#define LINE_LOG_ROLL_BACK "log %s: roll back: %s"
/*
 * FILE SENTENCE
 * An error of SQLite, in its words, as "out of memory". The hub ends, and its
 * next worker reads the log anew; if that goes on, the disk or the file is
 * broken.
 */
#define LINE_LOG_CHECKPOINT "log %s: checkpoint: %s"

/*
 * FILE
 * Of which one is not known: streams on channels that are not there are sent
 * `reset` if they come back from below.
 */
#define LINE_LOG_DAMAGED_MARK \
	"log %s: damaged: the mark of a channel that is gone"

/*
 * TIME TIME
 * The clock went ahead or back by more than a minute. What is old is told by
 * the earlier of the two, for an hour in which it does not jump again.
 */
#define LINE_CLOCK_JUMPED                                                     \
	"clock: it jumped from %s to %s: nothing is deleted by its time for " \
	"an hour"

/*
 * TIME TIME
 * At a start. The hub was away for more than an hour, or the clock is wrong.
 */
#define LINE_CLOCK_AWAY                                                  \
	"clock: it says %s, the log was last written at %s: nothing is " \
	"deleted by its time for an hour"

/* The hour is over. */
#define LINE_CLOCK_BELIEVED "clock: its new time is believed"

/* It was wrong for less than an hour, and nothing was deleted. */
#define LINE_CLOCK_BACK "clock: it is back where it was"

/* Set it, and start the hub again. */
#define LINE_CLOCK_BEYOND "the clock says a year after 2255"

/*
 * ---- Of inboxes
 * What is wrong with one, its reader says: tidings-inbox(8).
 */

/*
 * NAME FILE SENTENCE
 * "its reader waits for the shared order": that is away. "nobody reads it: is
 * tidings-inbox running?": nobody has been heard of for
 * 10 seconds, since the hub started or a reader has gone; rows wait. It is not
 * said at each restart, nor again while one that is started again and again
 * does not read it.
 */
#define LINE_INBOX_UNREAD "inbox %s (%s): %s"

/*
 * NAME FILE
 * After that.
 */
#define LINE_INBOX_READ_AGAIN "inbox %s (%s): is read again"

/* ---- Of the shared order */

/*
 * ADDRESS
 * This hub follows it: what is published here has its place in it, and what is
 * published on other machines comes here.
 */
#define LINE_SHARED_HERE "shared order: follows %s"

/*
 * SENTENCE
 * Nobody can publish on this machine, and nothing comes from others; what is
 * held is served. The sentence names the address and what is wrong with it;
 * it is tried again all the time, and said again at most every 10 seconds.
 * "it has not been reached yet": at the start. "it has forgotten its newest
 * events": after a fail-over, until all of this machine is told what is gone;
 * it goes on by itself. "it hung up", "it answers what nobody understands":
 * there is something else than Redis. "another program has written to its keys
 * with our prefix: log has an id that is none of ours", "another program has
 * written to its keys with our prefix: state is broken": see who, and found it
 * anew. "its event with the id of this log's newest is another one: they have
 * no history in common": this log belongs to another order; the hub does not
 * try again. A publisher is told "the shared order is away", "the shared order
 * does not answer", "the shared order was lost", "the shared order's answer is
 * malformed", or "the shared order has forgotten what came before it". The same
 * of a maxmemory-policy that was changed meanwhile: it goes on, but Redis may
 * remove what is needed.
 */
#define LINE_SHARED_AWAY "shared order: %s"

/*
 * ADDRESS
 * After a crash of Redis its order ends earlier, and machines put back what
 * they acknowledged. Set `appendonly yes`.
 */
#define LINE_SHARED_NO_AOF \
	"shared order: %s has appendonly no: it forgets at each start"

/*
 * ID SENTENCE
 * Another program has written to the stream. What the machine that published
 * it holds is not affected; here the id counts as lost. The sentence says
 * what a hub would not have written: "it is no entry", "it comes before
 * itself", "it is a hole without an end", "it has no head", "its head is
 * malformed", "another version wrote it", "its name is too long", "its traits
 * are too long", "its events are malformed", "a number of it is none", "a
 * number of it is too large", "it has more rows than there are ids for", "it
 * has not as many rows as it says", "it has other rows than channels", "an
 * event of it is not what may be published"; or what a publisher would be
 * told: "a channel name has 1 to 1,000 bytes here", "a channel name has no
 * control characters", "a channel name is UTF-8", "an event type has at most
 * 64 bytes", "an event type has no control characters", "an event type is
 * UTF-8", "a label must not be empty", "an id has at most 200 bytes", "an id
 * has no control characters", "an id is UTF-8", "an event is on at most 100
 * channels", "an event's channels are different ones", "the names of an
 * event's channels have at most 8 KiB together", "these are no channels of
 * one event", "these are no traits of an event".
 */
#define LINE_SHARED_BROKEN "shared order: id %llu is no event of ours: %s"

/*
 * ERROR
 * A sandbox refuses getrandom(2).
 */
#define LINE_NO_RANDOM "shared order: getrandom"

/*
 * It was away, or is too slow: nobody can publish here until it has caught up,
 * which it does by itself. `/health` says so too.
 */
#define LINE_SHARED_BEHIND "shared order: this machine is catching up with it"

/* It is over. */
#define LINE_SHARED_CAUGHT_UP "shared order: this machine has caught up"

/*
 * REASON
 * At the start: what [shared] says cannot be.
 */
#define LINE_SHARED_OPEN "shared order: cannot be used: %s"

/*
 * ID ID
 * Events above the second id and up to the first have left the log: the order
 * has forgotten them, after a failover or a restart of Redis that lost its end.
 * They get new ids as soon as it can be. Whoever has seen them is told `reset`.
 */
#define LINE_SHARED_ORPHANS                                                 \
	"shared order: it has forgotten what came up to id %llu, after id " \
	"%llu"

/*
 * ID ID
 * The same, and this log has nothing of it.
 */
#define LINE_SHARED_HOLE "shared order: no event is between ids %llu and %llu"

/*
 * ID ID
 * This machine was away for longer than `keep_age` or `keep_bytes` in [shared]
 * allow: it will never have what came between. Whoever asks it for that is told
 * `reset`.
 */
#define LINE_SHARED_MISSED                                                   \
	"shared order: what came after id %llu and up to %llu is no longer " \
	"there"

/*
 * ID
 * The order has forgotten the event that had this id, and it cannot be put
 * back: it is older than half of `key_age`, or its key was used for another
 * event, or the order, which had two masters, has it after all, at a place that
 * this log has leapt over. It stays in the table `orphan` of the log.
 */
#define LINE_SHARED_LEFT "shared order: the event %llu is not put back"

/* What this machine's log has is in the order now, which was empty. */
#define LINE_SHARED_FOUNDED "shared order: founded by this machine's log"
/*
 * REASON
 * "there is one already, of another log": `prefix` or `db` is another's, or
 * this log has to join it.
 */
#define LINE_SHARED_NOT_FOUNDED "shared order: could not be founded: %s"

/*
 * FILE
 * `--join`: this log is one of those of the order from now on.
 */
#define LINE_SHARED_JOINED "shared order: the log %s belongs to it"
/*
 * FILE
 * `--join`: the log has events, and is not one of those of the order. Move it
 * aside, or found an order of its own.
 */
#define LINE_SHARED_OTHER \
	"shared order: the log %s has events and is another than the order's"
/*
 * FILE
 * There is no room on the disk, or another program has locked the log.
 */
#define LINE_SHARED_NOT_JOINED "shared order: the log %s cannot be written"
/* `--found` or `--join`, and no [shared] in tidings.conf. */
#define LINE_SHARED_NOT_SHARED \
	"shared order: tidings.conf has no section [shared]"

/*
 * FILE ERROR
 * By what this machine's hub is known to the others cannot be read, or made.
 */
#define LINE_OWN_ID "%s: what this hub is known by"
/*
 * FILE
 * It has other than 16 bytes. Remove it: the hub is another one then, and what
 * it still had to put back is put back by any machine, 10 seconds later.
 */
#define LINE_OWN_ID_BROKEN "%s: this is not what a hub is known by"

/* ---- Of its socket */

/*
 * FILE ERROR
 * Applications that read it before they render a page are told an older cursor,
 * or none. The folder of `socket` in [hub] is to be the hub's to write.
 */
#define LINE_CURSOR_FILE "%s: cannot be written"

/*
 * UID REASON
 * "this user may not speak to the hub": add it to `users` in [hub]. "too many
 * connections": more than 1,024. "sent a malformed frame", "sent a frame of an
 * unknown type", "sent a frame of an impossible length", "asked for too many
 * pages at once", "did not begin with HELLO": it is no responder of this
 * version. "this user may not read inboxes": neither root, nor the hub's own,
 * nor `inbox_user`. "no such inbox is in the hub's tidings.conf": reload it.
 * "sent what a reader of an inbox may not say": somebody may have taken it
 * over by an inbox; please report it. "has stopped reading": a responder that
 * hangs or is stopped.
 */
#define LINE_PEER_CLOSED "peer of uid %lu: closed: %s"

#endif
