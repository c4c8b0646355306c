/* SPDX-License-Identifier: MIT */
/*
 * inbox_order - inboxes, where the order of events is shared (inbox.h)
 *
 * Rows are proposed so many at a time, and no others before all of these have
 * been answered: they are stored together, or none is.  A row that is applied
 * moves its inbox's cursor; what became of the others is noted here.
 */
#include "config.h"

#include <string.h>

#include "hub/log/order.h"
#include "hub/peers/inbox.h"
#include "hub/peers/inbox_row.h"

/* What became of a row. */
struct fate {
	uint64_t row;
	bool answered, failed, refused;
};

static struct fate *fates_of(const struct inbox *inbox, size_t *count)
{
	*count = inbox->fates.len / sizeof(struct fate);
	return (struct fate *)(void *)inbox->fates.at;
}

/* ---- answers */

static struct fate *find(const struct inbox *inbox, uint64_t row)
{
	size_t count;
	struct fate *all = fates_of(inbox, &count);

	for (size_t i = 0; i < count; i++)
		if (all[i].row == row && !all[i].answered)
			return &all[i];
	return NULL;
}

/* The cursor passes it only after its reason is in the log. */
static void on_told(void *peer, const struct ack *ack)
{
	struct inbox *inbox = peer;
	struct fate *fate = find(inbox, ack->number);

	if (fate == NULL)
		return;
	fate->answered = true;
	inbox->unanswered--;
	if (ack->outcome == WIRE_OUT_CONFLICT &&
		inbox_enter(inbox->inboxes->ledger, inbox)) {
		fate->refused = true;
		inbox_refuse(
			inbox->inboxes, inbox, fate->row, span_of(ack->reason));
	} else {
		fate->failed = ack->outcome != WIRE_OUT_STORED &&
			       ack->outcome != WIRE_OUT_REPEATED;
	}
}

void inbox_give_up(struct inbox *inbox)
{
	order_forget(inbox->inboxes->ledger, inbox);
	buf_clear(&inbox->fates);
	inbox->unanswered = 0;
}

/* All are answered; up to the first that failed they are done with. */
static void settle(struct inbox *inbox)
{
	size_t count;
	const struct fate *all = fates_of(inbox, &count);

	for (size_t i = 0; i < count; i++) {
		inbox->waiting[0].done = all[i].failed;
		if (all[i].failed)
			break;
		if (inbox->draft < all[i].row)
			inbox->draft = all[i].row;
		if (!all[i].refused)
			inbox->new_sums.published++;
	}
	buf_clear(&inbox->fates);
}

/* ---- questions */

static void propose(struct inbox *inbox, const struct row *row, uint64_t from,
	struct fate *fate)
{
	struct proposed item;
	struct proposal proposal = row_proposal(row, &item);
	struct ack ack = {.peer = inbox, .tell = on_told, .number = row->id};

	proposal.cursor.name = span_of(inbox->config->name);
	proposal.cursor.identity = inbox->identity;
	proposal.cursor.from = from;
	fate->answered = order_propose(inbox->inboxes->ledger, &proposal, &ack);
	fate->failed = fate->answered;
	inbox->unanswered += !fate->answered;
}

/* Of a row that has a fault its reason is noted at once. */
static struct fate ask(
	struct inbox *inbox, const struct row *row, uint64_t from)
{
	struct inboxes *inboxes = inbox->inboxes;
	struct fate fate = {.row = row->id};
	char sentence[EVENT_SIZE_SENTENCE];
	struct span fault =
		row_fault(row, inboxes->ledger->config->max_event, sentence);

	if (fault.len == 0) {
		propose(inbox, row, from, &fate);
		return fate;
	}
	fate.answered = fate.refused = true;
	inbox_refuse(inboxes, inbox, row->id, fault);
	return fate;
}

static void ask_some(struct inbox *inbox, struct wire_in *in, size_t room)
{
	struct inbox_budget *budget = &inbox->inboxes->budget;
	uint64_t from = inbox->draft;

	in->at = inbox->waiting[0].body.at + inbox->taken;
	for (; in->at < in->end && room > 0 &&
		!inbox_budget_is_spent(inbox->inboxes);
		room--) {
		const char *begin = in->at;
		struct row row = row_get(in);
		size_t size = (size_t)(in->at - begin);
		struct fate fate = ask(inbox, &row, from);

		buf_add(&inbox->fates, &fate, sizeof(fate));
		inbox->taken += size;
		budget->rows--;
		budget->bytes -= size < budget->bytes ? size : budget->bytes;
		from = row.id;
		if (fate.failed)
			break;
	}
}

