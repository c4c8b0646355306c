/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_WIRE_H
#define TIDINGS_LIB_WIRE_H
/* clang-format off */
/*
 * wire - what is said on the hub's socket (this comment is the protocol)
 *
 * A Unix stream socket.  Each side sends frames:
 *
 *     u32 length of what follows | u8 type | body
 *
 * Integers are little-endian and unsigned.  str8 is u8 length and bytes, str16
 * u16, blob u32.  A frame has at most WIRE_FRAME_MAX bytes after its length; a
 * longer or malformed one ends the connection with a log line.  Times are
 * milliseconds since 1970, ids are positions in the log (1 to 2^53-1).
 *
 * A grant is u32 count, count x { u8 exact, str16 text }: the channels that
 * somebody may read although they are private, by name or, unless `exact`, by
 * pattern (lib/event/scope.h).  Without any he reads what is public.
 *
 * ## To the hub
 *
 * HELLO     u16 version, u64 source, str8 program
 *           First, once.  `source` is random, never 0, the same as long as the
 *           process lives: it names its publishes across connections.
 * FOLLOW    u64 after, u64 window
 *           Send me the log from now on.  `after` is the newest id I hold, 0 if
 *           none; `window` how many bytes of data the hub should begin with if
 *           it cannot go on from `after`.
 * PUBLISH   u64 number, u64 answered, u8 flags, str16 channel, str8 type,
 *           str16 traits, u32 count,
 *           count x { str8 key, [u64 high, u64 low,] blob data }
 *           One transaction, in order.  `traits` (lib/event/traits.h) are those of
 *           each event; with TRAIT_TOPICS, whose first is `channel`, each event
 *           is a row on each of these channels, one after the other.  `number` rises by one with each
 *           publish of this source and is the same when it is sent again on a
 *           new connection; all numbers <= `answered` have had their answer
 *           here, so the hub may forget them.  The digest (lib/digest.h, of
 *           what the publisher sent) is there only if the key is not empty.
 *           flags: WIRE_VOLATILE = not stored, no id, no key, no traits;
 *           WIRE_BRIEF = its keys tell a repetition from a new event for one
 *           minute only, and other content under one of them is a new event.
 * DELETE    u64 number, u64 answered, str16 channel, u64 id, u8 anywhere, grant
 *           Likewise a publish, with a number and an answer as PUBLISH has: the
 *           events of the publish that is shown as `id`, one of whose channels
 *           this is, are deleted, on all of them; or, if it is 0, all that the
 *           channel has.  Unless `anywhere`, the grant says on what who asks
 *           may publish; it takes a right on each of them.
 * JUDGE     u64 tag, u8 from, u64 value, u64 upto, str16 label, u16 count,
 *           count x { u8 kind, str16 text }, u16 count, count x { u16 index,
 *           u64 told }, grant
 *           Where does a stream of these channels and patterns (an enum
 *           selector_kind each; sorted by kind, then bytewise; no repeats) go
 *           on?
 *           `from` says what `value` is: WIRE_AFTER a cursor, WIRE_SINCE a
 *           time, WIRE_ALL nothing, WIRE_UNKNOWN nothing (a cursor that is no
 *           number), WIRE_LABEL nothing (`label` is a publisher's own id:
 *           behind its event; one that is not known is no cursor).  Nothing
 *           above `upto` is asked about.  `told` is that of what was judged of
 *           this stream before: what was pruned of that channel (in the order
 *           of the names, from 0) up to there is known.  A gap is only one of
 *           what the grant lets him see.
 * PAGE      u64 tag, u64 after, u64 upto, u32 bytes, u8 public, u8 kind,
 *           str16 text
 *           Older events of this channel, or of all that the pattern matches:
 *           those above `after`, and not above `upto`, oldest first, until the
 *           EVENT bodies have `bytes` bytes (at least one event).  `public` = 1:
 *           those that are for everybody, as the hub knows it; 0: all.
 * CHANNELS  u64 tag, str16 after, u16 limit, str16 only, grant
 *           A page of the channels that the grant shows, in the hub's order: at
 *           most `limit` (not 0) that come behind the name `after`, or the
 *           first ones if it is empty; or the one.
 * SUBSCRIBED u32 count, count x { str16 channel, u32 subscribers }
 *           How many listen here to what: the channels whose number has changed
 *           since this responder last said it to this hub, at the end of the
 *           turn in which it did; after WELCOME all that is not 0, in as many
 *           frames as it takes.  Nobody listens to what was never said.
 * MEASURED  u64 us, u32 subscribers, u32 bad_keys, 4 x u64 answers,
 *           u64 delivered, u64 replayed, 12 x u64 refused, histogram
 *           Answer to MEASURE, and the last word of a process that ends: what
 *           happened since it last said so, which is `us` microseconds ago,
 *           whatever hub it was said to; so the sum over all is never counted
 *           twice.  Requests answered, by status (2xx, 3xx, 4xx, 5xx), events
 *           written to streams, those in time and those to streams that were
 *           catching up; and how old those in time were, in microseconds
 *           (lib/histogram.h: u64 sum, u8 count, count x
 *           { u8 bucket, u64 number }); and requests refused, by reason
 *           (lib/refused.h).  Subscribers are those of now, and so are the
 *           files of keys that are bad.
 * METRICS   u64 tag, u8 format
 *           What has been measured, as text: WIRE_PROMETHEUS, WIRE_OPENMETRICS;
 *           or WIRE_SAMPLES, what channel metrics said in the last three
 *           minutes, as JSON (hub/peers/samples.h).
 * PING      u64 tag
 *
 * Who is there, of responders:
 *
 * JOINED    16 bytes subscriber, str8 address, str16 user, str16 payload,
 *           u16 count, count x str16 topic, u8 open
 *           This stream is there (lib/event/active.h), on these channels and
 *           patterns.  Once known it is so, whatever is said again, until LEFT;
 *           after WELCOME all are said again.  The hub tells of it by an event
 *           for each topic, as soon as `presence_rate` lets the address.
 * LEFT      16 bytes subscriber
 *           So is it of whoever was JOINED by a peer that has been gone for
 *           WIRE_GONE_MS, or before this start of the hub, and is not JOINED
 *           again.
 * PRESENCE  u64 tag, str16 topic, str8 subscriber, u64 after, u16 limit
 *           Who is there, of whom it was told: on that topic, or anywhere if it
 *           is empty; that subscriber only, unless it is empty; behind the
 *           entry `after`, at most `limit` (not 0).
 *
 * Of inboxes: a connection on which READER was said speaks for one inbox, and
 * says nothing but INBOX, ROWS, TOLD, STOCK and PING after it.  At most
 * WIRE_AHEAD of the first three, all that have a `number`, wait for their
 * answer, with at most WIRE_AHEAD_BYTES; answers come in order.  No frame is
 * longer than WIRE_READER_MAX, since nothing is added to ROWS that have
 * WIRE_ROWS_BYTES, and max_event is at most 1M.
 *
 * READER    str8 name
 *           Said by the supervisor of tidings-inbox, right behind HELLO, before
 *           it hands the connection to the process that reads the inbox of that
 *           name (tidings.conf).  Taken from root, from the hub's own user and
 *           from [hub] inbox_user; that one, where it is another than the
 *           hub's, may say nothing else.  Another reader of the same inbox is
 *           closed.
 * INBOX     u64 number, str8 identity, str16 why
 *           The file that is read now: the 16 bytes by which it is known.  Or
 *           none, and why the inbox cannot be read: that has no answer.
 * ROWS      u64 number, u64 from, u64 to, u32 count, count x { u64 id, u8 kind,
 *           [str16 reason |
 *           str16 channel, str8 type, str16 traits, str8 key, blob data] }
 *           Its next rows: all that have ids above `from` and up to `to`, which
 *           rise.  Stored only if the inbox's cursor is at `from`; it moves in
 *           the same transaction.  Without rows, also with the same `from` and
 *           `to`, it says where an inbox begins that was not known.  kind:
 *           WIRE_ROW, or WIRE_ROW_BAD for one that cannot be published, with
 *           the reason (at most WIRE_REASON_MAX bytes).  At most WIRE_ROWS_MAX.
 * TOLD      u64 number, u32 count, count x u64 row
 *           Refused rows that hold their reasons now, or never will: the hub
 *           may forget these.  At most WIRE_ROWS_MAX.
 * STOCK     u8 confined, u64 rows, u32 lost
 *           At each change, now and then: 1 once the reader is kept by Landlock
 *           to files of the inbox's folder; and how many published rows may
 *           still be in the inbox, going by their ids; and how many tables of
 *           that database have lost the triggers by which they publish.
 *
 * ## From the hub
 *
 * WELCOME   u16 version, 16 bytes identity, u64 newest, and to a responder 32
 *           bytes secret
 *           Answer to HELLO.  `identity` is the log's own, random; another one
 *           means another log.  The secret is the log's too: it signs tickets,
 *           and goes no further than to responders.
 * REFUSED   str16 sentence; the hub closes.
 * FOLLOWING u64 from, u64 newest
 *           Answer to FOLLOW, and again whenever the hub cannot go on where
 *           this follower was.  Every event of the log above `from` follows.
 *           If `from` is not the newest id that the follower holds, or this
 *           is another log, what it holds is void: its window starts anew at
 *           `from`.  It has caught up when it holds `newest`.
 * EVENT     u64 id, u64 at, u64 taken, str16 channel, str8 type,
 *           str16 traits, data to the frame's end
 *           id 0 = volatile.  Ids rise.  `taken` is when the hub took it in
 *           hand, in microseconds of CLOCK_MONOTONIC, which all processes of a
 *           machine share; 0 if it is an older one, read from the log.
 * STORED    u64 number, u8 outcome, u64 first, u64 last, str16 reason
 *           Sent after COMMIT only.  first and last are the cursors of the
 *           publish's first and last event, as they are shown: of an event on
 *           several channels that of its last row.  Of a DELETE both are its
 *           own place in the order.
 * JUDGED    u64 tag, u8 gap, u64 used, u64 limit, u64 oldest, u64 newest,
 *           u16 count, count x u16 index, u16 count, count x { u16 index,
 *           u64 mark, u64 told }
 *           `used` is the cursor really used: the one asked for, or, at a gap,
 *           one below the oldest event still held after it (the newest id if
 *           there is none).  `limit` is how far this holds, never above `upto` nor above
 *           what this follower was sent.  At a gap, oldest and newest of what
 *           is held on these channels; 0 if nothing, and without a gap.  The
 *           channels (in the order of the question, from 0) that may have
 *           events above `used`; up to `limit` the others have none.  And up
 *           to where those were pruned that were so above `used`: the next
 *           question tells it, so that no gap is found twice.
 * PAGED     u64 tag, u64 through, u64 mark, u32 count, count x blob (an EVENT's
 *           body)
 *           `through` is how far the hub has looked, never above `upto` nor
 *           above what this follower was sent.  `mark`: what this channel had
 *           up to there was pruned or lost; all it had above `mark` and above
 *           `after` is here, as far as it was asked for.
 * CHANNELED u64 tag, u8 more, u32 count, count x { str16 channel, u64 events,
 *           u64 bytes, u64 oldest, u64 newest, u32 subscribers }, str16 last
 *           Channels that hold events or are listened to; the one that was
 *           asked for in any case.  What is said of their events are those that
 *           the grant shows.  Subscribers are those of all responders.
 *           The order stays as channels come and go.  `more`: the hub has not
 *           looked at those behind the name `last`, which nobody else may be
 *           told.  There may be fewer than asked for then, or none.
 * PRESENT   u64 tag, u64 upto, u8 more, u32 count, count x { u64 id,
 *           16 bytes subscriber, u64 since, u8 open, str16 topic, str16 user,
 *           str16 payload }
 *           Answer to PRESENCE: entries by their ids, which are those of the
 *           events that told of them.  `upto` is the id of the newest event
 *           that is taken into account, 0 if there was none ever.
 * MEASURE   nothing; to followers, every WIRE_MEASURE_MS
 * METERED   u64 tag, text to the frame's end
 * STATE     u8 writable, str16 reason, u16 count, count x { str8 name,
 *           str16 path, str16 why }
 *           After WELCOME and at each change: can the hub commit?  And which
 *           inboxes are not being read, their files, and why.
 * PONG      u64 tag
 * AT        u64 number, u8 known, u64 cursor, str16 stop, u8 more, u32 count,
 *           count x { u64 row, str16 reason }
 *           Answer to INBOX.  `known`: this inbox was read before, up to
 *           `cursor`.  `stop`: why it must not be read; empty if it may.  The
 *           reasons of refused rows which are still to be told; `more`: others
 *           come once these are TOLD and INBOX is said again.
 * TAKEN     u64 number, u64 cursor, u32 count, count x { u64 row, str16 reason
 *           }
 *           Answer to ROWS, after COMMIT, and to TOLD.  Where the inbox's
 *           cursor is: below `to`, the rows above it were not stored.  The
 *           reasons of rows up to it that were refused.
 *
 * ## To change this
 * 1. change this text; 2. raise WIRE_VERSION; 3. change wire.c and both ends;
 * 4. add the old version's frames to tests/fuzz/corpus as malformed or still
 * understood.  A hub refuses a HELLO of another version with a sentence that
 * names both.  HACKING.md names the files.
 */
