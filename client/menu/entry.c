/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/menu/entry.h"

#include "client/show/look.h"
#include "client/show/screen.h"
#include "lib/escape.h"

enum { LENGTH_MOST = 60000 }; /* bytes */

void entry_open(struct entry *entry, const char *label, struct span text)
{
	entry->label = label;
	buf_clear(&entry->text);
	buf_add_span(&entry->text, text);
}

void entry_close(struct entry *entry)
{
	entry->label = NULL;
}

void entry_release(struct entry *entry)
{
	buf_release(&entry->text);
}

/* A character above U+007F takes several bytes, each after the first with the
 * bits 10 at its head. */
static void add_letter(struct buf *text, unsigned code)
{
	if (code < 0x80) {
		buf_add_char(text, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_add_char(text, (char)(0xc0 | code >> 6));
	} else if (code < 0x10000) {
		buf_add_char(text, (char)(0xe0 | code >> 12));
		buf_add_char(text, (char)(0x80 | (code >> 6 & 0x3f)));
	} else {
		buf_add_char(text, (char)(0xf0 | code >> 18));
		buf_add_char(text, (char)(0x80 | (code >> 12 & 0x3f)));
		buf_add_char(text, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_add_char(text, (char)(0x80 | (code & 0x3f)));
}

static void drop_letter(struct buf *text)
{
	while (text->len > 0 &&
		((unsigned char)text->at[--text->len] & 0xc0) == 0x80)
		continue;
}

enum entry_word entry_key(struct entry *entry, int key)
{
	switch (key) {
	case SCREEN_ENTER:
		return ENTRY_DONE;
	case SCREEN_ESCAPE:
		return ENTRY_LEFT;
	case SCREEN_BACKSPACE:
		drop_letter(&entry->text);
		break;
	default:
		if (key > 0 && entry->text.len < LENGTH_MOST)
			add_letter(&entry->text, (unsigned)key);
		break;
	}
	return ENTRY_ON;
}

/* Of a text that is too long the end is shown: there the cursor is. */
void entry_draw(const struct entry *entry, int row)
{
	int label = (int)look_width(span_of(entry->label));
	int room = screen_columns() - label - 2;
	size_t wide, most = room > 0 ? (size_t)room : 0;
	struct buf safe = {0};
	struct span text;

	escape_add(&safe, buf_span(&entry->text));
	text = buf_span(&safe);
	wide = look_width(text);
	while (text.len > 0 && wide > most) {
		size_t len = 1;

		while (len < text.len &&
			((unsigned char)text.at[len] & 0xc0) == 0x80)
			len++;
		wide -= look_width(span(text.at, len));
		text = span(text.at + len, text.len - len);
	}
	screen_put(row, 0, label, SCREEN_BOLD, span_of(entry->label));
	screen_put(row, label + 1, room, SCREEN_PLAIN, text);
	screen_cursor(row, label + 1 + (int)look_width(text));
	buf_release(&safe);
}
