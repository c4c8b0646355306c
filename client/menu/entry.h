/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_MENU_ENTRY_H
#define TIDINGS_CLIENT_MENU_ENTRY_H
/*
 * entry - a line that is typed at the foot of the screen
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

enum entry_word {
	ENTRY_ON,   /* more is to come */
	ENTRY_DONE, /* Enter */
	ENTRY_LEFT, /* Escape: it is not wanted */
};

struct entry {
	const char *label; /* NULL = nothing is asked */
	struct buf text;
};

/* Asks, with what may be meant already typed. */
void entry_open(struct entry *entry, const char *label, struct span text);
enum entry_word entry_key(struct entry *entry, int key);
void entry_close(struct entry *entry); /* the text stays */
void entry_draw(const struct entry *entry, int row);
void entry_release(struct entry *entry);

#endif
