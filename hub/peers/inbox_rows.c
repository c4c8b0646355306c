/* SPDX-License-Identifier: MIT */
/*
 * inbox_rows - rows of inboxes become events, and are answered (inbox.h)
 */
#include "config.h"

#include "hub/log/order.h"
#include "hub/peers/inbox.h"
#include "hub/peers/inbox_row.h"
#include "lib/text.h"

/* ---- a row in a frame */

/* Printable, short, and something. */
static bool is_reason(struct span reason)
{
	return reason.len <= WIRE_REASON_MAX &&
	       text_channel_fault(reason) == NULL;
}

static bool is_sound(const struct row *row, uint64_t above, uint64_t to)
{
	if (row->id <= above || row->id > to)
		return false;
	return row->kind == WIRE_ROW ||
	       (row->kind == WIRE_ROW_BAD && is_reason(row->reason));
}

bool inbox_rows_are_whole(struct span body)
{
	struct wire_in in = wire_in(body);
	uint64_t above, to;
	uint32_t count;

	wire_get_u64(&in);
	above = wire_get_u64(&in);
	to = wire_get_u64(&in);
	count = wire_get_u32(&in);
	if (in.failed || to < above || to > INT64_MAX || count > WIRE_ROWS_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		struct row row = row_get(&in);

		if (in.failed || !is_sound(&row, above, to))
			return false;
		above = row.id;
	}
	return wire_done(&in);
}

bool inbox_told_is_whole(struct span body)
{
	struct wire_in in = wire_in(body);
	uint32_t count;

	wire_get_u64(&in);
	count = wire_get_u32(&in);
	if (in.failed || count > WIRE_ROWS_MAX)
		return false;
	wire_get_bytes(&in, (size_t)count * 8);
	return wire_done(&in);
}

/* ---- into the transaction */

/* Proposes the row's event, unless there is a fault, and that the cursor passes
 * it.  The reason if it never will be published. */
static struct span propose(struct ledger *ledger, struct inbox *inbox,
	const struct row *row, struct span fault)
{
	struct proposed item;
	struct proposal proposal = row_proposal(row, &item);
	struct ack ack = {0};

	proposal.cursor.at = &inbox->draft;
	proposal.cursor.from = inbox->draft;
	if (fault.len > 0)
		proposal.count = 0;
	order_propose(ledger, &proposal, &ack);
	return ack.outcome == WIRE_OUT_CONFLICT ? span_of(ack.reason) : fault;
}

/* False if the transaction is in trouble. */
static bool take_row(
	struct inboxes *inboxes, struct inbox *inbox, const struct row *row)
{
	struct ledger *ledger = inboxes->ledger;
	char sentence[EVENT_SIZE_SENTENCE];
	struct span fault;

	if (!inbox_enter(ledger, inbox))
		return false;
	fault = row_fault(row, ledger->config->max_event, sentence);
	fault = propose(ledger, inbox, row, fault);
	if (ledger->store.trouble != DB_DONE)
		return false;
	if (fault.len > 0)
		inbox_refuse(inboxes, inbox, row->id, fault);
	else
		inbox->new_sums.published++;
	return true;
}

/* Rows from where the last turn left off, as long as there is a budget. */
static void take_some(
	struct inboxes *inboxes, struct inbox *inbox, struct wire_in *in)
{
	struct inbox_frame *frame = &inbox->waiting[0];
	struct inbox_budget *budget = &inboxes->budget;

	in->at = frame->body.at + inbox->taken;
	while (in->at < in->end && !inbox_budget_is_spent(inboxes)) {
		const char *begin = in->at;
		struct row row = row_get(in);
		size_t size = (size_t)(in->at - begin);

		frame->done = !take_row(inboxes, inbox, &row);
		if (frame->done)
			return;
		inbox->taken += size;
		budget->rows--;
		budget->bytes -= size < budget->bytes ? size : budget->bytes;
	}
}

bool inbox_take_rows(struct inboxes *inboxes, struct inbox *inbox)
{
	struct inbox_frame *frame = &inbox->waiting[0];
	struct wire_in in = wire_in(buf_span(&frame->body));
	uint64_t from, to;

	wire_get_u64(&in);
	from = wire_get_u64(&in);
	to = wire_get_u64(&in);
	if (inbox->taken == 0 &&
		(from != inbox->draft || inbox->reasons >= INBOX_REASONS_MAX)) {
		frame->done = true;
		return false;
	}
	if (inbox->taken == 0)
		inbox->taken = INBOX_ROWS_HEAD;
	if (inboxes->ledger->order != NULL)
		return inbox_ask_order(inboxes, inbox, to);
	take_some(inboxes, inbox, &in);
	if (!frame->done && in.at == in.end) {
		inbox_take_end(inboxes->ledger, inbox, to);
		frame->done = true;
	}
	return !frame->done || inbox->taken > INBOX_ROWS_HEAD;
}

void inbox_take_told(struct inboxes *inboxes, struct inbox *inbox)
{
	struct inbox_frame *frame = &inbox->waiting[0];
	struct wire_in in = wire_in(buf_span(&frame->body));
	uint32_t count;

	if (!ledger_begin(inboxes->ledger))
		return;
	wire_get_u64(&in);
	count = wire_get_u32(&in);
	for (uint32_t i = 0; i < count; i++)
		cursor_drop_reason(
			&inboxes->cursors, inbox->identity, wire_get_u64(&in));
	inbox->reasons =
		cursor_count_reasons(&inboxes->cursors, inbox->identity);
	frame->done = true;
}

/* ---- out of it */

void inbox_answer_taken(struct inbox *inbox)
{
	struct inbox_frame *frame = &inbox->waiting[0];
	struct wire_in in = wire_in(buf_span(&frame->body));
	struct buf *out = link_begin(&inbox->peer->link, WIRE_TAKEN);

	wire_put_u64(out, wire_get_u64(&in));
	wire_put_u64(out, inbox->cursor);
	wire_put_u32(out, inbox->refusals);
	wire_put_bytes(out, inbox->refused.at, inbox->refused.len);
	link_end(&inbox->peer->link);
}
