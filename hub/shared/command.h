/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_COMMAND_H
#define TIDINGS_HUB_SHARED_COMMAND_H
/*
 * command - a command as Redis reads it: its words, each with its length
 *
 * Plain bytes, so that words can be made long before it is known how many
 * commands they will be part of.  Pure.
 */
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Before the words: how many there are. */
void command_begin(struct buf *out, size_t words);
void command_word(struct buf *out, struct span word);
void command_number(struct buf *out, uint64_t number);

/* A key of ours: the prefix, a colon, its name. */
void command_key(struct buf *out, const char *prefix, const char *name);

/* A whole one; its words are separated by one space each. */
void command_text(struct buf *out, const char *text);

#endif
