/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_KEY_H
#define TIDINGS_HUB_LOG_KEY_H
/*
 * key - idempotency keys: which event a (channel, key) already stands for
 *
 * Kept for at least the configured time, whether or not the event itself is
 * still held.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/channel.h"
#include "hub/log/disk/store.h"
#include "lib/digest.h"
#include "lib/span.h"

enum key_state {
	KEY_NEW,
	KEY_REPEATED, /* the same content */
	KEY_CONFLICT, /* other content */
};

/* What a key stands for; all zero if it is new. */
struct keyed {
	uint64_t id; /* of the event */
	uint64_t at; /* ms, when it was stored */
};

struct keys {
	struct store *store;
	uint64_t age_ms;
	struct query find, add, oldest, remove;
};

void keys_open(struct keys *keys, struct store *store, uint64_t age_ms);
void keys_close(struct keys *keys);

enum key_state keys_look(struct keys *keys, const struct channel *channel,
	struct span name, struct digest digest, struct keyed *keyed);
/* In a transaction; `at` in ms.  The name stands for this event only. */
void keys_add(struct keys *keys, struct channel *channel, struct span name,
	struct digest digest, uint64_t id, uint64_t at);
/* Removes up to `limit` old ones, in a transaction; true if more may be due. */
bool keys_prune(struct keys *keys, uint64_t now, uint32_t limit);

#endif
