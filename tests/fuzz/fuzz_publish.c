/* SPDX-License-Identifier: MIT */
/*
 * fuzz_publish - any bytes as a responder's PUBLISH, and as its PAGE
 *
 * A PUBLISH is malformed, and then nothing comes of it, or has one answer; what
 * is stored is all of it or nothing, and within the rules.  The channels of a
 * PAGE are names, sorted, without repeats.
 */
#include <config.h>

#include <string.h>

#include "hub/peers/peer.h"
#include "hub/peers/publish.h"
#include "hub/peers/resume.h"
#include "lib/event_size.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rows.h"

enum { MAX_EVENT = 130 };

static void check_stored(const struct stored_event *event, struct span body)
{
	MUST(text_topic_fault(event->channel) == NULL);
	MUST(text_type_fault(event->type) == NULL);
	MUST(event_size(event->type, event->data) <= MAX_EVENT &&
		text_is_utf8(event->data, NULL));
	MUST(event->data.at >= body.at);
	MUST(event->data.at + event->data.len <= body.at + body.len);
}

static void check(struct span body, bool good)
{
	const struct ack *ack = &rows.ack;
	struct wire_in in = wire_in(body);

	MUST(rows.acks == good);
	if (!good) {
		MUST(rows.stored_count == 0);
		return;
	}
	MUST(ack->number == wire_get_u64(&in));
	MUST(ack->outcome <= WIRE_OUT_INVALID);
	if (ack->outcome != WIRE_OUT_STORED)
		MUST(rows.stored_count == 0);
	else if (rows.stored_count > 0)
		MUST(ack->first != 0 && ack->last != 0);
	MUST((ack->reason != NULL) == (ack->outcome > 1));
	for (size_t i = 0; i < rows.stored_count; i++)
		check_stored(&rows.stored[i], body);
}

static void take(struct ledger *ledger, struct span body)
{
	struct publisher publisher = {.peers = 1};
	struct peer peer = {.publisher = &publisher};
	struct wire_in in = wire_in(body);

	rows_clear();
	check(body, publish_take(ledger, &peer, &in));
	receipts_revert(&ledger->receipts);
	buf_release(&publisher.draft);
}

static void question(struct span body)
{
	struct wire_in in = wire_in(body);
	struct question question;
	struct buf before = {0};

	if (!question_read(&question, &in))
		return;
	MUST(question.name_count > 0 && question.from <= WIRE_LABEL);
	for (unsigned i = 0; i < question.name_count; i++) {
		struct span name = wire_get_str16(&question.names);

		MUST(text_topic_fault(name) == NULL);
		buf_add_char(&before, '\0');
		/* NUL ends it: no name has one. */
		MUST(strncmp(before.at, name.at, name.len) < 0 ||
			(strncmp(before.at, name.at, name.len) == 0 &&
				before.len - 1 < name.len));
		buf_clear(&before);
		buf_add_span(&before, name);
	}
	buf_release(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config = {.max_event = MAX_EVENT};
	static struct ledger ledger = {.config = &config, .writable = true};

	ledger.store.trouble = DB_DONE;
	take(&ledger, span(data, size));
	question(span(data, size));
	return 0;
}
