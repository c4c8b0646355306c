/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/publish.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log/order.h"
#include "lib/event_size.h"
#include "lib/text.h"

enum {
	ITEM_MIN = 1 + 4, /* bytes of the shortest in a frame */
};

struct publish {
	uint64_t number, answered;
	uint8_t flags;
	struct span channel, type, traits;
	struct proposed one, *items; /* `items` is &one if that is all */
	uint32_t count;
};

/* ---- the frame */

static struct proposed get_item(struct wire_in *in)
{
	struct proposed item = {.key = wire_get_str8(in)};

	if (item.key.len > 0) {
		item.digest.high = wire_get_u64(in);
		item.digest.low = wire_get_u64(in);
	}
	item.data = wire_get_blob(in);
	return item;
}

/* False if it is malformed; `items` is to be released anyway. */
static bool get_publish(struct publish *publish, struct wire_in *in)
{
	publish->number = wire_get_u64(in);
	publish->answered = wire_get_u64(in);
	publish->flags = wire_get_u8(in);
	publish->channel = wire_get_str16(in);
	publish->type = wire_get_str8(in);
	publish->traits = wire_get_str16(in);
	publish->count = wire_get_u32(in);
	publish->items = &publish->one;
	if (in->failed || publish->count == 0 ||
		publish->count > (size_t)(in->end - in->at) / ITEM_MIN)
		return false;
	if (publish->count > 1)
		publish->items =
			mem_new(publish->count * sizeof(*publish->items));
	for (uint32_t i = 0; i < publish->count && !in->failed; i++)
		publish->items[i] = get_item(in);
	return wire_done(in);
}

static void publish_release(struct publish *publish)
{
	if (publish->items != &publish->one)
		free(publish->items);
}

/* ---- whether it will do */

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

/* A sentence if an event will not do. */
static const char *find_fault(const struct publish *publish, size_t limit)
{
	const char *fault = NULL;

	for (uint32_t i = 0; i < publish->count && fault == NULL; i++) {
		const struct proposed *item = &publish->items[i];

		if (!event_fits(publish->type, item->data, limit))
			return "the event is longer than max_event allows";
		fault = text_event_fault(
			publish->channel, publish->type, item->data);
		if (fault == NULL)
			fault = key_fault(item->key);
	}
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
	struct span *keys;
	size_t count = 0;
	bool found = false;

	if (publish->count < 2)
		return false;
	keys = mem_new(publish->count * sizeof(*keys));
	for (uint32_t i = 0; i < publish->count; i++)
		if (publish->items[i].key.len > 0)
			keys[count++] = publish->items[i].key;
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++)
		found = found || compare_keys(&keys[i - 1], &keys[i]) == 0;
	free(keys);
	return found;
}

/* ---- what becomes of it */

static void mention_all(struct ledger *ledger, const struct publish *publish)
{
	for (uint32_t i = 0; i < publish->count; i++)
		ledger_mention(ledger, publish->channel, publish->type,
			publish->items[i].data);
}

/* False if the ack will come by itself. */
static bool decide(struct ledger *ledger, struct publisher *publisher,
	const struct publish *publish, struct ack *ack)
{
	const struct proposal proposal = {
		.channel = publish->channel,
		.type = publish->type,
		.traits = publish->traits,
		.items = publish->items,
		.count = publish->count,
		.brief = (publish->flags & WIRE_BRIEF) != 0,
		.publisher = publisher,
		.number = publish->number,
	};

	ack->outcome = WIRE_OUT_INVALID;
	ack->reason = find_fault(publish, ledger->config->max_event);
	if (ack->reason == NULL)
		ack->reason = proposal_fault(&proposal);
	if (ack->reason != NULL)
		return true;
	if ((publish->flags & WIRE_VOLATILE) != 0) {
		ack->outcome = WIRE_OUT_STORED;
		mention_all(ledger, publish);
	} else if (has_twins(publish)) {
		ack->reason = "one publish uses the same key twice";
	} else {
		return order_propose(ledger, &proposal, ack);
	}
	return true;
}

bool publish_take(struct ledger *ledger, struct peer *peer, struct wire_in *in)
{
	struct publish publish;
	bool good = get_publish(&publish, in);

	if (good) {
		struct ack ack = {.peer = peer, .number = publish.number};

		bool decided = decide(ledger, peer->publisher, &publish, &ack);

		publisher_seen(
			peer->publisher, publish.number, publish.answered);
		if (decided)
			ledger_ack(ledger, &ack);
	}
	publish_release(&publish);
	return good;
}

void publish_tell(void *to, const struct ack *ack)
{
	struct peer *peer = to;
	struct buf *out = link_begin(&peer->link, WIRE_STORED);

	wire_put_u64(out, ack->number);
	wire_put_u8(out, (uint8_t)ack->outcome);
	wire_put_u64(out, ack->first);
	wire_put_u64(out, ack->last);
	wire_put_str16(out, span_of(ack->reason));
	link_end(&peer->link);
}
