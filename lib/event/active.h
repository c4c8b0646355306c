/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_ACTIVE_H
#define TIDINGS_LIB_EVENT_ACTIVE_H
/*
 * active - that somebody is there: one subscription, as the log tells of it
 *
 * A subscriber is one stream, known by 16 random bytes; it has a subscription
 * for each channel or pattern that it listens to.  Each beginning and each end
 * of one is an event on the channel ACTIVE_CHANNEL, which nobody else may
 * publish on.  Its data is the document of the Mercure protocol, and the trait
 * TRAIT_ACTIVE says the same in bytes, and whose it is:
 *
 *     u8 here, and 2 if open | 16 bytes subscriber | u64 since | str16 topic |
 *     str16 user | str16 payload
 *
 * Its path, ACTIVE_CHANNEL/TOPIC/SUBSCRIBER with both percent-encoded, is what
 * Mercure calls the event's topic.  Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

#define ACTIVE_CHANNEL "/.well-known/mercure/subscriptions"

enum {
	ACTIVE_SUBSCRIBER = 16,	   /* bytes */
	ACTIVE_TEXT = 46,	   /* of it as text: urn:uuid:..., and a NUL */
	ACTIVE_TOPICS_MAX = 100,   /* of one subscriber */
	ACTIVE_TOPIC_MAX = 1000,   /* bytes */
	ACTIVE_USER_MAX = 1000,	   /* bytes */
	ACTIVE_PAYLOAD_MAX = 4096, /* bytes */
};

struct active {
	bool here; /* it begins; or it has ended */
	bool open; /* user and payload are for whoever may listen to the topic;
		      else for whoever may read its path */
	const uint8_t *subscriber;
	uint64_t since;	     /* when it began, ms */
	struct span topic;   /* a channel or a pattern, as it was asked for */
	struct span user;    /* empty = nobody said */
	struct span payload; /* JSON in one line, or empty */
};

/* Is it that channel, or what looks like something below it? */
bool active_is_reserved(struct span channel);

/* "urn:uuid:" and five groups of hexadecimal digits. */
void active_subscriber_text(
	char text[ACTIVE_TEXT], const uint8_t subscriber[ACTIVE_SUBSCRIBER]);
bool active_subscriber_read(
	struct span text, uint8_t subscriber[ACTIVE_SUBSCRIBER]);

/* Leaves out what is not for whoever may only listen. */
void active_veil(struct active *active);

/* Appends its path; without the subscriber's part if there is none. */
void active_path(struct buf *out, const struct active *active);
/* Appends the document, one line of JSON; or its members only, from its id on,
 * without braces. */
void active_document(struct buf *out, const struct active *active);
void active_members(struct buf *out, const struct active *active);
#define ACTIVE_CONTEXT "\"@context\":\"https://mercure.rocks/\","

/* Appends the trait's value. */
void active_put(struct buf *out, const struct active *active);
/* What the traits of an event say; false if they do not.  Borrows. */
bool active_get(struct span traits, struct active *active);

#endif