bool inbox_ask_order(struct inboxes *inboxes, struct inbox *inbox, uint64_t to)
{
	struct inbox_frame *frame = &inbox->waiting[0];
	const struct order *order = inboxes->ledger->order;
	struct wire_in in = wire_in(buf_span(&frame->body));
	size_t room = order->room(order->arg);

	if (!inbox_enter(inboxes->ledger, inbox))
		return false;
	settle(inbox);
	if (frame->done)
		return true;
	if (inbox->taken < frame->body.len) {
		if (room > 0)
			ask_some(inbox, &in, room);
		return room > 0;
	}
	inbox_take_end(inboxes->ledger, inbox, to);
	frame->done = true;
	return true;
}

/* ---- how far it is published */

static void on_cursor(void *asker, uint64_t cursor)
{
	struct inbox *inbox = asker;

	inbox->question = NULL;
	inbox->ahead = cursor;
	inbox->looking = true;
	order_look(inbox->inboxes->ledger, &inbox->look);
}

void inbox_ask_nothing(struct inbox *inbox)
{
	if (inbox->question != NULL)
		inbox->question->asker = NULL;
	inbox->question = NULL;
	if (inbox->looking)
		order_unlook(&inbox->look);
	inbox->looking = false;
}

/* What is published up to there is in this log, too. */
bool inbox_knows_order(struct inbox *inbox, struct span identity)
{
	const struct ledger *ledger = inbox->inboxes->ledger;
	struct order_question *question;

	if (inbox->looking && order_has_reached(ledger, &inbox->look)) {
		inbox->looking = false;
		return true;
	}
	if (inbox->looking || inbox->question != NULL)
		return false;
	question = mem_new(sizeof(*question));
	question->asker = inbox;
	question->answered = on_cursor;
	inbox->question = question;
	ledger->order->ask_cursor(ledger->order->arg,
		span_of(inbox->config->name), (const uint8_t *)identity.at,
		question);
	return false;
}

bool inbox_waits_for_order(const struct inbox *inbox)
{
	const struct ledger *ledger = inbox->inboxes->ledger;

	if (inbox->unanswered > 0 || inbox->question != NULL)
		return true;
	return inbox->looking && !order_has_reached(ledger, &inbox->look);
}

bool inbox_has_news(const struct inbox *inbox)
{
	return (inbox->fates.len > 0 || inbox->looking) &&
	       !inbox_waits_for_order(inbox);
}

/* ---- what is applied */

/* One that is not read here. */
static void note_other(struct inboxes *inboxes, struct span name,
	const uint8_t identity[CURSOR_IDENTITY], uint64_t cursor)
{
	struct inbox_other *other = inboxes->others;
	size_t i = 0;

	while (i < inboxes->other_count &&
		memcmp(other[i].identity, identity, CURSOR_IDENTITY) != 0)
		i++;
	if (i == INBOX_OTHERS) {
		inboxes_write_others(inboxes);
		i = 0;
	}
	if (i == inboxes->other_count) {
		inboxes->other_count++;
		memset(&other[i], 0, sizeof(other[i]));
		memcpy(other[i].identity, identity, CURSOR_IDENTITY);
		memcpy(other[i].name, name.at,
			name.len < sizeof(other[i].name)
				? name.len
				: sizeof(other[i].name) - 1);
	}
	if (cursor > other[i].cursor)
		other[i].cursor = cursor;
}

void inboxes_moved(void *arg, struct span name,
	const uint8_t identity[CURSOR_IDENTITY], uint64_t cursor)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		if (!inbox->read ||
			memcmp(inbox->identity, identity, CURSOR_IDENTITY) != 0)
			continue;
		inbox->entering = !inbox->entered;
		if (cursor > inbox->draft)
			inbox->draft = cursor;
		return;
	}
	note_other(inboxes, name, identity, cursor);
}

void inboxes_write_others(struct inboxes *inboxes)
{
	for (size_t i = 0; i < inboxes->other_count; i++) {
		const struct inbox_other *other = &inboxes->others[i];
		struct buf name = {0};
		uint64_t cursor = 0;

		if (!cursor_look(
			    &inboxes->cursors, other->identity, &cursor, &name))
			cursor_enter(&inboxes->cursors, other->identity,
				other->name, other->cursor);
		else if (other->cursor > cursor)
			cursor_move(&inboxes->cursors, other->identity,
				other->cursor);
		buf_release(&name);
	}
	inboxes->other_count = 0;
}
