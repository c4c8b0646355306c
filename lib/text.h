/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_TEXT_H
#define TIDINGS_LIB_TEXT_H
/*
 * text - the rules for UTF-8, channel names, event types, keys
 *
 * The responder checks POSTs by these rules and the hub INSERTs, so they stand
 * in one place.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

enum {
	CHANNEL_MAX = 255, /* bytes of a channel's name, as most say it */
	TOPIC_MAX = 1000,  /* ... and as Mercure's topics have them, and further
			      channels of a publish: they are URLs */
	TYPE_MAX = 64,	   /* bytes of an event type */
	KEY_MAX = 200,	   /* bytes of an idempotency key as published; the
			      "/123" that ?lines=1 adds comes on top */
};

/* True if `text` is UTF-8 by RFC 3629 (no overlong form, no surrogate, nothing
 * above U+10FFFF); otherwise *bad is the offset of the first wrong byte.
 * `bad` may be NULL. */
bool text_is_utf8(struct span text, size_t *bad);

/* Bytes of the character that a text, not empty, begins with, and which one it
 * is; 0 if that is no UTF-8. */
size_t text_character(struct span text, uint32_t *code);

/* Each returns NULL if the text is valid, otherwise a sentence for the
 * publisher (static), e.g. "a channel name has 1 to 255 bytes". */
const char *text_channel_fault(struct span name); /* UTF-8, no control char */
const char *text_topic_fault(struct span name);	  /* the same, longer */
const char *text_type_fault(struct span type);	  /* may be empty; UTF-8, no
						     control char */
const char *text_key_fault(struct span key);	  /* may be empty; same */

/* Likewise of a whole event, whose channel is a topic; its data is UTF-8,
 * however long (event_size.h). */
const char *text_event_fault(
	struct span channel, struct span type, struct span data);

/* 1 to 19 digits and at most 2^63-1, nothing else. */
bool text_to_u64(struct span text, uint64_t *value);

/* "10m" is 600000 ms; s, m, h and d. */
bool text_to_duration(struct span text, uint64_t *ms);

/* One of the four bytes that JSON takes for space. */
static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
