/* SPDX-License-Identifier: MIT */
/*
 * inbox_turn - what waits is taken in turns, so much of it in each (inbox.h)
 */
#include "config.h"

#include "hub/peers/inbox.h"

/* ---- who asks for nothing */

static bool is_idle(const struct inboxes *inboxes, const struct inbox *inbox)
{
	return inbox->idle_until > clock_now_us(inboxes->ledger->clock);
}

/* Its first frame was looked at since `begin`, and nothing came of it. */
static void idle(
	const struct inboxes *inboxes, struct inbox *inbox, uint64_t begin)
{
	uint64_t now = clock_now_us(inboxes->ledger->clock);
	uint64_t rest = (now - begin) * INBOX_IDLE_SHARE;

	if (inbox->idle_until + INBOX_IDLE_BURST_US < now)
		inbox->idle_until = now - INBOX_IDLE_BURST_US;
	inbox->idle_until += rest > INBOX_IDLE_US ? rest : INBOX_IDLE_US;
}

uint64_t inboxes_due(const struct inboxes *inboxes)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < inboxes->count; i++) {
		const struct inbox *inbox = &inboxes->all[i];

		if (inbox_has_news(inbox))
			return 0;
		if (inbox->waiting_count > 0 && is_idle(inboxes, inbox) &&
			!inbox_waits_for_order(inbox) &&
			inbox->idle_until < due)
			due = inbox->idle_until;
	}
	return due;
}

/* ---- in a turn */

/* False if nothing came of it. */
static bool take(struct inboxes *inboxes, struct inbox *inbox)
{
	struct inbox_frame *frame = &inbox->waiting[0];
	size_t reasons = inbox->reasons;

	if (frame->type == WIRE_INBOX) {
		if (!inbox_may_be_identified(inboxes, inbox))
			return true;
		inbox_take_identity(inboxes, inbox);
		inbox_pop(inbox);
		return false;
	}
	if (!inbox->read) {
		frame->done = true;
		return false;
	}
	if (frame->type == WIRE_ROWS)
		return inbox_take_rows(inboxes, inbox);
	inbox_take_told(inboxes, inbox);
	return inbox->reasons < reasons || !frame->done;
}

static void take_in_turn(struct inboxes *inboxes, struct inbox *inbox)
{
	uint64_t begin = clock_now_us(inboxes->ledger->clock);

	if (!take(inboxes, inbox))
		idle(inboxes, inbox, begin);
}

/* It has something that can be done now. */
static bool is_busy(const struct inboxes *inboxes, const struct inbox *inbox)
{
	return inbox->waiting_count > 0 &&
	       (inbox->waiting[0].done || !is_idle(inboxes, inbox) ||
		       inbox_has_news(inbox)) &&
	       !inbox_waits_for_order(inbox);
}

static struct inbox_budget budget_of(const struct ledger *ledger)
{
	struct inbox_budget all = {LEDGER_ROWS_MAX, LEDGER_BYTES_MAX, 0};
	struct inbox_budget beside = {INBOX_ROWS_BESIDE, INBOX_BYTES_BESIDE, 0};

	return ledger->acks.len > 0 ? beside : all;
}

/* Starts the clock of the turn with its first frame. */
static bool has_time(struct inboxes *inboxes)
{
	uint64_t now = clock_now_us(inboxes->ledger->clock);

	if (inboxes->budget.end == 0)
		inboxes->budget.end = now + INBOX_TURN_US;
	return now < inboxes->budget.end;
}

bool inboxes_pull(struct inboxes *inboxes)
{
	size_t first = inboxes->first++;
	bool more = false, spent = false;

	if (!inboxes->ledger->writable)
		return false;
	inboxes->budget = budget_of(inboxes->ledger);
	for (size_t i = 0; i < inboxes->count; i++) {
		size_t at = (first + i) % inboxes->count;
		struct inbox *inbox = &inboxes->all[at];

		if (is_busy(inboxes, inbox) && !inbox->waiting[0].done &&
			has_time(inboxes))
			take_in_turn(inboxes, inbox);
		more |= is_busy(inboxes, inbox);
		/* Who wants all is the last one in the next turn. */
		if (!spent && inbox_budget_is_spent(inboxes))
			inboxes->first = at + 1;
		spent = inbox_budget_is_spent(inboxes);
	}
	return more;
}

void inboxes_answer(struct inboxes *inboxes)
{
	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];

		if (inbox->waiting_count == 0 || !inbox->waiting[0].done)
			continue;
		inbox_answer_taken(inbox);
		inbox_pop(inbox);
	}
}
