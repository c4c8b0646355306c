/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/inbox/row.h"

#include "lib/text.h"

static const char *fault_of(
	const struct query *row, const struct proposal *proposal, size_t limit)
{
	const struct proposed *item = &proposal->items[0];
	const char *fault;

	if (query_type(row, 3) == DB_NULL)
		return "data is NULL";
	fault = text_event_fault(
		proposal->channel, proposal->type, item->data, limit);
	return fault != NULL ? fault : text_key_fault(item->key);
}

const char *row_publish(struct ledger *ledger, const struct query *row,
	const struct order_cursor *cursor)
{
	struct proposed item = {
		.data = query_bytes(row, 3),
		.key = query_bytes(row, 4),
	};
	struct proposal proposal = {
		.channel = query_bytes(row, 1),
		.type = query_bytes(row, 2),
		.items = &item,
		.count = 1,
		.cursor = *cursor,
	};
	struct ack ack = {0};
	const char *fault;

	if (query_type(row, 1) == DB_NULL)
		proposal.channel = span_of("main");
	if (span_is(proposal.type, "message"))
		proposal.type = span(NULL, 0); /* the same, also by its key */
	fault = fault_of(row, &proposal, ledger->config->max_event);
	if (fault != NULL)
		proposal.count = 0;
	else if (item.key.len > 0)
		item.digest = digest_of(proposal.type, item.data);
	order_propose(ledger, &proposal, &ack);
	return ack.outcome == WIRE_OUT_CONFLICT ? ack.reason : fault;
}
