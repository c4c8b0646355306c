#include "config.h"

#include "hub/publish.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/text.h"

enum {
	KEY_WIRE_MAX = 255, /* KEY_MAX and what ?lines=1 adds */
};

struct publish {
	uint64_t number, answered;
	uint8_t flags;
	struct span channel, type;
	uint32_t count;
	struct wire_in items; /* at the first one */
};

struct item {
	struct span key;
	struct digest digest;
	struct span data;
};

static struct item get_item(struct wire_in *in)
{
	struct item item = {.key = wire_get_str8(in)};

	if (item.key.len > 0) {
		item.digest.high = wire_get_u64(in);
		item.digest.low = wire_get_u64(in);
	}
	item.data = wire_get_blob(in);
	return item;
}

const char *publish_fault(
	struct span channel, struct span type, struct span data, size_t limit)
{
	const char *fault = text_channel_fault(channel);

	if (fault == NULL)
		fault = text_type_fault(type);
	if (fault == NULL && data.len > limit)
		fault = "the data is too long";
	if (fault == NULL && !text_is_utf8(data, NULL))
		fault = "the data is not valid UTF-8";
	return fault;
}

/* text_key_fault() knows keys as they are published; here a line's number may
 * have been added. */
static const char *key_fault(struct span key)
{
	struct span most = span(key.at, key.len < KEY_MAX ? key.len : KEY_MAX);

	if (key.len == 0 || key.len > KEY_MAX)
		return key.len > 0 && !text_is_utf8(key, NULL)
			       ? "a key is valid UTF-8"
			       : NULL;
	return text_key_fault(most);
}

/* Reads to the end of the frame; a sentence if an event will not do. */
static const char *find_fault(
	const struct publish *publish, size_t limit, bool *malformed)
{
	struct wire_in in = publish->items;
	const char *fault = NULL;

	for (uint32_t i = 0; i < publish->count && !in.failed; i++) {
		struct item item = get_item(&in);

		if (in.failed || fault != NULL)
			continue;
		fault = publish_fault(
			publish->channel, publish->type, item.data, limit);
		if (fault == NULL)
			fault = key_fault(item.key);
	}
	*malformed = !wire_done(&in) || publish->count == 0;
	return fault;
}

static int compare_keys(const void *one, const void *other)
{
	const struct span *a = one, *b = other;

	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->at, b->at, a->len);
}

/* Whether one publish names the same key twice: then "the event of that key"
 * would mean nothing. */
static bool has_twins(const struct publish *publish)
{
	struct wire_in in = publish->items;
	struct span *keys;
	size_t count = 0;
	bool found = false;

	if (publish->count < 2)
		return false;
	keys = mem_new(publish->count * sizeof(*keys));
	for (uint32_t i = 0; i < publish->count; i++) {
		struct item item = get_item(&in);

		if (item.key.len > 0)
			keys[count++] = item.key;
	}
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++)
		found = found || compare_keys(&keys[i - 1], &keys[i]) == 0;
	free(keys);
	return found;
}

/* The first conflict among the keys, before anything is stored. */
static bool conflicts(struct hub *hub, const struct publish *publish)
{
	const struct channel *channel =
		channel_find(&hub->channels, publish->channel);
	struct wire_in in = publish->items;

	for (uint32_t i = 0; i < publish->count; i++) {
		struct item item = get_item(&in);
		uint64_t id;

		if (item.key.len > 0 &&
			keys_look(&hub->keys, channel, item.key, item.digest,
				&id) == KEY_CONFLICT)
			return true;
	}
	return false;
}

/* Stores what is not yet there; false if there is no room. */
static bool store_all(
	struct hub *hub, const struct publish *publish, struct answer *answer)
{
	struct channel *channel = channel_get(&hub->channels, publish->channel);
	struct wire_in in = publish->items;

	answer->outcome = WIRE_OUT_REPEATED;
	for (uint32_t i = 0; i < publish->count; i++) {
		struct item item = get_item(&in);
		uint64_t id = 0;

		if (item.key.len == 0 ||
			keys_look(&hub->keys, channel, item.key, item.digest,
				&id) == KEY_NEW) {
			answer->outcome = WIRE_OUT_STORED;
			id = hub_store(hub, channel, publish->type, item.data);
			if (id == 0)
				return false;
			if (item.key.len > 0)
				keys_add(&hub->keys, channel, item.key,
					item.digest, id, hub->log.at);
		}
		if (i == 0)
			answer->first = id;
		answer->last = id;
	}
	return true;
}

static void store(
	struct peer *peer, const struct publish *publish, struct answer *answer)
{
	struct hub *hub = peer->hub;
	struct receipt receipt = {.number = publish->number};

	if (!hub_begin(hub)) {
		hub_refuse(hub, answer);
		return;
	}
	if (!store_all(hub, publish, answer)) {
		/* The whole transaction will fail, and say so. */
		answer->outcome = WIRE_OUT_STORED;
		return;
	}
	if (answer->outcome != WIRE_OUT_STORED)
		return;
	receipt.first = answer->first;
	receipt.last = answer->last;
	receipt_draft(&hub->receipts, peer->source, &receipt);
}

static void take_volatile(struct hub *hub, const struct publish *publish)
{
	struct wire_in in = publish->items;
	uint64_t now = clock_wall_ms(), taken = clock_mono_us();

	for (uint32_t i = 0; i < publish->count; i++) {
		struct wire_event event = {
			.at = now,
			.taken = taken,
			.channel = publish->channel,
			.type = publish->type,
			.data = get_item(&in).data,
		};

		ring_add(&hub->ring, &event, hub->log.newest);
	}
}

static void decide(
	struct peer *peer, const struct publish *publish, struct answer *answer)
{
	struct hub *hub = peer->hub;
	struct receipt receipt;

	if ((publish->flags & WIRE_VOLATILE) != 0) {
		answer->outcome = WIRE_OUT_STORED;
		take_volatile(hub, publish);
	} else if (receipt_look(peer->source, publish->number, &receipt)) {
		answer->outcome = WIRE_OUT_STORED;
		answer->first = receipt.first;
		answer->last = receipt.last;
	} else if (has_twins(publish)) {
		answer->outcome = WIRE_OUT_INVALID;
		answer->reason = "one publish uses the same key twice";
	} else if (conflicts(hub, publish)) {
		answer->outcome = WIRE_OUT_CONFLICT;
		answer->reason = "this key was used for other content";
	} else {
		store(peer, publish, answer);
	}
}

bool publish_take(struct peer *peer, struct wire_in *in)
{
	struct hub *hub = peer->hub;
	struct publish publish = {.number = wire_get_u64(in)};
	struct answer answer = {.peer = peer, .number = publish.number};
	bool malformed;

	publish.answered = wire_get_u64(in);
	publish.flags = wire_get_u8(in);
	publish.channel = wire_get_str8(in);
	publish.type = wire_get_str8(in);
	publish.count = wire_get_u32(in);
	publish.items = *in;
	answer.reason =
		find_fault(&publish, hub->config->max_event, &malformed);
	if (malformed)
		return false;
	if (answer.reason != NULL)
		answer.outcome = WIRE_OUT_INVALID;
	else
		decide(peer, &publish, &answer);
	receipt_seen(peer->source, publish.number, publish.answered);
	hub_answer(hub, &answer);
	return true;
}
