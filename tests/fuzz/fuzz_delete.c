/* SPDX-License-Identifier: MIT */
/*
 * fuzz_delete - any bytes as a responder's DELETE
 *
 * It is malformed, and then nothing comes of it, or has one answer; and only an
 * erasure is stored, of what there is.
 */
#include <config.h>

#include "hub/peers/delete.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rows.h"

/* ---- in place of hub/log/erase_find.c: one event, on channel "a" */

enum { THERE = 5 };

bool erasures_find(struct erasures *erasures, uint64_t id, struct buf *texts,
	struct erasable *found)
{
	(void)erasures;
	(void)texts;
	found->erasure = (struct erasure){.first = THERE, .last = THERE};
	found->channel = span_of("a");
	found->traits = span(NULL, 0);
	return id == THERE;
}

bool erasures_find_done(struct erasures *erasures, uint64_t source,
	uint64_t number, uint64_t *id)
{
	(void)erasures;
	(void)source;
	(void)number;
	(void)id;
	return false;
}

/* ---- what becomes of it */

static void check(struct span body, bool good)
{
	const struct ack *ack = &rows.ack;
	struct wire_in in = wire_in(body);

	MUST(rows.acks == good);
	MUST(rows.stored_count == (good && ack->outcome == WIRE_OUT_STORED));
	if (!good)
		return;
	MUST(ack->number == wire_get_u64(&in));
	MUST(ack->outcome == WIRE_OUT_STORED ||
		ack->outcome == WIRE_OUT_NOTHING ||
		ack->outcome == WIRE_OUT_DENIED ||
		ack->outcome == WIRE_OUT_INVALID);
	MUST((ack->reason != NULL) == (ack->outcome == WIRE_OUT_INVALID));
	if (ack->outcome == WIRE_OUT_STORED)
		MUST(span_is(rows.stored[0].channel, ERASURE_CHANNEL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config = {.max_event = 130};
	static struct ledger ledger = {.config = &config, .writable = true};
	struct publisher publisher = {.peers = 1};
	struct peer peer = {.publisher = &publisher};
	const struct span body = span(data, size);
	struct wire_in in = wire_in(body);

	ledger.store.trouble = DB_DONE;
	rows_clear();
	check(body, delete_take(&ledger, &peer, &in));
	receipts_revert(&ledger.receipts);
	buf_release(&publisher.draft);
	return 0;
}
