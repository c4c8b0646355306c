/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_ENTRY_H
#define TIDINGS_HUB_SHARED_ENTRY_H
/*
 * entry - a proposal as bytes of the order, and back
 *
 * A head, which is of the whole, and its items one behind the other: the order
 * leaves out those that are not new, without looking into them.
 *
 *   head  u8 ENTRY_VERSION, u8 kind, u8 flags, 16 bytes origin, u64 source,
 *         u64 number, u64 orphan, u32 rows, str16 channel, str8 type, str16
 *         traits, str16 once, str8 inbox, [16 bytes identity, u64 from, u64 to]
 *   item  str16 key, [u64 high, u64 low,] blob data
 *
 * Who reads takes them for a stranger's, who has the password: text, lengths
 * and numbers are looked at as if they came from outside.  Pure.
 */
#include "hub/shared/shared.h"
#include "lib/buf.h"

enum {
	ENTRY_VERSION = 1,
	ENTRY_ONCE_MAX = 512,	  /* bytes */
	ENTRY_DATA_MAX = 1 << 20, /* of one event: the most max_event allows */
};

void entry_put_head(struct buf *out, const struct shared_proposal *what);
void entry_put_item(struct buf *out, const struct shared_item *item);

/* How Redis' keys and fields name things: an idempotency key (hashed there),
 * its digest, an inbox. */
void entry_put_key(struct buf *out, struct span channel, struct span key);
/* SOURCE:NUMBER, by which a publish is known that is sent again. */
void entry_put_receipt(struct buf *out, const struct shared_proposal *what);
void entry_put_digest(struct buf *out, struct digest digest);
/* Random bytes, as digits. */
void entry_put_id(struct buf *out, const uint8_t *id, size_t len);
bool entry_read_id(struct span text, uint8_t *id, size_t len);
void entry_put_inbox(
	struct buf *out, struct span name, const uint8_t identity[SHARED_ID]);

/* Fills in all but id and at; its items are appended to `items` (struct
 * shared_item), which is cleared before.  NULL, or why it is no entry
 * (static). */
const char *entry_read(struct shared_entry *entry, struct span head,
	struct span blobs, uint64_t rows, struct buf *items);

#endif