/* clang-format on */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	WIRE_VERSION = 10,
	WIRE_FRAME_MAX = 16 << 20,
	WIRE_HEAD = 4, /* bytes of the length field */
	WIRE_IDENTITY = 16,
	WIRE_SECRET = 32,
	WIRE_MEASURE_MS = 2000,
	WIRE_GONE_MS = 5000,
	WIRE_AHEAD = 4,
	WIRE_AHEAD_BYTES = 5 << 20, /* two ROWS, and what is TOLD */
	WIRE_ROWS_MAX = 1024,
	WIRE_ROWS_BYTES = 1 << 20,
	WIRE_READER_MAX = (2 << 20) + 65536,
	WIRE_REASON_MAX = 255,
};

/* The highest id there can be: the last that JSON's numbers hold exactly. */
#define WIRE_ID_MAX (((uint64_t)1 << 53) - 1)

enum wire_type {
	WIRE_HELLO = 1,
	WIRE_FOLLOW,
	WIRE_PUBLISH,
	WIRE_PAGE,
	WIRE_CHANNELS,
	WIRE_SUBSCRIBED,
	WIRE_PING,
	WIRE_MEASURED,
	WIRE_METRICS,
	WIRE_READER,
	WIRE_INBOX,
	WIRE_ROWS,
	WIRE_TOLD,
	WIRE_STOCK,
	WIRE_JUDGE,
	WIRE_DELETE,
	/* who is there */
	WIRE_JOINED = 24,
	WIRE_LEFT,
	WIRE_PRESENCE,

