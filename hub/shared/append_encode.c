/* SPDX-License-Identifier: MIT */
/*
 * append_encode - a proposal as append.lua reads it (append.h)
 */
#include <config.h>

#include <inttypes.h>

#include "hub/shared/append.h"
#include "hub/shared/command.h"
#include "hub/shared/entry.h"

enum { WORDS = 11 }; /* of a proposal, before its items */

static void put_receipt(struct waiting *waiting,
	const struct shared_proposal *what, struct buf *scratch)
{
	buf_clear(scratch);
	if (what->source != 0)
		entry_put_receipt(scratch, what);
	command_word(&waiting->words, buf_span(scratch));
}

static void put_cursor(struct waiting *waiting,
	const struct shared_cursor *cursor, struct buf *scratch)
{
	buf_clear(scratch);
	if (cursor->name.len > 0)
		entry_put_inbox(scratch, cursor->name, cursor->identity);
	command_word(&waiting->words, buf_span(scratch));
	command_number(&waiting->words, cursor->from);
	command_number(&waiting->words, cursor->to);
}

static bool is_keyed(const struct shared_proposal *what)
{
	for (uint32_t i = 0; i < what->count; i++)
		if (what->items[i].key.len > 0)
			return true;
	return false;
}

/* Each by itself: its key, its digest, and what is stored. */
static void put_keyed(struct waiting *waiting,
	const struct shared_proposal *what, struct buf *scratch)
{
	for (uint32_t i = 0; i < what->count; i++) {
		const struct shared_item *item = &what->items[i];

		buf_clear(scratch);
		if (item->key.len > 0)
			entry_put_key(scratch, what->channel, item->key);
		command_word(&waiting->words, buf_span(scratch));
		buf_clear(scratch);
		entry_put_digest(scratch, item->digest);
		command_word(&waiting->words, buf_span(scratch));
		buf_clear(scratch);
		entry_put_item(scratch, item);
		command_word(&waiting->words, buf_span(scratch));
	}
	waiting->word_count += 3 * (size_t)what->count;
}

static void put_plain(struct waiting *waiting,
	const struct shared_proposal *what, struct buf *scratch)
{
	buf_clear(scratch);
	for (uint32_t i = 0; i < what->count; i++)
		entry_put_item(scratch, &what->items[i]);
	command_word(&waiting->words, buf_span(scratch));
	waiting->word_count++;
}

/* Has it something to be known by if it comes again? */
static bool is_known_again(const struct shared_proposal *what, bool keyed)
{
	return what->source != 0 || what->cursor.name.len > 0 ||
	       what->orphan != 0 || what->once.len > 0 ||
	       (keyed && !what->brief) || what->count == 0;
}

void append_encode(struct waiting *waiting, const struct shared_proposal *what)
{
	struct buf scratch = {0};
	bool keyed = is_keyed(what);

	put_receipt(waiting, what, &scratch);
	put_cursor(waiting, &what->cursor, &scratch);
	buf_clear(&scratch);
	if (what->orphan != 0)
		buf_printf(&scratch, "%" PRIu64, what->orphan);
	command_word(&waiting->words, buf_span(&scratch));
	command_word(&waiting->words, what->once);
	command_word(&waiting->words, span_of(what->brief ? "1" : ""));
	command_number(&waiting->words, what->rows);
	buf_clear(&scratch);
	entry_put_head(&scratch, what);
	command_word(&waiting->words, buf_span(&scratch));
	command_number(&waiting->words, what->count);
	command_number(&waiting->words, keyed ? what->count : 0);
	waiting->word_count = WORDS;
	waiting->again = is_known_again(what, keyed);
	waiting->is_row = what->cursor.name.len > 0;
	if (keyed)
		put_keyed(waiting, what, &scratch);
	else if (what->count > 0)
		put_plain(waiting, what, &scratch);
	buf_release(&scratch);
}
