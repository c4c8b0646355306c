/* SPDX-License-Identifier: MIT */
/*
 * inbox_rows - rows of inboxes become events, and are answered (inbox.h)
 */
#include "config.h"

#include "hub/log/order.h"
#include "hub/peers/inbox.h"
#include "lib/event_size.h"
#include "lib/text.h"

enum {
	ROWS_HEAD = 8 + 8 + 8 + 4, /* bytes before the first row */
};

/* ---- a row in a frame */

struct row {
	uint64_t id;
	uint8_t kind;
	struct span reason;
	struct span channel, type, traits, key, data;
};

static struct row get_row(struct wire_in *in)
{
	struct row row = {
		.id = wire_get_u64(in),
		.kind = wire_get_u8(in),
	};

	if (row.kind == WIRE_ROW_BAD) {
		row.reason = wire_get_str16(in);
		return row;
	}
	row.channel = wire_get_str16(in);
	row.type = wire_get_str8(in);
	row.traits = wire_get_str16(in);
	row.key = wire_get_str8(in);
	row.data = wire_get_blob(in);
	return row;
}

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
		struct row row = get_row(&in);

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

static void refuse(struct inboxes *inboxes, struct inbox *inbox, uint64_t row,
	struct span reason)
{
	cursor_add_reason(&inboxes->cursors, inbox->identity, row, reason);
	wire_put_u64(&inbox->refused, row);
	wire_put_str16(&inbox->refused, reason);
	inbox->refusals++;
	inbox->reasons++;
	inbox->new_sums.refused++;
}

/* Empty, or what is wrong, perhaps in `sentence`. */
static struct span row_fault(const struct row *row, size_t max_event,
	char sentence[EVENT_SIZE_SENTENCE])
{
	const char *fault;

	if (row->kind != WIRE_ROW)
		return row->reason;
	fault = text_event_fault(row->channel, row->type, row->data);
	if (fault == NULL)
		fault = text_key_fault(row->key);
	if (fault == NULL)
		fault = event_size_fault(
			sentence, row->type, row->data, max_event);
	return span_of(fault);
}

/* Proposes the row's event, unless there is a fault, and that the cursor passes
 * it.  The reason if it never will be published. */
static struct span propose(struct ledger *ledger, struct inbox *inbox,
	const struct row *row, struct span fault)
{
	struct proposed item = {.data = row->data, .key = row->key};
	struct proposal proposal = {
		.channel = row->channel,
		.type = row->type,
		.traits = row->traits,
		.items = &item,
		.count = 1,
		.cursor = {.at = &inbox->draft,
			.from = inbox->draft,
			.to = row->id},
	};
	struct ack ack = {0};

	if (span_is(proposal.type, "message"))
		proposal.type = span(NULL, 0); /* the same, also by its key */
	if (fault.len == 0 && row->kind == WIRE_ROW)
		fault = span_of(proposal_fault(&proposal));
	if (fault.len > 0)
		proposal.count = 0;
	else if (item.key.len > 0)
		item.digest = digest_with(
			digest_of(proposal.type, item.data), proposal.traits);
	order_propose(ledger, &proposal, &ack);
	return ack.outcome == WIRE_OUT_CONFLICT ? span_of(ack.reason) : fault;
}

/* Makes room in the transaction, in which the log knows the inbox; false if it
 * is in trouble. */
static bool enter(struct ledger *ledger, struct inbox *inbox)
{
	if (!ledger_begin(ledger))
		return false;
	inbox->entering = !inbox->entered;
	return true;
}

/* False likewise. */
static bool take_row(
	struct inboxes *inboxes, struct inbox *inbox, const struct row *row)
{
	struct ledger *ledger = inboxes->ledger;
	char sentence[EVENT_SIZE_SENTENCE];
	struct span fault;

	if (!enter(ledger, inbox))
		return false;
	fault = row_fault(row, ledger->config->max_event, sentence);
	fault = propose(ledger, inbox, row, fault);
	if (ledger->store.trouble != DB_DONE)
		return false;
	if (fault.len > 0)
		refuse(inboxes, inbox, row->id, fault);
	else
		inbox->new_sums.published++;
	return true;
}

/* What may stand behind the last of them is passed too. */
static void take_end(struct ledger *ledger, struct inbox *inbox, uint64_t to)
{
	if (!enter(ledger, inbox))
		return;
	inbox->draft = to;
}

bool inbox_budget_is_spent(const struct inboxes *inboxes)
{
	const struct inbox_budget *budget = &inboxes->budget;

	if (budget->rows == 0 || budget->bytes == 0)
		return true;
	return budget->end != 0 &&
	       clock_now_us(inboxes->ledger->clock) >= budget->end;
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
		struct row row = get_row(in);
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
		inbox->taken = ROWS_HEAD;
	take_some(inboxes, inbox, &in);
	if (!frame->done && in.at == in.end) {
		take_end(inboxes->ledger, inbox, to);
		frame->done = true;
	}
	return !frame->done || inbox->taken > ROWS_HEAD;
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