	WIRE_WELCOME = 65,
	WIRE_REFUSED,
	WIRE_FOLLOWING,
	WIRE_EVENT,
	WIRE_STORED,
	WIRE_PAGED,
	WIRE_CHANNELED,
	WIRE_STATE,
	WIRE_PONG,
	WIRE_MEASURE,
	WIRE_METERED,
	WIRE_AT,
	WIRE_TAKEN,
	WIRE_JUDGED,
	/* who is there */
	WIRE_PRESENT = 88,
};

enum wire_flag {
	WIRE_VOLATILE = 1,
	WIRE_BRIEF = 2,
};

enum wire_row {
	WIRE_ROW,
	WIRE_ROW_BAD,
};

enum wire_from {
	WIRE_AFTER,
	WIRE_SINCE,
	WIRE_ALL,
	WIRE_UNKNOWN,
	WIRE_LABEL,
};

enum wire_format {
	WIRE_PROMETHEUS,
	WIRE_OPENMETRICS,
	WIRE_SAMPLES,
};

enum wire_outcome {
	WIRE_OUT_STORED,   /* committed now */
	WIRE_OUT_REPEATED, /* same key, same content: committed before */
	WIRE_OUT_CONFLICT, /* same key, other content */
	WIRE_OUT_INVALID,  /* the hub's own check refused it; reason says why */
	WIRE_OUT_FULL,	   /* no room on the disk */
	WIRE_OUT_FAILED,   /* could not be written; reason says why */
	WIRE_OUT_AWAY,	   /* a shared order gave it no place, or none that is
			      known yet: sent again, it is told what became of it
			      */
	WIRE_OUT_BEHIND,   /* this machine is too far behind the shared order */
	WIRE_OUT_NOTHING,  /* there is nothing to delete */
	WIRE_OUT_DENIED,   /* nor a right to */
};

