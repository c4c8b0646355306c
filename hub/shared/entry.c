/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/entry.h"

#include <inttypes.h>
#include <string.h>

#include "lib/event/traits.h"
#include "lib/text.h"
#include "lib/wire.h"

enum { BRIEF = 1 };

/* ---- into bytes */

static void put_cursor(struct buf *out, const struct shared_cursor *cursor)
{
	wire_put_str8(out, cursor->name);
	if (cursor->name.len == 0)
		return;
	wire_put_bytes(out, cursor->identity, SHARED_ID);
	wire_put_u64(out, cursor->from);
	wire_put_u64(out, cursor->to);
}

void entry_put_head(struct buf *out, const struct shared_proposal *what)
{
	wire_put_u8(out, ENTRY_VERSION);
	wire_put_u8(out, what->kind);
	wire_put_u8(out, what->brief ? BRIEF : 0);
	wire_put_bytes(out, what->origin, SHARED_ID);
	wire_put_u64(out, what->source);
	wire_put_u64(out, what->number);
	wire_put_u64(out, what->orphan);
	wire_put_u32(out, what->rows);
	wire_put_str16(out, what->channel);
	wire_put_str8(out, what->type);
	wire_put_str16(out, what->traits);
	wire_put_str16(out, what->once);
	put_cursor(out, &what->cursor);
}

void entry_put_item(struct buf *out, const struct shared_item *item)
{
	wire_put_str16(out, item->key);
	if (item->key.len > 0) {
		wire_put_u64(out, item->digest.high);
		wire_put_u64(out, item->digest.low);
	}
	wire_put_blob(out, item->data);
}

/* ---- names */

void entry_put_key(struct buf *out, struct span channel, struct span key)
{
	buf_add_span(out, channel);
	buf_add_char(out, '\0');
	buf_add_span(out, key);
}

void entry_put_receipt(struct buf *out, const struct shared_proposal *what)
{
	buf_printf(out, "%" PRIu64 ":%" PRIu64, what->source, what->number);
}

void entry_put_digest(struct buf *out, struct digest digest)
{
	buf_printf(out, "%016" PRIx64 "%016" PRIx64, digest.high, digest.low);
}

void entry_put_id(struct buf *out, const uint8_t *id, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02x", id[i]);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool entry_read_id(struct span text, uint8_t *id, size_t len)
{
	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = digit_of(text.at[2 * i]);
		int low = digit_of(text.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		id[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

void entry_put_inbox(
	struct buf *out, struct span name, const uint8_t identity[SHARED_ID])
{
	buf_add_span(out, name);
	buf_add_char(out, ':');
	entry_put_id(out, identity, SHARED_ID);
}

/* ---- and back */

static void get_id(struct wire_in *in, uint8_t id[SHARED_ID])
{
	struct span bytes = wire_get_bytes(in, SHARED_ID);

	if (!in->failed)
		memcpy(id, bytes.at, SHARED_ID);
}

static void get_cursor(struct wire_in *in, struct shared_cursor *cursor)
{
	cursor->name = wire_get_str8(in);
	if (cursor->name.len == 0)
		return;
	get_id(in, cursor->identity);
	cursor->from = wire_get_u64(in);
	cursor->to = wire_get_u64(in);
}

static const char *get_head(struct wire_in *in, struct shared_proposal *what)
{
	uint8_t flags;

	if (wire_get_u8(in) != ENTRY_VERSION)
		return "another version wrote it";
	what->kind = wire_get_u8(in);
	flags = wire_get_u8(in);
	what->brief = (flags & BRIEF) != 0;
	get_id(in, what->origin);
	what->source = wire_get_u64(in);
	what->number = wire_get_u64(in);
	what->orphan = wire_get_u64(in);
	what->rows = wire_get_u32(in);
	what->channel = wire_get_str16(in);
	what->type = wire_get_str8(in);
	what->traits = wire_get_str16(in);
	what->once = wire_get_str16(in);
	get_cursor(in, &what->cursor);
	if (!wire_done(in) || flags > BRIEF)
		return "its head is malformed";
	return NULL;
}

/* ---- what a stranger may have written */

static const char *head_fault(const struct shared_proposal *what)
{
	struct trait_topics topics = {.count = 1};
	const char *fault = text_topic_fault(what->channel);

	if (fault == NULL)
		fault = text_type_fault(what->type);
	if (fault == NULL && what->traits.len > TRAITS_MAX)
		fault = "its traits are too long";
	if (fault == NULL)
		fault = traits_fault(what->traits);
	if (fault != NULL)
		return fault;
	if (!trait_topics(what->traits, &topics))
		topics.count = 1;
	/* A log that founded the order had each row as an entry. */
	if (what->rows != topics.count && what->rows != 1)
		return "it has other rows than channels";
	if (what->once.len > ENTRY_ONCE_MAX)
		return "its name is too long";
	if (what->orphan > WIRE_ID_MAX || what->cursor.from > INT64_MAX ||
		what->cursor.to > INT64_MAX)
		return "a number of it is too large";
	return NULL;
}

/* A line's number may have been added to the key. */
static bool is_key(struct span key)
{
	return key.len <= KEY_MAX + 12 && text_is_utf8(key, NULL);
}

static const char *get_items(
	struct wire_in *in, struct shared_entry *entry, struct buf *items)
{
	while (!in->failed && in->at < in->end) {
		struct shared_item item = {.key = wire_get_str16(in)};

		if (item.key.len > 0) {
			item.digest.high = wire_get_u64(in);
			item.digest.low = wire_get_u64(in);
		}
		item.data = wire_get_blob(in);
		if (in->failed)
			break;
		if (!is_key(item.key) || item.data.len > ENTRY_DATA_MAX ||
			!text_is_utf8(item.data, NULL))
			return "an event of it is not what may be published";
		buf_add(items, &item, sizeof(item));
		entry->what.count++;
	}
	return wire_done(in) ? NULL : "its events are malformed";
}

const char *entry_read(struct shared_entry *entry, struct span head,
	struct span blobs, uint64_t rows, struct buf *items)
{
	struct wire_in in = wire_in(head);
	const char *fault;

	*entry = (struct shared_entry){.rows = rows};
	buf_clear(items);
	fault = get_head(&in, &entry->what);
	if (fault == NULL)
		fault = head_fault(&entry->what);
	if (fault != NULL)
		return fault;
	in = wire_in(blobs);
	fault = get_items(&in, entry, items);
	if (fault != NULL)
		return fault;
	entry->what.items = (const struct shared_item *)(const void *)items->at;
	if (entry->what.count == 0 || rows > SHARED_ROWS_MAX ||
		(uint64_t)entry->what.count * entry->what.rows != rows)
		return "it has not as many rows as it says";
	return NULL;
}