/* Of the log; what tickets are signed with. */
struct wire_secret {
	bool known; /* WELCOME has come */
	uint8_t bytes[WIRE_SECRET];
};

/* ---- reading: a cursor whose failure sticks.  Every read past the end sets
 * `failed` and returns zero or the empty span, so decode straight down and ask
 * once. Spans borrow from the frame. */
struct wire_in {
	const char *at;
	const char *end;
	bool failed;
};

struct wire_in wire_in(struct span body);
uint8_t wire_get_u8(struct wire_in *in);
uint16_t wire_get_u16(struct wire_in *in);
uint32_t wire_get_u32(struct wire_in *in);
uint64_t wire_get_u64(struct wire_in *in);
struct span wire_get_str8(struct wire_in *in);
struct span wire_get_str16(struct wire_in *in);
struct span wire_get_blob(struct wire_in *in);
struct span wire_get_bytes(struct wire_in *in, size_t len);
struct span wire_get_rest(struct wire_in *in);
/* True if nothing failed and nothing is left over. */
bool wire_done(const struct wire_in *in);

/* ---- writing: appends to `out`. A str8 over 255 bytes is a bug (assert). */
/* Starts a frame; the result goes to wire_end, which fills in the length. */
size_t wire_begin(struct buf *out, enum wire_type type);
void wire_end(struct buf *out, size_t begun);
void wire_put_u8(struct buf *out, uint8_t value);
void wire_put_u16(struct buf *out, uint16_t value);
void wire_put_u32(struct buf *out, uint32_t value);
void wire_put_u64(struct buf *out, uint64_t value);
void wire_put_str8(struct buf *out, struct span text);
void wire_put_str16(struct buf *out, struct span text); /* cut at 65,535 */
void wire_put_blob(struct buf *out, struct span bytes);
void wire_put_bytes(struct buf *out, const void *at, size_t len);

/* ---- the one body that several frames carry */
struct wire_event {
	uint64_t id;	/* 0 = volatile */
	uint64_t at;	/* ms */
	uint64_t taken; /* monotonic us; 0 = not known */
	struct span channel;
	struct span type;
	struct span traits;
	struct span data;
};

bool wire_get_event(struct span body, struct wire_event *event);
/* Appends the body without frame or length. */
void wire_put_event(struct buf *out, const struct wire_event *event);
/* Bytes that wire_put_event appends. */
size_t wire_event_size(const struct wire_event *event);

/* ---- frames in a stream of bytes: returns the whole frame's size (length
 * field included) if `bytes` begins with one, 0 if more bytes are needed, and
 * sets *bad if the length is impossible. */
size_t wire_frame(
	struct span bytes, uint8_t *type, struct span *body, bool *bad);

#endif
